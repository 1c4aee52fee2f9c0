"""Archives: let out, taken in, and tampered with."""

import hashlib
import io
import json
import re
import zipfile
from collections.abc import Callable
from typing import Any

import httpx

from tests.support.app import App, Tenant
from tests.support.operations import WAIT, opened

ARCHIVE = {"content-type": "application/vnd.backpack+zip"}
Entries = dict[str, bytes]


def entries_of(archive: bytes) -> Entries:
    """What is in an archive, the manifest too."""
    with zipfile.ZipFile(io.BytesIO(archive)) as file:
        return {name: file.read(name) for name in file.namelist()}


def archive_from(
    entries: Entries, *, honest: bool = True, method: int = zipfile.ZIP_DEFLATED, **manifest: Any
) -> bytes:
    """An archive of these entries, with a manifest that is true to them unless it is not to be `honest`."""
    said = json.loads(entries["backpack.json"]) | manifest
    if honest:
        said["entries"] = {
            name: {"size": len(data), "sha256": hashlib.sha256(data).hexdigest()}
            for name, data in entries.items()
            if name != "backpack.json"
        }
        for name, data in entries.items():
            if name.startswith("documents/") and "collections" not in manifest:
                said["collections"][name.removeprefix("documents/").removesuffix(".jsonl")] = data.count(b"\n")
    into = io.BytesIO()
    with zipfile.ZipFile(into, "w", method) as opened:
        for name, data in entries.items():
            opened.writestr(name, json.dumps(said) if name == "backpack.json" else data)
    return into.getvalue()


def rows_of(entries: Entries, collection: str) -> list[dict[str, Any]]:
    """The documents of a collection."""
    return [json.loads(line) for line in entries[f"documents/{collection}.jsonl"].splitlines()]


def with_rows(entries: Entries, collection: str, change: Callable[[list[dict[str, Any]]], Any]) -> bytes:
    """An archive in which a collection's rows are changed in place, or are what `change` gives."""
    rows = rows_of(entries, collection)
    changed = change(rows)
    kept = changed if isinstance(changed, list) else rows
    text = b"".join(json.dumps(row, separators=(",", ":")).encode() + b"\n" for row in kept)
    return archive_from({**entries, f"documents/{collection}.jsonl": text})


async def pulled(app: App, name: str) -> bytes:
    """A tenant's archive."""
    answer = await app.admin.get(f"/v1/tenants/{name}/archive")
    assert answer.status_code == 200, answer.text
    form = rf'attachment; filename="{name}-\d{{4}}-\d\d-\d\dT\d{{4}}Z\.backpack"'
    assert re.fullmatch(form, answer.headers["content-disposition"])
    return answer.content


async def imported(app: App, name: str, archive: bytes) -> httpx.Response:
    """The answer to an archive, when what it began has ended."""
    headers = {**ARCHIVE, **WAIT}
    return await app.admin.post(f"/v1/tenants/import?name={name}", content=archive, headers=headers, timeout=120)


async def taken_in(app: App, name: str, archive: bytes) -> Tenant:
    """The tenant that an archive has become."""
    answer = await imported(app, name, archive)
    assert (answer.status_code, answer.json()["status"]) == (200, "done"), answer.text
    return await opened(app, name)
