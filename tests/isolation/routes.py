"""Every route with what it is attacked with, and what a stranger may get to see of it.

This table is written by hand and asks nothing of the code: it says what should be. A route without a row fails the suite.
"""

import json
from collections.abc import Callable, Sequence
from typing import Final, Literal, NamedTuple

from tests.isolation.raw import Fields
from tests.isolation.world import EMAIL, JSON, Person

REFUSED: Final = frozenset({400, 401, 403, 404})
"""What strangers hear: bad request, who are you, not you, there is nothing."""
NOT_SERVED: Final = frozenset({400, 404, 421})
"""What a host hears that names no tenant."""
Body = tuple[bytes, Fields]
Who = Literal["user", "key", "anybody"]


class Row(NamedTuple):
    """A route under attack.

    `targets`: the paths that are tried at a victim. `body`: what is sent. `strangers`: statuses beyond `REFUSED` that
    are all right for anybody. `own`: who may do it in their own tenant, and the status then. `tells`: whether they see
    private things of theirs.
    """

    targets: Callable[[Person], Sequence[str]]
    own: tuple[Who, int]
    body: Callable[[Person, Person], Body] = lambda mine, theirs: (b"", [])
    strangers: frozenset[int] = frozenset()
    tells: bool = False
    slow: bool = False
    """Each costs a password's hash, so fewer are tried."""


def _at(*paths: str) -> Callable[[Person], Sequence[str]]:
    return lambda theirs: paths


def _collections(rest: str = "", *, first: str = "cars") -> Callable[[Person], Sequence[str]]:
    return lambda theirs: [
        f"/api/data/{name}{rest}" for name in (first, "hidden", "users", theirs.collection, "_sessions", "%5Fkeys")
    ]


def _documents(rest: str = "") -> Callable[[Person], Sequence[str]]:
    return lambda theirs: [
        f"/api/data/cars/c1{rest}", f"/api/data/hidden/c1{rest}", f"/api/data/users/{theirs.user}{rest}",
        f"/api/data/{theirs.collection}/c1{rest}", f"/api/data/_keys/{theirs.hashes[1]}{rest}",
        f"/api/data/cars/..%2Fhidden%2Fc1{rest}", f"/api/data/cars/%63%31{rest}",
    ]  # fmt: skip


def _files(rest: str = "") -> Callable[[Person], Sequence[str]]:
    return lambda theirs: [f"/api/files/{theirs.file}{rest}", f"/api/files/{theirs.public_file}{rest}"]


def _json(content: object) -> Callable[[Person, Person], Body]:
    return lambda mine, theirs: (json.dumps(content).encode(), [JSON])


def _text(kind: str, text: str) -> Callable[[Person, Person], Body]:
    return lambda mine, theirs: (text.encode(), [(b"content-type", kind.encode())])


def _login(mine: Person, theirs: Person) -> Body:
    return json.dumps({"email": EMAIL, "password": mine.password}).encode(), [JSON]


def _batch(mine: Person, theirs: Person) -> Body:
    operations = [
        {"op": "update", "collection": "cars", "id": "c1", "data": {"stolen": 1}},
        {"op": "delete", "collection": theirs.collection, "id": "c1"},
    ]
    return json.dumps({"operations": operations}).encode(), [JSON]


_FORM = '--b\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\nx\r\n--b--\r\n'
_LOOKUP = {"$lookup": {"from": "hidden", "localField": "id", "foreignField": "id", "as": "h"}}
_SHOWN = frozenset({200})
_TOO_MANY = frozenset({429})
"""Of passwords that were tried."""
_NOTHING = frozenset({204})
"""The answer does not tell whether there is such an address."""


def _stolen_token(mine: Person, theirs: Person) -> Body:
    """Credentials of another kind, where a link's token belongs."""
    return json.dumps({"token": theirs.token, "password": "stolen stolen"}).encode(), [JSON]


ROWS: Final[dict[str, Row]] = {
    "GET /api/data/{collection}": Row(
        lambda theirs: [*_collections()(theirs), f"/api/data/cars?limit=1&cursor={theirs.cursor}"],
        ("user", 200),
        tells=True,
    ),
    "POST /api/data/{collection}": Row(_collections(), ("user", 201), _json({"stolen": 1})),
    "GET /api/data/{collection}/{id}": Row(_documents(), ("user", 200), tells=True),
    "PUT /api/data/{collection}/{id}": Row(_documents(), ("user", 200), _json({"stolen": 1})),
    "PATCH /api/data/{collection}/{id}": Row(_documents(), ("user", 200), _json({"stolen": 1}), tells=True),
    "DELETE /api/data/{collection}/{id}": Row(_documents(), ("user", 204)),
    "GET /api/data/{collection}/{id}/history": Row(_documents("/history"), ("user", 200), tells=True),
    "POST /api/data/{collection}/query": Row(_collections("/query"), ("user", 200), _json({}), tells=True),
    "QUERY /api/data/{collection}/query": Row(_collections("/query"), ("user", 200), _json({}), tells=True),
    "POST /api/data/{collection}/aggregate": Row(
        _collections("/aggregate"), ("user", 200), _json({"pipeline": [{"$match": {}}]}), tells=True
    ),
    "POST /api/batch": Row(_at("/api/batch"), ("user", 200), _batch, tells=True),
    "GET /api/data/{collection}/export": Row(_collections("/export"), ("user", 200), tells=True),
    "POST /api/data/{collection}/import": Row(
        _collections("/import?onConflict=replace"),
        ("user", 200),
        _text("application/x-ndjson", '{"id":"c1","stolen":1}\n'),
    ),
    "GET /api/collections": Row(_at("/api/collections"), ("key", 200)),
    "POST /api/collections": Row(_at("/api/collections"), ("key", 201), _json({"name": "stolen"})),
    "GET /api/collections/{collection}": Row(_at("/api/collections/cars", "/api/collections/_keys"), ("key", 200)),
    "PATCH /api/collections/{collection}": Row(
        _at("/api/collections/cars", "/api/collections/hidden"), ("key", 200), _json({"rules": {"read": "public"}})
    ),
    "DELETE /api/collections/{collection}": Row(_at("/api/collections/cars"), ("key", 204)),
    "POST /api/auth/register": Row(
        _at("/api/auth/register"), ("anybody", 409), _login, strangers=frozenset({409}), slow=True
    ),
    "POST /api/auth/login": Row(
        _at("/api/auth/login"), ("anybody", 200), _login, strangers=_TOO_MANY, tells=True, slow=True
    ),
    "POST /api/auth/logout": Row(_at("/api/auth/logout"), ("user", 204)),
    "GET /api/auth/me": Row(_at("/api/auth/me"), ("user", 200), tells=True),
    "PATCH /api/auth/me": Row(_at("/api/auth/me"), ("user", 200), _json({"stolen": 1}), tells=True),
    "DELETE /api/auth/me": Row(_at("/api/auth/me"), ("user", 401), _json({"password": "wrong one"}), slow=True),
    "POST /api/auth/refresh": Row(_at("/api/auth/refresh"), ("user", 200), tells=True),
    "GET /api/auth/sessions": Row(_at("/api/auth/sessions"), ("user", 200)),
    "DELETE /api/auth/sessions": Row(_at("/api/auth/sessions"), ("user", 200)),
    "DELETE /api/auth/sessions/{id}": Row(
        lambda theirs: [f"/api/auth/sessions/{theirs.hashes[0][:16]}"], ("user", 204)
    ),
    "POST /api/auth/verify/request": Row(
        _at("/api/auth/verify/request"), ("anybody", 204), _json({"email": EMAIL}), strangers=_NOTHING
    ),
    "POST /api/auth/verify/confirm": Row(_at("/api/auth/verify/confirm"), ("anybody", 400), _stolen_token),
    "POST /api/auth/password/forgot": Row(
        _at("/api/auth/password/forgot"), ("anybody", 204), _json({"email": EMAIL}), strangers=_NOTHING
    ),
    "POST /api/auth/password/reset": Row(_at("/api/auth/password/reset"), ("anybody", 400), _stolen_token),
    "POST /api/auth/password/change": Row(
        _at("/api/auth/password/change"),
        ("user", 401),
        _json({"currentPassword": "wrong one", "newPassword": "stolen stolen"}),
        slow=True,
    ),
    "POST /api/auth/email/change/request": Row(
        _at("/api/auth/email/change/request"),
        ("user", 401),
        _json({"email": "thief@example.com", "password": "wrong one"}),
        slow=True,
    ),
    "POST /api/auth/email/change/confirm": Row(_at("/api/auth/email/change/confirm"), ("anybody", 400), _stolen_token),
    "POST /api/auth/otp/request": Row(_at("/api/auth/otp/request"), ("anybody", 403), _json({"email": EMAIL})),
    "POST /api/auth/otp/login": Row(
        _at("/api/auth/otp/login"), ("anybody", 400), _json({"email": EMAIL, "code": "123456"}), slow=True
    ),
    "POST /api/auth/anonymous": Row(_at("/api/auth/anonymous"), ("anybody", 403)),
    "POST /api/auth/anonymous/upgrade": Row(
        _at("/api/auth/anonymous/upgrade"),
        ("user", 409),
        _json({"email": "thief@example.com", "password": "stolen stolen"}),
    ),
    "GET /api/auth/mfa": Row(_at("/api/auth/mfa"), ("user", 200)),
    "POST /api/auth/mfa/totp/enroll": Row(
        _at("/api/auth/mfa/totp/enroll"), ("user", 401), _json({"password": "wrong one"}), slow=True
    ),
    "POST /api/auth/mfa/totp/confirm": Row(_at("/api/auth/mfa/totp/confirm"), ("user", 409), _json({"code": "123456"})),
    "POST /api/auth/mfa/totp/codes": Row(_at("/api/auth/mfa/totp/codes"), ("user", 409), _json({"totp": "123456"})),
    "POST /api/auth/mfa/totp/disable": Row(
        _at("/api/auth/mfa/totp/disable"), ("user", 401), _json({"password": "wrong one"}), slow=True
    ),
    "DELETE /api/auth/mfa/totp/{id}": Row(lambda theirs: [f"/api/auth/mfa/totp/{theirs.user}"], ("key", 204)),
    "GET /api/auth/providers": Row(_at("/api/auth/providers"), ("anybody", 200), strangers=_SHOWN),
    "GET /api/auth/oauth/{provider}": Row(_at("/api/auth/oauth/idp?challenge=" + "x" * 43), ("anybody", 404)),
    "GET /api/auth/oauth/{provider}/callback": Row(
        lambda theirs: [f"/api/auth/oauth/idp/callback?state={theirs.token}&code=x"], ("anybody", 400)
    ),
    "POST /api/auth/oauth/{provider}/callback": Row(
        _at("/api/auth/oauth/idp/callback"),
        ("anybody", 303),
        _text("application/x-www-form-urlencoded", "state=x&code=x"),
        strangers=frozenset({303}),
    ),
    "POST /api/auth/oauth/exchange": Row(
        _at("/api/auth/oauth/exchange"), ("anybody", 400), _json({"code": "x" * 43, "verifier": "x" * 43})
    ),
    "GET /api/auth/popup": Row(_at("/api/auth/popup"), ("anybody", 200), strangers=_SHOWN),
    "GET /api/auth/identities": Row(_at("/api/auth/identities"), ("user", 200)),
    "POST /api/auth/identities": Row(
        _at("/api/auth/identities"),
        ("user", 401),
        _json({"code": "x" * 43, "verifier": "x" * 43, "password": "wrong one"}),
        slow=True,
    ),
    "DELETE /api/auth/identities/{id}": Row(_at("/api/auth/identities/0123456789abcdef"), ("user", 404)),
    "GET /api/auth/passkeys": Row(_at("/api/auth/passkeys"), ("user", 200)),
    "POST /api/auth/passkeys/options": Row(
        _at("/api/auth/passkeys/options"), ("user", 401), _json({"password": "wrong one"}), slow=True
    ),
    "POST /api/auth/passkeys": Row(_at("/api/auth/passkeys"), ("user", 400), _json({"credential": {"id": "x"}})),
    "PATCH /api/auth/passkeys/{id}": Row(
        _at("/api/auth/passkeys/0123456789abcdef"), ("user", 404), _json({"name": "stolen"})
    ),
    "DELETE /api/auth/passkeys/{id}": Row(_at("/api/auth/passkeys/0123456789abcdef"), ("user", 404)),
    "POST /api/auth/passkeys/login/options": Row(
        _at("/api/auth/passkeys/login/options"), ("anybody", 200), strangers=_SHOWN
    ),
    "POST /api/auth/passkeys/login": Row(
        _at("/api/auth/passkeys/login"), ("anybody", 400), _json({"credential": {"id": "x"}})
    ),
    "GET /api/settings/providers": Row(_at("/api/settings/providers"), ("key", 200)),
    "PUT /api/settings/providers/{provider}": Row(
        _at("/api/settings/providers/stolen"),
        ("key", 200),
        _json({"clientId": "c", "issuer": "https://id.example.com"}),
    ),
    "DELETE /api/settings/providers/{provider}": Row(_at("/api/settings/providers/stolen"), ("key", 404)),
    "POST /api/auth/impersonation": Row(_at("/api/auth/impersonation"), ("anybody", 400), _stolen_token),
    "GET /api/auth/confirm": Row(_at("/api/auth/confirm"), ("anybody", 200), strangers=_SHOWN),
    "GET /api/settings": Row(_at("/api/settings"), ("key", 200)),
    "PATCH /api/settings": Row(_at("/api/settings"), ("key", 200), _json({"appName": "stolen"})),
    "GET /api/settings/mails": Row(_at("/api/settings/mails"), ("key", 200)),
    "PUT /api/settings/mails/{kind}": Row(
        _at("/api/settings/mails/reset"), ("key", 200), _json({"subject": "stolen", "text": "${link}"})
    ),
    "DELETE /api/settings/mails/{kind}": Row(_at("/api/settings/mails/reset"), ("key", 204)),
    "GET /api/invitations": Row(_at("/api/invitations"), ("key", 200)),
    "POST /api/invitations": Row(_at("/api/invitations"), ("key", 201), _json({"email": "thief@example.com"})),
    "DELETE /api/invitations/{id}": Row(_at("/api/invitations/0123456789abcdef"), ("key", 404)),
    "GET /api/keys": Row(_at("/api/keys"), ("key", 200)),
    "POST /api/keys": Row(_at("/api/keys"), ("key", 201), _json({"name": "stolen", "scope": "admin"})),
    "POST /api/keys/{id}/rotate": Row(
        lambda theirs: [f"/api/keys/{theirs.hashes[1][:12]}/rotate"], ("key", 200), _json({"graceHours": 1})
    ),
    "DELETE /api/keys/{id}": Row(lambda theirs: [f"/api/keys/{theirs.hashes[1][:12]}"], ("key", 204)),
    "GET /api/rules": Row(_at("/api/rules"), ("key", 200)),
    "PATCH /api/rules": Row(_at("/api/rules"), ("key", 200), _json({"files": {"read": "public"}})),
    "POST /api/rules/explain": Row(
        _at("/api/rules/explain"), ("key", 200), _json({"collection": "cars", "action": "read", "id": "c1"})
    ),
    "GET /api/rules/lint": Row(_at("/api/rules/lint"), ("key", 200)),
    "POST /api/files": Row(_at("/api/files"), ("user", 201), _text("multipart/form-data; boundary=b", _FORM)),
    "GET /api/files": Row(_at("/api/files"), ("user", 200), strangers=_SHOWN, tells=True),
    "GET /api/files/{id}": Row(_files(), ("user", 200), strangers=_SHOWN, tells=True),
    "PATCH /api/files/{id}": Row(_files(), ("user", 200), _json({"path": "stolen"}), tells=True),
    "DELETE /api/files/{id}": Row(_files(), ("user", 204)),
    "GET /api/files/{id}/content": Row(
        _files("/content"), ("user", 200), strangers=frozenset({200, 206, 416}), tells=True
    ),
    "GET /backpack.js": Row(_at("/backpack.js"), ("anybody", 200), strangers=_SHOWN),
    "POST /api/site": Row(_at("/api/site"), ("key", 400), _text("application/zip", "no archive")),
    "DELETE /api/site": Row(_at("/api/site"), ("key", 204)),
    "GET /api/openapi.json": Row(_at("/api/openapi.json"), ("anybody", 200), strangers=_SHOWN),
    "GET /api/usage": Row(_at("/api/usage"), ("key", 200)),
    "GET /api/health": Row(_at("/api/health"), ("anybody", 200), strangers=_SHOWN),
    "GET (site)": Row(_at("/", "/index.html", "/%2e%2e/data.db", "/..%2fdata.db"), ("anybody", 200), strangers=_SHOWN),
}
SOCKETS: Final = frozenset({"WEBSOCKET /api/realtime"})
"""Attacked over real sockets, in `test_sockets.py`."""
READS: Final = frozenset({"GET", "HEAD", "QUERY", "OPTIONS"})
