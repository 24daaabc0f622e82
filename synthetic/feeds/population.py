"""Who is registered where: household register, residence registration, separated residents."""

from dataclasses import dataclass

import numpy as np

from synthetic.calendar import AS_OF, BEGIN, NEVER, YEAR
from synthetic.clerk import UNKNOWN
from synthetic.families import DEAD, GONE, HEAD, OTHER, Plant
from synthetic.feeds.desk import Desk
from synthetic.life import former_homes
from synthetic.names import MINORITY
from synthetic.people import DISTRICT
from synthetic.records import DAY, Facts, Feed, HouseRole, PersonRole, person_role
from synthetic.text import Flags, Ints, Text, constant, iso_days, join, number, packed_days, take, where, words

RELATIONS = words(["户主", "配偶", "子女", "父母", "兄弟姐妹", "其他"])
_ETHNICITIES = words(["汉族", "回族", "维吾尔族", "满族", "土家族"])
_FERTILITY = words(["已婚", "未婚", "离异", "丧偶", "已婚一孩", "已婚二孩"])


def household_register(desk: Desk) -> Feed:
    """Persons with hukou in the district, among them people long gone and some dead."""
    people, life = desk.world.people, desk.world.life
    person = np.flatnonzero((people.hukou == DISTRICT) & (life.hukou_house >= 0))
    size, house, rows = len(person), life.hukou_house[person], np.arange(len(person))
    since, out, died = _hukou_dates(desk, person)
    household, relation = _households(desk, person, house)
    name, born = desk.clerk.names(person), desk.clerk.births(person, packed=True)
    card, address = desk.clerk.ids(person), desk.clerk.addresses(house, proper=True)
    minority = np.where(people.form[person] == MINORITY, 2, desk.dice.weighted([97, 1, 0, 1, 1], size))
    columns = {
        "人员编号": desk.row_keys("HJ", size),
        "姓名": name.text,
        "公民身份号码": card.text,
        "性别": desk.clerk.sexes(person),
        "民族": take(_ETHNICITIES, minority),
        "出生日期": born.text,
        "户号": join("310114", number(household + 1, 8)),
        "与户主关系": take(RELATIONS, relation),
        "户籍地址": address.text,
        "迁入日期": packed_days(since),
        "迁出日期": packed_days(out),
        "状态": take(words(["正常", "迁出", "死亡"]), np.select([out < NEVER, died], [1, 2], 0)),
    }
    version = desk.versions(np.maximum(since, AS_OF - 2 * YEAR))
    hukou = Facts("hukou", rows, person, house, since, out, version // DAY, address.house == house)
    return Feed(
        "household_register",
        "人员编号",
        columns,
        version,
        persons=(person_role("", rows, person, name, number=card, born=born, house=address.house),),
        houses=(HouseRole("house", rows, house, address.house),),
        facts=(hukou.kept(~died),),
    )


def _hukou_dates(desk: Desk, person: Ints) -> tuple[Ints, Ints, Flags]:
    """Since when and until when each hukou is here, and whose death the register knows."""
    people, size = desk.world.people, len(person)
    gone, dead = people.status[person] == GONE, people.status[person] == DEAD
    left = gone & ~desk.slips("hukou_left_behind", gone)
    died = dead & ~desk.slips("hukou_of_the_dead", dead)
    out = np.where(left, desk.dice.between(BEGIN, AS_OF - 10, size), NEVER)
    since = np.maximum(people.born[person], AS_OF - desk.dice.between(2 * YEAR, 32 * YEAR, size))
    return np.minimum(since, np.minimum(out - 30, AS_OF - 5)), out, died


def _households(desk: Desk, person: Ints, house: Ints) -> tuple[Ints, Ints]:
    """Number of the booklet of each person (family and house), and the relation to its first member, the head."""
    people = desk.world.people
    _, booklet = np.unique(people.family[person].astype(np.int64) * len(desk.world.houses) + house, return_inverse=True)
    order = np.argsort(booklet, kind="stable")
    first = np.r_[True, booklet[order][1:] != booklet[order][:-1]]
    head = np.zeros(len(person), dtype=bool)
    head[order[first]] = True
    role = people.role[person]
    return booklet, np.where(head, HEAD, np.where(role == HEAD, OTHER, role))


@dataclass(frozen=True)
class _Registrations:
    person: Ints
    stay: Ints
    house: Ints
    on: Ints
    until: Ints


def residence_registration(desk: Desk) -> Feed:
    """Newcomers by registration; a renewal is often a new row, and moving away is seldom signed off."""
    world, people, found = desk.world, desk.world.people, _draw_registrations(desk)
    person, size, rows = found.person, len(found.person), np.arange(len(found.person))
    name, born, card = desk.clerk.names(person), desk.clerk.births(person), desk.clerk.ids(person)
    phone, address = desk.clerk.phones(person, found.on), desk.clerk.addresses(found.house)
    landlord = world.tenure.letting[found.stay]
    owner, let = desk.clerk.names(np.maximum(landlord, 0)), landlord >= 0
    household, relation = _registered_households(desk, person)
    columns = {
        "登记编号": desk.row_keys("JZ", size),
        "姓名": name.text,
        "证件号码": card.text,
        "性别": desk.clerk.sexes(person),
        "出生日期": born.text,
        "婚育情况": take(_FERTILITY, desk.dice.one_of(size, 6)),
        "户籍地区划": number(people.hukou[person], 6),
        "居住地址": address.text,
        "居委会": desk.committees(found.house),
        "登记户号": join("H", number(household, 8)),
        "与户主关系": take(RELATIONS, relation),
        "来沪日期": iso_days(people.arrived[person]),
        "登记日期": iso_days(found.on),
        "居住证号": _permits(desk, size),
        "有效期至": iso_days(found.until),
        "出租人姓名": where(let, owner.text, None),
        "联系电话": phone.text,
    }
    before = np.where(found.house == world.life.home[person], _former(desk, person), UNKNOWN)
    registered = (found.on, found.until, found.on, address.house == found.house)
    return Feed(
        "residence_registration",
        "登记编号",
        columns,
        np.minimum(np.maximum(found.on, found.until - YEAR), AS_OF - 1) * DAY + desk.dice.between(30000, 60000, size),
        persons=(
            person_role("", rows, person, name, number=card, born=born, phone=phone, house=address.house),
            PersonRole("landlord", rows, landlord, owner.key, house=address.house).kept(let),
        ),
        houses=(HouseRole("house", rows, found.house, address.house, before, "居住地址"),),
        facts=(Facts("residence_registration", rows, person, found.house, *registered),),
        previous={
            "联系电话": desk.clerk.phones(person, np.zeros(size, dtype=np.int64)).text,
            "居住地址": where(before >= 0, desk.clerk.addresses(np.maximum(before, 0)).text, address.text),
        },
    )


def _former(desk: Desk, person: Ints) -> Ints:
    return former_homes(desk.world.life.residences, len(desk.world.people))[person]


def _registered_households(desk: Desk, person: Ints) -> tuple[Ints, Ints]:
    """Number of the registered household and relation to its head; housemates are households of their own."""
    people = desk.world.people
    alone = people.role[person] == OTHER
    relation = np.where(alone, HEAD, people.role[person])
    return np.where(alone, len(people) + person, people.family[person]), relation


def _permits(desk: Desk, size: int) -> Text:
    return where(desk.dice.happens(0.7, size), join("2026", number(desk.dice.rng.permutation(size), 9)), None)


def _draw_registrations(desk: Desk) -> _Registrations:
    world = desk.world
    residences = world.life.residences
    plant = world.families.plant[world.people.family[residences.person]]
    able = world.people.newcomer[residences.person] & (residences.end > AS_OF - 5 * YEAR)
    never = _together(desk, residences.stay, able)
    held_back = (plant == Plant.UNREGISTERED) | (plant == Plant.ONE_REGISTERED) & (
        world.people.role[residences.person] != HEAD
    )
    surely = (plant == Plant.ONE_REGISTERED) & (world.people.role[residences.person] == HEAD)
    chosen = np.flatnonzero(able & ~held_back & (~never | surely))
    return _registered_spans(desk, chosen, surely[chosen])


def _together(desk: Desk, stay: Ints, able: Flags) -> Flags:
    """Who never registered: families stay away from the counter together, housemates each for themselves."""
    role = desk.world.people.role[desk.world.life.residences.person]
    by_stay = np.flatnonzero(
        desk.dice.happens(desk.faults.rate("registration_never", desk.feed), len(desk.world.life.stays))
    )
    alone = desk.dice.happens(desk.faults.rate("registration_never", desk.feed), len(able))
    never = able & np.where(role == OTHER, alone, np.isin(stay, by_stay))
    desk.clerk.log.note("registration_never", desk.feed, eligible=int(able.sum()), applied=int(never.sum()))
    return never


def _registered_spans(desk: Desk, chosen: Ints, surely: Flags) -> _Registrations:
    residences, size = desk.world.life.residences, len(chosen)
    last = np.minimum(residences.end[chosen], AS_OF)
    first = np.maximum(
        residences.begin[chosen] + desk.dice.rng.exponential(35, size).astype(np.int64), AS_OF - 6 * YEAR
    )
    kept = first < last
    chosen, last, first, surely = chosen[kept], last[kept], first[kept], surely[kept]
    years = (last - first) // YEAR
    anew = desk.dice.rng.binomial(years, desk.faults.rate("registration_renewed_anew", desk.feed))
    desk.clerk.log.note("registration_renewed_anew", desk.feed, eligible=int(years.sum()), applied=int(anew.sum()))
    row = np.repeat(np.arange(len(chosen)), anew + 1)
    place = np.arange(len(row)) - np.repeat(np.cumsum(anew + 1) - anew - 1, anew + 1)
    on = first[row] + place * years[row] // (anew[row] + 1) * YEAR
    final = place == anew[row]
    lapsed = desk.slips("registration_lapsed", final & ~surely[row])
    ended = residences.end[chosen][row] < AS_OF
    signed_off = ended & final & ~desk.slips("registration_left_open", ended & final)
    anniversary = first[row] + (years[row] + 1 - lapsed) * YEAR
    until = np.where(final, np.maximum(anniversary, on + 180), on + years[row] // (anew[row] + 1) * YEAR)
    until = np.where(signed_off, last[row], until)
    until = np.maximum(until, on + 1)
    return _Registrations(
        residences.person[chosen][row], residences.stay[chosen][row], residences.house[chosen][row], on, until
    )


def separated_residents(desk: Desk) -> Feed:
    """City residents known to live away from their hukou."""
    people, life = desk.world.people, desk.world.life
    apart = people.resident & (life.home >= 0) & (life.hukou_house >= 0) & (life.hukou_house != life.home)
    person = np.flatnonzero(apart & ~desk.slips("separated_not_covered", apart))
    size, home, hukou = len(person), life.home[person], life.hukou_house[person]
    on = desk.dice.within(np.maximum(_since(desk, person), AS_OF - 4 * YEAR), np.full(size, AS_OF - 2))
    name, card, phone = desk.clerk.names(person), desk.clerk.ids(person), desk.clerk.phones(person, on)
    registered, address = desk.clerk.addresses(hukou), desk.clerk.addresses(home)
    columns = {
        "编号": desk.row_keys("RH", size),
        "姓名": name.text,
        "身份证号": card.text,
        "户籍地址": registered.text,
        "现居住地址": address.text,
        "登记日期": iso_days(on),
        "联系电话": phone.text,
    }
    rows = np.arange(size)
    return Feed(
        "separated_residents",
        "编号",
        columns,
        desk.versions(on),
        persons=(person_role("", rows, person, name, number=card, phone=phone, house=address.house),),
        houses=(HouseRole("house", rows, home, address.house), HouseRole("hukou_house", rows, hukou, registered.house)),
        facts=(Facts("separated_residence", rows, person, home, on, np.full(size, NEVER), on, address.house == home),),
        previous={"联系电话": constant(None, size)},
    )


def _since(desk: Desk, person: Ints) -> Ints:
    """Since when each person lives at the present home."""
    residences = desk.world.life.residences
    since = np.full(len(desk.world.people), AS_OF)
    lasting = residences.end == NEVER
    since[residences.person[lasting]] = residences.begin[lasting]
    return since[person]
