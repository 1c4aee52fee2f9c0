"""What is random by design in answers, given names, so that two worlds can be compared byte by byte.

Nothing else is touched. An id becomes the number of its first appearance in its world: two ids that are the same in one
world have to be the same in the other.
"""

import re
from typing import Final

from tests.isolation.raw import Reply

_ID: Final = re.compile(rb"(?<![0-9A-Za-z])[0-9a-f]{24}(?![0-9A-Za-z])")
_ALWAYS: Final = (
    (re.compile(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"), b"<time>"),
    (re.compile(rb'(?<="requestId":")[0-9a-f]{16}(?=")'), b"<request>"),
    (re.compile(rb"(?<=\nx-request-id: )[0-9a-f]{16}(?=\n)"), b"<request>"),
    (re.compile(rb'(?<="token":")[A-Za-z0-9_-]{43}(?=")'), b"<token>"),
    (re.compile(rb'(?<="next":")[A-Za-z0-9_=-]+(?=")'), b"<cursor>"),
    (re.compile(rb"(?<=[?&]cursor=)[A-Za-z0-9_=%-]+(?=[&>])"), b"<cursor>"),
    (re.compile(rb'(?<="cursor":")[0-9a-f]{16}(?=\.)'), b"<epoch>"),
    (re.compile(rb'(?<="ms":)[0-9.e-]+(?=,)'), b"<ms>"),
)


class Names:
    """The ids of one world in the order in which they were seen."""

    def __init__(self) -> None:
        self._known: dict[bytes, bytes] = {}

    def __call__(self, text: bytes) -> bytes:
        """The text with names for what is random."""
        for pattern, name in _ALWAYS:
            text = pattern.sub(name, text)
        return _ID.sub(lambda found: self._known.setdefault(found[0], b"<id %d>" % len(self._known)), text)

    def of(self, reply: Reply) -> bytes:
        """An answer, its headers and its unpacked body."""
        return self(reply.bytes)
