"""The Dockerfile, linted, and its steps as far as they go without an engine: wheel, clean place, served home."""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import sysconfig
import time
import venv
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.hub.shelf import home_with_snapshot

ROOT = Path(__file__).parents[2]
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
STAGES = re.split(r"(?m)^FROM ", DOCKERFILE)[1:]
USED = [
    each.removeprefix("!").rstrip("/") for each in (ROOT / ".dockerignore").read_text().splitlines() if each[0] == "!"
]


def test_the_linter_has_nothing_to_say() -> None:
    linter = shutil.which("hadolint", path=str(Path(sys.executable).parent))
    assert linter is not None
    done = subprocess.run([linter, str(ROOT / "Dockerfile")], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")


def test_the_image_runs_as_nobody_in_particular_and_says_whether_it_is_well() -> None:
    last = STAGES[-1]
    assert len(STAGES) == 2
    assert re.findall(r"(?m)^USER (\S+)$", last) == ["10001:10001"]
    assert "HEALTHCHECK" in last
    assert last.index("USER ") < last.index("ENTRYPOINT ")
    assert not re.search(r"(?mi)^(ARG|ENV) .*(password|secret|token)", DOCKERFILE)


def test_packages_are_installed_by_their_hashes() -> None:
    installs = [line for line in DOCKERFILE.replace("\\\n", "").splitlines() if "pip install" in line]
    assert installs
    assert all("--require-hashes" in line or "--no-deps --no-index" in line for line in installs)


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A place with the wheel made of what the image is made of; its dependencies are those of the tests."""
    folder = tmp_path_factory.mktemp("image")
    source = folder / "source"
    source.mkdir()
    for name in USED:
        path = ROOT / name
        (shutil.copytree if path.is_dir() else shutil.copy2)(path, source / name)
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check"]
    wheels = ["--no-deps", "--no-build-isolation", "--quiet", "--wheel-dir", str(folder / "wheels"), str(source)]
    subprocess.run([*pip, "wheel", *wheels], check=True)
    shutil.rmtree(source)
    venv.create(folder / "hub", symlinks=True)
    place = folder / "hub" / "lib" / f"python{sysconfig.get_python_version()}" / "site-packages"
    [wheel] = (folder / "wheels").glob("*.whl")
    subprocess.run(
        [
            *pip,
            "--python",
            str(folder / "hub" / "bin" / "python"),
            "install",
            "--quiet",
            "--no-deps",
            "--no-index",
            wheel,
        ],
        check=True,
    )
    # Only the packages: the checkout itself, which is installed there for editing, is not seen.
    (place / "dependencies.pth").write_text(f"import sys; sys.path.append({sysconfig.get_path('purelib')!r})\n")
    return folder / "hub" / "bin"


@pytest.fixture
def environment(tmp_path: Path, installed: Path) -> dict[str, str]:
    """What the image sets, in folders of this test."""
    (tmp_path / "tmp").mkdir()
    return {
        "PATH": f"{installed}:{os.environ['PATH']}",
        "HOME": str(tmp_path / "tmp"),
        "TMPDIR": str(tmp_path / "tmp"),
        "HUB_HOME": str(tmp_path / "home"),
        "PYTHONDONTWRITEBYTECODE": "1",
    }


def test_the_wheel_has_everything_a_home_needs(installed: Path, environment: dict[str, str], tmp_path: Path) -> None:
    where = "import hub, stores.operational.migrations.versions as v; print(hub.__file__, v.__path__[0])"
    found = subprocess.run(
        [installed / "python", "-c", where], env=environment, capture_output=True, text=True, check=True, cwd=tmp_path
    )
    assert all(str(installed.parent) in each for each in found.stdout.split())
    for arguments in (["schemas", "check"], ["init"], ["status", "--format", "json"]):
        done = subprocess.run(
            [installed / "hub", *arguments], env=environment, capture_output=True, text=True, check=False, cwd=tmp_path
        )
        assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["kind"] == "real"
    # A root that takes no writes: whatever is written goes to the home, or to a small folder that is forgotten.
    assert list((tmp_path / "tmp").iterdir()) == []


@pytest.fixture
def served(installed: Path, environment: dict[str, str], tmp_path: Path) -> Iterator[dict[str, str]]:
    """A home being served as the image serves it."""
    home_with_snapshot(tmp_path / "home")
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port = listening.getsockname()[1]
    command = [installed / "hub", "serve", "--host", "0.0.0.0", "--port", str(port), "--metrics-port", "0"]
    named = {"HUB_ACCOUNTS_ISSUER": "https://hub.example", "HUB_ACCOUNTS_AUDIENCE": "https://hub.example/api"}
    with subprocess.Popen(command, env={**environment, **named}, cwd=tmp_path) as process:
        yield {**environment, "HUB_PORT": str(port)}
        process.terminate()


def test_the_health_check_passes_while_the_hub_can_serve(
    installed: Path, served: dict[str, str], tmp_path: Path
) -> None:
    def code() -> int:
        healthy = [installed / "python", ROOT / "deployment" / "healthy.py"]
        return subprocess.run(healthy, env=served, check=False, capture_output=True).returncode

    end = time.monotonic() + 120
    while code() != 0:
        assert time.monotonic() < end, "it never became healthy"
        time.sleep(0.2)
    (tmp_path / "home" / "snapshots" / "current").unlink()
    assert code() == 1
