"""Mails reach a real server, once each, and wait for one that is not there."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from server.control import delivery
from tests.support.app import App, Tenant, running_app
from tests.support.operations import done, opened
from tests.support.smtp import Sink, sink

pytestmark = pytest.mark.starts_server


@pytest.fixture
def server() -> Iterator[Sink]:
    with sink() as running:
        yield running


async def until(kept: Sink, count: int) -> None:
    async with asyncio.timeout(20):
        while len(kept.mails) < count:
            await asyncio.sleep(0.02)


async def waiting(app: App, tenant: Tenant) -> list[str]:
    response = await app.admin.get(f"/v1/tenants/{tenant.name}/outbox")
    return [mail["state"] for mail in response.json()["items"]]


async def emptied(app: App, tenant: Tenant) -> None:
    async with asyncio.timeout(20):
        while await waiting(app, tenant):
            await asyncio.sleep(0.02)


async def forgot(tenant: Tenant, email: str) -> None:
    assert (await tenant.http.post("/api/auth/password/forgot", json={"email": email})).status_code == 204


async def test_a_mail_arrives(tmp_path: Path, server: Sink) -> None:
    async with running_app(tmp_path, smtp_url=server.url, mail_from="hello@backpack.test") as app:
        tenant = await app.tenant("shop")
        user = await tenant.user("ann@example.com")
        name = {"appName": 'Shöp "of" <x@y.z>'}
        assert (await tenant.http.patch("/api/settings", json=name, headers=tenant.key)).status_code == 200
        texts = {"subject": "Hi ${app}", "text": "Go: ${link}", "html": "<b>${app}</b>"}
        put = await tenant.http.put("/api/settings/mails/reset", json=texts, headers=tenant.key)
        assert put.status_code == 200
        await forgot(tenant, user.email)
        await until(server, 1)
        await emptied(app, tenant)
    (mail,) = server.mails
    assert (mail["to"], mail["from"].addresses[0].addr_spec) == ("ann@example.com", "hello@backpack.test")
    assert mail["from"].addresses[0].display_name == 'Shöp "of" <x@y.z>'
    assert (mail["subject"], mail["auto-submitted"]) == ('Hi Shöp "of" <x@y.z>', "auto-generated")
    text, html = mail.get_body(("plain",)), mail.get_body(("html",))
    assert text is not None and html is not None
    assert "http://shop.localhost" in text.get_content()
    assert html.get_content().strip() == "<b>Shöp &quot;of&quot; &lt;x@y.z&gt;</b>"


async def test_a_mail_waits_for_a_server_that_is_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Over a restart too; then it is sent once."""
    monkeypatch.setattr(delivery, "WAITS_S", (0.1,) * 200)
    monkeypatch.setattr(delivery, "IDLE_S", 0.1)
    with sink() as probe:
        port = probe.port
    url = f"smtp://127.0.0.1:{port}"
    async with running_app(tmp_path, smtp_url=url) as app:
        tenant = await app.tenant("shop")
        user = await tenant.user()
        await forgot(tenant, user.email)
        assert await waiting(app, tenant) == ["waiting"]
    async with running_app(tmp_path, smtp_url=url) as app:
        assert (await app.admin.get("/v1/tenants/shop/outbox")).json()["items"][0]["state"] == "waiting"
        with sink(port) as server:
            await until(server, 1)
            async with asyncio.timeout(20):
                while (await app.admin.get("/v1/tenants/shop/outbox")).json()["items"]:
                    await asyncio.sleep(0.02)
            assert len(server.mails) == 1


@pytest.mark.parametrize(
    ("answer", "taken"),
    [("451 later", True), ("421 not now", True), ("550 no such mailbox", False), ("554 spam", False)],
)
async def test_a_server_that_refuses(
    tmp_path: Path, server: Sink, monkeypatch: pytest.MonkeyPatch, answer: str, taken: bool
) -> None:
    """4xx is for now and tried again, 5xx is for ever and kept for the operator to see."""
    monkeypatch.setattr(delivery, "WAITS_S", (0.1,) * 200)
    monkeypatch.setattr(delivery, "IDLE_S", 0.1)
    server.answers.append(answer)
    async with running_app(tmp_path, smtp_url=server.url) as app:
        tenant = await app.tenant()
        user = await tenant.user()
        await forgot(tenant, user.email)
        if taken:
            await until(server, 1)
            await emptied(app, tenant)
            return
        async with asyncio.timeout(20):
            while await waiting(app, tenant) != ["failed"]:
                await asyncio.sleep(0.02)
        (mail,) = (await app.admin.get(f"/v1/tenants/{tenant.name}/outbox")).json()["items"]
        assert answer.partition(" ")[0] in mail["error"]
        assert server.mails == []


async def test_one_tenants_mails_do_not_keep_anothers_waiting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivery, "WAITS_S", (0.0,) * 2000)
    monkeypatch.setattr(delivery, "IDLE_S", 0.1)
    with sink() as probe:
        port = probe.port
    async with running_app(tmp_path, smtp_url=f"smtp://127.0.0.1:{port}") as app:
        loud, quiet = await app.tenant(), await app.tenant()
        users = [await loud.user() for _ in range(12)]
        one = await quiet.user("quiet@example.com")
        for user in users:
            for _ in range(4):
                await forgot(loud, user.email)
        await forgot(quiet, one.email)
        with sink(port) as server:
            await until(server, 49)
            place = [mail["to"] for mail in server.mails].index("quiet@example.com")
            assert place <= 2 * delivery.AT_ONCE  # a round that had begun before, and one of the next


async def test_a_preview_of_a_suspended_tenant_sends_nothing_until_that_is_resumed(
    tmp_path: Path, server: Sink, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery, "WAITS_S", (0.05,) * 200)
    monkeypatch.setattr(delivery, "IDLE_S", 0.05)
    with sink() as probe:
        port = probe.port
    async with running_app(tmp_path, smtp_url=f"smtp://127.0.0.1:{port}") as app:
        shop = await app.tenant("shop")
        await done(app, shop.name, "previews", label="pr")
        preview = await opened(app, "shop--pr")
        await preview.user("ann@example.com")
        await forgot(preview, "ann@example.com")
        assert (await app.admin.post("/v1/tenants/shop/suspend")).status_code == 200
    async with running_app(tmp_path, smtp_url=server.url) as app:
        other = await app.tenant("other")
        await other.user("bob@example.com")
        await forgot(other, "bob@example.com")
        await until(server, 1)
        await emptied(app, other)
        assert [mail["to"] for mail in server.mails] == ["bob@example.com"]
        assert len(await waiting(app, preview)) == 1
        assert (await app.admin.post("/v1/tenants/shop/resume")).status_code == 200
        await until(server, 2)
    assert server.mails[1]["to"] == "ann@example.com"
