"""How a host can be spelled, and whom each spelling names: by RFC 9110 and the contract, not by the code."""

from collections.abc import Callable
from typing import Literal, NamedTuple

from tests.isolation.raw import Fields
from tests.isolation.world import Person

Named = Literal["attacker", "victim", "nobody"]


class Spelling(NamedTuple):
    """Headers that say a host, and whom they name."""

    title: str
    headers: Callable[[bytes, bytes], Fields]
    named: Named


def _host(write: Callable[[bytes, bytes], bytes]) -> Callable[[bytes, bytes], Fields]:
    return lambda mine, theirs: [(b"host", write(mine, theirs))]


def _beside(name: bytes, write: Callable[[bytes], bytes] = lambda host: host) -> Callable[[bytes, bytes], Fields]:
    """The attacker's own host, and the victim's in another header."""
    return lambda mine, theirs: [(b"host", mine), (name, write(theirs))]


def _label(host: bytes) -> bytes:
    return host.partition(b".")[0]


SPELLINGS = (
    Spelling("plain", _host(lambda mine, theirs: theirs), "victim"),
    Spelling("with a port", _host(lambda mine, theirs: theirs + b":8000"), "victim"),
    Spelling("in upper case", _host(lambda mine, theirs: theirs.upper()), "victim"),
    Spelling("with a dot at the end", _host(lambda mine, theirs: theirs + b"."), "victim"),
    Spelling("named in X-Forwarded-Host alone", _beside(b"x-forwarded-host"), "attacker"),
    Spelling("named in Forwarded alone", _beside(b"forwarded", lambda host: b"host=" + host), "attacker"),
    Spelling("named in X-Host alone", _beside(b"x-host"), "attacker"),
    Spelling("named in X-Original-URL alone", _beside(b"x-original-url", lambda host: b"http://" + host), "attacker"),
    Spelling("named in Origin alone", _beside(b"origin", lambda host: b"http://" + host), "attacker"),
    Spelling("named in Referer alone", _beside(b"referer", lambda host: b"http://" + host + b"/"), "attacker"),
    Spelling("named in X-Tenant alone", _beside(b"x-tenant", _label), "attacker"),
    Spelling(
        "with another in X-Forwarded-Host",
        lambda mine, theirs: [(b"host", theirs), (b"x-forwarded-host", mine)], "victim",
    ),
    Spelling("after one's own", lambda mine, theirs: [(b"host", mine), (b"host", theirs)], "nobody"),
    Spelling("before one's own", lambda mine, theirs: [(b"host", theirs), (b"host", mine)], "nobody"),
    Spelling("in a list", _host(lambda mine, theirs: mine + b"," + theirs), "nobody"),
    Spelling("behind a user", _host(lambda mine, theirs: mine + b"@" + theirs), "nobody"),
    Spelling("before a path", _host(lambda mine, theirs: theirs + b"/" + mine), "nobody"),
    Spelling("below one's own", _host(lambda mine, theirs: _label(theirs) + b"." + mine), "nobody"),
    Spelling("above one's own", _host(lambda mine, theirs: _label(mine) + b"." + theirs), "nobody"),
    Spelling("below a foreign domain", _host(lambda mine, theirs: theirs + b".example.com"), "nobody"),
    Spelling("with a NUL", _host(lambda mine, theirs: theirs + b"\0" + mine), "nobody"),
    Spelling("with a line end", _host(lambda mine, theirs: theirs + b"\r\nx: " + mine), "nobody"),
    Spelling("with a wide letter", _host(lambda mine, theirs: "ｔ".encode() + theirs[1:]), "nobody"),
    Spelling("in punycode", _host(lambda mine, theirs: b"xn--" + theirs), "nobody"),
    Spelling("two dots", _host(lambda mine, theirs: theirs.replace(b".", b"..")), "nobody"),
    Spelling("no port behind the colon", _host(lambda mine, theirs: theirs + b":x"), "nobody"),
    Spelling("an address", _host(lambda mine, theirs: b"127.0.0.1"), "nobody"),
    Spelling("empty", _host(lambda mine, theirs: b""), "nobody"),
    Spelling("missing", lambda mine, theirs: [], "nobody"),
    Spelling("of 300 letters", _host(lambda mine, theirs: b"a" * 300 + b"." + theirs), "nobody"),
)  # fmt: skip


def named(spelling: Spelling, attacker: Person, victim: Person) -> Person | None:
    """Whose host it is."""
    return {"attacker": attacker, "victim": victim, "nobody": None}[spelling.named]
