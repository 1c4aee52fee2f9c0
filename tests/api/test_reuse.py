"""What a tenant has given out and was not used yet opens nothing at another tenant of its name, at a clone of it, or at
itself after a restore."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest

from tests.support.accounts import forgot, post, settle, token_of
from tests.support.app import PASSWORD, App, Tenant, User, running_app
from tests.support.figures import FIGURES
from tests.support.operations import done, opened
from tests.support.problems import assert_problem
from tests.support.sockets import socket

pytestmark = pytest.mark.starts_server
REFUSED = {"token_invalid", "session_invalid", "authentication_required", "document_not_found", "bad_cursor"}


class Handle(NamedTuple):
    """Something that was given out: its name, and the request that uses it."""

    name: str
    method: str
    path: str
    options: dict[str, Any]


async def _handles(app: App, tenant: Tenant, user: User) -> list[Handle]:
    """One of each kind."""
    await settle(tenant, codeLogin="known", guests=True)
    await post(tenant, "verify/request", user)
    verify = await token_of(app, tenant, "verify")
    await post(tenant, "otp/request", email=user.email)
    code = await token_of(app, tenant, "link")
    reset = await forgot(app, tenant, user)
    invite = await tenant.http.post("/api/invitations", json={"email": "eve@example.com"}, headers=tenant.key)
    assert invite.status_code == 201, invite.text
    invitation = await token_of(app, tenant, "invite")
    acting = await app.admin.post(f"/v1/tenants/{tenant.name}/users/{user.id}/impersonate", json={})
    link = acting.json()["link"].rpartition("=")[2]
    page = (await tenant.http.get("/api/data/users?limit=1", headers=tenant.key)).json()
    state, cookie = await _state(tenant)
    joining = {"email": "eve@example.com", "password": PASSWORD, "invitation": invitation}
    return [
        Handle("confirmation", "POST", "/api/auth/verify/confirm", {"json": {"token": verify}}),
        Handle("code", "POST", "/api/auth/otp/login", {"json": {"token": code}}),
        Handle("reset", "POST", "/api/auth/password/reset", {"json": {"token": reset, "password": "another horse"}}),
        Handle("invitation", "POST", "/api/auth/register", {"json": joining}),
        Handle("impersonation's link", "POST", "/api/auth/impersonation", {"json": {"token": link}}),
        Handle("impersonation", "GET", "/api/auth/me", {"headers": {"authorization": f"Bearer {acting.json()['token']}"}}),
        Handle("session", "GET", "/api/auth/me", {"headers": user.auth}),
        Handle("cookie", "GET", "/api/auth/me", {"headers": {"cookie": f"backpack={user.token}"}}),
        Handle("cookie that writes", "POST", "/api/data/cars", {"headers": {"cookie": f"backpack={user.token}"}, "json": {}}),
        Handle("key", "GET", "/api/collections", {"headers": tenant.key}),
        Handle("state", "GET", f"/api/auth/oauth/own/callback?state={state}&code=c", {"headers": {"cookie": cookie}}),
        Handle("cursor", "GET", f"/api/data/users?limit=1&cursor={page['next']}", {}),
    ]  # fmt: skip


async def _state(tenant: Tenant) -> tuple[str, str]:
    """A sign-in at a provider that was begun."""
    addresses = {name: f"https://id.example.com/{name}" for name in ("authorizeUrl", "tokenUrl", "userinfoUrl")}
    form = {"clientId": "c", "kind": "oauth2", "clientSecret": "s", **addresses}
    assert (await tenant.http.put("/api/settings/providers/own", json=form, headers=tenant.key)).is_success
    began = await tenant.http.get("/api/auth/oauth/own", params={"challenge": "A" * 43})
    assert began.status_code == 302, began.text
    tenant.http.cookies.clear()
    return dict(parse_qsl(urlsplit(began.headers["location"]).query))["state"], began.headers["set-cookie"].partition(
        ";"
    )[0]


async def _use(tenant: Tenant, handle: Handle) -> httpx.Response:
    options = {**handle.options}
    if handle.name == "cursor":  # it takes a key of the tenant that is asked
        options["headers"] = tenant.key
    if handle.name == "cookie that writes":  # from a page of the tenant that is asked
        options["headers"] = {**options["headers"], "origin": tenant.origin}
    answer = await tenant.http.request(handle.method, handle.path, **options)
    tenant.http.cookies.clear()
    return answer


async def _open_nothing(tenant: Tenant, handles: list[Handle], *, but: frozenset[str] = frozenset()) -> None:
    for handle in handles:
        answer = await _use(tenant, handle)
        if handle.name in but:
            continue
        if handle.name == "state" and answer.status_code == 302:
            assert "backpack-error" in answer.headers["location"], answer.headers
            continue
        code = answer.json().get("code", "") if answer.content else "done"
        assert code in REFUSED, (handle.name, answer.status_code, answer.text)


async def _filled(app: App, name: str) -> tuple[Tenant, User]:
    tenant = await app.tenant(name)
    user = await tenant.user("ann@example.com")
    await tenant.user("bob@example.com")
    return tenant, user


async def test_they_are_good_where_they_were_given_out(tmp_path: Path) -> None:
    """Without this the other tests would pass for the wrong reason."""
    async with running_app(tmp_path) as app:
        tenant, user = await _filled(app, "shop")
        names = [handle.name for handle in await _handles(app, tenant, user)]
        for number, name in enumerate(names):
            tenant, user = await _filled(app, f"shop-{number}")
            handle = next(one for one in await _handles(app, tenant, user) if one.name == name)
            answer = await _use(tenant, handle)
            if name == "state":  # the provider is nowhere; but that it was asked is said
                assert "provider_failed" in answer.headers["location"], answer.headers
            else:
                assert answer.is_success, (name, answer.text)


async def test_a_tenant_of_the_same_name_knows_none_of_them(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    async with running_app(tmp_path, name_rest_days=0) as app:
        old, user = await _filled(app, "shop")
        handles = await _handles(app, old, user)
        async with socket(old, user) as opened_:
            await opened_.say("subscribe", id="s", collection="users", snapshot=True)
            cursor = (await opened_.hear("subscribed"))["cursor"]
        assert (await app.admin.delete("/v1/tenants/shop?purge=1")).status_code == 204
        new, ann = await _filled(app, "shop")
        await _state(new)
        await _open_nothing(new, handles)
        async with socket(new, ann) as opened_:
            await opened_.say("subscribe", id="s", collection="users", after=cursor)
            await opened_.hear("resync", id="s")
        assert (await post(new, "login", email=ann.email, password=PASSWORD)).status_code == 200
        record_property(FIGURES, f"{len(handles) + 1} kinds of what was given out, none of which opens anything")


async def test_a_clone_knows_none_of_them(tmp_path: Path) -> None:
    async with running_app(tmp_path) as app:
        tenant, user = await _filled(app, "shop")
        handles = await _handles(app, tenant, user)
        await done(app, "shop", "clone", **{"as": "twin"})
        await done(app, "shop", "previews", label="p")
        for name in ("twin", "shop--p"):
            await _open_nothing(await opened(app, name), handles)


async def test_after_a_restore_they_are_over(tmp_path: Path) -> None:
    async with running_app(tmp_path) as app:
        tenant, user = await _filled(app, "shop")
        handles = await _handles(app, tenant, user)
        taken = await done(app, "shop", "snapshots")
        await done(app, "shop", f"snapshots/{taken['id']}/restore")
        await _open_nothing(tenant, handles, but=frozenset({"key"}))  # keys are those of now
        assert (await tenant.http.get("/api/collections", headers=tenant.key)).status_code == 200


async def test_while_a_tenant_is_suspended_or_deleted_they_rest(tmp_path: Path) -> None:
    async with running_app(tmp_path) as app:
        tenant, user = await _filled(app, "shop")
        handles = await _handles(app, tenant, user)
        await app.admin.post("/v1/tenants/shop/suspend")
        for handle in handles:
            assert_problem(await _use(tenant, handle), "tenant_suspended")
        await app.admin.delete("/v1/tenants/shop")
        for handle in handles:
            assert_problem(await _use(tenant, handle), "tenant_not_found")
        await app.admin.post("/v1/tenants/shop/undelete")
        for handle in handles:
            assert_problem(await _use(tenant, handle), "tenant_suspended")
        await app.admin.post("/v1/tenants/shop/resume")
        confirmed = next(handle for handle in handles if handle.name == "confirmation")
        assert (await _use(tenant, confirmed)).is_success  # nothing was used up
