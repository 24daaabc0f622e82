"""Fixtures of the tests of the hub."""

import pytest

from tests.hub.typed import Hub, typing


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Hub:
    """Types a command line in this process."""
    return typing(monkeypatch, capsys)
