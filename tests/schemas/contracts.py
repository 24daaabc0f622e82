"""A small contract, to be spoilt in one place by each test."""

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

from schemas.checks.feeds import feed_problems
from schemas.files import DeclarationTree
from schemas.readers.contracts import FeedContract, read_contracts
from schemas.readers.registers import Field, FieldType, Register, Sensitivity

Content = dict[str, Any]
Spoil = Callable[[Content], object]

SMALL = """
apiVersion: v3.1.0
kind: DataContract
id: visits
name: Visits
version: 1.0.0
status: active
domain: town_teams
description: {purpose: Know who was seen., usage: Links persons., limitations: Names are heard.}
servers:
  - server: delivery
    type: local
    format: csv
    path: visits/*.csv
    customProperties:
      - {property: filePattern, value: 'visits_(?P<mode>full|delta)_(?P<date>\\d{8})_(?P<sequence>\\d{4})\\.csv'}
      - {property: encoding, value: UTF-8}
      - {property: delimiter, value: ","}
schema:
  - name: visits
    properties:
      - name: nr
        logicalType: string
        physicalType: VARCHAR
        description: Number of the visit
        required: true
        primaryKey: true
        primaryKeyPosition: 1
        classification: internal
        customProperties: [{property: use, value: kept}, {property: reason, value: the key}]
      - name: seen
        logicalType: string
        physicalType: VARCHAR
        description: Name heard
        classification: identifying
      - name: gender
        logicalType: string
        physicalType: VARCHAR
        description: Sex noted
        classification: personal
        customProperties: [{property: codes, value: {M: male, F: female}}]
      - name: place
        logicalType: string
        physicalType: VARCHAR
        description: Address
        classification: personal
      - name: day
        logicalType: date
        physicalType: VARCHAR
        description: Day of the visit
        classification: internal
    quality:
      - name: day_is_given
        type: sql
        dimension: completeness
        severity: issue
        description: The day is given
        query: SELECT count(*) FROM ${table} WHERE NOT (coalesce("day", '') <> '')
        mustBe: 0
slaProperties:
  - {property: latency, value: 3, unit: d}
  - {property: retention, value: 2, unit: y}
team: {name: Town teams}
customProperties:
  - {property: titleZh, value: 采集}
  - {property: titleEn, value: Visits}
  - {property: legalBasis, value: By-law 7}
  - {property: expectedVolume, value: {rowsAtDistrictSize: 100, minShareOfPrevious: 0.5}}
  - property: records
    value:
      - role: person
        register: person
        needs: [name]
        fields:
          name: {columns: [seen], standardiser: person_name}
          sex: {columns: [gender], standardiser: text}
      - role: house
        register: house
        needs: [address]
        fields:
          address: {columns: [place], standardiser: text}
  - property: facts
    value:
      - {kind: visit, subject: person, object: house, validFrom: day}
"""

KEYS = ("name_simplified", "surname", "given_name", "name_key", "surname_key", "given_key")


def _field(name: str, derived_from: str | None = None, codes: tuple[str, ...] = ()) -> Field:
    return Field(name, FieldType.TEXT, name, Sensitivity.OPEN, derived_from, codes)


PERSON = (_field("name"), *(_field(key, "name") for key in KEYS), _field("sex", codes=("male", "female")))
REGISTERS = {
    "person": Register("person", "人", "Person", "A human being", PERSON),
    "house": Register("house", "屋", "House", "A house", (_field("address"),)),
}


def small() -> Content:
    """The small contract as plain values."""
    content: Content = yaml.safe_load(SMALL)
    return copy.deepcopy(content)


def column(content: Content, name: str) -> Content:
    """One of its columns."""
    found: Content = next(each for each in content["schema"][0]["properties"] if each["name"] == name)
    return found


def term(content: Content, name: str) -> Any:
    """The value of one of its custom properties."""
    return next(each["value"] for each in content["customProperties"] if each["property"] == name)


def write_contract(overlay: Path, content: Content, place: str = "feeds/town_teams/visits.odcs.yml") -> Path:
    """Writes the contract under an overlay."""
    file = overlay / place
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
    return file


def read_one(overlay: Path, content: Content) -> FeedContract:
    """The contract, written to a file and read back."""
    write_contract(overlay, content)
    return read_contracts(DeclarationTree(overlay))[content["id"]]


def told(overlay: Path, content: Content) -> str:
    """What the checks say about the contract."""
    contract = read_one(overlay, content)
    return "\n".join(str(each) for each in feed_problems({contract.id: contract}, REGISTERS, DeclarationTree(overlay)))
