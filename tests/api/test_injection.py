"""Names that would be SQL, were they ever put into a statement: in the embedded engine every one is data."""

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Final

import apsw
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.support.app import App, Tenant, User, running_app

pytestmark = pytest.mark.starts_server
SQL: Final = (
    "'; DROP TABLE documents; --", '"; DROP TABLE entries; --', "x' OR '1'='1", "1 OR 1=1", "`", "]", "x)) UNION SELECT",
    "?1", ":id", "@a", "$1", "%", "_", "\\", "/*", "*/", "--", "x'--", "CASE WHEN 1 THEN", "randomblob(1e9)", "rowid",
    "sqlite_master", "x COLLATE NOCASE", "json_extract(data,'$.a')", "a\tb", "a\nb", "Ünïcode", "\U0001f600", "a b", "'",
    '"', ";", "pragma writable_schema", "NULL", "x'00'", "\x01", "\u2028",
)  # fmt: skip
LAST: Final = "\U0010ffff" * 61  # after every name in the order of texts
pieces = (
    st.sampled_from(SQL) | st.text("'\"`;-)(*/\\ ?:@%_ax0", min_size=1, max_size=8) | st.text(min_size=1, max_size=5)
)
names = st.lists(pieces, min_size=1, max_size=3).map("".join).map(lambda name: name[:60])


class Place:
    """A tenant in a server of its own, and the file behind it."""

    def __init__(self, app: App, tenant: Tenant, user: User, file: Path) -> None:
        self.app, self.tenant, self.user, self.file = app, tenant, user, file
        self.schema: list[Any] = []
        self.made = 0

    async def tables(self) -> list[Any]:
        """Everything that the database has beside data."""

        def read() -> list[Any]:
            connection = apsw.Connection(str(self.file), flags=apsw.SQLITE_OPEN_READONLY)
            try:
                return list(connection.execute("SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY name"))
            finally:
                connection.close()

        return await asyncio.to_thread(read)


@pytest.fixture(scope="module")
async def place(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Place]:
    folder: Path = tmp_path_factory.mktemp("injection")
    async with running_app(folder) as app:
        tenant = await app.tenant()
        user = await tenant.user()
        await tenant.create("kept", user, id="k1", word="kept")
        (file,) = (folder / "tenants").glob("*/data.db")
        made = Place(app, tenant, user, file)
        made.schema = await made.tables()
        assert len(made.schema) > 5
        yield made


def _is_a_name(name: str) -> bool:
    """What the contract allows as the name of a field that can be a path too."""
    return (
        "." not in name
        and "\0" not in name
        and not name.startswith(("$", "-"))
        and name != "__proto__"
        and "," not in name
    )


async def _kept(place: Place) -> None:
    found = await place.tenant.http.get("/api/data/kept/k1", headers=place.user.auth)
    assert found.json()["word"] == "kept"


SERVERS: Final = {"id", "createdAt", "updatedAt", "version", "owner"}
quickly = settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))


@quickly
@given(names)
@example("'; DROP TABLE documents; --")
@example('"')
async def test_a_fields_name_is_data_wherever_it_stands(place: Place, name: str) -> None:
    """Written, indexed, found, sorted by, shown, grouped by, and read back the same."""
    http, user, key = place.tenant.http, place.user.auth, place.tenant.key
    if name in SERVERS:
        return
    place.made += 1
    collection = f"fuzzed-{place.made}"
    definition = {"name": collection, "indexes": [{"fields": [name]}, {"fields": [f"-{name}", "b"]}]}
    made = await http.post("/api/collections", json=definition, headers=key)
    written = await http.post(f"/api/data/{collection}", json={"id": "d1", name: name, "b": 1}, headers=user)
    if _is_a_name(name):
        assert (made.status_code, written.status_code) == (201, 201), made.text + written.text
        await http.post(f"/api/data/{collection}", json={"id": "d2", name: LAST, "b": 2}, headers=user)
        for body in (
            {"filter": {name: name}}, {"filter": {name: {"$lte": name}}, "sort": name}, {"filter": {name: {"$in": [name]}}},
            {"filter": {name: name}, "sort": f"-{name}", "fields": name}, {"filter": {name: {"$gte": name}, "b": 1}},
        ):  # fmt: skip
            found = await http.post(f"/api/data/{collection}/query", json=body, headers=user)
            assert [item["id"] for item in found.json()["items"]] == ["d1"], found.text
            assert found.json()["items"][0][name] == name
    else:
        assert {made.status_code, written.status_code} <= {201, 400}
    for path in (name, f"a.{name}"):
        for answer in (
            await http.get(f"/api/data/{collection}", params={"sort": path}, headers=user),
            await http.get(f"/api/data/{collection}", params={"fields": path}, headers=user),
            await http.get(f"/api/data/{collection}", params={f"filter[{path}]": "1"}, headers=user),
            await http.get(f"/api/data/{collection}", params={"expand": f"{path}:kept"}, headers=user),
        ):
            assert answer.status_code in {200, 400}, answer.text
    await http.delete(f"/api/collections/{collection}", headers=key)
    await _kept(place)


@quickly
@given(names)
@example("kept'--")
@example("sqlite_schema")
@example("_")
@example("_")
async def test_a_name_of_a_collection_or_document_is_data_or_refused(place: Place, name: str) -> None:
    http, user, key = place.tenant.http, place.user.auth, place.tenant.key
    fits = re.fullmatch(r"[A-Za-z0-9_-]{1,64}", name) is not None
    made = await http.post("/api/collections", json={"name": name}, headers=key)
    assert made.status_code in ({201, 400, 409} if fits else {400}), made.text
    written = await http.post("/api/data/kept", json={"id": name, "word": "new"}, headers=user)
    assert written.status_code in ({201, 409} if fits else {400}), written.text  # 409: it was tried before
    for body in (
        {"operations": [{"op": "create", "collection": name, "data": {}}]},
        {"operations": [{"op": "delete", "collection": "kept", "id": name}]},
    ):
        assert (await http.post("/api/batch", json=body, headers=key)).status_code in {200, 400, 404}
    for value in (name, {"$gt": name}, {"$regex": "^" + name}, {"$ne": name}):
        found = await http.post("/api/data/kept/query", json={"filter": {"id": value}}, headers=user)
        assert found.status_code in {200, 400}
    if made.status_code == 201:
        assert (await http.delete(f"/api/collections/{name}", headers=key)).status_code == 204
    await _kept(place)


async def test_the_database_has_the_tables_that_it_had(place: Place) -> None:
    """After all of the above; what was written is there."""
    await _kept(place)
    assert await place.tables() == place.schema
