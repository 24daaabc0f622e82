"""`hub purposes` lists what may be read for; `hub schemas check` reads purposes and policies with the rest."""

from pathlib import Path

from schemas.files import SHIPPED
from tests.hub.typed import Hub


def test_the_list_says_what_for_who_and_until_when(hub: Hub) -> None:
    told = hub("purposes").out
    assert "training" in told and "everybody" in told
    assert "居住安全检查" in told and "town_teams: inspector" in told and "2027-10-31" in told
    assert "with a case number" in told


def test_an_expired_purpose_is_told(hub: Hub, tmp_path: Path) -> None:
    text = (SHIPPED / "purposes" / "statistics.yml").read_text(encoding="utf-8")
    (tmp_path / "purposes").mkdir()
    old = text.replace("2026-11-01", "2024-11-01").replace("2027-10-31", "2025-10-31")
    (tmp_path / "purposes" / "statistics.yml").write_text(old, encoding="utf-8")
    checked = hub("schemas", "check", "--schemas", str(tmp_path))
    assert checked.code == 0
    assert "purpose statistics has expired" in checked.out
    assert "expired 已过期" in hub("purposes", "--schemas", str(tmp_path)).out


def test_a_mistake_in_a_policy_is_told_with_its_file(hub: Hub, tmp_path: Path) -> None:
    (tmp_path / "policies").mkdir()
    (tmp_path / "policies" / "ours.cedar").write_text("permit (principal, action, resource);", encoding="utf-8")
    checked = hub("schemas", "check", "--schemas", str(tmp_path))
    assert checked.code == 2
    assert "ours.cedar" in checked.err and "has no @id" in checked.err
