"""API keys of a tenant: made, shown once, rotated, removed.

A key has a scope: `read` reads documents and files, `write` writes them too, `admin` does everything that the tenant's
API has. With `collections` it is for these alone. A publishable key may stand in a page: it authorises nothing.
"""

import time
from collections.abc import Sequence
from functools import lru_cache
from typing import Final, NamedTuple

from tenancy.context import TenantContext
from tenancy.errors import BackpackError, DocumentNotFound, Invalid, Place
from tenancy.model.clock import from_text, now_text, to_text
from tenancy.model.collection import check_collection_name
from tenancy.model.json import Json, JsonObject, trusted
from tenancy.model.principal import ANONYMOUS, Kind, Principal, Scope
from tenancy.model.system import KEYS, PUBLISHABLE_PREFIX, new_key, secret_hash
from tenancy.query.tree import Query
from tenancy.writes import Create, Delete, Update

MAX_KEYS: Final = 100
MAX_COLLECTIONS: Final = 100
SHOWN: Final = 12
"""Of the hash that a key is kept by: its id, and no help to find the key."""
_SEEN_AGAIN_S: Final = 300
"""How exact `lastUsedAt` is: a write for each request would be too much."""
_SCOPES: Final[Sequence[Scope]] = ("read", "write", "admin")


class _Known(NamedTuple):
    """A key as it is asked for by every request."""

    principal: Principal
    over: int | None
    used: int


@lru_cache(maxsize=4096)
def _known(text: bytes) -> _Known:
    kept = trusted(text)
    collections = kept.get("collections")
    scope = next((one for one in _SCOPES if one == kept.get("scope")), None)
    allowed = frozenset(map(str, collections)) if isinstance(collections, list) else None
    principal = ANONYMOUS
    if scope is not None:
        principal = Principal(Kind.KEY, str(kept["id"])[:SHOWN], scope=scope, collections=allowed)
    return _Known(principal, from_text(kept.get("expiresAt")), from_text(kept.get("lastUsedAt")) or 0)


async def key_principal(context: TenantContext, hashed: str) -> Principal | None:
    """Whom a key stands for; None when it is nobody's, or over."""
    text = await context.documents.get(KEYS, hashed)
    if text is None:
        return None
    known, now = _known(text), time.time() * 1000
    if known.over is not None and known.over <= now:
        return None
    if now - known.used > _SEEN_AGAIN_S * 1000:
        await _note_use(context, hashed)
    return known.principal


async def _note_use(context: TenantContext, hashed: str) -> None:
    try:
        await context.documents.commit([Update(KEYS, hashed, {"lastUsedAt": now_text()})])
    except BackpackError:
        return  # the key is gone, or the disk is full: no reason to refuse what it asks for


async def all_keys(context: TenantContext) -> list[JsonObject]:
    """All keys by the time they were made, without themselves."""
    page = await context.documents.find(KEYS, Query(sort=((("createdAt",), 1),), limit=1000))
    return [shown_key(trusted(text)) for text in page.items]


def shown_key(kept: JsonObject) -> JsonObject:
    """A key as it is answered."""
    return {
        "id": str(kept["id"])[:SHOWN], "name": kept["name"], "scope": kept["scope"],
        "collections": kept.get("collections"), "createdAt": kept["createdAt"], "lastUsedAt": kept.get("lastUsedAt"),
        "expiresAt": kept.get("expiresAt"),
    }  # fmt: skip


async def create_key(
    context: TenantContext, name: str, scope: str, collections: Sequence[str] | None, days: int | None
) -> JsonObject:
    """Make a key; `key` in the answer is shown this once.

    Raises:
        Invalid: a name, scope, collection or lifetime that cannot be, or too many keys.
    """
    _check(name, scope, collections, days)
    if len(await all_keys(context)) >= MAX_KEYS:
        raise Invalid(f"A tenant has at most {MAX_KEYS} keys.", hint="Remove one that is not used any more.")
    key = new_key(PUBLISHABLE_PREFIX) if scope == "publishable" else new_key()
    fields: JsonObject = {"name": name, "scope": scope}
    if collections is not None:
        named: list[Json] = [*collections]
        fields["collections"] = named
    if days is not None:
        fields["expiresAt"] = to_text(time.time() + days * 86_400)
    return await _made(context, key, fields)


def _check(name: str, scope: str, collections: Sequence[str] | None, days: int | None) -> None:
    places: list[Place] = []
    if not 1 <= len(name) <= 100 or not name.isprintable():
        places.append(Place("/name", "must have 1 to 100 characters"))
    if scope not in {*_SCOPES, "publishable"}:
        places.append(Place("/scope", f"must be one of {', '.join(_SCOPES)}, publishable"))
    if days is not None and not 1 <= days <= 3650:
        places.append(Place("/days", "must be 1 to 3650"))
    if collections is not None:
        if scope in {"admin", "publishable"} or not 1 <= len(collections) <= MAX_COLLECTIONS:
            places.append(Place("/collections", f"must be 1 to {MAX_COLLECTIONS} names, for the scopes read and write"))
        for number, collection in enumerate(collections):
            try:
                check_collection_name(collection)
            except Invalid:
                places.append(Place(f"/collections/{number}", "is not a collection's name"))
    if places:
        raise Invalid("The key is not valid.", places=places)


async def _made(context: TenantContext, key: str, fields: JsonObject) -> JsonObject:
    (written,) = await context.documents.commit([Create(KEYS, secret_hash(key), fields)])
    return {**shown_key(trusted(written.text or b"{}")), "key": key}


async def rotate_key(context: TenantContext, id: str, grace_hours: int) -> JsonObject:
    """A new key with the same rights; the old one is good for so many hours more.

    Raises:
        DocumentNotFound: there is none.
        Invalid: more than 30 days.
    """
    if not 0 <= grace_hours <= 720:
        raise Invalid("The time is not valid.", places=[Place("/graceHours", "must be 0 to 720")])
    kept = await _find(context, id)
    old = str(kept["id"])
    key = new_key(PUBLISHABLE_PREFIX) if kept["scope"] == "publishable" else new_key()
    fields: JsonObject = {name: kept[name] for name in ("name", "scope", "collections", "expiresAt") if name in kept}
    ends: Update | Delete = Delete(KEYS, old)
    if grace_hours:
        ends = Update(
            KEYS, old, {"expiresAt": to_text(time.time() + grace_hours * 3600), "name": f"{kept['name']} (old)"}
        )
    written = await context.documents.commit([Create(KEYS, secret_hash(key), fields), ends])
    return {**shown_key(trusted(written[0].text or b"{}")), "key": key}


async def delete_key(context: TenantContext, id: str) -> None:
    """Remove a key; it is refused from now on.

    Raises:
        DocumentNotFound: there is none.
    """
    kept = await _find(context, id)
    await context.documents.commit([Delete(KEYS, str(kept["id"]))])


async def _find(context: TenantContext, id: str) -> JsonObject:
    page = await context.documents.find(KEYS, Query(limit=1000))
    for kept in map(trusted, page.items):
        if str(kept["id"])[:SHOWN] == id:
            return kept
    raise DocumentNotFound("There is no key of this id.")
