"""A tenant with one of everything, and what can be seen of it."""

from typing import Any

from tests.support.app import App, Tenant, User
from tests.support.zips import make_zip


async def filled(app: App, tenant: Tenant) -> tuple[User, str]:
    """One of everything; a user, and the address of a file."""
    ann = await tenant.user("ann@example.com", city="Rome")
    definition = {
        "name": "cars", "rules": {"list": "public", "read": "public"}, "indexes": [{"fields": ["plate"], "unique": True}],
        "schema": {"type": "object", "properties": {"brand": {"type": "string"}}},
    }  # fmt: skip
    assert (await tenant.http.post("/api/collections", json=definition, headers=tenant.key)).status_code == 201
    for n in range(30):
        await tenant.create(
            "cars", ann, id=f"c{n}", plate=f"p{n}", brand=f"b{n % 3}", driver={"email": f"d{n % 5}@x.it"}
        )
    form = {"visibility": "public"}
    file = await tenant.http.post("/api/files", files={"file": ("a.txt", b"bytes")}, data=form, headers=ann.auth)
    zipped = {**tenant.key, "content-type": "application/zip"}
    assert (await tenant.http.post("/api/site", content=make_zip({"index.html": b"site"}), headers=zipped)).is_success
    setting = {"appName": "Cars", "accounts": {"signUp": "closed"}}
    assert (await tenant.http.patch("/api/settings", json=setting, headers=tenant.key)).is_success
    return ann, str(file.json()["url"])


async def seen(tenant: Tenant, file: str) -> dict[str, Any]:
    """What a tenant holds, as its key and everybody see it."""
    paths = [
        "/api/data/cars?limit=100&sort=id",
        "/api/collections",
        "/api/settings",
        "/api/data/users?sort=id",
        "/",
        file,
    ]
    answers = {path: await tenant.http.get(path, headers=tenant.key) for path in paths}
    return {path: (answer.status_code, answer.text) for path, answer in answers.items()}
