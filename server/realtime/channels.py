"""Channels: who is where, and what they say to each other. In memory; nothing is kept."""

from collections.abc import Iterator
from dataclasses import dataclass

from server.realtime.outbox import Outbox
from server.realtime.protocol import frame
from tenancy.model.json import Json, JsonObject, dumps


@dataclass(slots=True, eq=False)
class Member:
    """One socket in one channel."""

    name: str
    user: str | None
    presence: JsonObject
    outbox: Outbox

    def shown(self) -> JsonObject:
        """As the others see it."""
        user: Json = {"id": self.user} if self.user is not None else None
        return {"member": self.name, "user": user, "presence": self.presence}


class Channels:
    """The channels of one tenant that somebody is in."""

    def __init__(self) -> None:
        """Begin with none."""
        self._channels: dict[str, dict[Member, None]] = {}
        self._names = 0

    def __contains__(self, channel: str) -> bool:
        """Whether anybody is in it."""
        return channel in self._channels

    def size(self, channel: str) -> int:
        """How many are in it."""
        return len(self._channels.get(channel, ()))

    def __len__(self) -> int:
        """How many channels somebody is in."""
        return len(self._channels)

    def join(self, channel: str, outbox: Outbox, user: str | None, presence: JsonObject) -> Member:
        """Enter; the others are told, the newcomer gets everybody."""
        self._names += 1
        member = Member(f"m{self._names}", user, presence, outbox)
        members = self._channels.setdefault(channel, {})
        members[member] = None
        self._tell_presence(channel, "join", member)
        self.welcome(channel, member)
        return member

    def welcome(self, channel: str, member: Member) -> None:
        """Tell a member who is here."""
        members: list[Json] = [known.shown() for known in self._channels[channel]]
        member.outbox.put(frame("joined", channel=channel, self_=member.name, members=members))

    def update(self, channel: str, member: Member, presence: JsonObject) -> None:
        """Change what the others see of a member."""
        member.presence = presence
        self._tell_presence(channel, "update", member)

    def leave(self, channel: str, member: Member) -> None:
        """Leave; the others are told."""
        members = self._channels.get(channel, {})
        members.pop(member, None)
        if members:
            self._tell_presence(channel, "leave", member)
        else:
            self._channels.pop(channel, None)

    def publish(self, channel: str, member: Member, event: str, data: Json) -> None:
        """Say something to the others."""
        body = _message(channel, member, event, data)
        for other in self._others(channel, member):
            other.outbox.put(body)

    def _tell_presence(self, channel: str, event: str, member: Member) -> None:
        body = frame("presence", channel=channel, event=event, member=member.shown())
        for other in self._others(channel, member):
            other.outbox.put(body)

    def _others(self, channel: str, member: Member) -> Iterator[Member]:
        return (other for other in list(self._channels.get(channel, {})) if other is not member)


def _message(channel: str, member: Member, event: str, data: Json) -> bytes:
    user: Json = {"id": member.user} if member.user is not None else None
    body: JsonObject = {
        "type": "message", "channel": channel, "event": event, "data": data, "from": member.name, "user": user,
    }  # fmt: skip
    return dumps(body)
