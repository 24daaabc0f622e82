"""`hub serve` as it runs: real processes behind one port, which share limits and counts and stop in an orderly way."""

import json
import os
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path

import httpx2
import pytest
import uvicorn
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509.oid import NameOID

from api.serving import listen
from tests.api.calling import CANARY, served_hub
from tests.hub.sharing.asking import Hub

POINTS = 40


@dataclass(frozen=True)
class Serving:
    """A service of two workers, and all that it has said."""

    hub: Hub
    process: subprocess.Popen[str]
    lines: list[str]
    port: int
    metrics_port: int
    trusted: ssl.SSLContext

    def get(self, path: str, headers: Mapping[str, str] = {}) -> httpx2.Response:
        return httpx2.get(f"https://127.0.0.1:{self.port}{path}", headers=headers, verify=self.trusted)

    def token(self) -> str:
        form = {
            "grant_type": "client_credentials",
            "client_id": "education",
            "client_secret": self.hub.secret("education"),
        }
        answer = httpx2.post(f"https://127.0.0.1:{self.port}/v1/token", data=form, verify=self.trusted)
        return str(answer.json()["access_token"])

    def workers(self) -> set[int]:
        found = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        return {int(each) for each in found if b"spawn_main" in Path(f"/proc/{each}/cmdline").read_bytes()}


@pytest.fixture
def serving(tmp_path: Path) -> Iterator[Serving]:
    hub = served_hub(tmp_path)
    certificate = certificate_in(tmp_path)
    command = [sys.executable, "-c", "from hub.cli import main; main()", "--home", str(hub.home.root)]
    environment = {
        **os.environ,
        "HUB_API_POINTS_AT_ONCE": str(POINTS),
        "HUB_API_POINTS_PER_MINUTE": "1",
        "HUB_API_CERTIFICATE_FILE": str(certificate),
        "HUB_API_PRIVATE_KEY_FILE": str(certificate),
    }
    with subprocess.Popen(
        [*command, "serve", "--port", "0", "--workers", "2", "--metrics-port", "0"],
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
    ) as process:
        assert process.stdout is not None
        first = json.loads(process.stdout.readline())
        lines: list[str] = []
        reading = threading.Thread(target=lambda: lines.extend(process.stdout or ()))
        reading.start()
        trusted = ssl.create_default_context(cafile=str(certificate))
        found = Serving(hub, process, lines, first["port"], first["metrics_port"], trusted)
        until_ready(found)
        yield found
        process.kill()
        reading.join()


def certificate_in(folder: Path) -> Path:
    """A file with a certificate for 127.0.0.1 and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "hub")])
    now = datetime.now(UTC)
    built = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, SHA256())
    )
    encoding = serialization.Encoding.PEM
    secret = key.private_bytes(encoding, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "hub.pem").write_bytes(built.public_bytes(encoding) + secret)
    return folder / "hub.pem"


def until_ready(serving: Serving) -> None:
    end = time.monotonic() + 120
    while time.monotonic() < end:
        try:
            if serving.get("/v1/ready").status_code == 200 and len(serving.workers()) == 2:
                return
        except httpx2.TransportError:
            pass
        time.sleep(0.1)
    raise AssertionError("it never became ready")


def test_two_workers_serve_one_home(serving: Serving) -> None:
    headers = {"Authorization": f"Bearer {serving.token()}"}
    # A connection for each request: both workers are asked, and both take from the same points.
    statuses = [serving.get("/v1/snapshot", headers).status_code for _ in range(POINTS + 5)]
    assert statuses == [200] * POINTS + [429] * 5

    counted = httpx2.get(f"http://127.0.0.1:{serving.metrics_port}/metrics").text
    assert f'hub_requests_total{{route="/v1/snapshot",status="200"}} {float(POINTS)}' in counted
    assert serving.get(f"/v1/{CANARY}?{CANARY}").status_code == 404
    answer = serving.get("/v1/ready")
    assert "server" not in answer.headers
    assert answer.headers["strict-transport-security"] == "max-age=31536000"

    killed = serving.workers()
    os.kill(min(killed), signal.SIGKILL)
    end = time.monotonic() + 60
    while len(serving.workers() - killed) != 1 or len(serving.workers()) != 2:
        assert time.monotonic() < end, "the worker was not replaced"
        time.sleep(0.1)
    assert serving.get("/v1/health").status_code == 200

    assert b"HTTP/1.1 401 " in asked_while_it_stops(serving)
    assert serving.process.wait(60) == 0
    said = [json.loads(each) for each in serving.lines]
    assert {"at", "request_id", "caller", "route", "status", "ms"} <= set(said[0])
    assert [each["event"] for each in said][-1] == "stopped"
    assert CANARY not in "".join(serving.lines) + counted


def asked_while_it_stops(serving: Serving) -> bytes:
    """The answer to a request that had begun when the service was told to stop."""
    body = b'{"account": "wang", "password": "wrong"}'
    lines = ("POST /v1/session HTTP/1.1", "Host: hub", "Content-Type: application/json", f"Content-Length: {len(body)}")
    plain = socket.create_connection(("127.0.0.1", serving.port))
    with serving.trusted.wrap_socket(plain, server_hostname="127.0.0.1") as connection:
        connection.sendall("\r\n".join([*lines, "", ""]).encode() + body[:10])
        time.sleep(0.5)
        serving.process.terminate()
        time.sleep(1)
        connection.sendall(body[10:])
        return connection.recv(65_536)


def test_answers_go_out_at_once() -> None:
    with listen(uvicorn.Config("", port=0, log_config=None)) as listening:
        listening.listen()
        asking = socket.create_connection(listening.getsockname())
        answering, _ = listening.accept()
        with asking, answering:
            assert answering.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
