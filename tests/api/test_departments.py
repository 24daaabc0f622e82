"""A department's first ten minutes: every command of docs/departments.md, typed at a service that runs as it does."""

import json
import os
import re
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.request import urlopen

import pytest

from examples.department.hub_client import (
    BeginAnewError,
    HubClient,
    NotSignedInError,
    NotThereError,
    RefusedError,
    Secret,
    Settings,
    Signed,
    TryLaterError,
)
from hub import pipeline
from stores.home import Home, open_home
from tests.api.calling import own_assertion
from tests.api.readable import readable_hub, rows
from tests.hub.district import at_work
from tests.hub.sharing.asking import Hub

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "departments.md").read_text()
FILE = "residence_registration_delta_20260702_0001.csv"
COLUMNS = (
    *("登记编号", "姓名", "证件号码", "性别", "出生日期", "婚育情况", "户籍地区划", "居住地址", "居委会", "登记户号"),
    *("与户主关系", "来沪日期", "登记日期", "居住证号", "有效期至", "出租人姓名", "联系电话", "更新时间", "操作"),
)


@pytest.fixture(scope="module")
def hub(finished: Home, tmp_path_factory: pytest.TempPathFactory) -> Hub:
    """A small district that a department may change."""
    folder = tmp_path_factory.mktemp("department") / "home"
    shutil.copytree(finished.root, folder, symlinks=True)
    return readable_hub(open_home(folder))


@pytest.fixture(scope="module")
def address(hub: Hub) -> Iterator[str]:
    """Where the district is served, by processes of their own."""
    with serving(hub) as found:
        yield found


@contextmanager
def serving(hub: Hub) -> Iterator[str]:
    command = [sys.executable, "-m", "api", "--home", str(hub.home.root), "--port", "0", "--workers", "1"]
    with subprocess.Popen([*command, "--metrics-port", "0"], stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        assert process.stdout is not None
        found = f"http://127.0.0.1:{json.loads(process.stdout.readline())['port']}"
        threading.Thread(target=process.stdout.read, daemon=True).start()
        end = time.monotonic() + 120
        while True:
            try:
                with urlopen(f"{found}/v1/ready"):
                    break
            except OSError:
                assert time.monotonic() < end, "it never became ready"
                time.sleep(0.1)
        yield found
        process.terminate()
        process.wait(60)


@pytest.fixture(scope="module")
def page(hub: Hub, address: str) -> str:
    """The page with what this district has in place of what stands there as an example."""
    [(key, name, number)] = rows(
        hub,
        """SELECT record_key, person.name, person.id_number FROM person_record JOIN member USING (record_id)
           JOIN person USING (entity_id) WHERE feed = 'residence_registration' AND record_key NOT LIKE '%#%'
             AND person.id_valid AND person.birth_date IS NOT NULL ORDER BY record_id LIMIT 1""",
    )
    shown = {
        "https://hub.example": address,
        "THE-SECRET": hub.secret("registry"),
        "JZ00000001": key,
        "王小明": name,
        "310114199001011234": number,
    }
    text = PAGE
    for example, here in shown.items():
        assert example in text
        text = text.replace(example, here)
    return text


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the department works: its client, and the delivery that it hands in."""
    shutil.copy(ROOT / "examples" / "department" / "hub_client.py", tmp_path)
    row = dict.fromkeys(COLUMNS, "") | {
        "登记编号": "JZ99999999",
        "姓名": "新来的",
        "居住地址": "安亭镇新来路1号101室",
        "登记日期": "2026-07-01",
        "更新时间": "2026-07-01 08:00:00",
        "操作": "新增",
    }
    (tmp_path / FILE).write_text(f"{','.join(row)}\n{','.join(row.values())}\n", encoding="utf-8-sig")
    return tmp_path


def blocks(page: str, language: str) -> str:
    found = re.findall(rf"^```{language}\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    assert found
    return "\n".join(found)


def test_every_command_of_the_page_works(hub: Hub, address: str, page: str, folder: Path) -> None:
    told = typed(["bash", "-e", "-u", "-o", "pipefail", "-c", blocks(page, "sh")], folder)
    own = re.findall(r"\b[PHU]01[0-9A-Z]{26}\b", told)
    assert len(set(own)) == 1, "record, entity, match and dispute are of one person"
    assert '"grade":"certain"' in told and '"state":"open"' in told and '"state":"received"' in told
    with at_work(hub.home) as site:
        pipeline.run([], site)
    newest = (hub.home.snapshots / "current").resolve().name
    wait_for(address, hub, newest)
    told = typed([sys.executable, "-c", blocks(page, "python")], folder)
    assert "new person P01" in told
    assert "new house H01" in told
    assert "certain P01" in told
    assert "404 not-there" in told
    assert told.splitlines()[-2:] == ["open", "received"]


def typed(command: list[str], folder: Path) -> str:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def wait_for(address: str, hub: Hub, snapshot: str) -> None:
    client = HubClient(Settings(address), Secret("registry", hub.secret("registry"))).for_purpose("residence_check")
    end = time.monotonic() + 60
    while client.snapshot()["snapshot"] != snapshot:
        assert time.monotonic() < end, "the new snapshot was not taken up"
        time.sleep(0.2)


def test_the_commands_of_the_hub_are_its_own(page: str) -> None:
    [command] = blocks(page, "console").splitlines()
    done = subprocess.run(
        [sys.executable, "-c", "from hub.cli import main; main()", *command.split()[1:3], "--help"],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "COLUMNS": "200"},
    )
    assert done.returncode == 0 and "--department" in done.stdout


def test_problems_are_exceptions_of_their_kind(hub: Hub, address: str) -> None:
    registry = HubClient(Settings(address), Secret("registry", hub.secret("registry")))
    with pytest.raises(NotThereError) as found:
        registry.for_purpose("residence_check").entity("P01" + "0" * 26)
    assert (found.value.type, bool(found.value.request_id)) == ("not-there", True)
    with pytest.raises(RefusedError) as refused:
        registry.for_purpose("social_insurance_reconciliation").match(
            "person", {"name": "甲", "birth_date": "1980-01-01"}
        )
    assert refused.value.rule == "reader-of-the-purpose"
    with pytest.raises(NotSignedInError) as unknown:
        HubClient(Settings(address), Secret("registry", "wrong")).for_purpose("residence_check").snapshot()
    assert unknown.value.type == "invalid_client"


def test_a_program_signs_with_its_own_key(hub: Hub, address: str) -> None:
    numbers = iter(range(10))
    signed = Signed(lambda: own_assertion(f"client-{next(numbers)}"))
    assert HubClient(Settings(address), signed).for_purpose("rental_filing").snapshot()["sequence"] >= 1


class Office(BaseHTTPRequestHandler):
    """Answers like a hub that is busy once, whose first token ends early, and that forgot a cursor."""

    asked: list[tuple[str, str, str]]

    def answer(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.asked.append((self.command, self.path, self.headers.get("Authorization", "")))
        calls = [path for _, path, _ in self.asked].count(self.path)
        if self.path == "/v1/token":
            return self.say(200, {"access_token": f"t{calls}", "expires_in": 600})
        if self.path.endswith("gone"):
            return self.say(410, {"type": "/v1/problems/begin-anew"})
        if self.path.endswith("full"):
            return self.say(429, {"type": "/v1/problems/too-many-requests"}, "3600")
        if calls == 1:
            return self.say(503, {"type": "/v1/problems/busy"}, "1")
        if calls == 2:
            return self.say(401, {"type": "/v1/problems/not-signed-in"})
        return self.say(
            200, {"entries": [{"kind": "new", "id": "a"}, {"kind": "new", "id": "b"}], "next": "n", "is_last": True}
        )

    do_GET = do_POST = answer  # noqa: N815

    def say(self, status: int, said: object, retry_after: str = "") -> None:
        content = json.dumps(said).encode()
        self.send_response(status)
        if retry_after:
            self.send_header("Retry-After", retry_after)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def office() -> Iterator[tuple[str, list[tuple[str, str, str]]]]:
    asked: list[tuple[str, str, str]] = []
    with ThreadingHTTPServer(("127.0.0.1", 0), type("Here", (Office,), {"asked": asked})) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}", asked
        server.shutdown()


def test_the_client_waits_as_it_is_told_and_renews_its_token_once(
    office: tuple[str, list[tuple[str, str, str]]], tmp_path: Path
) -> None:
    address, asked = office
    hub = HubClient(Settings(address, patience=30), Secret("a", "s")).for_purpose("residence_check")
    cursor = tmp_path / "cursor"
    began = time.monotonic()
    reading = hub.changes(cursor)
    assert next(reading).id == "a"
    assert time.monotonic() - began >= 1
    assert [token for _, path, token in asked if path == "/v1/changes"] == ["Bearer t1", "Bearer t1", "Bearer t2"]
    assert not cursor.exists(), "the page is not worked off yet"
    assert [each.id for each in reading] == ["b"]
    assert cursor.read_text() == "n"
    cursor.write_text("gone")
    with pytest.raises(BeginAnewError):
        list(hub.changes(cursor))
    cursor.write_text("full")
    with pytest.raises(TryLaterError) as later:
        list(hub.changes(cursor))
    assert later.value.retry_after == 3600
