"""Who has no right to a tenant's secrets, and what they try to get at them or to harm them."""

import json
from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple
from urllib.parse import quote

from tests.isolation.hosts import SPELLINGS, Spelling
from tests.isolation.raw import Fields
from tests.isolation.twins import EMAILS, Side


def _cookie(side: Side) -> Fields:
    """A page of tenant a, open in the browser of alice."""
    cookie, origin = f"backpack={side.known['alice']}", b"http://" + side.host("a")
    return [(b"cookie", cookie.encode()), (b"origin", origin)]


OUTSIDERS: Final[Mapping[str, Callable[[Side], Fields]]] = {
    "nobody": lambda side: [],
    "a user of another tenant": lambda side: side.bearer("ann"),
    "a key of another tenant": lambda side: side.bearer("a_key"),
    "an ended session": lambda side: side.bearer("dead"),
    "who read the hash of a session": lambda side: side.bearer("alice_hash"),
    "a page of another tenant": _cookie,
    "a user without rights": lambda side: side.bearer("mallory"),
}
MALLORY: Final = "a user without rights"


class Try(NamedTuple):
    """A request; the names in braces are those that each world has for them."""

    method: str
    target: str
    body: Any = None
    kind: Fields | None = None
    by_mallory: bool = True
    """Whether mallory has no right to it either."""

    def __repr__(self) -> str:
        """For people who read a failure."""
        return f"{self.method} {self.target}"


def _filter(value: object) -> str:
    return "filter=" + quote(json.dumps(value))


_LOOKUP = {"$lookup": {"from": "vault", "localField": "id", "foreignField": "id", "as": "found"}}
_GROUP = {"$group": {"_id": "$text", "n": {"$sum": 1}}}
_FORM: Final[Fields] = [(b"content-type", b"multipart/form-data; boundary=b")]
_UPLOAD = b'--b\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\nx\r\n--b--\r\n'
_STOLEN: Final = {"text": "stolen"}
READS: Final = [
    *(
        Try(method, f"/api/data/{collection}{rest}", body)
        for collection in ("notes", "vault", "users")
        for method, rest, body in (
            ("GET", "/d1", None), ("HEAD", "/d1", None), ("GET", "/d1?asOf={epoch}.25", None), ("GET", "/d2?asOf={epoch}.40", None), ("GET", "/d2/history", None), ("GET", "?sort=id&count=true", None),
            ("GET", f"?sort=id&{_filter({'text': {'$regex': '^a'}})}&count=true", None), ("GET", "?sort=text,id", None),
            ("GET", "/export?" + _filter({"text": {"$gt": "m"}}), None),
            ("GET", "?sort=-text&limit=1&fields=text&expand=id:vault", None),
            ("POST", "/query", {"filter": {"$nor": [{"text": {"$lt": "m"}}]}, "sort": "id", "count": True}),
            ("QUERY", "/query", {"sort": "text"}), ("POST", "/query?explain=true", {"filter": {"text": "x"}}),
            ("POST", "/aggregate", {"pipeline": [_GROUP, {"$sort": {"_id": 1}}]}),
            ("POST", "/aggregate", {"pipeline": [{"$sort": {"id": 1}}, _LOOKUP]}),
        )
    ),
    *(
        Try("GET", target)
        for target in (
            "/api/data/users/{alice_id}", "/api/data/users/{alice_id}/history", "/api/files?sort=name&count=true",
            "/api/files/{file}", "/api/files/{file}/content", "/api/auth/me", "/api/openapi.json", "/", "/api/collections",
            "/api/collections/vault", "/api/data/_sessions", "/api/data/%5Fkeys?sort=id", "/api/data/_files/{file}",
        )
    ),
]  # fmt: skip
WRITES: Final = [
    *(
        Try(method, f"/api/data/{collection}{rest}", body, by_mallory=collection != "notes")
        for collection, id in (("notes", "d1"), ("vault", "d2"), ("users", "{alice_id}"))
        for method, rest, body in (
            ("PUT", f"/{id}", _STOLEN), ("PATCH", f"/{id}", _STOLEN), ("DELETE", f"/{id}", None), ("POST", "", _STOLEN),
            ("PATCH", f"/{id}", {"$set": {"text": "stolen"}}),
        )
    ),
    Try(
        "POST", "/api/data/vault/import?onConflict=replace", b'{"id":"d1"}\n', [(b"content-type", b"application/x-ndjson")]
    ),
    Try("POST", "/api/batch", {"operations": [{"op": "delete", "collection": "vault", "id": "d1"}]}),
    Try("PATCH", "/api/collections/vault", {"rules": {"read": "public"}}),
    Try("DELETE", "/api/collections/vault"),
    Try("PATCH", "/api/files/{file}", {"visibility": "public"}),
    Try("DELETE", "/api/files/{file}"),
    Try("POST", "/api/files", _UPLOAD, _FORM, by_mallory=False),
    Try("POST", "/api/site", b"no archive", [(b"content-type", b"application/zip")]),
    Try("DELETE", "/api/site"),
    Try("PATCH", "/api/auth/me", {"bio": "stolen"}, by_mallory=False),
    Try("POST", "/api/auth/login", {"email": EMAILS["alice"], "password": "the password of ann"}),
]  # fmt: skip
AT_B: Final[list[Spelling]] = [one for one in SPELLINGS if one.named != "attacker"]
PLAIN: Final = SPELLINGS[0]
