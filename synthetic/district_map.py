"""The names of the district's towns, committees, roads, estates and homesteads, as columns to take words from."""

from dataclasses import dataclass

import numpy as np
from opencc import OpenCC

from schemas.files import DeclarationTree
from schemas.readers.gazetteer import read_gazetteer
from synthetic.dice import Dice
from synthetic.geography import origins, place_names, stems
from synthetic.houses import Places
from synthetic.text import Text, words

_ROADS, _ESTATES = 480, 6000


@dataclass(frozen=True)
class DistrictMap:
    """Names by index; the traditional form of each follows at index plus the number of names."""

    places: Places
    towns: Text
    town_codes: tuple[str, ...]
    committees: Text
    committee_codes: Text
    villages: Text
    roads: Text
    estates: Text
    hamlets: Text
    outside_districts: Text
    outside_roads: Text


def draw_map(dice: Dice) -> DistrictMap:
    """The district's places: towns and committees as in the gazetteer, roads and estates composed."""
    gazetteer, names = read_gazetteer(DeclarationTree()), place_names()
    town_place = {town.code: place for place, town in enumerate(gazetteer.towns)}
    committees = [committee for committee in gazetteer.committees if "（" not in committee.name]
    village = np.array([committee.kind == "village" for committee in committees])
    road_stems = np.array(stems(names.road_stems.first, names.road_stems.second))
    composed = [
        stem + names.road_kinds[place % len(names.road_kinds)]
        for place, stem in enumerate(dice.rng.permutation(road_stems))
    ]
    roads = list(dict.fromkeys([*names.roads, *composed]))[:_ROADS]
    estate_stems = np.array(stems(names.estate_stems.first, names.estate_stems.second))
    shuffled = dice.rng.permutation(estate_stems)
    kinds, rounds = names.estate_kinds, len(shuffled)
    estates = [
        shuffled[place % rounds] + kinds[(place + place // rounds) % len(kinds)]
        for place in range(min(_ESTATES, rounds * len(kinds)))
    ]
    hamlets = [name + kind for kind in dict.fromkeys(names.hamlet_kinds) for name in names.hamlets]
    return DistrictMap(
        places=Places(
            residential=np.flatnonzero(~village),
            villages=np.flatnonzero(village),
            town_of=np.array([town_place[committee.town_code] for committee in committees]),
            towns=len(gazetteer.towns),
            roads=len(roads),
            estates=len(estates),
            hamlets=len(hamlets),
        ),
        towns=_both([town.name for town in gazetteer.towns]),
        town_codes=tuple(town.code for town in gazetteer.towns),
        committees=words([committee.name for committee in committees]),
        committee_codes=words([committee.code for committee in committees]),
        villages=_both([committee.name.removesuffix("村委会").removesuffix("村") + "村" for committee in committees]),
        roads=_both(roads),
        estates=_both(estates),
        hamlets=_both(hamlets),
        outside_districts=words(origins().city_names),
        outside_roads=words(names.outside_roads),
    )


def _both(names: list[str]) -> Text:
    converter = OpenCC("s2t")
    return words([*names, *(converter.convert(name) for name in names)])
