"""`hub account`: makes, lists, renews and revokes; a secret is shown once; nobody holds duties that are kept apart."""

import json
from base64 import urlsafe_b64encode
from collections.abc import Callable
from pathlib import Path

import pytest
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey

from hub.sharing.accounts_keys import read_signing_keys, signing_key_file
from hub.sharing.accounts_secrets import is_right
from hub.sharing.audit import LOG_NAME
from stores.home import Home, create_home
from stores.operational import open_operational, read_operational
from stores.operational.accounts import Account, CredentialKind
from tests.hub.typed import Done, Hub, typing

Command = Callable[..., Done]
PERSON = ("--department", "housing", "--holder", "0417")


@pytest.fixture
def home(tmp_path: Path) -> Home:
    made = create_home(tmp_path / "home", kind="real")
    open_operational(made).close()
    return made


@pytest.fixture
def account(home: Home, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    monkeypatch.setenv("LOGNAME", "zhao")
    hub: Hub = typing(monkeypatch, capsys)
    return lambda *words: hub("--home", str(home.root), "account", *words)


def kept(home: Home, name: str) -> Account:
    with read_operational(home) as operational:
        found = operational.accounts.find(name)
    assert found is not None
    return found


def test_a_secret_is_shown_once_and_kept_nowhere(home: Home, account: Command) -> None:
    done = account("add", "housing", "--department", "housing", "--area", "310114001")
    assert done.code == 0, done.err
    secret = done.out.splitlines()[-1]
    [credential] = kept(home, "housing").credentials
    assert is_right(credential.kind, credential.content, secret)
    later = [account("list").out, account("list", "--format", "json").out, account("show", "housing").out]
    files = b"".join(path.read_bytes() for path in home.root.rglob("*") if path.is_file())
    for text in (*later, files.decode(errors="replace")):
        assert secret not in text
    assert credential.content not in "".join(later)


def test_a_persons_password_is_kept_by_argon2id(home: Home, account: Command) -> None:
    done = account("add", "wang", *PERSON, "--role", "analyst", "--role", "steward")
    [credential] = kept(home, "wang").credentials
    assert (credential.kind, credential.content[:10]) == (CredentialKind.PASSWORD, "$argon2id$")
    assert is_right(credential.kind, credential.content, done.out.splitlines()[-1])
    assert not is_right(credential.kind, credential.content, "wrong")


def test_whoever_the_issuer_knows_is_given_no_secret(home: Home, account: Command) -> None:
    done = account("add", "li", *PERSON, "--role", "auditor", "--subject", "u-17")
    assert (done.code, kept(home, "li").credentials, kept(home, "li").subject) == (0, (), "u-17")
    assert "secret" not in done.out
    assert "nothing to renew" in account("rotate", "li").err


def test_a_departments_key_is_kept_without_anything_private(home: Home, account: Command, tmp_path: Path) -> None:
    file = tmp_path / "key.json"
    file.write_text(json.dumps({**ECKey.generate_key("P-256").as_dict(private=False), "kid": "2026", "note": "ours"}))
    assert account("add", "housing", "--department", "housing", "--key", str(file)).code == 0
    [credential] = kept(home, "housing").credentials
    assert set(json.loads(credential.content)) == {"kty", "crv", "x", "y", "kid", "alg"}


KEYS = {
    "private": json.dumps(ECKey.generate_key("P-256").as_dict(private=True)),
    "symmetric": json.dumps(OctKey.generate_key(256).as_dict(private=True)),
    "short": json.dumps({"kty": "RSA", "e": "AQAB", "n": urlsafe_b64encode(b"\xff" * 128).decode()}),
    "another curve": json.dumps(ECKey.generate_key("P-384").as_dict(private=False)),
    "another kind": json.dumps(OKPKey.generate_key("Ed25519").as_dict(private=False)),
    "another algorithm": json.dumps({**RSAKey.generate_key(2048).as_dict(private=False), "alg": "HS256"}),
    "no key": "[]",
    "no JSON": "-----BEGIN PUBLIC KEY-----",
}


@pytest.mark.parametrize("text", KEYS.values(), ids=KEYS.keys())
def test_a_key_that_proves_nothing_makes_no_account(home: Home, account: Command, tmp_path: Path, text: str) -> None:
    file = tmp_path / "key.json"
    file.write_text(text)
    done = account("add", "housing", "--department", "housing", "--key", str(file))
    assert (done.code, "the " in done.err and "key" in done.err) == (2, True)
    assert text not in done.err
    with read_operational(home) as operational:
        assert operational.accounts.all() == []


APART = [
    ("administrator", "analyst"),
    ("administrator", "inspector"),
    ("administrator", "steward"),
    ("administrator", "auditor"),
    ("auditor", "inspector"),
    ("auditor", "steward"),
]


@pytest.mark.parametrize(("one", "other"), APART)
def test_nobody_holds_duties_that_are_kept_apart(account: Command, one: str, other: str) -> None:
    together = account("add", "wang", *PERSON, "--role", one, "--role", other)
    assert (together.code, together.err.count("the same person cannot be")) == (2, 1)
    assert account("add", "wang", *PERSON, "--role", one).code == 0
    second = account("add", "wang.2", *PERSON, "--role", other)
    assert (second.code, second.err.count("the same person cannot be")) == (2, 1)
    assert account("revoke", "wang", "--why", "moved").code == 0
    assert account("add", "wang.2", *PERSON, "--role", other).code == 0


def test_duties_that_go_together_may_be_held(account: Command) -> None:
    assert account("add", "wang", *PERSON, "--role", "analyst", "--role", "inspector", "--role", "steward").code == 0
    assert (
        account(
            "add", "li", "--department", "audit_office", "--holder", "1", "--role", "analyst", "--role", "steward"
        ).code
        == 0
    )


WRONG = [
    (("add", "Housing!", "--department", "housing"), "must match"),
    (("add", "housing", "--department", "weather"), "none of the departments: civil_affairs, "),
    (("add", "housing", "--department", "housing", "--role", "analyst"), "are persons'"),
    (("add", "housing", "--department", "housing", "--area", "9"), "no town or committee"),
    (("add", "wang", *PERSON), "needs a role"),
    (("add", "wang", *PERSON, "--role", "king"), "'king' is no role"),
    (("rotate", "nobody"), "no account nobody"),
    (("show", "nobody"), "no account nobody"),
    (("revoke", "nobody", "--why", "x"), "no account nobody"),
    (("revoke", "nobody", "--why", " "), "no reason"),
]


@pytest.mark.parametrize(("words", "told"), WRONG)
def test_what_is_wrong_is_told_and_nothing_is_made(
    home: Home, account: Command, words: tuple[str, ...], told: str
) -> None:
    done = account(*words)
    assert (done.code, told in done.err) == (2, True), done.err
    with read_operational(home) as operational:
        assert operational.accounts.all() == []


def test_a_name_is_never_given_twice(account: Command) -> None:
    account("add", "housing", "--department", "housing")
    account("revoke", "housing", "--why", "key lost")
    assert "a name is given once for good" in account("add", "housing", "--department", "housing").err
    assert "is revoked, and stays so" in account("rotate", "housing").err


def test_a_secret_is_renewed_with_or_without_an_overlap(home: Home, account: Command) -> None:
    account("add", "housing", "--department", "housing")
    account("rotate", "housing", "--overlap-hours", "24")
    account("rotate", "housing", "--overlap-hours", "1")
    first, second, third = kept(home, "housing").credentials
    assert first.ends_at == second.ends_at is not None
    assert third.ends_at is None
    account("rotate", "housing")
    *before, newest = kept(home, "housing").credentials
    assert [each.counts(newest.made_at) for each in before] == [False, False, False]
    account("add", "wang", *PERSON, "--role", "analyst")
    assert "ends at once" in account("rotate", "wang", "--overlap-hours", "1").err
    assert "at most 30 days" in account("rotate", "housing", "--overlap-hours", "721").err


def test_who_did_what_and_why_stays_on_file(account: Command) -> None:
    account("add", "housing", "--department", "housing")
    account("revoke", "housing", "--why", "key lost")
    [listed] = json.loads(account("list", "--format", "json").out)
    assert listed == json.loads(account("show", "housing").out)
    assert (listed["made_by"], listed["revoked_by"], listed["revoked_why"]) == ("zhao", "zhao", "key lost")
    assert listed["credentials"][0]["ends_at"] == listed["revoked_at"]


def test_keys_are_made_with_the_first_account_and_renewed_by_command(home: Home, account: Command) -> None:
    account("add", "housing", "--department", "housing")
    before = read_signing_keys(signing_key_file(home)).current.kid
    account("add", "education", "--department", "education")
    assert read_signing_keys(signing_key_file(home)).current.kid == before
    assert account("renew-signing-key").code == 0
    after = read_signing_keys(signing_key_file(home))
    assert after.current.kid != before
    assert before in after.checking
    assert "version 2" in account("renew-own-ids").out


def test_each_change_stands_in_the_audit_log_before_it_is_made(account: Command, home: Home) -> None:
    account("add", "housing", "--department", "housing")
    account("rotate", "housing")
    account("revoke", "housing", "--why", "left")
    account("revoke", "nobody", "--why", "left")
    lines = [json.loads(line) for line in (home.audit / LOG_NAME).read_text().splitlines()]
    assert [(each["caller"], each["what"], each["parameters"]) for each in lines] == [
        ("zhao", what, {"account": "housing"}) for what in ("add", "rotate", "revoke")
    ]
