"""The school roll: pupils with home and guardians."""

from dataclasses import dataclass

import numpy as np

from synthetic.calendar import AS_OF, NEVER
from synthetic.clerk import Recorded, RecordedAddress
from synthetic.families import CHILD, SIBLING, SPOUSE
from synthetic.feeds.desk import Desk
from synthetic.life import former_homes
from synthetic.records import DAY, Facts, Feed, HouseRole, PersonRole, UnitRole, person_role, unknown
from synthetic.text import Flags, Ints, Text, iso_days, number, take, where, words


@dataclass(frozen=True)
class _Guardian:
    """The first or second guardian of each pupil: who, whether there is one, whether the name was noted."""

    role: str
    person: Ints
    exists: Flags
    named: Flags
    name: Recorded
    phone: Recorded

    def columns(self, desk: Desk) -> dict[str, Text]:
        """Name, relation and phone; of some only the phone."""
        title = self.role.replace("guardian", "监护人")
        relation = where(desk.world.people.sex[self.person] == 1, "父亲", "母亲")
        return {
            f"{title}姓名": where(self.named, self.name.text, None),
            f"{title}关系": where(self.exists, relation, None),
            f"{title}电话": where(self.exists, self.phone.text, None),
        }


def school_roll(desk: Desk) -> Feed:
    """Pupils with home and guardians; of a guardian sometimes only the phone."""
    people, pupils = desk.world.people, desk.world.schooling
    person, size = pupils.person, len(pupils.person)
    house = _school_homes(desk, person)
    name, card, born = desk.clerk.names(person), desk.clerk.ids(person), desk.clerk.births(person)
    address, guardians = desk.clerk.addresses(house), _guardians(desk)
    columns = {
        "学籍号": desk.row_keys("G3101142026", size),
        "姓名": name.text,
        "身份证件号": card.text,
        "性别": desk.clerk.sexes(person),
        "出生日期": born.text,
        "健康状况": take(words(["健康", "近视", "一般"]), desk.dice.weighted([80, 15, 5], size)),
        "户籍地区划": number(people.hukou[person], 6),
        "家庭住址": address.text,
        "学校名称": take(desk.world.units.name, pupils.school),
        "学校标识码": number(3131000000 + pupils.school, 10),
        "年级": number(pupils.grade),
        "学籍状态": take(words(["在读", "毕业", "转出"]), pupils.status),
        "入学日期": iso_days(pupils.begin),
    }
    for guardian in guardians:
        columns |= guardian.columns(desk)
    rows, version = np.arange(size), desk.versions(np.full(size, AS_OF - 300))
    pupil = person_role("", rows, person, name, number=card, born=born, house=address.house)
    return Feed(
        "school_roll",
        "学籍号",
        columns,
        version,
        persons=(pupil, *(_guardian_role(guardian, address) for guardian in guardians)),
        houses=(HouseRole("house", rows, house, address.house),),
        units=(UnitRole("school", rows, pupils.school, unknown(size), pupils.school),),
        facts=_facts(desk, HouseRole("house", rows, house, address.house), version // DAY, guardians),
        previous={"监护人1电话": desk.clerk.written_phones(people.phone_before[guardians[0].person]).text},
    )


def _guardians(desk: Desk) -> tuple[_Guardian, _Guardian]:
    """The head of a child's family and the spouse; younger brothers and sisters have the head alone."""
    people, person = desk.world.people, desk.world.schooling.person
    head = desk.world.families.first[people.family[person]]
    other = np.minimum(head + 1, len(people) - 1)
    first = np.isin(people.role[person], [CHILD, SIBLING])
    second = first & (people.role[other] == SPOUSE) & (people.family[other] == people.family[person])
    made = []
    for role, guardian, exists in (("guardian1", head, first), ("guardian2", other, second)):
        named = exists & ~desk.slips("guardian_without_name", exists)
        phone = desk.clerk.phones(guardian, desk.world.schooling.begin)
        made.append(_Guardian(role, guardian, exists, named, desk.clerk.names(guardian), phone))
    return made[0], made[1]


def _guardian_role(guardian: _Guardian, address: RecordedAddress) -> PersonRole:
    rows = np.arange(len(guardian.person))
    keys = {"phone": guardian.phone.key, "house": address.house}
    return PersonRole(guardian.role, rows, guardian.person, guardian.name.key, **keys).kept(guardian.named)


def _facts(desk: Desk, home: HouseRole, observed: Ints, guardians: tuple[_Guardian, ...]) -> tuple[Facts, ...]:
    pupils, house, exact = desk.world.schooling, home.house, home.named == home.house
    rows, never = np.arange(len(house)), np.full(len(house), NEVER)
    enrolment = Facts(
        "enrolment", rows, pupils.person, pupils.school, pupils.begin, never, observed, np.ones(len(house), dtype=bool)
    )
    at_home = Facts("school_home", rows, pupils.person, house, pupils.begin, never, observed, exact)
    theirs = [
        Facts("guardian_home", rows, each.person, house, pupils.begin, never, observed, exact).kept(each.named)
        for each in guardians
    ]
    return tuple(fact.kept(pupils.status[fact.rows] == 0) for fact in (enrolment, at_home, *theirs))


def _school_homes(desk: Desk, person: Ints) -> Ints:
    """The home that the school knows: for a share of those who moved, the one before."""
    before = former_homes(desk.world.life.residences, len(desk.world.people))[person]
    stale = desk.slips("school_home_stale", (before >= 0) & (desk.world.life.home[person] >= 0))
    return np.where(stale | (desk.world.life.home[person] < 0), before, desk.world.life.home[person])
