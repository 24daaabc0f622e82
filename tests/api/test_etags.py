"""Entity tags: a reader is not sent what it has, a writer must mean the present state."""

import pytest

from api.etags import etag_of, has_already, means_this
from api.problems import Refusal
from tests.api.calling import Served, problem_of

TAG = etag_of("2026-06-30-aaaa", "housing")


def test_a_tag_tells_states_apart() -> None:
    assert etag_of("a", "bc") != etag_of("ab", "c")
    assert etag_of("2026-06-30-aaaa", "housing") == TAG
    assert TAG[0] == TAG[-1] == '"'


@pytest.mark.parametrize(
    ("given", "had"),
    [
        (None, False),
        (TAG, True),
        (f"W/{TAG}", True),
        (f'"x", {TAG}', True),
        ("*", True),
        ('"x"', False),
        (TAG[:-2], False),
    ],
)
def test_a_reader_has_it_already(given: str | None, had: bool) -> None:
    assert has_already(given, TAG) is had


@pytest.mark.parametrize("given", [TAG, "*", f'"x", {TAG}'])
def test_a_writer_means_the_present_state(given: str) -> None:
    means_this(given, TAG)


@pytest.mark.parametrize(
    ("given", "slug"), [(None, "state-unnamed"), ('"x"', "changed-meanwhile"), (f"W/{TAG}", "changed-meanwhile")]
)
def test_a_writer_who_means_another_or_none_is_refused(given: str | None, slug: str) -> None:
    with pytest.raises(Refusal) as raised:
        means_this(given, TAG)
    assert raised.value.telling.slug == slug


def test_the_snapshot_is_not_sent_again(api: Served) -> None:
    first = api.get("/v1/snapshot")
    assert first.json() == {"snapshot": "2026-06-30-aaaa", "sequence": 1, "as_of": "2026-06-30"}
    again = api.get("/v1/snapshot", If_None_Match=first.headers["etag"])
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", first.headers["etag"])
    assert api.get("/v1/snapshot", If_None_Match="no tag").status_code == 200
    assert problem_of(api.get("/v1/snapshot", If_None_Match="a" * 1_025)) == "invalid-input"
