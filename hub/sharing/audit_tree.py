"""The Merkle tree of RFC 6962 over the records of the audit log, held by its right edge alone."""

import hashlib
from collections.abc import Sequence


class Tree:
    """Grows by one leaf at a time; `nodes` are the roots of its full subtrees, the largest first."""

    def __init__(self, size: int = 0, nodes: Sequence[bytes] = ()) -> None:
        self.size = size
        self.nodes = list(nodes)

    def add(self, leaf: bytes) -> None:
        """Appends a leaf."""
        node, rest = hashlib.sha256(b"\x00" + leaf).digest(), self.size
        while rest & 1:
            node, rest = _joined(self.nodes.pop(), node), rest >> 1
        self.nodes.append(node)
        self.size += 1

    def root(self) -> bytes:
        """The hash that commits to every leaf and their order."""
        if not self.nodes:
            return hashlib.sha256().digest()
        root = self.nodes[-1]
        for left in reversed(self.nodes[:-1]):
            root = _joined(left, root)
        return root


def _joined(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()
