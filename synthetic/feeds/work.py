"""Work and school: social insurance, business register, school roll."""

import numpy as np

from synthetic.calendar import AS_OF, NEVER, YEAR
from synthetic.families import CHILD, SIBLING, SPOUSE
from synthetic.feeds.desk import Desk
from synthetic.life import former_homes
from synthetic.records import DAY, Facts, Feed, HouseRole, PersonRole, UnitRole, person_role, unknown
from synthetic.text import Ints, iso_days, months, number, take, where, words
from synthetic.units import SORT_WORDS, STATUS_WORDS, Sort

_BANDS = [0.35, 0.3, 0.2, 0.1, 0.05]


def social_insurance(desk: Desk) -> Feed:
    """Insured jobs; the employer by short name, without code, or by the head office's code."""
    world, jobs, units = desk.world, desk.world.jobs, desk.world.units
    person, unit, size = jobs.person, jobs.unit, len(jobs.person)
    name, card = desk.clerk.names(person), desk.clerk.ids(person)
    able = np.ones(size, dtype=bool)
    short = desk.slips("employer_short_name", able)
    head_office = desk.slips("employer_head_office", units.sort[unit] == Sort.BRANCH)
    no_code = desk.slips("employer_code_missing", able)
    code = np.where(no_code, -1, np.where(head_office, units.parent[unit], unit))
    last = np.minimum(jobs.end, AS_OF)
    columns = {
        "个人编号": desk.row_keys("SB", size),
        "姓名": name.text,
        "身份证号": card.text,
        "户籍地区划": number(world.people.hukou[person], 6),
        "参保单位代码": take(units.code, code),
        "参保单位名称": where(short, take(units.short, unit), take(units.name, unit)),
        "参保起始月": months(jobs.begin),
        "参保终止月": months(np.where(jobs.end == NEVER, NEVER, jobs.end)),
        "累计缴费月数": number(np.maximum((last - jobs.begin) // 30, 1)),
        "缴费基数档": number(desk.dice.weighted(_BANDS, size) + 1),
    }
    rows = np.arange(size)
    return Feed(
        "social_insurance",
        "个人编号",
        columns,
        desk.versions(np.maximum(jobs.begin, AS_OF - 2 * YEAR)),
        persons=(person_role("", rows, person, name, number=card),),
        units=(UnitRole("employer", rows, unit, code, unit),),
        facts=(Facts("employment", rows, person, unit, jobs.begin, jobs.end, last, able),),
        previous={"累计缴费月数": number(np.maximum((last - jobs.begin) // 30 - 1, 1))},
    )


def business_register(desk: Desk) -> Feed:
    """Licensed units with their registered address, which is often not where they work."""
    world, units = desk.world, desk.world.units
    unit = np.flatnonzero((units.sort != Sort.SCHOOL) & units.licensed)
    rows, size, house = np.arange(len(unit)), len(unit), units.registered[unit]
    person = units.legal_rep[unit]
    name, card = desk.clerk.names(person), desk.clerk.ids(person)
    phone, address = desk.clerk.written_phones(units.phone[unit]), desk.clerk.addresses(house)
    old = desk.dice.happens(0.02, size)
    columns = {
        "登记编号": desk.row_keys("GS", size),
        "统一社会信用代码": where(old, None, take(units.code, unit)),
        "名称": take(units.name, unit),
        "法定代表人": name.text,
        "法定代表人证件号": card.text,
        "住所": address.text,
        "状态": take(words(STATUS_WORDS), units.status[unit]),
        "行业": take(units.industry, unit),
        "主体类型": take(words(SORT_WORDS), units.sort[unit]),
        "成立日期": iso_days(units.founded[unit]),
        "注销日期": iso_days(units.ended[unit]),
        "联系电话": phone.text,
        "政治面貌": take(words(["群众", "中共党员", "民盟盟员"]), desk.dice.weighted([80, 18, 2], size)),
    }
    return Feed(
        "business_register",
        "登记编号",
        columns,
        desk.versions(np.maximum(units.founded[unit], AS_OF - 5 * YEAR)),
        persons=(PersonRole("legal_rep", rows, person, name.key, card.key),),
        houses=(HouseRole("house", rows, house, address.house),),
        units=(UnitRole("", rows, unit, np.where(old, -1, unit), unit),),
        facts=(
            Facts(
                "licence",
                rows,
                unit,
                house,
                units.founded[unit],
                units.ended[unit],
                units.founded[unit],
                address.house == house,
            ),
        ),
        previous={"联系电话": desk.clerk.written_phones(units.phone[unit] // 1000 * 1000 + 7).text},
    )


def school_roll(desk: Desk) -> Feed:
    """Pupils with home and guardians; of a guardian often only the phone is right."""
    world, people, pupils = desk.world, desk.world.people, desk.world.schooling
    person, size = pupils.person, len(pupils.person)
    house = _school_homes(desk, person)
    mother_or_father = world.families.first[people.family[person]]
    other = np.minimum(mother_or_father + 1, len(people) - 1)
    has_other = (people.role[other] == SPOUSE) & (people.family[other] == people.family[person])
    first_is_self = ~np.isin(people.role[person], [CHILD, SIBLING]) | (mother_or_father == person)
    has_other &= ~first_is_self
    name, card, born = desk.clerk.names(person), desk.clerk.ids(person), desk.clerk.births(person)
    address = desk.clerk.addresses(house)
    able = np.ones(size, dtype=bool)
    named = (
        ~desk.slips("guardian_without_name", able) & ~first_is_self,
        has_other & ~desk.slips("guardian_without_name", has_other) & (other != person),
    )
    guardians = (mother_or_father, other)
    names = [desk.clerk.names(guardian) for guardian in guardians]
    phones = [desk.clerk.phones(guardian, pupils.begin) for guardian in guardians]
    status_code = np.full(size, 0)
    columns = {
        "学籍号": desk.row_keys("G3101142026", size),
        "姓名": name.text,
        "身份证件号": card.text,
        "性别": desk.clerk.sexes(person),
        "出生日期": born.text,
        "健康状况": take(words(["健康", "近视", "一般"]), desk.dice.weighted([80, 15, 5], size)),
        "户籍地区划": number(people.hukou[person], 6),
        "家庭住址": address.text,
        "学校名称": take(world.units.name, pupils.school),
        "学校标识码": number(3131000000 + pupils.school, 10),
        "年级": number(pupils.grade),
        "学籍状态": take(words(["在读", "毕业", "转出"]), status_code),
        "入学日期": iso_days(pupils.begin),
    }
    for place in (0, 1):
        relation = where(people.sex[guardians[place]] == 1, "父亲", "母亲")
        shown = has_other if place else ~first_is_self
        columns[f"监护人{place + 1}姓名"] = where(named[place], names[place].text, None)
        columns[f"监护人{place + 1}关系"] = where(shown, relation, None)
        columns[f"监护人{place + 1}电话"] = where(shown, phones[place].text, None)
    rows = np.arange(size)
    never, seen = np.full(size, NEVER), desk.versions(np.full(size, AS_OF - 300))
    exact = address.house == house
    roles = [person_role("", rows, person, name, number=card, born=born, house=address.house)]
    facts = [
        Facts("enrolment", rows, person, pupils.school, pupils.begin, never, seen // DAY, able),
        Facts("school_home", rows, person, house, pupils.begin, never, seen // DAY, exact),
    ]
    for place in (0, 1):
        kept = named[place]
        guardian = guardians[place][kept]
        roles.append(
            PersonRole(
                f"guardian{place + 1}",
                rows[kept],
                guardian,
                names[place].key[kept],
                phone=phones[place].key[kept],
                house=address.house[kept],
            )
        )
        facts.append(
            Facts(
                "guardian_home",
                rows[kept],
                guardian,
                house[kept],
                pupils.begin[kept],
                never[kept],
                seen[kept] // DAY,
                exact[kept],
            )
        )
    return Feed(
        "school_roll",
        "学籍号",
        columns,
        seen,
        persons=tuple(roles),
        houses=(HouseRole("house", rows, house, address.house),),
        units=(UnitRole("school", rows, pupils.school, unknown(size), pupils.school),),
        facts=tuple(facts),
        previous={"监护人1电话": desk.clerk.phones(mother_or_father, np.zeros(size, dtype=np.int64)).text},
    )


def _school_homes(desk: Desk, person: Ints) -> Ints:
    """The home that the school knows: for a share of those who moved, the one before."""
    before = former_homes(desk.world.life.residences, len(desk.world.people))[person]
    stale = desk.slips("school_home_stale", before >= 0)
    return np.where(stale, before, desk.world.life.home[person])
