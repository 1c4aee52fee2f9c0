"""What a file's row in an archive has to be."""

import re
from typing import Final

import msgspec

from server.files.files import VISIBILITIES, check_description
from tenancy.errors import Invalid, Place
from tenancy.model.document import client_part
from tenancy.model.json import JsonObject

_TYPE: Final = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,100}/[a-z0-9][a-z0-9!#$&^_.+-]{0,100}\Z")
_SHA256: Final = re.compile(r"[0-9a-f]{64}\Z")


class _Row(msgspec.Struct, forbid_unknown_fields=True):
    """All but `metadata`, which a client or a mask makes anything of: it is as long as a line can be. A mask may have
    taken the path away, and made the name null."""

    visibility: str
    size: int
    type: str
    sha256: str
    url: str
    name: str | None = None
    path: str | None = None


def check_file(row: JsonObject) -> None:
    """Accept a file's row.

    Raises:
        Invalid: with the place that does not fit.
    """
    fields = {name: value for name, value in client_part(row).items() if name != "metadata"}
    try:
        kept = msgspec.convert(fields, _Row)
    except msgspec.ValidationError as error:
        raise Invalid("The file's description is not valid.", places=[Place("", str(error))]) from None
    said = {"name": kept.name, "path": kept.path, "visibility": kept.visibility}
    check_description({name: value for name, value in said.items() if value is not None})
    problems: list[Place] = []
    if kept.visibility not in VISIBILITIES:
        problems.append(Place("/visibility", f"must be one of {', '.join(VISIBILITIES)}"))
    if not _TYPE.match(kept.type):
        problems.append(Place("/type", "must be a media type in lower case"))
    if kept.size < 0 or not _SHA256.match(kept.sha256):
        problems.append(Place("/sha256", "must be a SHA-256 in hex, and size a number from 0"))
    if kept.url != f"/api/files/{row['id']}/content":
        problems.append(Place("/url", "must be the file's own"))
    if problems:
        raise Invalid("The file's description is not valid.", places=problems)
