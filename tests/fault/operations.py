"""The operations that are broken off: how each is asked for, and what must be true afterwards, whatever happened.

`python -m tests.fault.operations DATA NAME AT MONGO_URL` does one on a data folder and is killed at its AT-th point; it says `done`
when there were not so many.
"""

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

import httpx

from tenancy.model.clock import now_text
from tenancy.model.tenant import Engine
from tenancy.registry.spots import spot_of
from tests.fault.points import points
from tests.support.app import App, Tenant, User, running_app
from tests.support.operations import WAIT, done
from tests.support.zips import make_zip

CARS: Final = 20
SETTINGS: Final[Mapping[str, Any]] = {"snapshot_hours": 0}
PUSHED: Final = {
    "format": 1, "collections": {"boats": {"rules": {"list": "public"}}},
    "rules": {"files": {"create": "public"}, "channels": {"join": "public", "publish": "public"}},
    "settings": {"appName": "After", "accounts": {"guests": True, "passwordMinLength": 9}},
    "mails": {"verify": {"subject": "After ${email}", "text": "${link}", "html": ""}},
}  # fmt: skip
Seen = dict[str, str]


class Prepared(NamedTuple):
    """A data folder before an operation: a snapshot, a moment, an archive, and what was to be seen when each was made."""

    data: Path
    key: str
    other_key: str
    snapshot: str
    moment: str
    archive: bytes
    then: Seen
    now: Seen


async def seen(app: App, name: str, key: str) -> Seen:
    """What a tenant holds."""
    paths = ("/api/data/cars?limit=100&sort=id", "/api/collections", "/api/settings", "/")
    tenant = Tenant(name, app.public_port, key)
    app.tenants.append(tenant)
    found = {path: (await tenant.http.get(path, headers=tenant.key)).text for path in paths}
    files = (await tenant.http.get("/api/files?sort=id", headers=tenant.key)).json()["items"]
    for one in files:
        content = await tenant.http.get(one["url"], headers=tenant.key)
        assert content.status_code == 200, content.text
        found[one["id"]] = content.text
    return found


async def prepare(data: Path) -> Prepared:
    """A server with two tenants, of which one has something of everything."""
    async with running_app(data, **SETTINGS) as app:
        tenant, other = await app.tenant("shop"), await app.tenant("other")
        user = await tenant.user()
        await _fill(tenant, user)
        taken = await done(app, "shop", "snapshots")
        then = await seen(app, "shop", tenant.api_key)
        await asyncio.sleep(0.005)
        moment = now_text()
        await asyncio.sleep(0.005)
        await tenant.http.delete("/api/data/cars/c1", headers=user.auth)
        await tenant.http.post("/api/files", files={"file": ("late", b"late")}, headers=user.auth)
        archive = (await app.admin.get("/v1/tenants/shop/archive")).content
        now = await seen(app, "shop", tenant.api_key)
        return Prepared(data, tenant.api_key, other.api_key, taken["id"], moment, archive, then, now)


async def _fill(tenant: Tenant, user: User) -> None:
    await tenant.http.post("/api/collections", json={"name": "cars", "rules": {"list": "public"}}, headers=tenant.key)
    for n in range(CARS):
        await tenant.create("cars", user, id=f"c{n}", n=n)
    await tenant.http.post("/api/files", files={"file": ("a", b"bytes")}, headers=user.auth)
    zipped = {**tenant.key, "content-type": "application/zip"}
    assert (await tenant.http.post("/api/site", content=make_zip({"index.html": b"site"}), headers=zipped)).is_success


Ask = Callable[[App, Prepared, str], Awaitable[httpx.Response]]


class Case(NamedTuple):
    """An operation: how it is asked for (with a suffix for what it makes), what it makes, and what `shop` may be
    afterwards beside what it was."""

    ask: Ask
    makes: str | None = None
    becomes: Callable[[Prepared], Seen] | None = None
    mongo: bool = False
    """Whether there has to be a MongoDB."""


def _post(path: str, **body: Any) -> Ask:
    async def ask(app: App, prepared: Prepared, suffix: str) -> httpx.Response:
        said = {
            name: value.replace("SUFFIX", suffix) if isinstance(value, str) else value for name, value in body.items()
        }
        at = path.replace("SNAPSHOT", prepared.snapshot)
        said |= {"at": prepared.moment} if at.endswith("/restore") and "/snapshots/" not in at else {}
        return await app.admin.post(at, json=said, headers=WAIT, timeout=120)

    return ask


async def _import(app: App, prepared: Prepared, suffix: str) -> httpx.Response:
    headers = {**WAIT, "content-type": "application/zip"}
    path = f"/v1/tenants/import?name=made-{suffix}"
    return await app.admin.post(path, content=prepared.archive, headers=headers, timeout=120)


async def _replace(app: App, prepared: Prepared, suffix: str) -> httpx.Response:
    headers = {**WAIT, "content-type": "application/zip"}
    return await app.admin.put("/v1/tenants/shop/archive", content=prepared.archive, headers=headers, timeout=120)


_SHOP: Final = "/v1/tenants/shop"
CASES: Final[Mapping[str, Case]] = {
    "snapshot": Case(_post(f"{_SHOP}/snapshots")),
    "prove": Case(_post(f"{_SHOP}/snapshots/SNAPSHOT/prove")),
    "clone": Case(_post(f"{_SHOP}/clone", **{"as": "made-SUFFIX", "mask": {"cars": {"n": "redact"}}}), "made-"),
    "preview": Case(_post(f"{_SHOP}/previews", label="SUFFIX"), "shop--"),
    "restore": Case(_post(f"{_SHOP}/snapshots/SNAPSHOT/restore"), becomes=lambda prepared: prepared.then),
    "rewind": Case(_post(f"{_SHOP}/restore"), becomes=lambda prepared: prepared.then),
    "rewind as another": Case(_post(f"{_SHOP}/restore", **{"as": "made-SUFFIX"}), "made-"),
    "import": Case(_import, "made-"),
    "replace": Case(_replace, becomes=lambda prepared: prepared.now),
    "move": Case(_post(f"{_SHOP}/move", to="mongo"), mongo=True),
    "push definitions": Case(
        _post("/v1/definitions/push", definitions=PUSHED, tenants=["shop", "other"], canary="other")
    ),
}  # fmt: skip


async def check(app: App, prepared: Prepared, name: str, suffix: str) -> str:
    """What must be true after whatever happened; how the operation ended, "none" when there was none."""
    case, admin = CASES[name], app.admin
    operations = (await admin.get("/v1/operations?limit=10")).json()["items"]
    begun = [one for one in operations if one["createdAt"] > prepared.moment]
    for one in begun:
        waited = (await admin.get(f"/v1/operations/{one['id']}", headers=WAIT, timeout=120)).json()
        assert waited["endedAt"], waited
        one.update(waited)
    ended: str = begun[0]["status"] if begun else "none"
    shop = await seen(app, "shop", prepared.key)
    if name == "push definitions":
        await _check_pushed(app, prepared, shop, done=ended == "done")
    else:
        allowed = case.becomes(prepared) if case.becomes is not None and ended == "done" else prepared.now
        assert shop == allowed, (ended, shop, allowed)
    names = {one["name"] for one in (await admin.get("/v1/tenants")).json()["items"]}
    made = f"{case.makes}{suffix}" if case.makes is not None else ""
    assert names == {"shop", "other", *([made] if made and ended == "done" else [])}, (ended, names)
    await asyncio.to_thread(no_orphans, app, prepared.data)
    if case.mongo:
        moved = [tenant for tenant in app.context.tenants.registry.directory if tenant.engine is Engine.MONGO]
        assert await app.context.tenants.folders.spots_with(Engine.MONGO) == [spot_of(tenant) for tenant in moved]
        assert [tenant.slug for tenant in moved] == (["shop"] if ended == "done" else [])
    return ended


async def _check_pushed(app: App, prepared: Prepared, shop: Seen, *, done: bool) -> None:
    """Both tenants have the definitions, or neither; documents stay."""
    for name, key in (("shop", prepared.key), ("other", prepared.other_key)):
        now = await seen(app, name, key)
        assert ("boats" in now["/api/collections"]) is done, (name, done)
        assert ("After" in now["/api/settings"]) is done, (name, done)
        pulled = (await app.admin.get(f"/v1/tenants/{name}/definitions")).json()
        pulled.pop("collections", None)
        parts = {part: value for part, value in PUSHED.items() if part != "collections"}
        assert pulled == (parts if done else {"format": 1}), (name, done)
    assert shop["/api/data/cars?limit=100&sort=id"] == prepared.now["/api/data/cars?limit=100&sort=id"]


def no_orphans(app: App, data: Path) -> None:
    """Nothing is on the disk that belongs to nobody, and no record is without its folder."""
    directory = app.context.tenants.registry.directory
    tenants = {tenant.id: tenant for tenant in [*directory, *directory.all_deleted()]}
    there = set(os.listdir(data / "tenants"))
    assert there == set(tenants), (there, set(tenants))
    for id, tenant in tenants.items():
        own = {"snapshots", tenant.generation} if tenant.generation else {"snapshots", "blobs", "data.db"}
        held = {name for name in os.listdir(data / "tenants" / id) if not name.endswith(("-wal", "-shm"))}
        assert held <= own, (held, own)
        database = data / "tenants" / id / tenant.generation / "data.db"
        assert database.exists() is (tenant.engine is Engine.EMBEDDED), database
        assert app.context.works.snapshots.of(id).sweep() == 0, "snapshots"
        assert not (data / "tenants" / id / "snapshots" / "work").exists(), "a copy"
    left = os.listdir(data / "work")
    assert left == [], left
    assert not (data / "unknown").exists(), "a folder without a record"


async def _main(data: Path, name: str, at: int, mongo_url: str) -> None:
    prepared = load(data)
    async with running_app(data, **SETTINGS, mongo_url=mongo_url) as app:
        with points("kill", at):
            answer = await CASES[name].ask(app, prepared, "first")
    assert answer.json()["status"] == "done", answer.text
    sys.stdout.write("done\n")


def save(prepared: Prepared) -> None:
    """Keep what was prepared beside the data folder."""
    import pickle

    prepared.data.with_suffix(".prepared").write_bytes(pickle.dumps(prepared))


def load(data: Path) -> Prepared:
    """What was prepared for a copy of a data folder."""
    import pickle

    kept: Prepared = pickle.loads(data.with_suffix(".prepared").read_bytes())
    return kept._replace(data=data)


if __name__ == "__main__":
    asyncio.run(_main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), sys.argv[4]))
