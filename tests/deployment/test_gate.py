"""The gate: secrets that protect nothing are refused, and none is ever printed."""

import os
import subprocess
from pathlib import Path

import pytest

GATE = Path(__file__).parents[2] / "deployment" / "gate.sh"
GOOD = "f3a91c07be5d4428"


@pytest.fixture
def secrets(tmp_path: Path) -> Path:
    """A folder with three good secrets."""
    for name, content in (
        ("neo4j_password", GOOD),
        ("neo4j_auth", f"neo4j/{GOOD}"),
        ("postgresql_password", GOOD[::-1]),
    ):
        write(tmp_path / name, f"{content}\n")
    return tmp_path


def write(file: Path, content: str, mode: int = 0o600) -> None:
    file.write_text(content)
    file.chmod(mode)


def check(secrets: Path, verb: str = "check") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["/bin/sh", GATE, verb],
        env={"PATH": os.environ["PATH"], "HUB_SECRETS": str(secrets)},
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )


def test_good_secrets_pass(secrets: Path) -> None:
    done = check(secrets)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize("name", ["neo4j_password", "neo4j_auth", "postgresql_password"])
@pytest.mark.parametrize(
    ("content", "told"),
    [
        (None, "is missing"),
        ("", "must hold one line"),
        ("\n\n", "must hold one line"),
        ("9f8e7d\n", "is shorter than 16"),
        ("Neo4jNeo4jNeo4jNeo4j\n", "everybody tries first"),
        ("my-Password-9f8e7d6c\n", "everybody tries first"),
        ("aaaaaaaabbbbbbbbcccc\n", "too few different characters"),
        (f"{GOOD}\n{GOOD}\n", "must hold one line"),
    ],
)
def test_a_secret_that_protects_nothing_is_refused(secrets: Path, name: str, content: str | None, told: str) -> None:
    (secrets / name).unlink()
    if content is not None:
        write(secrets / name, f"neo4j/{content}" if name == "neo4j_auth" and content.strip() else content)
    for verb in ("check", "hold"):
        done = check(secrets, verb)
        assert done.returncode == 1
        [line, *_] = [line for line in done.stderr.splitlines() if f"/{name} " in line]
        assert line.startswith("refused: ")
        assert told in line
        assert not content or not content.strip() or content.splitlines()[0] not in done.stderr


def test_a_secret_that_others_may_read_is_refused(secrets: Path) -> None:
    (secrets / "postgresql_password").chmod(0o644)
    assert "chmod 600" in check(secrets).stderr


@pytest.mark.parametrize("auth", [f"neo4j/{GOOD[::-1]}", "none", GOOD, f"admin/{GOOD}"])
def test_the_servers_secret_must_be_the_hubs(secrets: Path, auth: str) -> None:
    write(secrets / "neo4j_auth", f"{auth}\n")
    done = check(secrets)
    assert done.returncode == 1
    assert "neo4j_auth" in done.stderr
    assert GOOD not in done.stderr


def test_with_good_secrets_the_gate_holds(secrets: Path) -> None:
    environment = {"PATH": os.environ["PATH"], "HUB_SECRETS": str(secrets)}
    with subprocess.Popen(["/bin/sh", GATE, "hold"], env=environment, stderr=subprocess.PIPE) as holding:
        with pytest.raises(subprocess.TimeoutExpired):
            holding.wait(0.5)
        holding.terminate()
