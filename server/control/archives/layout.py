"""What is where in an archive. The manifest is its last entry, so that an archive that was cut off has none.

documents/NAME.jsonl    a collection's documents by id, one JSON a line, as they were answered
files/ID                a file's bytes; documents/_files.jsonl says what it is
site/PATH               the files of the live site
backpack.json           the manifest: every other entry with its size and SHA-256
"""

import re
from collections.abc import Collection, Iterable
from typing import Annotated, Final

import msgspec

from tenancy.errors import Invalid
from tenancy.model.system import CHANNELS, CREDENTIALS, DEFINITIONS, FILES, PROVIDERS, SETTINGS, TEMPLATES

FORMAT: Final = 1
MEDIA: Final = "application/vnd.backpack+zip"
MANIFEST: Final = "backpack.json"
MAX_MANIFEST: Final = 64 * 1024 * 1024
MAX_ENTRIES: Final = 200_000
OWN: Final = (DEFINITIONS, CREDENTIALS, FILES, SETTINGS, TEMPLATES, PROVIDERS)
"""The server's own collections that an archive has. Keys, sessions, links of mails and mails are of one server."""
RULED: Final = (FILES, CHANNELS)
"""The server's own collections whose definitions an archive has: their rules are the tenant's to say."""
_DOCUMENTS: Final = re.compile(r"documents/([A-Za-z][A-Za-z0-9_-]{0,63}|_[a-z]{1,20})\.jsonl\Z")
_FILE: Final = re.compile(r"files/([A-Za-z0-9_-]{1,64})\Z")
_SITE: Final = "site/"


class EntryFact(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the manifest says of an entry: bytes, and SHA-256 in hex."""

    size: int
    sha256: Annotated[str, msgspec.Meta(min_length=64, max_length=64)]
    """Of this length, so that a short text cannot become very many facts."""


class _Head(msgspec.Struct):
    """What is looked at first: all else is passed over, and costs no memory."""

    format: int
    collections: msgspec.Raw = msgspec.Raw(b"")


class Manifest(msgspec.Struct, frozen=True, rename="camel"):
    """What an archive says of itself. Unknown fields are left out: later versions may say more."""

    format: int
    backpack: str
    tenant: str
    created_at: str
    collections: dict[str, int]
    files: int
    site_files: int
    entries: dict[str, EntryFact]


def documents_path(collection: str) -> str:
    """Where a collection's documents are."""
    return f"documents/{collection}.jsonl"


def collection_at(path: str) -> str | None:
    """The collection whose documents are at a path, None for another one."""
    found = _DOCUMENTS.match(path)
    name = found[1] if found else None
    return name if name is None or not name.startswith("_") or name in OWN else None


def file_at(path: str) -> str | None:
    """The file whose bytes are at a path."""
    found = _FILE.match(path)
    return found[1] if found else None


def site_file_at(path: str) -> str | None:
    """The path in the site, of a file of it."""
    return path.removeprefix(_SITE) if path.startswith(_SITE) and path != _SITE else None


def most_of_manifest(names: Iterable[str]) -> int:
    """Bytes that a manifest of these entries can have: each is named in it, a collection twice."""
    return min(MAX_MANIFEST, 64 * 1024 + sum(256 + 2 * len(name.encode(errors="replace")) for name in names))


def read_manifest(data: bytes, names: Collection[str]) -> Manifest:
    """Read what an archive of these entries says of itself.

    Raises:
        Invalid: not a manifest, or one of a newer version.
    """
    head = _head(data)
    if head.format > FORMAT:
        hint = "Update this server, then import it."
        raise Invalid(f"The archive has format {head.format}; this server reads {FORMAT} and older.", hint=hint)
    # A name has at most 64 letters, a count 20 digits.
    if len(bytes(head.collections)) > 1024 + 128 * sum(collection_at(name) is not None for name in names):
        raise Invalid("The archive's backpack.json has more collections than the archive.")
    try:
        return msgspec.json.decode(data, type=Manifest)
    except msgspec.DecodeError as error:
        raise Invalid(f"The archive's backpack.json is not valid: {error}.") from None


def _head(data: bytes) -> _Head:
    try:
        head = msgspec.json.decode(data, type=_Head)
    except msgspec.ValidationError:
        raise Invalid("The archive's backpack.json does not say which format it has.") from None
    except msgspec.DecodeError:
        raise Invalid("The archive's backpack.json is not JSON.") from None
    if head.format < 1:
        raise Invalid("The archive's backpack.json does not say which format it has.")
    return head
