"""The frames of `backpack.v1`: JSON text both ways. Pure."""

from collections.abc import Mapping
from enum import IntEnum
from typing import Any, Final

import msgspec

from tenancy.context import Reason
from tenancy.errors import BadJson, Invalid, Place
from tenancy.model.json import dumps, loads

SUBPROTOCOL: Final = "backpack.v1"
MAX_FRAME: Final = 64 * 1024
MAX_SUBSCRIPTIONS: Final = 100
MAX_CHANNELS: Final = 50
MAX_QUEUED: Final = 4 * 1024 * 1024
"""Bytes that may wait for a slow reader before its socket is closed."""
MAX_BACKLOG: Final = 16 * 1024 * 1024
"""Bytes that may wait for all sockets of a tenant before what they say is not read."""


class Close(IntEnum):
    """Why a socket was closed, for the client to act on."""

    RESTART = 1012
    OVERLOADED = 1013
    BAD_FRAME = 4400
    SIGN_IN = 4401
    GONE = 4403


ENDINGS: Final[Mapping[Reason, tuple[Close, str]]] = {
    "gone": (Close.GONE, "The tenant is gone."),
    "suspended": (Close.GONE, "The tenant is suspended."),
    "moved": (Close.RESTART, "The tenant is there again in a moment."),
}
"""What sockets are told when their tenant closes."""


class Frame(msgspec.Struct, tag_field="type", forbid_unknown_fields=True):
    """Base of what clients send; `type` tells them apart."""


class Auth(Frame, tag="auth"):
    """Sign in with a token."""

    token: str


class Subscribe(Frame, tag="subscribe"):
    """Follow a collection."""

    id: str
    collection: str
    filter: dict[str, Any] | None = None
    snapshot: bool = False
    sort: str | None = None
    limit: int | None = None
    after: str | None = None


class Unsubscribe(Frame, tag="unsubscribe"):
    """Stop following."""

    id: str


class Join(Frame, tag="join"):
    """Enter a channel, or change one's presence in it."""

    channel: str
    presence: dict[str, Any] | None = None


class Leave(Frame, tag="leave"):
    """Leave a channel."""

    channel: str


class Publish(Frame, tag="publish"):
    """Say something to the others in a channel."""

    channel: str
    event: str
    data: Any = None
    id: str | None = None


class Ping(Frame, tag="ping"):
    """Is anybody there?"""


ClientFrame = Auth | Subscribe | Unsubscribe | Join | Leave | Publish | Ping


class BadFrameError(Exception):
    """Not a frame of this protocol."""


def read_frame(text: str) -> ClientFrame:
    """Read a client's frame.

    Raises:
        BadFrameError: not JSON, an unknown type, or a field of the wrong form.
    """
    try:
        read: ClientFrame = msgspec.convert(loads(text.encode()), ClientFrame)
    except (msgspec.ValidationError, BadJson, UnicodeError) as error:
        raise BadFrameError(str(error)) from None
    return read


def frame(kind: str, **fields: object) -> bytes:
    """A server's frame; fields that are None are left out."""
    shown = {name.rstrip("_"): value for name, value in fields.items() if value is not None}
    return dumps({"type": kind, **shown})


def check_text(value: str, name: str, longest: int) -> str:
    """Accept a short text of a frame.

    Raises:
        Invalid: empty, too long, or with control characters.
    """
    if 1 <= len(value) <= longest and value.isprintable():
        return value
    message = f"must be 1 to {longest} printable characters"
    raise Invalid(f"The {name} is not valid.", places=[Place(f"/{name}", message)])
