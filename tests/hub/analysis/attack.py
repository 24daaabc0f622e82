"""An attacker who knows people's values and whom they are related to, and looks for them in a graph.

Written apart from what makes the copy: rows of plain Cypher and a Counter.
"""

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from hub.graph.ladybug import LadybugStore

Step = tuple[str, str, str, Hashable]


def share_unique(signatures: Iterable[Hashable]) -> float:
    """The share of persons whose signature is nobody else's."""
    counted = Counter(signatures)
    return sum(number == 1 for number in counted.values()) / counted.total()


def with_one_step(
    people: Mapping[str, Hashable], places: Mapping[str, Hashable], steps: Sequence[Step]
) -> list[Hashable]:
    """The signature of each person: own values, and type, way, kind, day and place at the end of each relationship."""
    seen: dict[str, list[Hashable]] = defaultdict(list)
    for type_, start, end, told in steps:
        seen[start].append((type_, "out", told, places.get(end)))
        seen[end].append((type_, "in", told, places.get(start)))
    return [(own, tuple(sorted(map(repr, seen[person])))) for person, own in people.items()]


def known_of_release(release: LadybugStore, types: Iterable[str]) -> tuple[dict[str, Hashable], list[Hashable]]:
    """Values of each person of a release, and signatures with one step."""
    people = {row.pop("p.id"): tuple(row.values()) for row in nodes(release, "Person", PERSON)}
    places = {
        row["p.id"]: (label, row["p.committee"], row["p.town"])
        for label in ("Person", "House", "Unit")
        for row in nodes(release, label, ("committee", "town"))
    }
    steps = [
        (name, row.pop("s"), row.pop("e"), tuple(row.values())) for name in types for row in related(release, name)
    ]
    return people, with_one_step(people, places, steps)


PERSON = ("birth_from", "birth_to", "hukou_in_city", "committee", "town")


def nodes(release: LadybugStore, label: str, names: Sequence[str]) -> list[dict[str, Any]]:
    """Ids and these properties of the nodes of a label."""
    columns = ", ".join(f"p.{name}" for name in ("id", *names))
    return release.rows(f"MATCH (p:{label}) RETURN {columns}")


def related(release: LadybugStore, type_: str) -> list[dict[str, Any]]:
    """Both ends of the relationships of a type, the first day, and the kind where there is one."""
    return release.rows(f"MATCH (a)-[r:{type_}]->(b) RETURN a.id AS s, b.id AS e, r.valid_from AS since")


def known_of_graph(
    graph: LadybugStore, types: Iterable[str], as_of: date
) -> tuple[dict[str, Hashable], list[Hashable]]:
    """The same of the graph itself: date of birth, hukou, committee; months."""
    on = {"as_of": as_of}
    in_force = "r.valid_from <= $as_of AND (r.valid_to IS NULL OR r.valid_to > $as_of)"
    places: dict[str, Hashable] = {
        row["h.id"]: row["h.community_code"] for row in graph.rows("MATCH (h:House) RETURN h.id, h.community_code")
    }
    for label, type_ in (("Person", "LIVES_AT"), ("Unit", "OCCUPIES")):
        text = f"MATCH (a:{label})-[r:{type_}]->(h:House) WHERE {in_force} RETURN a.id, h.id ORDER BY h.id DESC"
        places |= {row["a.id"]: places[row["h.id"]] for row in graph.rows(text, on)}
    people: dict[str, Hashable] = {
        row["p.id"]: (row["p.birth_date"], row["p.hukou_in_city"], places.get(row["p.id"]))
        for row in graph.rows("MATCH (p:Person) RETURN p.id, p.birth_date, p.hukou_in_city")
    }
    steps: list[Step] = []
    for type_ in types:
        text = f"MATCH (a)-[r:{type_}]->(b) WHERE {in_force} RETURN a.id, b.id, r.valid_from"
        rows = graph.rows(text, on)
        steps += [(type_, row["a.id"], row["b.id"], row["r.valid_from"].replace(day=1)) for row in rows]
    return people, with_one_step(people, places, steps)
