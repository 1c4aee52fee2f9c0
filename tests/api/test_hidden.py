"""What rules hide stays hidden, also in what is left of documents that are gone."""

import pytest
from httpx import Response

from tests.support.app import Tenant, User
from tests.support.sockets import socket


async def _create(tenant: Tenant, id: str, **fields: object) -> None:
    response = await tenant.http.post("/api/data/secrets", json={"id": id, **fields}, headers=tenant.key)
    assert response.status_code == 201, response.text


@pytest.fixture
async def removed(tenant: Tenant) -> str:
    """A collection that nobody may read was removed; a time when its document was there."""
    rules = {"rules": dict.fromkeys(["list", "read", "create", "update", "delete"], "nobody"), "name": "secrets"}
    assert (await tenant.http.post("/api/collections", json=rules, headers=tenant.key)).status_code == 201
    await _create(tenant, "one", word="swordfish")
    known = await tenant.http.get("/api/data/secrets/one", headers=tenant.key)
    assert (await tenant.http.delete("/api/collections/secrets", headers=tenant.key)).status_code == 204
    created: str = known.json()["createdAt"]
    return created


@pytest.mark.parametrize("again", [False, True])
async def test_a_removed_collections_documents_are_gone(tenant: Tenant, user: User, removed: str, again: bool) -> None:
    """The log still has them. The rules of a new collection under the name are not theirs."""
    if again:
        await tenant.create("secrets", user, word="new")
    response = await tenant.http.get("/api/data/secrets/one/history", headers=user.auth)
    assert response.status_code == 404, response.text
    params = {"asOf": removed}
    response = await tenant.http.get("/api/data/secrets/one", params=params, headers=user.auth)
    assert response.status_code == 404, response.text


@pytest.mark.parametrize("again", [False, True])
async def test_a_removed_collections_changes_are_not_replayed(
    tenant: Tenant, user: User, removed: str, again: bool
) -> None:
    if again:
        await tenant.create("secrets", user, word="new")
    async with socket(tenant, user) as one:
        await one.say("subscribe", id="s", collection="other")
        epoch = (await one.hear("subscribed"))["cursor"].partition(".")[0]
        await one.say("subscribe", id="t", collection="secrets", after=f"{epoch}.0")
        await one.hear("resync", id="t")
        await one.say("ping")
        await one.hear("pong")
    assert not [frame for frame in one.unread if frame["type"] == "change"]


async def test_a_replayed_result_is_under_the_rule(tenant: Tenant, user: User) -> None:
    """A receipt without a change answers the document as it is now; it may be another user's by now."""
    other = await tenant.user()
    rules = {"name": "notes", "rules": dict.fromkeys(["list", "read", "update", "delete"], "owner")}
    assert (await tenant.http.post("/api/collections", json=rules, headers=tenant.key)).status_code == 201
    await tenant.create("notes", user, id="taken", word="mine")

    async def patch() -> Response:
        headers = {**user.auth, "idempotency-key": "k"}
        return await tenant.http.patch("/api/data/notes/taken", json={"word": "mine"}, headers=headers)

    assert (await patch()).status_code == 200
    assert (await tenant.http.delete("/api/data/notes/taken", headers=user.auth)).status_code == 204
    await tenant.create("notes", other, id="taken", word="theirs")
    response = await patch()
    assert response.status_code == 404, response.text


@pytest.mark.parametrize("conflict", ["fail", "skip"])
@pytest.mark.parametrize("id", ["there", "free"])
async def test_an_import_tells_nothing_to_who_may_not_create(tenant: Tenant, conflict: str, id: str) -> None:
    rules = {"name": "secrets", "rules": dict.fromkeys(["list", "read", "create", "update", "delete"], "nobody")}
    assert (await tenant.http.post("/api/collections", json=rules, headers=tenant.key)).status_code == 201
    await _create(tenant, "there")
    headers = {"content-type": "application/x-ndjson"}
    path = f"/api/data/secrets/import?onConflict={conflict}"
    response = await tenant.http.post(path, content=f'{{"id":"{id}"}}\n', headers=headers)
    assert response.status_code == 401, response.text


async def test_a_subscription_under_rules_that_changed_meanwhile_begins_again(tenant: Tenant, user: User) -> None:
    """The snapshot may take long; what the rules said when it was asked for is not followed for ever."""
    await tenant.create("notes", user, word="one")
    async with socket(tenant, user) as one:
        await one.say("subscribe", id="s", collection="notes")
        cursor = (await one.hear("subscribed"))["cursor"]
        await one.say("unsubscribe", id="s")
        await one.hear("unsubscribed")
        change = {"rules": {"read": "owner"}}
        response = await tenant.http.patch("/api/collections/notes", json=change, headers=tenant.key)
        assert response.status_code == 200, response.text
        await one.say("subscribe", id="t", collection="notes", after=cursor)
        await one.hear("resync", id="t")


async def test_who_may_change_but_not_read_is_not_shown_the_document(tenant: Tenant, user: User) -> None:
    """A change that changes nothing reads any document: `PATCH {}`."""
    rules = {"name": "secrets", "rules": {"list": "nobody", "read": "nobody", "update": "authenticated"}}
    assert (await tenant.http.post("/api/collections", json=rules, headers=tenant.key)).status_code == 201
    await _create(tenant, "one", word="swordfish")
    hidden = await tenant.http.get("/api/data/secrets/one", headers=user.auth)
    assert hidden.status_code == 403
    shown = await tenant.http.patch("/api/data/secrets/one", json={}, headers=user.auth)
    assert "swordfish" not in shown.text
    assert (shown.status_code, shown.content) == (204, b"")
    batch = {"operations": [{"op": "update", "collection": "secrets", "id": "one", "data": {"n": 1}}]}
    done = await tenant.http.post("/api/batch", json=batch, headers=user.auth)
    assert done.json()["results"] == [{"op": "update", "id": "one", "document": None}]
    made = await tenant.http.post(
        "/api/collections", json={"name": "box", "rules": {"read": "nobody"}}, headers=tenant.key
    )
    assert made.status_code == 201
    dropped = await tenant.http.post("/api/data/box", json={"mine": 1}, headers=user.auth)
    assert dropped.json()["mine"] == 1
