"""The tree is that of RFC 6962 and the notes are those that the field reads, by published vectors."""

import base64

import pytest

from hub.errors import AuditError
from hub.sharing.audit_note import Checkpoint, parse_key, read_notes, signed, verifier_key
from hub.sharing.audit_tree import Tree
from tools import verify_audit

# Leaves and roots of the reference implementation: certificate-transparency, cpp/merkletree/merkle_tree_test.cc.
LEAVES = ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")
ROOTS = (
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
)
# The example of golang.org/x/mod/sumdb/note, where signed notes come from.
NEUMANN = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
QUOTATION = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
SIGNED = "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM="
SEED = bytes(range(32))


def test_roots_are_those_of_the_reference_implementation() -> None:
    tree = Tree()
    found = [tree.root().hex()]
    for leaf in LEAVES:
        tree.add(bytes.fromhex(leaf))
        found.append(tree.root().hex())
    assert tuple(found) == ROOTS


def test_a_tree_goes_on_from_its_right_edge() -> None:
    tree = Tree()
    for number in range(100):
        tree = Tree(tree.size, tree.nodes)
        tree.add(b"%d" % number)
        leaves = [verify_audit.hashlib.sha256(b"\x00%d" % each).digest() for each in range(number + 1)]
        assert tree.root() == verify_audit.root_of(leaves)


def test_a_note_that_others_signed_is_read() -> None:
    key = parse_key(NEUMANN)
    content = base64.b64decode(SIGNED)
    assert str(key) == NEUMANN
    assert content[:4] == key.id
    assert verify_audit.is_signature(key.public, QUOTATION.encode(), content[4:])
    assert not verify_audit.is_signature(key.public, QUOTATION.upper().encode(), content[4:])


def test_a_checkpoint_is_read_by_its_own_key_only() -> None:
    checkpoint = Checkpoint("district-hub/ab", 7, bytes(32))
    note, key = signed(checkpoint, SEED), verifier_key("district-hub/ab", SEED)
    assert note.startswith(f"district-hub/ab\n7\n{'A' * 43}=\n\n— district-hub/ab ")
    assert read_notes(f"torn line\n{note}\n{note}", parse_key(str(key)), "a file") == [checkpoint, checkpoint]
    for wrong in (verifier_key("district-hub/ab", SEED[::-1]), verifier_key("district-hub/cd", SEED)):
        with pytest.raises(AuditError, match="was not signed by"):
            read_notes(note, wrong, "a file")
    with pytest.raises(AuditError, match="was not signed by"):
        read_notes(note.replace("\n7\n", "\n8\n"), key, "a file")
    with pytest.raises(AuditError, match="holds no checkpoint"):
        read_notes("", key, "a file")


@pytest.mark.parametrize("text", ["", "a", "a+b+c", NEUMANN.replace("c74f20a3", "c74f20a4"), NEUMANN[:-4]])
def test_what_is_no_key_is_told(text: str) -> None:
    with pytest.raises(AuditError, match="is no public key"):
        parse_key(text)
