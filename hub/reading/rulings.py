"""What comes of a dispute that a steward upholds: corrections of single values, or decisions about links."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from hub.errors import UsageError
from hub.reading.claims import members
from hub.reading.records import entity_of_record, split_record
from hub.reading.standing import lead
from ingestion.corrections import corrected_fields, standardised_text, wrong_value_hash
from schemas.declarations import Declarations
from schemas.readers.contracts import FieldMapping
from stores.operational import Operational
from stores.operational.corrections import Correction, NewCorrection
from stores.operational.decisions import Decision, DecisionKind
from stores.operational.disputes import Dispute, DisputeKind, Subject
from stores.record_ids import record_id
from stores.snapshots import Snapshot
from stores.warehouse import Warehouse


@dataclass(frozen=True)
class Verdict:
    """What a steward decides: `right` is the value that they confirmed, None says that the disputed one is void.

    `along` are further records (`feed:record_key`) that leave the entity with the disputed one.
    """

    dispute_id: str
    is_upheld: bool
    why: str = field(repr=False)
    right: str | None = field(default=None, repr=False)
    along: Sequence[str] = field(default=(), repr=False)


@dataclass(frozen=True)
class Effects:
    """What comes of it."""

    corrections: Sequence[NewCorrection] = ()
    ended: Sequence[int] = ()
    decisions: Sequence[Decision] = ()


@dataclass(frozen=True)
class _Said:
    """A record that says the disputed value."""

    record_id: int
    feed: str
    record_key: str
    role: str
    version: str
    value: str
    corrected: str | None


@dataclass(frozen=True)
class Bench:
    """What a ruling is made with: the snapshot's tables, declarations, the operational database, and who decides."""

    snapshot: Snapshot
    tables: Warehouse
    declarations: Declarations
    operational: Operational
    who: str

    def effects(self, dispute: Dispute, verdict: Verdict) -> Effects:
        """What upholding the dispute leads to; raises UsageError where it would come to nothing or cannot be done."""
        subject = dispute.subject
        if subject.kind is DisputeKind.FACT:
            if verdict.along:
                raise UsageError("records that go along are for a disputed link: this is a disputed fact")
            return self._corrections(subject, verdict.right)
        if verdict.right is not None:
            raise UsageError("a right value is for a disputed fact: this is a disputed link")
        if subject.kind is DisputeKind.APART:
            return Effects(decisions=self._kept_apart(dispute, verdict.along))
        return Effects(decisions=self._made_one(dispute))

    def _corrections(self, subject: Subject, right: str | None) -> Effects:
        found = self._saying(subject)
        if not found:
            raise UsageError(
                f"no record says the value of {subject.field} that the entity has: it is filled in from elsewhere, or "
                "no longer so. Reject this, and dispute the record that is wrong"
            )
        made = self.operational.corrections.of_feeds({said.feed for said in found})
        corrections: list[NewCorrection] = []
        ended: list[int] = []
        for said in found:
            place = (subject.register, subject.field, said.record_id)
            own = [each for each in made if (each.register, each.field, each.record_id) == place]
            new = self._correction(subject, said, right, own)
            if isinstance(new, NewCorrection):
                corrections.append(new)
            else:
                ended += new
        if not (corrections or ended):
            raise UsageError("that was decided already, and the next run does it: reject this")
        return Effects(corrections, ended)

    def _saying(self, subject: Subject) -> list[_Said]:
        """The record that is named, or all of the entity that say what the entity's golden record says."""
        table, name = f"{subject.register}_record", f'"{subject.field}"'
        columns = f"record_id, feed, record_key, role, version, r.{name}::VARCHAR, {self._corrected(table)}"
        if subject.record_id is not None:
            where = f"record_id = $record AND r.{name} IS NOT NULL"
            rows = self.tables.rows(f"SELECT {columns} FROM {table} r WHERE {where}", {"record": subject.record_id})
            return [_Said(*row) for row in rows]
        golden = f"SELECT {name} FROM {subject.register} WHERE entity_id = $entity"
        sql = f"""SELECT {columns} FROM {table} r JOIN member USING (record_id)
                  WHERE register = $register AND entity_id = $entity AND r.{name} = ({golden}) ORDER BY record_id"""
        values = {"register": subject.register, "entity": self._living(subject.entity_id)}
        return [_Said(*row) for row in self.tables.rows(sql, values)]

    def _corrected(self, table: str) -> str:
        """The column that says what was corrected; a snapshot of an earlier hub has none."""
        sql = "SELECT 1 FROM duckdb_columns() WHERE table_name = $table AND column_name = 'corrected'"
        return "corrected" if self.tables.rows(sql, {"table": table}) else "NULL"

    def _correction(
        self, subject: Subject, said: _Said, right: str | None, own: Sequence[Correction]
    ) -> NewCorrection | tuple[int, ...]:
        """The new correction of what one record says, or those that end since the value as delivered was right.

        `own` are all that were ever made of this value: what the snapshot shows may have been ended since.
        """
        assert subject.field is not None
        mapping = self._mapping(said, subject.field)
        place = (subject.register, said.record_id, subject.field)
        told = None if right is None else self._readable(mapping, subject, right)
        if told == said.value:
            raise UsageError("the right value is what the record says already: reject this instead")
        number = corrected_fields(said.corrected).get(subject.field)
        earlier = next((each for each in own if each.correction_id == number), None)
        wrong = wrong_value_hash(self.operational.personal, place, said.value)
        if earlier is not None:
            wrong = earlier.wrong_value
        same = tuple(each.correction_id for each in own if each.wrong_value == wrong and each.ended_by is None)
        if told is not None and wrong == wrong_value_hash(self.operational.personal, place, told):
            return same
        return NewCorrection(
            *(subject.register, said.record_id, said.feed, subject.field, wrong, said.record_key, right, said.version),
            wrong_text=None if earlier is None else earlier.wrong_text,
            replaces=same,
        )

    def _mapping(self, said: _Said, name: str) -> FieldMapping:
        contract = self.declarations.contracts.get(said.feed)
        records = () if contract is None else contract.records
        found = (each for record in records if record.role == said.role for each in record.fields if each.field == name)
        mapping = next(found, None)
        if mapping is None:
            raise UsageError(f"the contract of {said.feed} no longer reads {name}: there is nothing to correct")
        return mapping

    def _readable(self, mapping: FieldMapping, subject: Subject, right: str) -> str:
        fields = {each.name: each for each in self.declarations.registers[subject.register].fields}
        codes = fields[mapping.field].codes
        told = standardised_text(mapping, right)
        if told is None or (codes and told not in codes):
            one_of = f" (one of {', '.join(codes)})" if codes else ""
            raise UsageError(f"the right value cannot be read as {mapping.field}{one_of}")
        return told

    def _kept_apart(self, dispute: Dispute, along: Sequence[str]) -> list[Decision]:
        """Cannot-links between all that leave and all that stay."""
        subject, record = dispute.subject, dispute.subject.record_id
        assert record is not None
        entity = self._living(subject.entity_id)
        if entity_of_record(self.tables, subject.register, record) != entity:
            raise UsageError(f"the disputed record does not belong to {entity} any more: reject this")
        versions = members(self.tables, subject.register, entity)
        leaving = {record, *(record_id(*split_record(each)) for each in along)}
        if not leaving <= set(versions):
            raise UsageError(f"not all records that are to go along belong to {entity}")
        pairs = [(one, other) for one in sorted(leaving) for other in versions if other not in leaving]
        if not pairs:
            raise UsageError(f"no record would be left in {entity}: name fewer to go along")
        return [self._decision(dispute, pair, DecisionKind.CANNOT_LINK, versions) for pair in pairs]

    def _made_one(self, dispute: Dispute) -> list[Decision]:
        """Must-links of every record of both to one of the larger: a link between two alone may be cut in repair."""
        subject = dispute.subject
        assert subject.other_id is not None
        entities = {self._living(each) for each in (subject.entity_id, subject.other_id)}
        if len(entities) < 2:
            raise UsageError("the two are one already: reject this")
        both = [members(self.tables, subject.register, each) for each in sorted(entities)]
        larger: dict[int, str | None] = max(both, key=len)
        middle = min(larger)
        versions = {**both[0], **both[1]}
        pairs = [(middle, other) for other in sorted(versions) if other != middle]
        return [self._decision(dispute, pair, DecisionKind.MUST_LINK, versions) for pair in pairs]

    def _decision(
        self, dispute: Dispute, pair: tuple[int, int], kind: DecisionKind, versions: dict[int, str | None]
    ) -> Decision:
        one, other = pair
        # In the district's time, as all decisions are. Why stands, sealed, with the dispute.
        now, why = datetime.now().replace(microsecond=0), f"dispute {dispute.dispute_id}"
        return Decision(
            *(dispute.subject.register, one, other, kind, self.who, now, why),
            version_l=versions[one],
            version_r=versions[other],
        )

    def _living(self, entity: str) -> str:
        led = lead(self.tables, self.snapshot, entity).entity
        if led is None:
            raise UsageError(f"{entity} has ended: reject this")
        return led
