"""Cursors: where a page ended, bound to the query that made it.

The text is base64url of a fingerprint (8 bytes, of the tenant's database, the collection, the filter and the sort)
and the order key of the last item. It says nothing that its holder was not shown, and is useless with anything else.
"""

import base64
import binascii
import hashlib

from tenancy.errors import BadCursor
from tenancy.query.tree import Query

_MARK = 8


def _fingerprint(epoch: str, collection: str, query: Query) -> bytes:
    described = f"{epoch}\0{collection}\0{query.order_mark}".encode("utf-8", "surrogatepass")
    return hashlib.blake2b(described, digest_size=_MARK).digest()


def make_cursor(epoch: str, collection: str, query: Query, key: bytes) -> str:
    """The cursor after the item with this order key."""
    return base64.urlsafe_b64encode(_fingerprint(epoch, collection, query) + key).decode().rstrip("=")


def read_cursor(epoch: str, collection: str, query: Query) -> bytes | None:
    """The order key after which the query goes on, None at its beginning.

    Raises:
        BadCursor: not made by this query.
    """
    if query.after is None:
        return None
    try:
        data = base64.b64decode(query.after + "=" * (-len(query.after) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise BadCursor from None
    if base64.urlsafe_b64encode(data).decode().rstrip("=") != query.after:
        raise BadCursor
    if data[:_MARK] != _fingerprint(epoch, collection, query) or len(data) == _MARK:
        raise BadCursor
    return data[_MARK:]
