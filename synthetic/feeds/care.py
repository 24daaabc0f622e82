"""Who needs help: civil affairs."""

import numpy as np

from synthetic.calendar import AS_OF, NEVER, YEAR
from synthetic.feeds.desk import Desk
from synthetic.life import former_homes, lives_alone
from synthetic.records import Facts, Feed, HouseRole, person_role
from synthetic.text import Flags, Ints, Text, iso_days, take, where, words


def civil_affairs(desk: Desk) -> Feed:
    """Old people alone and assistance cases; a case stays open after its person moved or died."""
    person, house, gone, alone = _cases(desk)
    size, rows = len(person), np.arange(len(person))
    still_open = ~gone | desk.slips("case_left_open", gone)
    on = _case_days(desk, person, gone)
    name, born, card = desk.clerk.names(person), desk.clerk.births(person), desk.clerk.ids(person)
    phone, address = desk.clerk.phones(person, on), desk.clerk.addresses(house)
    columns = {
        "对象编号": desk.row_keys("MZ", size),
        "姓名": name.text,
        "身份证号": card.text,
        "性别": desk.clerk.sexes(person),
        "出生日期": born.text,
        "类别": _categories(desk, alone),
        "残疾情况": take(words(["无", "肢体", "视力"]), desk.dice.weighted([90, 7, 3], size)),
        "居住地址": address.text,
        "登记日期": iso_days(on),
        "状态": where(still_open, "在册", "停止"),
        "联系电话": phone.text,
    }
    facts = Facts("civil_affairs", rows, person, house, on, np.full(size, NEVER), on, address.house == house)
    return Feed(
        "civil_affairs",
        "对象编号",
        columns,
        desk.versions(on),
        persons=(person_role("", rows, person, name, number=card, born=born, phone=phone, house=address.house),),
        houses=(HouseRole("house", rows, house, address.house),),
        facts=(facts.kept(still_open),),
        previous={"联系电话": desk.clerk.phones(person, np.zeros(size, dtype=np.int64)).text},
    )


def _cases(desk: Desk) -> tuple[Ints, Ints, Flags, Flags]:
    """Person and house of each case, whether the person is no longer there, and who lives alone."""
    people, life = desk.world.people, desk.world.life
    alone = lives_alone(life, people) & (people.age >= 66) & desk.dice.happens(0.55, len(people))
    poor = people.resident & ~people.newcomer & (life.home >= 0) & (people.age >= 18)
    poor &= desk.dice.happens(0.02, len(people))
    last = former_homes(life.residences, len(people))
    over = (people.died < NEVER) & (last >= 0) & desk.dice.happens(0.25, len(people))
    moved = people.resident & ~people.newcomer & (last >= 0) & (life.home >= 0) & desk.dice.happens(0.05, len(people))
    person = np.flatnonzero(alone | poor | over | moved)
    gone = (over | moved)[person] & ~(alone | poor)[person]
    return person, np.where(gone, last[person], life.home[person]), gone, alone[person]


def _case_days(desk: Desk, person: Ints, gone: Flags) -> Ints:
    residences = desk.world.life.residences
    since = np.full(len(desk.world.people), AS_OF - 5)
    lasting = residences.end == NEVER
    since[residences.person[lasting]] = np.minimum(residences.begin[lasting], AS_OF - 5)
    on = desk.dice.between(AS_OF - 4 * YEAR, AS_OF - 5, len(person))
    died = np.minimum(desk.world.people.died[person], AS_OF)
    return np.asarray(np.where(gone, np.minimum(on, died - 200), np.maximum(on, since[person])))


def _categories(desk: Desk, alone: Flags) -> Text:
    category = np.where(alone, 0, desk.dice.weighted([0, 6, 1, 3], len(alone)))
    return take(words(["独居老人", "低保", "特困", "临时救助"]), category)
