"""Entity tags, keys that make writes happen once, answers without a body, earlier versions."""

from tests.support.app import Tenant, User
from tests.support.problems import assert_problem


async def test_a_tag_says_version_and_origin(tenant: Tenant, user: User) -> None:
    made = await tenant.http.post("/api/data/cars", json={"id": "c1", "n": 1}, headers=user.auth)
    document = made.json()
    tag = f'"{document["version"]}-{document["createdAt"]}"'
    assert made.headers["etag"] == tag
    read = await tenant.http.get("/api/data/cars/c1", headers=user.auth)
    assert (read.headers["etag"], read.json()) == (tag, document)
    for known in (tag, f'"x", W/{tag}', "*"):
        unchanged = await tenant.http.get("/api/data/cars/c1", headers={**user.auth, "if-none-match": known})
        assert (unchanged.status_code, unchanged.content, unchanged.headers["etag"]) == (304, b"", tag)
    changed = await tenant.http.patch("/api/data/cars/c1", json={"n": 2}, headers=user.auth)
    assert changed.headers["etag"] != tag
    again = await tenant.http.get("/api/data/cars/c1", headers={**user.auth, "if-none-match": tag})
    assert again.status_code == 200


async def test_if_match_changes_only_the_version_that_was_read(tenant: Tenant, user: User) -> None:
    document = await tenant.create("cars", user, id="c1", n=1)
    old = {"if-match": f'"1-{document["createdAt"]}"'}
    first = await tenant.http.patch("/api/data/cars/c1", json={"n": 2}, headers={**user.auth, **old})
    assert first.status_code == 200
    for method, body in (("PATCH", {"n": 3}), ("PATCH", {"$inc": {"n": 1}}), ("PUT", {"n": 3}), ("DELETE", None)):
        refused = await tenant.http.request(method, "/api/data/cars/c1", json=body, headers={**user.auth, **old})
        assert_problem(refused, "precondition_failed")
        assert refused.status_code == 412
    now = await tenant.http.get("/api/data/cars/c1", headers=user.auth)
    assert now.json()["n"] == 2
    gone = await tenant.http.delete("/api/data/cars/c1", headers={**user.auth, "if-match": now.headers["etag"]})
    assert gone.status_code == 204


async def test_a_document_made_again_under_its_id_has_another_tag(tenant: Tenant, user: User) -> None:
    first = await tenant.create("cars", user, id="c1")
    await tenant.http.delete("/api/data/cars/c1", headers=user.auth)
    while (second := await tenant.create("cars", user, id="c1"))["createdAt"] == first["createdAt"]:
        await tenant.http.delete("/api/data/cars/c1", headers=user.auth)
    old = {"if-match": f'"1-{first["createdAt"]}"'}
    refused = await tenant.http.patch("/api/data/cars/c1", json={"n": 1}, headers={**user.auth, **old})
    assert_problem(refused, "precondition_failed")
    assert second["version"] == 1


async def test_put_creates_only_or_overwrites_only(tenant: Tenant, user: User) -> None:
    path, only_new, only_known = "/api/data/cars/c1", {"if-none-match": "*"}, {"if-match": "*"}
    assert_problem(await tenant.http.put(path, json={}, headers={**user.auth, **only_known}), "document_not_found")
    made = await tenant.http.put(path, json={"n": 1}, headers={**user.auth, **only_new})
    assert made.status_code == 201
    assert_problem(await tenant.http.put(path, json={"n": 2}, headers={**user.auth, **only_new}), "precondition_failed")
    written = await tenant.http.put(path, json={"n": 3}, headers={**user.auth, **only_known})
    assert (written.status_code, written.json()["n"]) == (200, 3)


async def test_a_malformed_tag_is_refused(tenant: Tenant, user: User) -> None:
    await tenant.create("cars", user, id="c1")
    for value in ("3", '"a" "b"', '"a', ""):
        headers = {**user.auth, "if-match": value}
        refused = await tenant.http.patch("/api/data/cars/c1", json={"n": 1}, headers=headers)
        assert_problem(refused, "invalid_request")


async def test_a_key_makes_a_write_happen_once(tenant: Tenant, user: User) -> None:
    key = {**user.auth, "idempotency-key": "abc-1"}
    first = await tenant.http.post("/api/data/cars", json={"n": 1}, headers=key)
    second = await tenant.http.post("/api/data/cars", json={"n": 1}, headers=key)
    assert (second.status_code, second.json()) == (201, first.json())
    assert second.headers["location"] == first.headers["location"]
    total = await tenant.http.get("/api/data/cars?count=true&limit=0", headers=user.auth)
    assert total.json()["total"] == 1
    path = first.headers["location"]
    counted = {**user.auth, "idempotency-key": "abc-2"}
    for _ in range(3):
        added = await tenant.http.patch(path, json={"$inc": {"n": 1}}, headers=counted)
        assert added.json()["n"] == 2
    for _ in range(2):
        removed = await tenant.http.delete(path, headers={**user.auth, "idempotency-key": "abc-3"})
        assert removed.status_code == 204


async def test_a_key_of_another_request_is_refused_and_one_of_another_user_is_free(tenant: Tenant, user: User) -> None:
    key = {"idempotency-key": "abc"}
    await tenant.http.post("/api/data/cars", json={"n": 1}, headers={**user.auth, **key})
    for path, body in (("/api/data/cars", {"n": 2}), ("/api/data/boats", {"n": 1})):
        refused = await tenant.http.post(path, json=body, headers={**user.auth, **key})
        assert_problem(refused, "idempotency_key_reused")
    other = await tenant.user()
    made = await tenant.http.post("/api/data/cars", json={"n": 1}, headers={**other.auth, **key})
    assert (made.status_code, made.json()["owner"]) == (201, other.id)
    for bad in ("", "x" * 256, "a b"):
        refused = await tenant.http.post("/api/data/cars", json={}, headers={**user.auth, "idempotency-key": bad})
        assert_problem(refused, "invalid_request")


async def test_a_refused_write_does_not_use_up_its_key(tenant: Tenant, user: User) -> None:
    key = {**user.auth, "idempotency-key": "abc"}
    assert_problem(await tenant.http.patch("/api/data/cars/c1", json={"n": 1}, headers=key), "document_not_found")
    await tenant.create("cars", user, id="c1")
    assert (await tenant.http.patch("/api/data/cars/c1", json={"n": 1}, headers=key)).status_code == 200


async def test_minimal_answers(tenant: Tenant, user: User) -> None:
    minimal = {**user.auth, "prefer": "respond-async, return=minimal"}
    made = await tenant.http.post("/api/data/cars", json={"n": 1}, headers=minimal)
    assert (made.status_code, made.content, made.headers["preference-applied"]) == (201, b"", "return=minimal")
    changed = await tenant.http.patch(made.headers["location"], json={"n": 2}, headers=minimal)
    assert (changed.status_code, changed.content) == (204, b"")
    read = await tenant.http.get(made.headers["location"], headers=user.auth)
    assert (read.json()["n"], read.headers["etag"]) == (2, changed.headers["etag"])


async def test_the_history_of_a_document(tenant: Tenant, user: User) -> None:
    path = "/api/data/cars/c1"
    versions = [await tenant.create("cars", user, id="c1", n=0)]
    for n in (1, 2):
        versions.append((await tenant.http.patch(path, json={"n": n}, headers=user.auth)).json())
    await tenant.create("cars", user, id="c2", n=9)
    items = (await tenant.http.get(f"{path}/history", headers=user.auth)).json()["items"]
    assert [item["document"] for item in items] == versions[::-1]
    assert [(item["op"], item["version"]) for item in items] == [("update", 3), ("update", 2), ("create", 1)]
    limited = (await tenant.http.get(f"{path}/history?limit=1", headers=user.auth)).json()["items"]
    assert limited == items[:1]
    await tenant.http.delete(path, headers=user.auth)
    gone = (await tenant.http.get(f"{path}/history", headers=user.auth)).json()["items"]
    assert (gone[0]["op"], gone[0]["document"], gone[1:]) == ("delete", None, items)
    assert_problem(await tenant.http.get("/api/data/cars/c9/history", headers=user.auth), "document_not_found")


async def test_a_document_as_it_was(tenant: Tenant, user: User) -> None:
    path = "/api/data/cars/c1"
    first = await tenant.create("cars", user, id="c1", n=0)
    second = first
    while second["updatedAt"] == first["updatedAt"]:
        second = (await tenant.http.patch(path, json={"$inc": {"n": 1}}, headers=user.auth)).json()
    then = await tenant.http.get(path, params={"asOf": first["updatedAt"]}, headers=user.auth)
    assert then.json()["updatedAt"] == first["updatedAt"]
    now = await tenant.http.get(path, params={"asOf": second["updatedAt"], "fields": "n"}, headers=user.auth)
    assert now.json() == {"id": "c1", "n": second["n"]}
    before = await tenant.http.get(path, params={"asOf": "2020-01-01T00:00:00Z"}, headers=user.auth)
    assert_problem(before, "document_not_found")
    for bad in ("yesterday", "0" * 16 + ".5", ""):
        assert_problem(await tenant.http.get(path, params={"asOf": bad}, headers=user.auth), "invalid_request")


async def test_the_rule_hides_history(tenant: Tenant, user: User) -> None:
    await tenant.create("notes", user, id="n1", text="mine")
    rules = {"rules": {"read": "owner", "list": "owner"}}
    await tenant.http.patch("/api/collections/notes", json=rules, headers=tenant.key)
    other = await tenant.user()
    for path in ("/api/data/notes/n1/history", "/api/data/notes/n1?asOf=2020-01-01T00:00:00Z"):
        assert_problem(await tenant.http.get(path, headers=other.auth), "document_not_found")
    assert (await tenant.http.get("/api/data/notes/n1/history", headers=user.auth)).json()["items"]
