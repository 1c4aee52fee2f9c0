"""Templates: made of tenants, and those that come with the server."""

import asyncio
import json
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.support.app import App, Tenant, running_app
from tests.support.filled import filled, seen
from tests.support.problems import assert_problem

EXAMPLES = Path(__file__).parents[2] / "web" / "examples"
BUILT_IN = ("board", "chat", "shop")


@pytest.mark.starts_server
async def test_a_template_is_made_of_a_tenant_and_tenants_of_it(tmp_path: Path) -> None:
    async with running_app(tmp_path) as app:
        tenant = await app.tenant("model")
        _, file = await filled(app, tenant)
        before = await seen(tenant, file)
        made = await app.admin.post("/v1/templates", json={"name": "cars", "tenant": "model"})
        assert made.status_code == 201
        (mine,) = [one for one in made.json()["items"] if one["name"] == "cars"]
        assert (mine["builtIn"], mine["collections"], mine["files"]) == (False, {"cars": 30, "users": 1}, 1)
        answer = await app.admin.post("/v1/tenants", json={"name": "from-it", "template": "cars", "ttl": 3600})
        assert answer.status_code == 201, answer.text
        two = Tenant("from-it", app.public_port, answer.json()["apiKey"])
        app.tenants.append(two)
        assert await seen(two, file) == before
        assert answer.json()["expiresAt"]
        for body, code, path in [
            ({"name": "Cars", "tenant": "model"}, "invalid_request", "/name"),
            ({"name": "board", "tenant": "model"}, "already_exists", "/name"),
            ({"name": "x", "tenant": "nobody-here"}, "tenant_not_found", None),
            ({"name": "x", "tenant": "model", "snapshot": "0" * 24}, "snapshot_not_found", None),
        ]:
            assert_problem(await app.admin.post("/v1/templates", json=body), code, path)
        for name in ("nothing", "..", "../cars"):
            refused = await app.admin.post("/v1/tenants", json={"name": "no-such", "template": name})
            assert_problem(refused, "template_not_found")
        assert_problem(await app.admin.delete("/v1/templates/nothing"), "template_not_found")
        assert_problem(await app.admin.delete("/v1/templates/board"), "conflict")
        assert (await app.admin.delete("/v1/templates/cars")).status_code == 204
        assert "cars" not in [one["name"] for one in (await app.admin.get("/v1/templates")).json()["items"]]


class Sources(NamedTuple):
    """What a built-in template is made of."""

    definitions: Any
    documents: dict[str, dict[str, dict[str, Any]]]
    site: dict[str, bytes]


def _sources(example: Path) -> Sources:
    template, built = example / "template", example / "dist"
    lists = {path.stem: json.loads(path.read_text()) for path in (template / "documents").glob("*.json")}
    return Sources(
        json.loads((template / "definitions.json").read_text()),
        {name: {one["id"]: one for one in documents} for name, documents in lists.items()},
        {path.relative_to(built).as_posix(): path.read_bytes() for path in built.rglob("*") if path.is_file()},
    )


@pytest.mark.parametrize("name", BUILT_IN)
async def test_a_built_in_template_is_what_its_sources_say(app: App, name: str) -> None:
    """Definitions, settings, documents and the site are those in the example's folder."""
    wanted = await asyncio.to_thread(_sources, EXAMPLES / name)
    (said,) = [one for one in (await app.admin.get("/v1/templates")).json()["items"] if one["name"] == name]
    assert said["builtIn"] is True
    made = await app.admin.post("/v1/tenants", json={"name": f"like-{name}", "template": name})
    assert made.status_code == 201, made.text
    tenant = Tenant(f"like-{name}", app.public_port, made.json()["apiKey"])
    app.tenants.append(tenant)
    path = f"/v1/tenants/{tenant.name}/definitions"
    answer = await app.admin.put(f"{path}?dryRun=1&prune=1", json=wanted.definitions)
    assert answer.json() == {"changes": [], "applied": False}
    pulled = (await app.admin.get(path)).json()
    assert (set(pulled["collections"]), pulled["settings"]) == (
        set(wanted.definitions["collections"]) | {"users"}, wanted.definitions["settings"],
    )  # fmt: skip
    for collection, documents in wanted.documents.items():
        listed = await tenant.http.get(f"/api/data/{collection}?limit=1000", headers=tenant.key)
        items = {one["id"]: one for one in listed.json()["items"]}
        assert {id: {**items[id], **document} for id, document in documents.items()} == items
    assert {one: count for one, count in said["collections"].items() if count} == {
        collection: len(documents) for collection, documents in wanted.documents.items()
    }
    assert wanted.site["index.html"]
    for at, content in wanted.site.items():
        assert (await tenant.http.get(f"/{at}")).content == content, at


@pytest.mark.starts_server
async def test_one_bad_template_hides_no_other_and_two_at_once_make_a_whole_one(tmp_path: Path) -> None:
    folder = tmp_path / "templates"
    await asyncio.to_thread(folder.mkdir)
    await asyncio.to_thread((folder / "left.new").write_bytes, b"half")
    async with running_app(tmp_path) as app:
        await app.tenant("model")
        body = {"name": "mine", "tenant": "model"}
        made = [await app.admin.post("/v1/templates", json=body)]
        await asyncio.to_thread((folder / "bad.backpack").write_bytes, b"no zip")
        templates, halves = app.context.archives.templates, [asyncio.Event(), asyncio.Event()]
        whole = await asyncio.to_thread((folder / "mine.backpack").read_bytes)

        async def pieces(number: int) -> AsyncIterator[bytes]:
            yield whole[:10]
            halves[number].set()
            await halves[1 - number].wait()
            yield whole[10:]

        await asyncio.gather(templates.put("mine", pieces(0)), templates.put("mine", pieces(1)))
        made.append(await app.admin.get("/v1/templates"))
        for answer in made:
            assert answer.is_success, answer.text
            names = [one["name"] for one in answer.json()["items"]]
            assert "mine" in names and "bad" not in names
        assert set(await asyncio.to_thread(os.listdir, folder)) == {"mine.backpack", "bad.backpack"}
