"""Tokens: given to whoever proves to be an account, held to one audience and some minutes, refused once revoked."""

import json
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from joserfc import jws
from joserfc.jwk import OctKey

from hub.errors import CredentialsRefused
from hub.sharing.accounts import renew
from hub.sharing.accounts_keys import public_key_set, read_signing_keys, renew_signing_key, signing_key_file
from hub.sharing.accounts_proofs import Assertion, Secret
from hub.sharing.request import Caller
from hub.sharing.tokens import authenticate, issue_token, verify_token
from schemas.readers.purposes import DISTRICT, Role
from stores.errors import SettingsError
from stores.home import create_home
from stores.operational import open_operational
from tests.hub.sharing.asking import (
    AUDIENCE,
    CHANGE,
    EC,
    ISSUER,
    NOW,
    OTHER_EC,
    PROVIDER,
    PROVIDERS_AUDIENCE,
    RSA,
    Hub,
    assertion,
    by_hand,
    hub_in,
    public,
    seconds,
    signed,
)
from tests.trials import trials


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    yield hub_in(create_home(tmp_path / "home", kind="real"))


@pytest.fixture(scope="module")
def unchanged(tmp_path_factory: pytest.TempPathFactory) -> Hub:
    """A hub whose accounts and keys no test changes."""
    return hub_in(create_home(tmp_path_factory.mktemp("unchanged") / "home", kind="real"))


def issued(hub: Hub, credentials: Assertion | Secret, after: timedelta = timedelta()) -> str:
    return issue_token(hub.trust, credentials, AUDIENCE, NOW + after).text


def educations(hub: Hub) -> str:
    return issued(hub, Secret("education", hub.secret("education")))


def refused(hub: Hub, token: str, after: timedelta = timedelta(), audience: str = AUDIENCE) -> str:
    """Why the log says that a token was refused; whoever asks is told nothing but the code."""
    with pytest.raises(CredentialsRefused) as raised:
        verify_token(hub.trust, token, audience, NOW + after)
    assert str(raised.value) == "not accepted: invalid_token"
    return raised.value.reason


def test_a_department_proves_itself_by_its_key(unchanged: Hub) -> None:
    token = issue_token(unchanged.trust, Assertion(signed(assertion(jti="key"))), AUDIENCE, NOW)
    claims = verify_token(unchanged.trust, token.text, AUDIENCE, NOW)
    assert (claims.account, claims.department, claims.roles, claims.areas) == ("housing", "housing", (), ("310110001",))
    assert (claims.token_id, token.expires_in) == (token.token_id, 600)
    assert claims.expires_at == NOW + timedelta(minutes=10)


@pytest.mark.parametrize("name", ["education", "wang"])
def test_a_secret_or_a_password_proves_its_account(unchanged: Hub, name: str) -> None:
    token = issued(unchanged, Secret(name, unchanged.secret(name)))
    assert verify_token(unchanged.trust, token, AUDIENCE, NOW).account == name


def test_a_request_with_a_token_has_a_caller(unchanged: Hub) -> None:
    caller = authenticate(unchanged.trust, f"Bearer {educations(unchanged)}", AUDIENCE, NOW)
    assert caller == Caller("education", "education", frozenset({Role.SERVICE}), frozenset({DISTRICT}))
    for wrong in (None, "", "Basic eDp5", "Bearer", "Bearer "):
        with pytest.raises(CredentialsRefused):
            authenticate(unchanged.trust, wrong, AUDIENCE, NOW)


def test_a_caller_has_the_roles_and_areas_of_the_account(unchanged: Hub) -> None:
    program = issued(unchanged, Assertion(signed(assertion(jti="caller"))))
    person = issued(unchanged, Secret("wang", unchanged.secret("wang")))
    callers = [authenticate(unchanged.trust, f"Bearer {each}", AUDIENCE, NOW) for each in (program, person)]
    assert [(each.roles, each.areas) for each in callers] == [
        ({Role.SERVICE}, {"310110001"}),
        ({Role.ANALYST, Role.STEWARD}, {DISTRICT}),
    ]


def test_a_token_says_nothing_of_what_its_account_may_do(unchanged: Hub) -> None:
    token = issued(unchanged, Secret("wang", unchanged.secret("wang")))
    claims = unverified(token)
    assert set(claims) == {"iss", "aud", "sub", "client_id", "jti", "iat", "exp", "credential_id"}
    assert verify_token(unchanged.trust, token, AUDIENCE, NOW).roles == ("analyst", "steward")


def unverified(token: str) -> dict[str, object]:
    found: dict[str, object] = json.loads(jws.extract_compact(token.encode()).payload or b"")
    return found


LATER = seconds(NOW + timedelta(minutes=4))
ASSERTIONS = {
    "another key": signed(assertion(), OTHER_EC),
    "another account's name": signed(assertion(sub="education", iss="education")),
    "an account that is not": signed(assertion(sub="nobody", iss="nobody")),
    "another issuer": signed(assertion(iss="education")),
    "no issuer": signed(assertion(iss=None)),
    "no subject": signed(assertion(sub=None)),
    "another audience": signed(assertion(aud=AUDIENCE)),
    "two audiences": signed(assertion(aud=[ISSUER, "https://else.example"])),
    "one audience in a list": signed(assertion(aud=[ISSUER])),
    "no audience": signed(assertion(aud=None)),
    "no id": signed(assertion(jti=None)),
    "an empty id": signed(assertion(jti="")),
    "an id that is a number": signed(assertion(jti=7)),
    "an endless id": signed(assertion(jti="a" * 129)),
    "no end": signed(assertion(exp=None)),
    "over": signed(assertion(exp=seconds(NOW) - 31)),
    "too long": signed(assertion(exp=seconds(NOW) + 331)),
    "an end that is none": signed(assertion(exp=float("nan"))),
    "an infinite end": signed(assertion(exp=float("inf"))),
    "an end that is true": signed(assertion(exp=True)),
    "an end as text": signed(assertion(exp=str(LATER))),
    "not yet": signed(assertion(nbf=seconds(NOW) + 31)),
    "made in the future": signed(assertion(iat=seconds(NOW) + 31)),
    "another type": signed(assertion(), typ="at+jwt"),
    "another key id": signed(assertion(), kid="else"),
    "no algorithm": by_hand({"alg": "none"}, assertion()),
    "no algorithm, in capitals": by_hand({"alg": "NONE"}, assertion()),
    "no signature": signed(assertion()).rpartition(".")[0] + ".",
    "a public key as a secret": signed(assertion(), OctKey.import_key(public(EC)), alg="HS256"),
    "its own key in its header": signed(assertion(), OTHER_EC, jwk=OTHER_EC.as_dict(private=False)),
    "another algorithm": signed(assertion(), RSA, alg="PS256"),
    "claims that are a list": by_hand({"alg": "ES256"}, [1]),
    "nesting": by_hand({"alg": "ES256"}, {}).replace("e30", urlsafe_b64encode(b"[" * 5100).decode()),
    "claims that are no JSON": by_hand({"alg": "ES256"}, {}).replace("e30", urlsafe_b64encode(b"housing").decode()),
    "too much": signed(assertion(more="a" * 9000)),
    "nothing": "",
    "names": "王小明.王小明.王小明",
}


@pytest.mark.parametrize("text", ASSERTIONS.values(), ids=ASSERTIONS.keys())
def test_an_assertion_that_proves_nobody_is_refused(unchanged: Hub, text: str) -> None:
    with pytest.raises(CredentialsRefused) as raised:
        issued(unchanged, Assertion(text))
    assert str(raised.value) == "not accepted: invalid_client"


@pytest.mark.parametrize("other", [{"exp": seconds(NOW) - 29}, {"exp": seconds(NOW) + 329}, {"nbf": seconds(NOW) + 29}])
def test_a_clock_may_be_half_a_minute_off(unchanged: Hub, other: dict[str, int]) -> None:
    issued(unchanged, Assertion(signed(assertion(jti=f"{other}", **other))))


def test_an_assertion_counts_once_as_long_as_it_would_hold(hub: Hub) -> None:
    given = Assertion(signed(assertion()))
    issued(hub, given)
    for after in (0, 200, 269):
        with pytest.raises(CredentialsRefused, match="invalid_client") as raised:
            issued(hub, given, timedelta(seconds=after))
        assert raised.value.reason == "was used before"
    with pytest.raises(CredentialsRefused) as raised:
        issued(hub, given, timedelta(seconds=271))
    assert "does not hold" in raised.value.reason


def test_an_assertion_that_was_refused_is_not_used_up(hub: Hub) -> None:
    with pytest.raises(CredentialsRefused):
        issued(hub, Assertion(signed(assertion(), OTHER_EC)))
    issued(hub, Assertion(signed(assertion())))


@pytest.mark.parametrize(
    ("name", "secret"),
    [
        ("education", "wrong"),
        ("wang", "wrong"),
        ("nobody", "wrong"),
        ("li", ""),
        ("housing", ""),
        ("education", "a" * 999),
    ],
)
def test_another_secret_proves_nobody(unchanged: Hub, name: str, secret: str) -> None:
    with pytest.raises(CredentialsRefused) as raised:
        issued(unchanged, Secret(name, secret))
    assert (raised.value.code, raised.value.reason) == ("invalid_client", "no such account, or another secret")


def test_a_token_is_given_for_the_hub_alone(unchanged: Hub) -> None:
    with pytest.raises(CredentialsRefused, match="invalid_target"):
        issue_token(unchanged.trust, Secret("education", unchanged.secret("education")), "https://else.example", NOW)
    assert "InvalidClaimError" in refused(unchanged, educations(unchanged), audience="https://else.example")


def test_a_token_ends(unchanged: Hub) -> None:
    token = educations(unchanged)
    verify_token(unchanged.trust, token, AUDIENCE, NOW + timedelta(seconds=629))
    assert "ExpiredTokenError" in refused(unchanged, token, timedelta(seconds=631))
    assert "InvalidClaimError" in refused(unchanged, token, timedelta(seconds=-31))


def test_a_token_that_was_changed_anywhere_is_refused(unchanged: Hub) -> None:
    token = educations(unchanged)
    head, body, signature = token.split(".")
    more = json.dumps({**unverified(token), "sub": "housing"})
    others = by_hand({"alg": "none", "typ": "at+jwt"}, unverified(token)).split(".")
    for forged in (
        f"{head}.{by_hand({}, json.loads(more)).split('.')[1]}.{signature}",
        f"{head}.{body}.",
        f"{others[0]}.{body}.",
        f"{head}.{body}.{signature[::-1]}",
        signed(unverified(token), EC, typ="at+jwt", kid=signing(unchanged)),
        signed(unverified(token), OctKey.import_key("hub" * 11), alg="HS256", typ="at+jwt", kid=signing(unchanged)),
        signed(assertion()),
    ):
        refused(unchanged, forged)


def signing(hub: Hub) -> str:
    return str(hub.trust.signing.now().current.kid)


def test_what_is_revoked_is_refused_at_once(hub: Hub) -> None:
    token = educations(hub)
    with open_operational(hub.home) as operational:
        operational.accounts.revoke("education", "left", CHANGE)
    assert "revoked" in refused(hub, token)
    with pytest.raises(CredentialsRefused, match="invalid_client"):
        educations(hub)


def test_the_issuers_word_ends_with_the_account(hub: Hub) -> None:
    token = signed(providers(), RSA, alg="RS256", kid="r")
    verify_token(hub.trust, token, AUDIENCE, NOW)
    with open_operational(hub.home) as operational:
        operational.accounts.revoke("li", "left", CHANGE)
    assert "revoked" in refused(hub, token)


def test_where_the_signing_keys_are_lost_it_is_told_what_makes_new_ones(hub: Hub) -> None:
    signing_key_file(hub.home).unlink()
    with pytest.raises(SettingsError, match="hub account renew-signing-key"):
        educations(hub)


def test_tokens_of_a_secret_that_was_renewed_end_with_it(hub: Hub) -> None:
    token = educations(hub)
    later = replace(CHANGE, at=CHANGE.at + timedelta(minutes=1))
    with open_operational(hub.home) as operational:
        account = operational.accounts.find("education")
        assert account is not None
        made = renew(account, operational.accounts, later, overlap=timedelta(minutes=2))
    assert made is not None and made.secret is not None
    newer = issued(hub, Secret("education", made.secret), timedelta(minutes=2))
    verify_token(hub.trust, token, AUDIENCE, NOW + timedelta(minutes=2))
    assert "has ended" in refused(hub, token, timedelta(minutes=3))
    verify_token(hub.trust, newer, AUDIENCE, NOW + timedelta(minutes=3))


def test_a_department_with_two_keys_says_which_it_used(hub: Hub) -> None:
    with open_operational(hub.home) as operational:
        account = operational.accounts.find("housing")
        assert account is not None
        renew(account, operational.accounts, CHANGE, key=public(RSA, kid="second"), overlap=timedelta(hours=1))
    issued(hub, Assertion(signed(assertion(jti="1"), RSA, alg="PS256")))
    issued(hub, Assertion(signed(assertion(jti="2"), RSA, alg="PS256", kid="second")))
    issued(hub, Assertion(signed(assertion(jti="3"), kid=EC.thumbprint())))
    with pytest.raises(CredentialsRefused):
        issued(hub, Assertion(signed(assertion(jti="4"), RSA, alg="RS256", kid="second")))


def test_tokens_outlive_the_key_that_signed_them_for_as_long_as_they_last(hub: Hub) -> None:
    token, before = educations(hub), signing(hub)
    renew_signing_key(hub.home, now=seconds(NOW), keep_seconds=630)
    assert signing(hub) != before
    verify_token(hub.trust, token, AUDIENCE, NOW)
    verify_token(hub.trust, educations(hub), AUDIENCE, NOW)
    renew_signing_key(hub.home, now=seconds(NOW) + 700, keep_seconds=630)
    assert "no key that is known" in refused(hub, token)


def test_the_hub_keeps_one_private_key_where_nobody_else_reads(hub: Hub) -> None:
    renew_signing_key(hub.home, now=seconds(NOW), keep_seconds=630)
    file = signing_key_file(hub.home)
    assert file.stat().st_mode & 0o777 == 0o600
    assert ["d" in row["key"] for row in json.loads(file.read_text())] == [True, False]
    told = public_key_set(read_signing_keys(file))["keys"]
    assert [set(each) & {"d", "k"} for each in told] == [set(), set()]


def providers(**other: object) -> dict[str, object]:
    said = {"iss": PROVIDER, "sub": "u-17", "aud": PROVIDERS_AUDIENCE, "exp": seconds(NOW) + 3600}
    return {**said, **other}


def test_the_governments_own_issuer_says_who_it_is_and_the_hub_what_they_may(unchanged: Hub) -> None:
    token = signed(providers(roles=["administrator"], aud=["else", PROVIDERS_AUDIENCE]), RSA, alg="RS256", kid="r")
    claims = verify_token(unchanged.trust, token, AUDIENCE, NOW)
    assert (claims.account, claims.roles, claims.department) == ("li", ("auditor",), "civil_affairs")


PROVIDERS = {
    "another subject": signed(providers(sub="u-18"), RSA, alg="RS256", kid="r"),
    "an account's name": signed(providers(sub="li"), RSA, alg="RS256", kid="r"),
    "another issuer": signed(providers(iss=ISSUER), RSA, alg="RS256", kid="r"),
    "another audience": signed(providers(aud=AUDIENCE), RSA, alg="RS256", kid="r"),
    "another key": signed(providers(), EC, kid="r"),
    "a key that is not": signed(providers(), RSA, alg="RS256", kid="s"),
    "over": signed(providers(exp=seconds(NOW) - 31), RSA, alg="RS256", kid="r"),
    "too long": signed(providers(exp=seconds(NOW) + 90_000), RSA, alg="RS256", kid="r"),
    "the key set as a secret": signed(providers(), OctKey.import_key(public(RSA)), alg="HS256", kid="r"),
    "another type": signed(providers(), RSA, alg="RS256", kid="r", typ="logout+jwt"),
}


@pytest.mark.parametrize("token", PROVIDERS.values(), ids=PROVIDERS.keys())
def test_what_the_issuer_did_not_say_of_an_account_is_refused(unchanged: Hub, token: str) -> None:
    refused(unchanged, token)


def test_only_the_algorithms_that_are_set_count(unchanged: Hub) -> None:
    provider = unchanged.trust.settings.provider
    assert provider is not None
    strict = replace(unchanged.trust.settings, provider=replace(provider, algorithms=("ES256",)))
    hub = replace(unchanged, trust=replace(unchanged.trust, settings=strict))
    assert "not allowed" in refused(hub, signed(providers(), RSA, alg="RS256", kid="r"))


PARTS = st.sampled_from(signed(assertion()).split(".")) | st.binary(max_size=60).map(
    lambda each: urlsafe_b64encode(each).decode()
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5), st.lists, max_leaves=3
)
SAID = st.dictionaries(
    st.sampled_from(["iss", "sub", "aud", "exp", "jti", "nbf", "iat", "alg", "kid", "typ", "crit", "b64"]), VALUES
)


@settings(max_examples=trials(few=300, full=20_000), deadline=None)
@given(st.text(max_size=60) | st.lists(PARTS, max_size=4).map(".".join) | st.builds(by_hand, SAID, SAID))
def test_whatever_is_handed_in_is_refused_and_never_fails(unchanged: Hub, text: str) -> None:
    with pytest.raises(CredentialsRefused):
        verify_token(unchanged.trust, text, AUDIENCE, NOW)
    with pytest.raises(CredentialsRefused):
        issued(unchanged, Assertion(text))


@settings(max_examples=trials(few=200, full=10_000), deadline=None)
@given(SAID)
def test_whatever_is_signed_is_refused_unless_it_says_what_it_must(unchanged: Hub, said: dict[str, object]) -> None:
    """Its own key signs, and one claim that must be there is another."""
    claims = {name: value for name, value in said.items() if name in ("iss", "sub", "aud", "exp")}
    text = signed({**assertion(), **(claims or {"aud": None})})
    with pytest.raises(CredentialsRefused):
        issued(unchanged, Assertion(text))
