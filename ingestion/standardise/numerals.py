"""Chinese numerals → Arabic digits: 三〇二 → 302, 十二 → 12, 一百二十 → 120."""

DIGITS = {
    **{char: value for value, char in enumerate("〇一二三四五六七八九")},
    **{char: value for value, char in enumerate("零壹贰叁肆伍陆柒捌玖")},
    "○": 0, "两": 2, "貳": 2, "參": 3, "陸": 6,
}  # fmt: skip
UNITS = {"十": 10, "拾": 10, "百": 100, "佰": 100, "千": 1000, "仟": 1000, "廿": 20, "卅": 30}
NUMERALS = "".join((*DIGITS, *UNITS))


def arabic(numeral: str) -> str | None:
    """The number as digits; None where it is no well-formed numeral.

    Digits without a unit are read place by place, so that 三〇二 keeps its zero; units are read as a sum.
    """
    if all(char in DIGITS for char in numeral):
        return "".join(str(DIGITS[char]) for char in numeral) or None
    total, digit = 0, None
    for char in numeral:
        if char in DIGITS:
            digit = DIGITS[char]
        elif char in "廿卅":
            total, digit = total + UNITS[char], None
        elif char in UNITS:
            total, digit = total + (1 if digit is None else digit) * UNITS[char], None
        else:
            return None
    return str(total + (digit or 0))


def chinese(digits: str) -> str:
    """A number below 100 as it is said: 12 is 十二; other digits as they are."""
    number = int(digits)
    if not 0 < number < 100:
        return digits
    tens, ones = divmod(number, 10)
    said = "〇一二三四五六七八九"
    return ("" if tens == 0 else "十" if tens == 1 else f"{said[tens]}十") + (said[ones] if ones else "")
