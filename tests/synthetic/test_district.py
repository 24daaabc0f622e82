"""A district is the same for the same arguments, and has the people that were asked for."""

import hashlib
from pathlib import Path

import numpy as np

from synthetic.district import build_world, synthesize
from synthetic.families import HEAD
from synthetic.life import lives_alone
from tests.synthetic.conftest import Made


def digests(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_equal_arguments_give_equal_bytes_in_every_file(tmp_path: Path) -> None:
    synthesize(persons=300, seed=3, days=2, out=tmp_path / "one")
    synthesize(persons=300, seed=3, days=2, out=tmp_path / "two")

    assert digests(tmp_path / "one") == digests(tmp_path / "two")


def test_another_seed_gives_another_district(tmp_path: Path) -> None:
    synthesize(persons=300, seed=3, days=0, out=tmp_path / "one")
    synthesize(persons=300, seed=4, days=0, out=tmp_path / "two")

    same = set(digests(tmp_path / "one").values()) & set(digests(tmp_path / "two").values())
    assert not same


def test_as_many_people_live_there_as_asked_and_more_than_half_are_newcomers() -> None:
    world = build_world(2000, 7)
    people = world.people

    assert people.resident.sum() == 2000
    assert (world.life.home[people.resident] >= 0).all()
    assert 0.52 < people.newcomer[people.resident].mean() < 0.64
    assert 0.08 < (people.age[people.resident] < 15).mean() < 0.18
    assert 0.06 < (people.age[people.resident] >= 65).mean() < 0.16
    assert lives_alone(world.life, people).any()


def test_no_two_people_have_one_number() -> None:
    people = build_world(2000, 7).people

    assert len(np.unique(people.first17)) == len(people)


def test_no_day_of_birth_stands_out() -> None:
    people = build_world(2000, 7).people

    heads = people.born[people.role == HEAD]
    _, born_that_day = np.unique(heads, return_counts=True)
    assert born_that_day.max() < len(heads) / 100


def test_nobody_lives_at_two_places_at_one_time() -> None:
    residences = build_world(2000, 7).life.residences

    order = np.lexsort((residences.begin, residences.person))
    person, begin, end = residences.person[order], residences.begin[order], residences.end[order]
    assert (begin[1:] >= end[:-1])[person[1:] == person[:-1]].all()


def test_the_district_says_what_it_is(made: Made) -> None:
    assert made.district.as_of == "2026-07-02"
    assert made.district.persons == 2000
    assert len(made.district.rows) == 11
    assert all(rows > 0 for rows in made.district.rows.values())
