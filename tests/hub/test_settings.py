"""Settings: from home.toml and the environment, with their origins, all mistakes at once."""

from pathlib import Path

import pytest

import hub.settings
from hub.errors import UsageError
from hub.settings import read_settings, size_in_bytes, usable_cores, usable_memory
from stores.home import Home, create_home


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return create_home(tmp_path / "home", kind="synthetic")


def set_in_file(home: Home, text: str) -> None:
    with (home.root / "home.toml").open("a", encoding="utf-8") as file:
        file.write(f"\n[settings]\n{text}\n")


def test_defaults_need_no_file_and_say_so(home: Home) -> None:
    settings = read_settings(home, {})
    assert (settings.threads, settings.temp_directory, settings.keep_snapshots) == (usable_cores(), home.temp, 3)
    assert size_in_bytes(settings.memory_limit) <= max(usable_memory() / 4, 2**30)
    assert set(settings.origins.values()) == {"default"}


def test_a_control_group_that_allows_less_memory_is_heeded(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "memory.max").write_text(f"{6 * 2**30}\n")
    monkeypatch.setattr(hub.settings, "GROUP_LIMIT", tmp_path / "memory.max")
    assert read_settings(home, {}).memory_limit == "1536MiB"
    (tmp_path / "memory.max").write_text("max\n")
    assert usable_memory() > 0


def test_the_environment_overrules_the_file(home: Home) -> None:
    set_in_file(home, 'threads = 4\nmemory_limit = "2GB"')
    settings = read_settings(home, {"HUB_THREADS": "2"})
    assert (settings.threads, settings.origins["threads"]) == (2, "HUB_THREADS")
    assert (settings.memory_limit, settings.origins["memory_limit"]) == ("2GB", str(home.root / "home.toml"))


def test_settings_are_told_with_their_origins(home: Home) -> None:
    told = read_settings(home, {"HUB_MEMORY_LIMIT": "4GB"}).told()
    assert told.startswith("Settings: memory_limit 4GB (HUB_MEMORY_LIMIT), threads ")
    assert f"temp_directory {home.temp} (default)" in told
    assert told.endswith(
        "keep_snapshots 3 (default), keep_changes_days 400 (default), double_review_share 0.1 (default)"
    )


def test_every_setting_is_written_down(home: Home) -> None:
    page = (Path(__file__).parents[2] / "docs" / "settings.md").read_text(encoding="utf-8")
    told = {line.split("`")[1] for line in page.splitlines() if line.startswith("| `")}
    assert told == set(read_settings(home, {}).origins)


def test_every_mistake_is_told_at_once(home: Home) -> None:
    set_in_file(home, 'threds = 4\nmemory_limit = "much"')
    with pytest.raises(UsageError) as refused:
        read_settings(home, {"HUB_KEEP_SNAPSHOTS": "0", "HUB_DOUBLE_REVIEW_SHARE": "2"})
    told = str(refused.value)
    assert "settings.threds: no such setting" in told
    assert "memory_limit: 'much' is not a size" in told
    assert "HUB_KEEP_SNAPSHOTS: keep_snapshots: must be 1 or more" in told
    assert "double_review_share: must lie between 0 and 1" in told


@pytest.mark.parametrize(("text", "size"), [("1KB", 1000), ("1 GiB", 2**30), ("512MB", 512_000_000), ("1.5gb", 1.5e9)])
def test_sizes_are_read_as_duckdb_writes_them(text: str, size: int) -> None:
    assert size_in_bytes(text) == size
