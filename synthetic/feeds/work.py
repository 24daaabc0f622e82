"""Work: social insurance, business register."""

import numpy as np

from synthetic.calendar import AS_OF, NEVER, YEAR
from synthetic.feeds.desk import Desk
from synthetic.records import Facts, Feed, HouseRole, PersonRole, UnitRole, person_role
from synthetic.text import Ints, iso_days, month_starts, months, number, take, where, words
from synthetic.units import SORT_WORDS, STATUS_WORDS, Sort

_BANDS = [0.35, 0.3, 0.2, 0.1, 0.05]
_AFFILIATIONS = words(["群众", "中共党员", "民盟盟员"])


def social_insurance(desk: Desk) -> Feed:
    """Insured jobs; the employer by short name, without code, or by the head office's code."""
    world, jobs, units = desk.world, desk.world.jobs, desk.world.units
    person, unit, size = jobs.person, jobs.unit, len(jobs.person)
    name, card = desk.clerk.names(person), desk.clerk.ids(person)
    able, rows = np.ones(size, dtype=bool), np.arange(size)
    short = desk.slips("employer_short_name", able)
    head_office = desk.slips("employer_head_office", units.sort[unit] == Sort.BRANCH)
    no_code = desk.slips("employer_code_missing", able)
    written = np.where(no_code, -1, np.where(head_office, units.parent[unit], unit))
    code = desk.clerk.credit_codes(written)
    last = np.minimum(jobs.end, AS_OF)
    columns = {
        "个人编号": desk.row_keys("SB", size),
        "姓名": name.text,
        "身份证号": card.text,
        "户籍地区划": number(world.people.hukou[person], 6),
        "参保单位代码": code.text,
        "参保单位名称": where(short, take(units.short, unit), take(units.name, unit)),
        "参保起始月": months(jobs.begin),
        "参保终止月": months(jobs.end),
        "累计缴费月数": number(np.maximum((last - jobs.begin) // 30, 1)),
        "缴费基数档": number(desk.dice.weighted(_BANDS, size) + 1),
    }
    return Feed(
        "social_insurance",
        "个人编号",
        columns,
        desk.versions(np.maximum(jobs.begin, AS_OF - 2 * YEAR)),
        persons=(person_role("", rows, person, name, number=card),),
        units=(UnitRole("employer", rows, unit, code.key, np.where(short, len(units) + unit, unit)),),
        facts=(Facts("employment", rows, person, unit, month_starts(jobs.begin), _left(jobs.end), last, able),),
        previous={"累计缴费月数": number(np.maximum((last - jobs.begin) // 30 - 1, 1))},
    )


def _left(end: Ints) -> Ints:
    """The first day after the last month insured."""
    return np.where(end == NEVER, NEVER, month_starts(month_starts(np.minimum(end, AS_OF + YEAR)) + 32))


def business_register(desk: Desk) -> Feed:
    """Licensed units with their registered address, which is often not where they work."""
    units = desk.world.units
    unit = np.flatnonzero((units.sort != Sort.SCHOOL) & units.licensed)
    rows, size, house = np.arange(len(unit)), len(unit), units.registered[unit]
    person = units.legal_rep[unit]
    name, card = desk.clerk.names(person), desk.clerk.ids(person)
    phone, address = desk.clerk.written_phones(units.phone[unit]), desk.clerk.addresses(house)
    missing = desk.slips("credit_code_missing", np.ones(size, dtype=bool))
    code = desk.clerk.credit_codes(np.where(missing, -1, unit))
    columns = {
        "登记编号": desk.row_keys("GS", size),
        "统一社会信用代码": code.text,
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
        "政治面貌": take(_AFFILIATIONS, desk.dice.weighted([80, 18, 2], size)),
    }
    founded, ended = units.founded[unit], units.ended[unit]
    return Feed(
        "business_register",
        "登记编号",
        columns,
        desk.versions(np.maximum(founded, AS_OF - 5 * YEAR)),
        persons=(PersonRole("legal_rep", rows, person, name.key, card.key),),
        houses=(HouseRole("house", rows, house, address.house),),
        units=(UnitRole("", rows, unit, code.key, unit),),
        facts=(Facts("licence", rows, unit, house, founded, ended, founded, address.house == house),),
    )
