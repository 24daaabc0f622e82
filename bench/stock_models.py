"""Stock models: the public demo's for historical people, and the library's usual choices for the other two."""

import splink.comparison_library as cl

from bench.stock_splink import StockModel, block_on

HISTORICAL_PEOPLE = StockModel(
    comparisons=[
        cl.ForenameSurnameComparison("first_name", "surname", forename_surname_concat_col_name="first_and_surname"),
        cl.DateOfBirthComparison("dob", input_is_string=True),
        cl.PostcodeComparison("postcode_fake"),
        cl.ExactMatch("birth_place").configure(term_frequency_adjustments=True),
        cl.ExactMatch("occupation").configure(term_frequency_adjustments=True),
    ],
    blocking=[
        block_on("substr(first_name, 1, 3)", "substr(surname, 1, 4)"),
        block_on("surname", "dob"),
        block_on("first_name", "dob"),
        block_on("postcode_fake", "first_name"),
        block_on("postcode_fake", "surname"),
        block_on("dob", "birth_place"),
        block_on("substr(postcode_fake, 1, 3)", "dob"),
        block_on("substr(postcode_fake, 1, 3)", "first_name"),
        block_on("substr(postcode_fake, 1, 3)", "surname"),
        block_on("substr(first_name, 1, 2)", "substr(surname, 1, 2)", "substr(dob, 1, 4)"),
    ],
    sure=[
        block_on("first_name", "surname", "dob"),
        block_on("substr(first_name, 1, 2)", "surname", "substr(postcode_fake, 1, 2)"),
        block_on("dob", "postcode_fake"),
    ],
    recall=0.6,
    em=[block_on("first_name", "surname"), block_on("dob")],
)
"""Blocking, comparisons and training of Splink's own demo of this set."""

RESTAURANTS = StockModel(
    comparisons=[
        cl.JaroWinklerAtThresholds("name"),
        cl.JaroWinklerAtThresholds("addr"),
        cl.ExactMatch("phone"),
        cl.JaroWinklerAtThresholds("city").configure(term_frequency_adjustments=True),
        cl.ExactMatch("type").configure(term_frequency_adjustments=True),
    ],
    blocking=[
        block_on("phone"),
        block_on("substr(name, 1, 4)"),
        block_on("substr(addr, 1, 6)"),
        block_on("city", "substr(name, 1, 2)"),
    ],
    sure=[block_on("name", "addr"), block_on("phone")],
    recall=0.9,
    em=[block_on("phone"), block_on("addr")],
)

DISTRICT_PERSONS = StockModel(
    comparisons=[
        cl.ForenameSurnameComparison("given_key", "surname_key"),
        cl.DateOfBirthComparison("birth_date", input_is_string=True),
        cl.DamerauLevenshteinAtThresholds("id_number", [1, 2]),
        cl.ExactMatch("phone"),
        cl.ExactMatch("address").configure(term_frequency_adjustments=True),
        cl.ExactMatch("sex"),
    ],
    blocking=[
        block_on("id_number"),
        block_on("name_key", "birth_date"),
        block_on("phone", "surname_key"),
        block_on("name_key", "address"),
        block_on("address", "surname_key"),
        block_on("phone", "birth_date"),
    ],
    sure=[block_on("id_number"), block_on("name_key", "birth_date")],
    recall=0.85,
    em=[block_on("name_key", "birth_date"), block_on("id_number"), block_on("phone")],
    max_pairs=1e6,
)
"""The library's comparison for each field of the standard records, with the dwelling's address as one more field."""
