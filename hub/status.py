"""What a home holds and how fresh it is: feeds against their promises, the quarantine, snapshots, runs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from ingestion.gaps import missing_deliveries
from resolution.identity import Churn
from schemas.declarations import Declarations
from schemas.readers.contracts import FeedContract
from stores.home import Home
from stores.operational import Operational
from stores.operational.deliveries import Delivery, DeliveryState
from stores.operational.disputes import DisputeState
from stores.operational.receipts import ReceiptState, open_receipts
from stores.operational.runs import Run
from stores.snapshots import Manifest, SnapshotShelf


@dataclass(frozen=True)
class FeedStatus:
    """One feed: its last applied delivery and how many days it lies behind the newest delivery of any feed.

    `is_late` compares that with the contract's promise; None where nothing came yet. `missing` says in words what did
    not come between the deliveries that did.
    """

    feed: str
    title_zh: str
    department: str
    deliveries: int
    waiting: int
    refused: int
    rows: int
    quarantined: int
    last: date | None
    days_behind: int | None
    promise_days: int
    missing: Sequence[str]

    @property
    def is_late(self) -> bool | None:
        """Whether the feed keeps its promise of freshness."""
        return None if self.days_behind is None else self.days_behind > self.promise_days


@dataclass(frozen=True)
class HomeStatus:
    """Everything that `hub status` tells; counts only, nothing about persons.

    `handed_in` deliveries came over the network and wait for a run, `disputed` facts and links for a decision.
    """

    kind: str
    as_of: date | None
    feeds: Sequence[FeedStatus]
    waiting: Sequence[Delivery]
    handed_in: int
    disputed: int
    snapshots: Sequence[Manifest]
    current: str | None
    last_run: Run | None
    churn: Mapping[str, Churn]


def home_status(home: Home, operational: Operational, declarations: Declarations, shelf: SnapshotShelf) -> HomeStatus:
    """Reads the ledger and the shelf; opens neither the warehouse nor a snapshot's tables."""
    deliveries = operational.ledger.all()
    last_run = operational.runs.latest()
    newest = operational.ledger.latest_date()
    return HomeStatus(
        kind=home.kind,
        as_of=newest,
        feeds=[
            feed_status(contract, [each for each in deliveries if each.name.feed == contract.id], newest)
            for contract in _contracts(declarations.contracts)
        ],
        waiting=operational.ledger.undecided(),
        handed_in=sum(each.state is ReceiptState.RECEIVED for each in open_receipts(home).all()),
        disputed=len(operational.disputes.all(DisputeState.OPEN)),
        snapshots=shelf.manifests(),
        current=shelf.current_name(),
        last_run=last_run,
        churn=churn_of(last_run),
    )


def churn_of(run: Run | None) -> Mapping[str, Churn]:
    """How many entities the run made, ended or changed, by register; empty before they are linked."""
    stages = {} if run is None else run.stages
    return {register: Churn(**counts) for register, counts in stages.get("resolve", {}).get("churn", {}).items()}


def feed_status(contract: FeedContract, deliveries: Sequence[Delivery], newest: date | None) -> FeedStatus:
    """The state of one feed from its lines of the ledger."""
    applied = [each for each in deliveries if each.state is DeliveryState.APPLIED]
    last = max((each.name.date for each in applied), default=None)
    return FeedStatus(
        feed=contract.id,
        title_zh=contract.title_zh,
        department=contract.department,
        deliveries=len(applied),
        waiting=sum(each.state is DeliveryState.WAITING for each in deliveries),
        refused=sum(each.state is DeliveryState.REFUSED for each in deliveries),
        rows=sum(int(each.outcome.get("rows", 0)) for each in applied),
        quarantined=sum(int(each.outcome.get("counts", {}).get("quarantined", 0)) for each in applied),
        last=last,
        days_behind=(newest - last).days if newest is not None and last is not None else None,
        promise_days=contract.freshness_days,
        missing=missing_deliveries(contract, (each.name for each in applied)),
    )


def _contracts(contracts: Mapping[str, FeedContract]) -> list[FeedContract]:
    return sorted(contracts.values(), key=lambda each: (each.department, each.id))
