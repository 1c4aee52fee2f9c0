"""Operations over HTTP and WebSocket; what they do is tested where it belongs."""

import asyncio
import json
from typing import Any

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosedOK, InvalidStatus

from tenancy.model.json import JsonObject
from tenancy.operations.kind import Kind, Run, Step
from tests.support.app import App, Tenant
from tests.support.problems import assert_problem


class Waiting:
    """A kind of operation that goes on when the test says so."""

    def __init__(self) -> None:
        self.go = asyncio.Event()
        self.undone = False
        steps = [Step("wait", self._wait), Step("end", self._end)]
        self.kind = Kind("waiting", steps, 2, self._undo, self._result)

    async def _wait(self, run: Run) -> None:
        run.say("one")
        run.say("two")
        while not self.go.is_set():
            run.advance(0.5)
            await asyncio.sleep(0.005)

    async def _end(self, run: Run) -> None:
        run.say("three")

    async def _undo(self, run: Run) -> None:
        self.undone = True

    async def _result(self, run: Run) -> JsonObject:
        return {"went": "well"}


async def _begun(app: App, tenant: Tenant) -> tuple[Waiting, str]:
    waiting, operations = Waiting(), app.context.tenants.operations
    operations.know(waiting.kind)
    begun = await operations.begin("waiting", tenant.name, [f"tenant:{tenant.name}"], {}, "admin@example.com")
    return waiting, begun.id


async def test_an_operation_is_shown_waited_for_and_listed(app: App, tenant: Tenant) -> None:
    waiting, id = await _begun(app, tenant)
    while (now := (await app.admin.get(f"/v1/operations/{id}")).json())["percent"] != 25:
        assert now["status"] == "running"
    assert (now["step"], now["steps"]) == ("wait", ["wait", "end"])
    assert [line[2] for line in now["lines"]] == ["one", "two"]
    waited = await app.admin.get(f"/v1/operations/{id}", headers={"prefer": "respond-async, wait=1"})
    assert waited.json()["status"] == "running"
    waiting.go.set()
    ended = (await app.admin.get(f"/v1/operations/{id}", headers={"prefer": "wait=60"})).json()
    assert (ended["status"], ended["percent"], ended["result"]) == ("done", 100, {"went": "well"})
    listed = (await app.admin.get(f"/v1/operations?tenant={tenant.name}")).json()["items"]
    assert listed == [ended]
    assert (await app.admin.get("/v1/operations?limit=1")).json()["items"] == [ended]
    assert_problem(await app.admin.get("/v1/operations?limit=x"), "invalid_request", "limit")
    assert_problem(await app.admin.get("/v1/operations/nothing"), "operation_not_found")
    assert_problem(await app.admin.post(f"/v1/operations/{id}/cancel"), "conflict")
    assert_problem(await app.admin.post("/v1/operations/nothing/cancel"), "operation_not_found")


async def test_an_operation_that_is_cancelled_is_taken_back(app: App, tenant: Tenant) -> None:
    waiting, id = await _begun(app, tenant)
    assert (await app.admin.post(f"/v1/operations/{id}/cancel")).status_code == 200
    ended = (await app.admin.get(f"/v1/operations/{id}", headers={"prefer": "wait=60"})).json()
    assert (ended["status"], ended["error"], waiting.undone) == ("cancelled", None, True)


async def _stream(app: App, id: str, query: str = "", **headers: str) -> list[dict[str, Any]]:
    """Everything that a stream tells until it ends by itself."""
    uri = f"ws://127.0.0.1:{app.admin_port}/v1/operations/{id}/stream{query}"
    heard: list[dict[str, Any]] = []
    async with connect(uri, proxy=None, additional_headers=headers) as opened:
        try:
            while True:
                heard.append(json.loads(await asyncio.wait_for(opened.recv(), 10)))
        except ConnectionClosedOK:
            return heard


async def test_a_stream_tells_each_line_once_until_the_end(app: App, tenant: Tenant) -> None:
    waiting, id = await _begun(app, tenant)
    token = {"authorization": app.admin.headers["authorization"]}
    telling = [
        asyncio.create_task(_stream(app, id, **token)),
        asyncio.create_task(_stream(app, id, "?after=1", **token)),
    ]
    await asyncio.sleep(0.1)
    waiting.go.set()
    whole, rest = await asyncio.gather(*telling)
    assert [line[2] for told in whole for line in told["lines"]] == ["one", "two", "three"]
    assert [line[2] for told in rest for line in told["lines"]] == ["two", "three"]
    assert (whole[0]["status"], whole[-1]["status"]) == ("running", "done")
    assert await _stream(app, id, "?after=3", **token) == [{**whole[-1], "lines": []}]


async def test_a_stream_is_refused_to_everybody_else(app: App, tenant: Tenant) -> None:
    waiting, id = await _begun(app, tenant)
    token = app.admin.headers["authorization"].partition(" ")[2]
    cookie = {"cookie": f"backpack-admin={token}"}
    own = {"origin": f"http://127.0.0.1:{app.admin_port}"}
    refusals: list[tuple[dict[str, str], str, int]] = [
        ({}, "", 401), ({"authorization": f"Bearer {tenant.api_key}"}, "", 401),
        (cookie, "", 401), (cookie | {"origin": tenant.origin}, "", 401), ({**cookie, **own}, "?after=x", 400),
    ]  # fmt: skip
    for headers, query, status in refusals:
        with pytest.raises(InvalidStatus) as refused:
            await _stream(app, id, query, **headers)
        assert refused.value.response.status_code == status, headers
    with pytest.raises(InvalidStatus) as refused:
        await _stream(app, "nothing", **cookie, **own)
    assert refused.value.response.status_code == 404
    waiting.go.set()
    assert (await _stream(app, id, **cookie, **own))[-1]["status"] == "done"


async def test_a_line_that_no_operation_says_is_refused(app: App, tenant: Tenant) -> None:
    waiting, id = await _begun(app, tenant)
    token = {"authorization": app.admin.headers["authorization"]}
    for after in ("9" * 5000, "1" + "0" * 15):
        with pytest.raises(InvalidStatus) as refused:
            await _stream(app, id, f"?after={after}", **token)
        assert refused.value.response.status_code == 400
    waiting.go.set()
    await app.admin.get(f"/v1/operations/{id}", headers={"prefer": "wait=60"})


async def test_a_cancelled_operation_is_in_the_audit_log(app: App, tenant: Tenant) -> None:
    _, id = await _begun(app, tenant)
    assert (await app.admin.post(f"/v1/operations/{id}/cancel")).status_code == 200
    entry = (await app.admin.get("/v1/audit?limit=1")).json()["items"][0]
    assert (entry["action"], entry["tenant"], entry["target"]) == ("cancel", tenant.name, id)
    await app.admin.get(f"/v1/operations/{id}", headers={"prefer": "wait=60"})
