"""Clones and previews, what operations hold, and what is never lost."""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tenancy.errors import OutOfSpace
from tenancy.lifecycle.copies import Copies
from tenancy.lifecycle.following import Following
from tenancy.operations.record import Status
from tenancy.stores.common import transfer
from tenancy.stores.embedded.offline import Copying, Offline
from tests.support.app import PASSWORD, App, Tenant, User, running_app
from tests.support.filled import filled, seen
from tests.support.mongo import MongoServer
from tests.support.operations import begin, done, failed, opened
from tests.support.problems import assert_problem
from tests.support.zips import make_zip

ZIP = {"content-type": "application/zip"}


async def test_a_clone_has_everything_but_keys_and_sessions(app: App, tenant: Tenant) -> None:
    ann, file = await filled(app, tenant)
    before = await seen(tenant, file)
    name = f"{tenant.name}-two"
    assert await done(app, tenant.name, "clone", **{"as": name}) == {"tenant": name}
    two = await opened(app, name)
    assert await seen(two, file) == before
    for old in (tenant.key, ann.auth):
        assert_problem(await two.http.get("/api/data/users", headers=old), "session_invalid")
    login = await two.http.post("/api/auth/login", json={"email": ann.email, "password": PASSWORD})
    assert login.status_code == 200
    taken = await two.http.post("/api/data/cars", json={"plate": "p1"}, headers=two.key)
    assert_problem(taken, "already_exists", "/plate")
    # Each is changed alone.
    assert (await two.http.delete("/api/data/cars/c1", headers=two.key)).status_code == 204
    assert (await two.http.delete(file.removesuffix("/content"), headers=two.key)).status_code == 204
    assert await seen(tenant, file) == before
    assert (await tenant.http.patch("/api/data/cars/c2", json={"brand": "new"}, headers=tenant.key)).is_success
    assert (await two.http.get("/api/data/cars/c2")).json()["brand"] == "b2"
    # A clone of a clone of one that is gone.
    assert (await app.admin.delete(f"/v1/tenants/{tenant.name}?purge=1")).status_code == 204
    await done(app, name, "clone", **{"as": f"{tenant.name}-three"})
    three = await opened(app, f"{tenant.name}-three")
    assert (await three.http.get("/api/data/cars?count=true&limit=1")).json()["total"] == 29
    assert (await three.http.get("/")).text == "site"


async def test_what_cannot_be_a_clone_is_refused_and_nothing_is_made(app: App, tenant: Tenant) -> None:
    other = await app.tenant()
    before = (await app.admin.get("/v1/tenants")).json()
    wrong: list[tuple[dict[str, Any], str, str | None]] = [
        ({"as": other.name}, "already_exists", "/as"), ({"as": "www"}, "invalid_request", "/as"),
        ({"as": "a--b"}, "invalid_request", "/as"), ({}, "invalid_request", None),
        ({"as": "good-name", "ttl": 1}, "invalid_request", "/ttl"),
        ({"as": "good-name", "snapshot": "0" * 24}, "snapshot_not_found", None),
        ({"as": "good-name", "snapshot": "../../x"}, "snapshot_not_found", None),
        ({"as": "good-name", "mask": {"users": {"email": "shred"}}}, "invalid_request", "/mask"),
        ({"as": "good-name", "mask": {"users": {"id": "hash"}}}, "invalid_request", "/mask/users/id"),
        ({"as": "good-name", "mask": {"users": {"a..b": "hash"}}}, "invalid_request", "/mask/users/a..b"),
        ({"as": "good-name", "mask": {"_keys": {"name": "hash"}}}, "invalid_request", "/mask/_keys"),
        ({"as": "good-name", "mask": {"users": {"a": {"get": 1}}}}, "invalid_request", "/mask/users/a"),
    ]  # fmt: skip
    for body, code, path in wrong:
        assert_problem(await app.admin.post(f"/v1/tenants/{tenant.name}/clone", json=body), code, path)
    assert_problem(await app.admin.post("/v1/tenants/nobody-here/clone", json={"as": "good-name"}), "tenant_not_found")
    error = await failed(app, tenant.name, "clone", **{"as": "good-name", "mask": {"nothing": {"a": "hash"}}})
    assert (error["code"], error["errors"][0]["path"]) == ("invalid_request", "/mask/nothing")
    assert (await app.admin.get("/v1/tenants")).json() == before
    assert (await app.admin.post("/v1/tenants", json={"name": "good-name"})).status_code == 201


async def test_a_mask_leaves_nothing_personal_and_keeps_what_belongs_together(app: App, tenant: Tenant) -> None:
    ann, file = await filled(app, tenant)
    await tenant.http.patch("/api/data/cars/c1", json={"driver": {"email": "secret@x.it"}}, headers=tenant.key)
    await tenant.http.patch("/api/data/cars/c1", json={"driver": {"email": "d1@x.it"}}, headers=tenant.key)
    await tenant.create("cars", ann, id="C2", plate="P2", brand="b", driver={"email": "D1@x.it"})
    mask = {
        "users": {"email": "email", "city": "redact"}, "files": {"name": "hash", "path": "hash"},
        "cars": {"driver.email": "email", "plate": "hash", "brand": {"set": "some"}},
    }  # fmt: skip
    name = f"{tenant.name}-masked"
    await done(app, tenant.name, "clone", **{"as": name, "mask": mask})
    masked = await opened(app, name)
    users = (await masked.http.get("/api/data/users", headers=masked.key)).json()["items"]
    assert (users[0]["city"], users[0]["id"]) == ("xxxx", ann.id)
    assert users[0]["email"].endswith("@masked.invalid")
    cars = (await masked.http.get("/api/data/cars?limit=100")).json()["items"]
    assert len({car["driver"]["email"] for car in cars}) == 5
    assert len({car["plate"] for car in cars}) == 31
    assert {car["brand"] for car in cars} == {"some"}
    spelled = {car["id"]: car["plate"] for car in cars}
    assert spelled["c2"] != spelled["C2"]  # only addresses are the same however they are spelled
    found = await masked.http.get(f"/api/data/cars?filter[plate]={cars[0]['plate']}")
    assert [car["id"] for car in found.json()["items"]] == [cars[0]["id"]]  # the indexes know it
    for email in (ann.email, users[0]["email"]):
        login = await masked.http.post("/api/auth/login", json={"email": email, "password": PASSWORD})
        assert_problem(login, "wrong_credentials")
    # Nowhere in its folder, the log of changes included.
    made = app.context.tenants.registry.directory.find(name)
    assert made is not None
    for path in ("/api/data/cars/c1/history", "/api/data/users", "/api/files", "/api/data/cars/export"):
        text = (await masked.http.get(path, headers=masked.key)).text
        assert [word for word in ("ann@", "@x.it", "Rome", "a.txt", "secret") if word in text] == [], path
    files = app.context.tenants.folders.root / made.id
    written = await asyncio.to_thread(lambda: b"".join(path.read_bytes() for path in files.glob("data.db*")))
    assert [word for word in (b"ann@", b"@x.it", b"Rome", b"a.txt", b"secret") if word in written] == []
    # What is taken away is not missed: a file has a name when it is fetched.
    await done(app, tenant.name, "clone", **{
        "as": f"{name}-0", "mask": {"users": {"email": "remove"}, "files": {"name": "remove"}}
    })  # fmt: skip
    bare = await opened(app, f"{name}-0")
    assert (await bare.http.get(file)).headers["content-disposition"].startswith("inline")
    # The same mask gives other words in another clone: nobody can look them up.
    await done(app, tenant.name, "clone", **{"as": f"{name}-2", "mask": mask})
    again = await opened(app, f"{name}-2")
    assert (await again.http.get("/api/data/users", headers=again.key)).json()["items"][0]["email"] != users[0]["email"]
    error = await failed(app, tenant.name, "clone", **{"as": f"{name}-3", "mask": {"cars": {"plate": {"set": 1}}}})
    assert error["code"] == "conflict"
    assert "hash" in error["hint"]


async def test_who_cancels_a_clone_does_not_wait_for_its_mask(
    app: App, tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is told how far the mask is, and it ends in the middle of it."""
    await filled(app, tenant)
    honest, masked, go_on = Offline.texts, 0, threading.Event()
    made: list[Following] = []

    def slowly(self: Offline, collection: str) -> Iterator[list[bytes]]:
        nonlocal masked
        for texts in honest(self, collection):
            for text in texts:
                yield [text]
                masked += collection == "cars"
                assert masked != 10 or go_on.wait(30)

    def follow() -> Following:
        made.append(Following())
        return made[-1]

    monkeypatch.setattr(Offline, "texts", slowly)
    monkeypatch.setattr("tenancy.lifecycle.following.Following", follow)
    body = {"as": f"{tenant.name}-masked", "mask": {"cars": {"plate": "hash"}}}
    begun = (await app.admin.post(f"/v1/tenants/{tenant.name}/clone", json=body)).json()
    async for shown in app.context.tenants.operations.watch(begun["id"]):
        if shown.progress > 0.75:  # a part of what comes after the copy
            break
    assert (await app.admin.post(f"/v1/operations/{begun['id']}/cancel")).is_success
    while not made[0].stopped:
        await asyncio.sleep(0.01)
    go_on.set()
    ended = await app.context.tenants.operations.ended(begun["id"])
    assert (ended.status, masked) == (Status.CANCELLED, 10)
    assert_problem(await app.admin.get(f"/v1/tenants/{tenant.name}-masked"), "tenant_not_found")


async def test_a_preview_is_a_clone_for_a_time_that_goes_with_its_tenant(app: App, tenant: Tenant) -> None:
    _, file = await filled(app, tenant)
    before = await seen(tenant, file)
    assert await done(app, tenant.name, "previews", label="pr-12") == {"tenant": f"{tenant.name}--pr-12"}
    preview = await opened(app, f"{tenant.name}--pr-12")
    assert await seen(preview, file) == before
    shown = (await app.admin.get(f"/v1/tenants/{preview.name}")).json()
    assert shown["previewOf"] == tenant.name
    assert shown["expiresAt"] > shown["createdAt"]
    again = await begin(app, "POST", f"/v1/tenants/{tenant.name}/previews", label="pr-12")
    assert_problem(again, "already_exists", "/label")
    for label in ("", "-a", "a-", "a--b", "A", "x" * 21, "a.b"):
        refused = await app.admin.post(f"/v1/tenants/{tenant.name}/previews", json={"label": label})
        assert_problem(refused, "invalid_request", "/label")
    of_one = await app.admin.post(f"/v1/tenants/{preview.name}/previews", json={"label": "x"})
    assert_problem(of_one, "invalid_request")
    renamed = await app.admin.post(f"/v1/tenants/{tenant.name}/rename", json={"to": f"{tenant.name}-new"})
    assert_problem(renamed, "conflict")
    assert_problem(await app.admin.post(f"/v1/tenants/{preview.name}/rename", json={"to": "any-name"}), "conflict")
    await done(app, tenant.name, "previews", label="x", files=False)
    bare = await opened(app, f"{tenant.name}--x")
    assert (await bare.http.get("/")).text == "site"
    assert_problem(await bare.http.get(file), "file_not_found")
    assert (await app.admin.delete(f"/v1/tenants/{preview.name}")).status_code == 204
    assert (await app.admin.delete(f"/v1/tenants/{tenant.name}")).status_code == 200
    assert_problem(await bare.http.get("/"), "tenant_not_found")
    names = [one["name"] for one in (await app.admin.get("/v1/tenants?deleted=1")).json()["items"]]
    assert tenant.name in names and bare.name not in names


async def test_two_operations_at_once_one_of_them_is_refused_with_the_others_address(app: App, tenant: Tenant) -> None:
    await filled(app, tenant)
    path, name = f"/v1/tenants/{tenant.name}", tenant.name
    asked = [
        app.admin.post(f"{path}/clone", json={"as": f"{name}-a"}),
        app.admin.post(f"{path}/clone", json={"as": f"{name}-b"}),
        app.admin.post(f"{path}/snapshots", json={}),
        app.admin.post(f"{path}/rename", json={"to": f"{name}-c"}),
        app.admin.delete(path),
    ]
    answers = await asyncio.gather(*asked)
    begun = [answer for answer in answers if answer.is_success]
    assert len(begun) == 1
    assert begun[0].status_code == 202
    assert begun[0].headers["location"] == f"/v1/operations/{begun[0].json()['id']}"
    for answer in answers:
        if answer is not begun[0]:
            problem = assert_problem(answer, "operation_running")
            assert begun[0].headers["location"] in problem["detail"]
    ended = await app.admin.get(begun[0].headers["location"], headers={"prefer": "wait=60"})
    assert ended.json()["status"] == "done"
    await done(app, tenant.name, "snapshots")


async def test_a_name_that_an_operation_will_take_is_nobody_elses(app: App, tenant: Tenant) -> None:
    await filled(app, tenant)
    other, wanted = await app.tenant(), f"{tenant.name}-wanted"
    answers = await asyncio.gather(
        app.admin.post(f"/v1/tenants/{tenant.name}/clone", json={"as": wanted}),
        app.admin.post("/v1/tenants", json={"name": wanted}),
        app.admin.post(f"/v1/tenants/{other.name}/clone", json={"as": wanted}),
        app.admin.post(f"/v1/tenants/{other.name}/rename", json={"to": wanted}),
    )
    assert sum(answer.is_success for answer in answers) == 1
    assert {answer.status_code for answer in answers if not answer.is_success} == {409}
    for answer in answers:
        if answer.status_code == 202:
            ended = await app.admin.get(answer.headers["location"], headers={"prefer": "wait=60"})
            assert ended.json()["status"] == "done"
    names = [one["name"] for one in (await app.admin.get("/v1/tenants")).json()["items"]]
    assert names.count(wanted) == 1
    assert tenant.name in names


@pytest.mark.starts_server
@pytest.mark.parametrize("what", ["restore", "clone"])
async def test_what_cannot_be_taken_back_is_not_although_its_answer_was_lost(
    tmp_path: Path, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running_app(tmp_path) as app:
        tenant, registry = await app.tenant("shop"), app.context.tenants.registry
        ann, file = await filled(app, tenant)
        before = await seen(tenant, file)
        taken = await done(app, "shop", "snapshots")
        await tenant.http.delete("/api/data/cars/c1", headers=ann.auth)
        name = "set_generation" if what == "restore" else "create"
        commit = getattr(registry, name)

        async def lose(*given: Any) -> None:
            known = registry.directory.find("shop")
            assert known is not None
            made = await commit(*given)
            monkeypatch.undo()
            registry.directory.forget(made)
            registry.directory.put(known)
            raise OutOfSpace

        monkeypatch.setattr(registry, name, lose)
        if what == "restore":
            await done(app, "shop", f"snapshots/{taken['id']}/restore")
            assert await seen(tenant, file) == before
        else:
            await done(app, "shop", "clone", **{"as": "other", "snapshot": taken["id"]})
            assert await seen(await opened(app, "other"), file) == before
    async with running_app(tmp_path) as app:
        again = Tenant("other" if what == "clone" else "shop", app.public_port, tenant.api_key)
        app.tenants.append(again)
        assert (await again.http.get("/api/data/cars/c1")).status_code == 200
        assert (await again.http.get("/")).text == "site"


@pytest.mark.starts_server
async def test_a_state_that_may_be_all_that_is_left_is_never_tidied_away(tmp_path: Path) -> None:
    async with running_app(tmp_path) as app:
        tenant = await app.tenant("shop")
        _, file = await filled(app, tenant)
        before = await seen(tenant, file)
        taken = await done(app, "shop", "snapshots")
        await done(app, "shop", f"snapshots/{taken['id']}/restore")
        (folder,) = (tmp_path / "tenants").iterdir()
    (generation,) = folder.glob("g*")
    old = folder / ("g" + "0" * 24)
    generation.rename(old)  # the record leads nowhere
    async with running_app(tmp_path) as app:
        assert (await app.admin.get("/v1/tenants/shop/keys")).status_code == 503
    assert (old / "data.db").exists()
    old.rename(generation)
    async with running_app(tmp_path) as app:
        back = Tenant("shop", app.public_port, tenant.api_key)
        app.tenants.append(back)
        assert await seen(back, file) == before


class Meanwhile:
    """What is done to a tenant while it is copied: a release and a file come just before the moment, and go after it."""

    def __init__(self, tenant: Tenant, user: User, file: str) -> None:
        self._tenant, self._user = tenant, user
        self._loop, self._came, self._gone = asyncio.get_running_loop(), False, threading.Event()
        self._link, self._step, self._copy = Copies._link, Copying.step, transfer.copy
        self.files = [file]

    async def _publish(self, text: str) -> None:
        content, headers = make_zip({"index.html": text.encode()}), {**self._tenant.key, **ZIP}
        assert (await self._tenant.http.post("/api/site", content=content, headers=headers)).status_code == 201

    async def _come(self) -> None:
        await self._publish("just before")
        form, file = {"visibility": "public"}, {"file": ("b", b"b")}
        made = await self._tenant.http.post("/api/files", files=file, data=form, headers=self._user.auth)
        self.files.append(made.json()["url"])

    async def _go(self) -> None:
        for n in range(4):
            await self._publish(f"later {n}")
        for url in self.files:
            answer = await self._tenant.http.delete(url.removesuffix("/content"), headers=self._user.auth)
            assert answer.status_code == 204
        self._gone.set()

    def link(self) -> Callable[..., Awaitable[None]]:
        """In place of the first look at files: they come after it."""

        async def look(copies: Copies, *of: Any) -> None:
            await self._link(copies, *of)
            if not self._came:
                self._came = True
                await self._come()

        return look

    def step(self) -> Callable[[Copying], float]:
        """In place of a step of SQLite's backup."""

        def go_first(copying: Copying) -> float:
            if not self._gone.is_set():
                asyncio.run_coroutine_threadsafe(self._go(), self._loop)
                assert self._gone.wait(30)
            return self._step(copying)

        return go_first

    async def copy(self, *sides: Any) -> None:
        """In place of the copy of rows."""
        if not self._gone.is_set():
            await self._go()
        await self._copy(*sides)


@pytest.mark.starts_server
@pytest.mark.parametrize("engine", ["embedded", "mongo"])
async def test_a_copy_has_the_site_and_the_files_of_its_moment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, engine: str
) -> None:
    server = await asyncio.to_thread(MongoServer) if engine == "mongo" else None
    try:
        async with running_app(tmp_path, mongo_url=server.url if server is not None else "") as app:
            tenant = await app.tenant("shop")
            meanwhile = Meanwhile(tenant, *await filled(app, tenant))
            monkeypatch.setattr(Copies, "_link", meanwhile.link())
            monkeypatch.setattr(Copying, "step", meanwhile.step())
            monkeypatch.setattr("tenancy.lifecycle.copies.copy", meanwhile.copy)
            await done(app, "shop", "clone", **{"as": "copy"})
            clone = await opened(app, "copy")
            answers = [await clone.http.get(url) for url in ("/", *meanwhile.files)]
            if engine == "embedded":
                assert [one.text for one in answers] == ["just before", "bytes", "b"]
            else:  # this server of MongoDB keeps no moment; what is copied is as it was at the end
                assert [answers[0].text, *(one.status_code for one in answers[1:])] == ["later 3", 404, 404]
    finally:
        if server is not None:
            await asyncio.to_thread(server.stop)
