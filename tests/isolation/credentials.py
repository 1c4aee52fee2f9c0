"""What an attacker can bring: everything of their own, everything that is over, and what may have leaked of others."""

from collections.abc import Callable
from typing import NamedTuple

from tests.isolation.raw import Fields
from tests.isolation.world import Person, World


class Credential(NamedTuple):
    """Headers made of what the attacker knows."""

    title: str
    headers: Callable[[World, Person, Person], Fields]
    own: bool = False
    """Whether it is worth something at the attacker's own host."""


def _bearer(token: str, scheme: str = "Bearer") -> Fields:
    return [(b"authorization", f"{scheme} {token}".encode())]


def _cookie(token: str, origin: bytes | None = None) -> Fields:
    cookie = [(b"cookie", f"backpack={token}".encode())]
    return [*cookie, (b"origin", b"http://" + origin)] if origin is not None else cookie


CREDENTIALS = (
    Credential("none", lambda world, mine, theirs: []),
    Credential("own session", lambda world, mine, theirs: _bearer(mine.token), own=True),
    Credential("own key", lambda world, mine, theirs: _bearer(mine.key), own=True),
    Credential("own session, odd scheme", lambda world, mine, theirs: _bearer(mine.token, "bEARER"), own=True),
    Credential("own session as cookie", lambda world, mine, theirs: _cookie(mine.token), own=True),
    Credential(
        "own session as cookie, the victim's origin",
        lambda world, mine, theirs: _cookie(mine.token, theirs.host), own=True,
    ),
    Credential(
        "own session as cookie, own origin", lambda world, mine, theirs: _cookie(mine.token, mine.host), own=True
    ),
    Credential("own key as cookie", lambda world, mine, theirs: _cookie(mine.key, theirs.host)),
    Credential("two sessions", lambda world, mine, theirs: [*_bearer(mine.token), *_bearer(theirs.ended)]),
    Credential("two cookies", lambda world, mine, theirs: [*_cookie(mine.token), *_cookie(theirs.ended)]),
    Credential("own session, ended", lambda world, mine, theirs: _bearer(mine.ended)),
    Credential("the victim's session, ended", lambda world, mine, theirs: _bearer(theirs.ended)),
    Credential("the victim's ended session as cookie", lambda world, mine, theirs: _cookie(theirs.ended, theirs.host)),
    Credential(
        "the victim's own cookie, from the attacker's page",
        lambda world, mine, theirs: _cookie(theirs.token, mine.host),
    ),
    Credential("the hash of the victim's session", lambda world, mine, theirs: _bearer(theirs.hashes[0])),
    Credential("the hash of the victim's key", lambda world, mine, theirs: _bearer(theirs.hashes[1])),
    Credential("the hash of the victim's key, as a key", lambda world, mine, theirs: _bearer("bpk_" + theirs.hashes[1])),
    Credential("the victim's user", lambda world, mine, theirs: _bearer(theirs.user)),
    Credential("own password", lambda world, mine, theirs: _bearer(mine.password)),
    Credential("an administrator's session", lambda world, mine, theirs: _bearer(world.admin_token)),
    Credential("an administrator's session as cookie", lambda world, mine, theirs: _cookie(world.admin_token)),
    Credential("nonsense", lambda world, mine, theirs: _bearer("x" * 43)),
    Credential("no token", lambda world, mine, theirs: [(b"authorization", b"Bearer ")]),
    Credential("another scheme", lambda world, mine, theirs: [(b"authorization", b"Basic eDp5")]),
)  # fmt: skip
