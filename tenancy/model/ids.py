"""Ids of documents: 24 hex characters in an ObjectId's form that ascend in time within one process."""

import os
import re
import time

from tenancy.errors import Invalid, Place

_CLIENT_ID = re.compile(r"[A-Za-z0-9_-]{1,64}\Z")
RESERVED_IDS = frozenset({"query", "aggregate", "export", "import"})
"""What stands in a collection's URLs where an id would."""


class IdMaker:
    """Makes ids: 4 bytes of seconds, 4 bytes of order within the second, 4 random bytes.

    Ids of one maker ascend strictly, also when the clock is set back, so that "newest first" is the order of insertion.
    """

    def __init__(self) -> None:
        """Start after nothing."""
        self._last = 0

    def __call__(self) -> str:
        """A new id."""
        stamp = (time.time_ns() << 32) // 1_000_000_000
        self._last = stamp = max(stamp, self._last + 1)
        return f"{stamp:016x}{os.urandom(4).hex()}"


new_id = IdMaker()


def check_id(value: object, path: str = "/id") -> str:
    """Accept an id that a client chose.

    Raises:
        Invalid: not 1 to 64 of letters, digits, `-` and `_`, or a reserved one.
    """
    if isinstance(value, str) and _CLIENT_ID.match(value) and value not in RESERVED_IDS:
        return value
    place = Place(path, f"must be 1 to 64 of letters, digits, - and _, and none of {', '.join(sorted(RESERVED_IDS))}")
    raise Invalid("The id is not valid.", places=[place])
