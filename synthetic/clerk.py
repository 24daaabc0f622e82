"""What a department's clerk writes down of people and houses, mistakes included, and what can be read from it."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from synthetic import addresses
from synthetic.dice import Dice
from synthetic.faults import FaultLog, Faults
from synthetic.houses import Houses, Kind
from synthetic.identifiers import draw_phones, has_old_number, old_resident_ids, resident_ids
from synthetic.names import HAN, LATIN, MINORITY, NameStock, assemble
from synthetic.people import People
from synthetic.text import FIRST_DAY, Flags, Ints, Text, iso_days, join, number, packed_days, take, where, words
from synthetic.world import World

_DEFAULT_IDS = words(["无", "111111111111111111", "000000000000000000", "123456789012345678", "999999999999999999"])
_DEFAULT_PHONES = words(["13800000000", "00000000000", "无", "11111111111", "13000000000"])
_DEFAULT_BIRTH = FIRST_DAY
_FORMS_OF_ADDRESS = (words(["阿姨", "小姐", "女士"]), words(["先生", "师傅", "老板"]))
_WIDE = str.maketrans("0123456789X", "０１２３４５６７８９Ｘ")
UNKNOWN = -1


@dataclass(frozen=True)
class Recorded:
    """A column as written, and the number of its right reading; UNKNOWN (0 for a phone) where it cannot be read."""

    text: Text
    key: Ints


@dataclass(frozen=True)
class RecordedAddress:
    """An address as written; `house` is the house that it names, UNKNOWN where it names none exactly."""

    text: Text
    house: Ints


@dataclass(frozen=True)
class Clerk:
    """Writes the columns of one feed."""

    feed: str
    world: World
    faults: Faults
    dice: Dice
    log: FaultLog

    def slips(self, fault: str, able: Flags) -> Flags:
        """Which of the able rows get the fault."""
        hit = able & self.dice.happens(self.faults.rate(fault, self.feed), len(able))
        if fault in self.faults.rates and self.feed in self.faults.rates[fault]:
            self.log.note(fault, self.feed, eligible=int(able.sum()), applied=int(hit.sum()))
        return hit

    def names(self, person: Ints) -> Recorded:
        """Each person's name; the key is equal for names that sound the same."""
        people: People = self.world.people
        stock: NameStock = self.world.stock
        tokens, form = people.tokens[person].copy(), people.form[person]
        han = form == HAN
        last = np.where(tokens[:, 2] > 0, 2, 1)
        rows = np.arange(len(person))
        heard = self.slips("name_same_sound", han & (stock.same.size[tokens[rows, last]] > 1))
        tokens[rows[heard], last[heard]] = stock.same.another(self.dice, tokens[rows[heard], last[heard]])
        misheard = self.slips("name_misheard", han)
        place = np.where(self.dice.happens(0.3, len(rows)), 0, last)[misheard]
        tokens[rows[misheard], place] = stock.alike.another(self.dice, tokens[rows[misheard], place])
        key = stock.key(tokens)
        text, starred = self._write_name(tokens, form, han)
        part = self.slips("name_part_only", han)
        polite = where(
            people.sex[person] == 1,
            take(_FORMS_OF_ADDRESS[1], self.dice.one_of(len(rows), 3)),
            take(_FORMS_OF_ADDRESS[0], self.dice.one_of(len(rows), 3)),
        )
        text = where(part, join(take(stock.text, tokens[:, 0]), polite), text)
        return Recorded(text, np.where(part | starred, UNKNOWN, key))

    def _write_name(self, tokens: Ints, form: Ints, han: Flags) -> tuple[Text, Flags]:
        stock = self.world.stock
        traditional = self.slips("name_traditional", han)
        rare = han & stock.rare[tokens].any(axis=1)
        spelled = self.slips("name_rare_as_pinyin", rare)
        starred = self.slips("name_rare_as_star", rare & ~spelled)
        pieces = []
        for column in range(3):
            token = tokens[:, column]
            piece = where(traditional, take(stock.traditional, token), take(stock.text, token))
            if rare.any():
                piece = where(spelled & stock.rare[token], take(stock.spelled, token), piece)
                piece = where(starred & stock.rare[token], "*", piece)
            pieces.append(piece)
        other_dot = self.slips("name_dot_variant", form == MINORITY)
        dots = np.where(other_dot, self.dice.between(1, 5, len(form)), 0)
        return assemble(pieces, form, dots), starred

    def ids(self, person: Ints) -> Recorded:
        """Each person's ID number; the key is the person whose valid number it is."""
        people = self.world.people
        able = np.ones(len(person), dtype=bool)
        lender = self.world.housemate(self.dice, person)
        foreign = people.form[person] == LATIN
        borrowed = self.slips("id_borrowed", ~foreign & (lender != person) & (people.form[lender] != LATIN))
        owner = np.where(borrowed, lender, person)
        first17 = people.first17[owner]
        text = resident_ids(first17)
        old = self.slips("id_old_15", has_old_number(people.born[owner]) & ~foreign)
        text = where(old, old_resident_ids(first17), text)
        mistyped = self.slips("id_mistyped", ~foreign & ~old)
        text = self._mistype(text, mistyped, 18)
        wide = self.slips("id_full_width", ~foreign & ~old & ~mistyped)
        text = _replace(text, wide, [each.translate(_WIDE) for each in text.filter(wide).to_pylist()])
        text = where(foreign, join("E", number(first17 % 10**8, 8)), text)
        default = self.slips("id_default", able)
        text = where(default, take(_DEFAULT_IDS, self.dice.one_of(len(person), 5)), text)
        missing = self.slips("id_missing", able)
        text = where(missing, None, text)
        return Recorded(text, np.where(mistyped | foreign | default | missing, UNKNOWN, owner))

    def _mistype(self, text: Text, rows: Flags, length: int) -> Text:
        """Puts a wrong digit at a random place after the first of the marked rows."""
        wrong = []
        chosen = text.filter(rows).to_pylist()
        places, steps = self.dice.between(1, length - 2, len(chosen)), self.dice.between(1, 9, len(chosen))
        for value, place, step in zip(chosen, places.tolist(), steps.tolist(), strict=True):
            wrong.append(value[:place] + str((int(value[place]) + step) % 10) + value[place + 1 :])
        return _replace(text, rows, wrong)

    def births(self, person: Ints, *, packed: bool = False) -> Recorded:
        """Each person's birth date; the key is the day number."""
        born = self.world.people.born[person]
        able = np.ones(len(person), dtype=bool)
        mistyped = self.slips("birth_mistyped", able)
        days = np.where(mistyped, born + self.dice.between(1, 60, len(born)) * np.where(born % 2, 1, -1), born)
        default = self.slips("birth_default", able)
        days = np.where(default, _DEFAULT_BIRTH, days)
        return Recorded(packed_days(days) if packed else iso_days(days), np.where(default, UNKNOWN, days + 10**6))

    def phones(self, person: Ints, written: Ints) -> Recorded:
        """Each person's number as it was on the day written; the key is the number, 0 where there is none."""
        people = self.world.people
        giver = np.where(
            self.slips("phone_of_housemate", people.phone[person] >= 0), self.world.housemate(self.dice, person), person
        )
        giver = np.where(people.phone[giver] == 0, self.world.parent(giver), giver)
        phone = np.where(written < people.phone_changed[giver], people.phone_before[giver], people.phone[giver])
        return self.written_phones(phone)

    def written_phones(self, phone: Ints) -> Recorded:
        """The numbers as the clerk writes them."""
        able = phone > 0
        mistyped = self.slips("phone_mistyped", able)
        phone = np.where(mistyped, draw_phones(self.dice, len(phone)) % 100 + phone // 100 * 100, phone)
        default = self.slips("phone_default", able)
        missing = self.slips("phone_missing", able) | ~able
        text = number(phone)
        style = self.dice.weighted([0.94, 0.02, 0.02, 0.02], len(phone))
        spaced = join(
            pc.utf8_slice_codeunits(text, 0, 3),
            pc.utf8_slice_codeunits(text, 3, 7),
            pc.utf8_slice_codeunits(text, 7, 11),
            separator=" ",
        )
        text = where(
            style == 1,
            join("+86", text),
            where(style == 2, spaced, where(style == 3, pc.replace_substring(spaced, " ", "-"), text)),
        )
        text = where(default, take(_DEFAULT_PHONES, self.dice.one_of(len(phone), 5)), text)
        return Recorded(where(missing, None, text), np.where(missing | default, 0, phone))

    def credit_codes(self, unit: Ints) -> Recorded:
        """Each unit's credit code, null below zero; a few are of the kinds that came before. The key is the unit."""
        code = take(self.world.units.code, unit)
        old = self.slips("credit_code_old", unit >= 0)
        organisation = pc.utf8_slice_codeunits(code, 8, 17)
        former = where(unit % 2 == 0, organisation, join("3101140", number(np.maximum(unit, 0) * 61 + 20_000_003, 8)))
        return Recorded(where(old, former, code), np.where(old, UNKNOWN, unit))

    def sexes(self, person: Ints, *, female: str = "女", male: str = "男") -> Text:
        """Each person's sex; a few rows with a code that no list knows."""
        text = where(self.world.people.sex[person] == 1, male, female)
        return where(self.slips("code_unknown", np.ones(len(person), dtype=bool)), "9", text)

    def addresses(self, house: Ints, *, proper: bool = False) -> RecordedAddress:
        """Each house's address; a proper one has no parts left out."""
        houses: Houses = self.world.houses
        able = np.ones(len(house), dtype=bool)
        inside = houses.kind[house] != Kind.OUTSIDE
        rooms = inside & (houses.room[house] > 0)
        wrong = self.slips("address_wrong_room", rooms & (houses.kind[house] != Kind.GARAGE))
        named = np.where(wrong, self.world.next_door[house], house)
        estate = houses.estate[named] >= 0
        without_room = self.slips("address_room_missing", rooms)
        without_number = self.slips("address_number_missing", rooms & (houses.lane[named] > 0))
        chinese = self.slips("address_chinese_numerals", inside & (houses.kind[named] != Kind.GARAGE))
        wide = self.slips("address_full_width", inside & ~chinese)
        doubled = self.slips("address_doubled", inside)
        prefix = np.where(inside, self.dice.weighted([0.3, 0.35, 0.3, 0.05], len(house)), 0)
        manner = addresses.Manner(
            house=named,
            numerals=np.select([chinese, wide], [addresses.CHINESE, addresses.FULL_WIDTH], addresses.ARABIC),
            prefix=np.where(proper & inside, 2, prefix),
            town=inside & ~self.slips("address_town_missing", able),
            estate_for_lane=self.slips("address_estate_for_lane", inside & estate),
            estate_beside_lane=self.slips("address_estate_beside_lane", inside & estate),
            without_room=without_room,
            without_number=without_number,
            dash=self.slips("address_room_dash", inside & estate),
            house_word=np.where(
                self.dice.happens(0.0 if proper else 0.12, len(house)), self.dice.between(1, 2, len(house)), 0
            ),
            traditional=self.slips("address_traditional", able),
        )
        text = addresses.write_addresses(self.world.map, houses, manner)
        text = where(doubled, join("嘉定区", text), text)
        return RecordedAddress(text, np.where(without_room | without_number, UNKNOWN, named))


def _replace(text: Text, rows: Flags, values: list[str]) -> Text:
    return pc.replace_with_mask(text, pa.array(rows), words(values)) if values else text
