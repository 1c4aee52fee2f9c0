"""Live queries: what a subscription is about, and what a change says to those that share it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from server.realtime.outbox import Outbox
from tenancy.model.change import Change, Seq
from tenancy.model.json import JsonObject, dumps, trusted
from tenancy.model.principal import Principal
from tenancy.query.match import Matcher
from tenancy.query.tree import Filter
from tenancy.rules.fields import Sight


class Client(Protocol):
    """What the hub knows of a socket."""

    outbox: Outbox
    principal: Principal

    async def look_again(self) -> None:
        """Leave the channels that rules do not let the caller be in any more."""
        ...


@dataclass(slots=True, eq=False)
class Subscription:
    """A live query of one socket. Changes up to `seen` are known to it."""

    client: Client
    id: str
    group: "Group"
    seen: Seq
    gone: Callable[[], None]

    def tell(self, seq: Seq, told: bytes) -> None:
        """Send a change that is news to it."""
        if seq > self.seen:
            self.seen = seq
            self.client.outbox.put(b'{"type":"change","id":' + dumps(self.id) + told)


@dataclass(slots=True)
class Group:
    """Subscriptions that share collection, rule and filter."""

    key: tuple[str, str]
    collection: str
    matches: Matcher
    sight: Sight | None = None
    members: dict[Subscription, None] = field(default_factory=dict[Subscription, None])


class Live(NamedTuple):
    """What a live query is about: the caller's filter with the rule, and what of documents is not seen."""

    collection: str
    filter: Filter
    sight: Sight | None


class Decided:
    """A change with its documents read at most once."""

    __slots__ = ("_after", "_before", "change", "cursor")

    def __init__(self, change: Change, epoch: str) -> None:
        """Nothing is read yet."""
        self.change = change
        self.cursor = make_cursor(epoch, change.seq)
        self._before: JsonObject | None = None
        self._after: JsonObject | None = None

    def told_to(self, group: "Group") -> bytes | None:
        """The rest of the change frame for a group; None when it does not concern it."""
        matches = group.matches
        change = self.change
        if change.before is not None and self._before is None:
            self._before = trusted(change.before)
        if change.after is not None and self._after is None:
            self._after = trusted(change.after)
        was = self._before is not None and matches(self._before)
        fits = self._after is not None and matches(self._after)
        if not was and not fits:
            return None
        op = b"update" if was and fits else b"create" if fits else b"delete"
        document = dumps({"id": change.id})
        if fits and change.after is not None:
            document = change.after if group.sight is None else group.sight.text(change.after)
        return b',"op":"' + op + b'","document":' + document + b',"cursor":"' + self.cursor.encode() + b'"}'


def make_cursor(epoch: str, seq: int) -> str:
    """A position in the change log as clients hold it."""
    return f"{epoch}.{seq}"


def read_cursor(epoch: str, text: str) -> Seq | None:
    """The position, None when it is not of this database."""
    known, _, seq = text.rpartition(".")
    return Seq(int(seq)) if known == epoch and seq.isascii() and seq.isdigit() and len(seq) < 16 else None
