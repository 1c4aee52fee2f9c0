"""Which requests are told in the log."""

from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from server.http import guard
from server.http.headers import Headers
from server.http.response import Answer, json
from tests.support.app import running_app
from tests.support.operations import done


@pytest.mark.parametrize(("waited_s", "lines"), [(0.0, 1), (10.0, 0)])
async def test_who_wanted_to_wait_is_not_answered_slowly(
    monkeypatch: pytest.MonkeyPatch, waited_s: float, lines: int
) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> Answer:
        scope["backpack.waited"] = waited_s
        return json({})

    async def receive() -> Any:
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        return None

    monkeypatch.setattr(guard, "SLOW_S", -1.0)
    with capture_logs() as told:
        scope = {"type": "http", "method": "GET", "path": "/", "headers": [], "backpack.headers": Headers([])}
        await guard.Guard(app)(scope, receive, send)
    assert [line["event"] for line in told] == ["request"] * lines


@pytest.mark.starts_server
async def test_who_waits_for_an_operation_is_known_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    honest, waited = guard.Guard.__call__, []

    async def noted(self: guard.Guard, scope: Any, receive: Any, send: Any) -> None:
        await honest(self, scope, receive, send)
        waited.append(scope.get("backpack.waited", 0.0))

    async with running_app(tmp_path) as app:
        await app.tenant("shop")
        monkeypatch.setattr(guard.Guard, "__call__", noted)
        await done(app, "shop", "snapshots")
    assert [one > 0 for one in waited] == [True]
