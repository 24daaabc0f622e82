"""Names a state of the inputs by a hash: equal inputs need no second run and give a snapshot of the same id."""

import hashlib
from collections.abc import Iterable

from hub.site import Site
from schemas.files import DeclarationTree
from schemas.readers.matching import FILE as MATCHING
from stores.operational.deliveries import DeliveryState

DECLARED = ("*.yml", "*.cypher", "*.json", "*.csv", "*.txt")


def declarations_hash(tree: DeclarationTree) -> str:
    """Changes with any declaration file in force, shipped or laid over, but those that only say who may read what."""
    files = sorted({path for pattern in DECLARED for path in tree.glob(f"**/{pattern}")})
    files = [path for path in files if path.parent.name != "purposes" and path.name != MATCHING]
    return _digest(part for path in files for part in (path.name, path.read_text(encoding="utf-8")))


def inputs_hash(site: Site) -> str:
    """Changes with the declarations, the deliveries that were applied, and the stewards' decisions and corrections."""
    deliveries = [
        f"{delivery.name} {delivery.sha256}" for delivery in site.operational.ledger.in_state(DeliveryState.APPLIED)
    ]
    decisions = [
        f"{register} {row['record_l']} {row['record_r']} {row['kind']}"
        for register in sorted(site.declarations.registers)
        for row in site.operational.decisions(register).to_pylist()
    ]
    corrections = [f"correction {each.correction_id}" for each in site.operational.corrections.in_force()]
    return _digest([declarations_hash(site.declarations.tree), *deliveries, *decisions, *corrections])


def _digest(parts: Iterable[str]) -> str:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part.encode() + b"\x1f")
    return digest.hexdigest()
