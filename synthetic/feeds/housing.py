"""What is known of dwellings: housing register, filed leases, electricity accounts."""

from dataclasses import dataclass

import numpy as np

from synthetic.calendar import AS_OF, NEVER, YEAR
from synthetic.families import Plant
from synthetic.feeds.desk import Desk
from synthetic.houses import USE_WORDS, Kind, Use
from synthetic.life import RENT
from synthetic.records import DAY, Facts, Feed, HouseRole, PersonRole, UnitRole, unknown
from synthetic.text import Flags, Ints, Text, iso_days, join, number, take, where, words
from synthetic.units import ACTIVE

IN_USE = 30  # kWh a month; a frost guard or a fridge left on is below


def housing_register(desk: Desk) -> Feed:
    """Houses with their owner; some are missing, some old buildings are one row for all their rooms."""
    world, houses = desk.world, desk.world.houses
    house = np.flatnonzero((houses.in_register == 1) & (houses.kind != Kind.OUTSIDE))
    rows, size, company = np.arange(len(house)), len(house), world.tenure.owner_unit[house]
    by_company = company >= 0
    stale = desk.slips("owner_is_earlier", ~by_company)
    owner = np.where(stale, world.tenure.earlier[house], world.tenure.owner[house])
    name, card, address = desk.clerk.names(owner), desk.clerk.ids(owner), desk.clerk.addresses(house, proper=True)
    columns = {
        "房屋编码": desk.row_keys("FW", size),
        "产权证号": _certificates(desk, house),
        "坐落": address.text,
        "小区名称": take(world.map.estates, houses.estate[house]),
        "居委会": desk.committees(house),
        "权利人": where(by_company, take(world.units.name, company), name.text),
        "权利人证件号": where(by_company, take(world.units.code, company), card.text),
        "建筑面积": join(number(houses.area[house]), ".", number(house * 37 % 100, 2)),
        "居室数": number(houses.rooms[house]),
        "用途": take(words(USE_WORDS), houses.use[house]),
        "建成年份": number(houses.year[house]),
    }
    since, never = np.full(size, AS_OF - 8 * YEAR), np.full(size, NEVER)
    return Feed(
        "housing_register",
        "房屋编码",
        columns,
        desk.versions(since),
        persons=(PersonRole("owner", rows, owner, name.key, card.key, house=address.house).kept(~by_company),),
        houses=(HouseRole("", rows, house, address.house),),
        units=(UnitRole("owner_unit", rows, company, company, company).kept(by_company),),
        facts=(Facts("ownership", rows, owner, house, since, never, since, address.house == house).kept(~by_company),),
    )


def _certificates(desk: Desk, house: Ints) -> Text:
    serial = number(desk.dice.rng.permutation(len(house)), 7)
    return join("沪房地嘉字（", number(desk.world.houses.year[house]), "）第", serial, "号")


@dataclass(frozen=True)
class _Leases:
    stay: Ints
    begin: Ints
    end: Ints


def rental_contracts(desk: Desk) -> Feed:
    """Filed leases; only the first tenant is named, and fewer people are given than live there."""
    world, found = desk.world, _draw_leases(desk)
    house, family = world.life.stays.house[found.stay], world.life.stays.family[found.stay]
    tenant, landlord = world.families.first[family], world.tenure.letting[found.stay]
    rows, size = np.arange(len(house)), len(house)
    named = ~desk.slips("lease_landlord_unnamed", np.ones(size, dtype=bool))
    name, card, phone = desk.clerk.names(tenant), desk.clerk.ids(tenant), desk.clerk.phones(tenant, found.begin)
    owner, owner_card = desk.clerk.names(landlord), desk.clerk.ids(landlord)
    address = desk.clerk.addresses(house)
    columns = {
        "备案号": desk.row_keys("ZL", size),
        "出租人": where(named, owner.text, None),
        "出租人证件号": where(named, owner_card.text, None),
        "承租人": name.text,
        "承租人证件号": card.text,
        "承租人电话": phone.text,
        "房屋地址": address.text,
        "起租日期": iso_days(found.begin),
        "到期日期": iso_days(found.end),
        "居住人数": number(np.minimum(world.families.size[family], 4)),
    }
    exact, observed = address.house == house, np.minimum(found.begin, AS_OF - 1)
    return Feed(
        "rental_contracts",
        "备案号",
        columns,
        observed * DAY + desk.dice.between(30000, 60000, size),
        persons=(
            PersonRole("tenant", rows, tenant, name.key, card.key, phone=phone.key, house=address.house),
            PersonRole("landlord", rows, landlord, owner.key, owner_card.key, house=address.house).kept(named),
        ),
        houses=(HouseRole("", rows, house, address.house),),
        facts=(
            Facts("lease", rows, tenant, house, found.begin, found.end, observed, exact),
            Facts("letting", rows, landlord, house, found.begin, found.end, observed, exact).kept(named),
        ),
        previous={"承租人电话": desk.clerk.phones(tenant, np.zeros(size, dtype=np.int64)).text},
    )


def _draw_leases(desk: Desk) -> _Leases:
    """Yearly leases of rented homes that were filed: the last one, and for long stays the one before."""
    world, stays = desk.world, desk.world.life.stays
    plant = world.families.plant[stays.family]
    rented = (stays.tenure == RENT) & (world.tenure.letting >= 0) & (plant != Plant.DORMITORY)
    rented &= (plant != Plant.UNREGISTERED) & (plant != Plant.NON_RESIDENTIAL) & (plant != Plant.ONE_REGISTERED)
    stay = np.flatnonzero(rented & ~desk.slips("lease_not_filed", rented))
    last = np.minimum(stays.end[stay], AS_OF)
    years = np.maximum((last - stays.begin[stay] - 1) // YEAR, 0)
    begin = stays.begin[stay] + years * YEAR
    expired = desk.dice.happens(0.12, len(stay)) & (years > 0)
    begin = np.where(expired, begin - YEAR, begin)
    end = np.where(stays.end[stay] < AS_OF, np.minimum(begin + YEAR, stays.end[stay]), begin + YEAR)
    again = np.flatnonzero((begin - YEAR >= stays.begin[stay]) & desk.dice.happens(0.5, len(stay)))
    return _Leases(
        np.r_[stay, stay[again]], np.r_[begin, begin[again] - YEAR], np.r_[np.maximum(end, begin + 1), begin[again]]
    )


def utilities(desk: Desk) -> Feed:
    """One electricity account per house; the holder is often an earlier owner, the address often ends at the house."""
    houses = desk.world.houses
    house = np.flatnonzero((houses.kind != Kind.OUTSIDE) & (houses.kind != Kind.WHOLE))
    rows, size, holder = np.arange(len(house)), len(house), _holders(desk, house)
    name, phone = desk.clerk.names(holder), desk.clerk.phones(holder, np.full(size, AS_OF - YEAR))
    address, used = desk.clerk.addresses(house), _in_use(desk)[house]
    base = np.where(used, desk.dice.between(70, 420, size), desk.dice.between(0, 22, size))
    read = AS_OF - desk.dice.between(1, 28, size)
    last, second, third = (number(np.maximum(base + desk.dice.between(-6, 6, size), 0)) for _ in range(3))
    columns = {
        "户号": desk.row_keys("31", size),
        "户名": name.text,
        "联系电话": phone.text,
        "用电地址": address.text,
        "抄表日期": iso_days(read),
        "上月用电量": last,
        "前二月用电量": second,
        "前三月用电量": third,
    }
    in_use = Facts("utility_use", rows, holder, house, read, np.full(size, NEVER), read, address.house == house)
    return Feed(
        "utilities",
        "户号",
        columns,
        read * DAY + desk.dice.between(30000, 60000, size),
        persons=(PersonRole("holder", rows, holder, name.key, phone=phone.key, house=address.house),),
        houses=(HouseRole("", rows, house, address.house),),
        facts=(in_use.kept(used),),
        previous={"联系电话": desk.clerk.phones(holder, np.zeros(size, dtype=np.int64)).text},
    )


def _holders(desk: Desk, house: Ints) -> Ints:
    world = desk.world
    stays = world.life.stays
    tenant = unknown(len(world.houses))
    renting = (stays.tenure == RENT) & (stays.end == NEVER)
    tenant[stays.house[renting]] = world.families.first[stays.family[renting]]
    by_tenant = desk.slips("holder_is_tenant", tenant[house] >= 0)
    by_earlier = desk.slips("holder_is_earlier", ~by_tenant)
    return np.select([by_tenant, by_earlier], [tenant[house], world.tenure.earlier[house]], world.tenure.owner[house])


def _in_use(desk: Desk) -> Flags:
    """Houses that somebody lives or works in; an empty flat has at most a frost guard running."""
    world = desk.world
    used = np.zeros(len(world.houses), dtype=bool)
    used[world.life.home[world.life.home >= 0]] = True
    working = (world.units.works_at >= 0) & (world.units.status == ACTIVE)
    used[world.units.works_at[working]] = True
    return used | (np.isin(world.houses.use, [Use.INDUSTRIAL, Use.OFFICE]) & desk.dice.happens(0.5, len(used)))
