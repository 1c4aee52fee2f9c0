"""Fixtures of the tests of the wire."""

import pytest

from server.wire import limits


@pytest.fixture
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Deadlines of tenths of seconds."""
    for name in ("HEAD_S", "BODY_WINDOW_S", "UNREAD_S", "LINGER_S"):
        monkeypatch.setattr(limits, name, 0.2)
    monkeypatch.setattr(limits, "SWEEP_S", 0.05)
