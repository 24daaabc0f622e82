"""docker-compose.yml: valid by the published schema, and by the rules of this house."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
FILE = ROOT / "docker-compose.yml"
COMPOSE: dict[str, Any] = yaml.safe_load(FILE.read_text(encoding="utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
MACHINE_GIB = 32
FOR_THE_SYSTEM_GIB = 4
each_service = pytest.mark.parametrize("service", SERVICES.values(), ids=SERVICES)


def test_it_is_valid_by_the_published_schema() -> None:
    # The schema of the Compose Specification as the package check-jsonschema ships it; nothing is fetched.
    done = subprocess.run(
        [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", str(FILE)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@each_service
def test_a_container_can_do_little(service: dict[str, Any]) -> None:
    assert service["user"] == "10001:10001"
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert "privileged" not in service


@each_service
def test_a_container_has_a_health_check_and_limits(service: dict[str, Any]) -> None:
    assert service["healthcheck"]["test"][0] in ("CMD", "CMD-SHELL")
    assert service["mem_limit"] == service["memswap_limit"]
    assert service["pids_limit"]


def test_the_memory_of_all_fits_into_the_machine_that_is_named() -> None:
    units = {"m": 1 / 1024, "g": 1}
    limits = [float(each["mem_limit"][:-1]) * units[each["mem_limit"][-1]] for each in SERVICES.values()]
    assert sum(limits) <= MACHINE_GIB - FOR_THE_SYSTEM_GIB
    assert f"of {MACHINE_GIB} GiB" in FILE.read_text(encoding="utf-8")


def test_java_and_the_warehouse_fit_into_their_containers() -> None:
    java = [str(value) for name, value in SERVICES["neo4j"]["environment"].items() if name.endswith("_size")]
    assert sum(int(value[:-1]) for value in set(java)) + 3 < int(SERVICES["neo4j"]["mem_limit"][:-1])
    # A run holds about half as much again beside the warehouse.
    limit = int(SERVICES["work"]["environment"]["HUB_MEMORY_LIMIT"].removesuffix("GB"))
    assert 1.5 * limit < int(SERVICES["work"]["mem_limit"][:-1])


def test_ports_are_those_of_loopback_alone() -> None:
    published = [port for each in SERVICES.values() for port in each.get("ports", [])]
    assert published
    assert all(re.fullmatch(r"127\.0\.0\.1:\S+:\d+", port) for port in published)


def test_everything_lives_behind_the_gate() -> None:
    for name, service in SERVICES.items():
        if name == "gate":
            continue
        assert service["network_mode"] == "service:gate"
        assert service["depends_on"]["gate"] == {"condition": "service_healthy"}


def test_no_secret_stands_in_the_file() -> None:
    for service in SERVICES.values():
        for name, value in service.get("environment", {}).items():
            if "AUTH" in name or "PASSWORD" in name:
                assert name.endswith("_FILE")
                assert value.removeprefix("/run/secrets/") in service["secrets"]
    assert all(set(each) == {"file"} and each["file"].startswith("./secrets/") for each in COMPOSE["secrets"].values())


def test_every_secret_passes_the_gate() -> None:
    assert set(SERVICES["gate"]["secrets"]) == set(COMPOSE["secrets"])
    looked_at = re.findall(r"^  look (\w+) ", (ROOT / "deployment" / "gate.sh").read_text(), re.MULTILINE)
    assert set(looked_at) == set(COMPOSE["secrets"])


@each_service
def test_an_image_has_a_version(service: dict[str, Any]) -> None:
    name, _, tag = service["image"].partition(":")
    assert name in ("district-hub", "neo4j", "postgres")
    assert tag
    assert "latest" not in tag


def test_the_graph_server_reports_to_nobody() -> None:
    assert SERVICES["neo4j"]["environment"]["NEO4J_dbms_usage__report_enabled"] == "false"


def test_files_of_a_first_load_are_at_the_same_place_for_hub_and_server() -> None:
    assert "exchange:/exchange" in SERVICES["work"]["volumes"]
    assert "exchange:/exchange" in SERVICES["neo4j"]["volumes"]


def test_what_the_one_user_has_to_own_is_made_as_its_own() -> None:
    # A new volume takes its owner from the folder in the image of the container that is made first.
    assert "exchange:/exchange" in SERVICES["gate"]["volumes"]
    assert "--owner 10001" in (ROOT / "Dockerfile").read_text(encoding="utf-8")
    [data] = SERVICES["postgresql"]["volumes"]
    assert SERVICES["postgresql"]["environment"]["PGDATA"].startswith(f"{data.partition(':')[2]}/")


def test_volumes_are_declared_and_used() -> None:
    used = {
        volume.split(":")[0] for each in SERVICES.values() for volume in each.get("volumes", []) if "$" not in volume
    }
    assert used == set(COMPOSE["volumes"])
