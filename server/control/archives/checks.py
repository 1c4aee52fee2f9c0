"""What a row of an archive has to be, collection by collection: as strict as the routes that make such rows."""

import re
from collections.abc import Callable, Mapping
from typing import Final

import msgspec

from server.files.archived import check_file
from server.identity.archived import check_provider, check_secrets, check_user
from server.mail.archived import check_own_template
from tenancy.errors import BadJson, Invalid, Place
from tenancy.model.clock import from_text
from tenancy.model.document import client_fields, client_part
from tenancy.model.ids import check_id
from tenancy.model.json import Json, JsonObject, dumps, loads
from tenancy.model.settings import TenantSettings, changed_settings
from tenancy.model.system import CREDENTIALS, FILES, PROVIDERS, SETTINGS, SETTINGS_ID, TEMPLATES, USERS

Check = Callable[[JsonObject], object]
_ID: Final = re.compile(r"[A-Za-z0-9_.:-]{1,64}\Z")
_MOST_VERSIONS: Final = 2**53


def _check_settings(row: JsonObject) -> None:
    if row["id"] != SETTINGS_ID or set(client_part(row)) - {"settings"}:
        raise Invalid("The settings are not valid.", places=[Place("/id", "is not that of settings")])
    changed_settings(TenantSettings(), row.get("settings"))


CHECKS: Final[Mapping[str, Check]] = {
    USERS: check_user, CREDENTIALS: check_secrets, FILES: check_file, PROVIDERS: check_provider,
    SETTINGS: _check_settings, TEMPLATES: check_own_template,
}  # fmt: skip
"""Of collections whose rows the server itself reads."""


def check_head(row: JsonObject, *, own: bool) -> None:
    """Accept the server's fields of a row; `own`: of the server's own collection, where ids are names too.

    Raises:
        Invalid: with the place that does not fit.
    """
    id, owner, version = row.get("id"), row.get("owner"), row.get("version")
    if not own:
        check_id(id)
    elif not isinstance(id, str) or not _ID.match(id):
        raise Invalid("The id is not valid.", places=[Place("/id", "must be letters, digits, -, _, . or :")])
    for name in ("createdAt", "updatedAt"):
        if from_text(row.get(name)) is None:
            raise Invalid("The document is not valid.", places=[Place(f"/{name}", "must be a time (RFC 3339)")])
    if owner is not None and not (isinstance(owner, str) and _ID.match(owner)):
        raise Invalid("The document is not valid.", places=[Place("/owner", "must be a user's id, or null")])
    if type(version) is not int or not 1 <= version <= _MOST_VERSIONS:
        raise Invalid("The document is not valid.", places=[Place("/version", "must be a number from 1")])


def normal(row: JsonObject, *, own: bool) -> JsonObject:
    """The row as a document is kept: the server's fields first, in their order. `own`: of the server's own collection,
    where any names may stand: those of filters, of schemas, and of what clients say of files.

    Raises:
        Invalid: a field's name is not allowed.
    """
    head = {name: row.get(name) for name in ("id", "createdAt", "updatedAt", "version", "owner")}
    return {**head, **(client_part(row) if own else client_fields(row))}


def parsed(line: bytes, collection: str) -> JsonObject:
    """A line as a row. It is bounded by its length alone: documents grow beyond what one request can bring.

    Raises:
        BadJson, Invalid: it is none.
    """
    row = loads(line) if collection != FILES else _parsed_file(line)
    if not isinstance(row, dict):
        raise Invalid("A document must be a JSON object.")
    return row


def _parsed_file(line: bytes) -> Json:
    """What is said of a file comes in a form of its own, so it may be a level deeper than a document."""
    try:
        members = msgspec.json.decode(line, type=dict[str, msgspec.Raw])
    except (msgspec.DecodeError, ValueError, RecursionError):
        raise BadJson("The JSON of a file's row cannot be read.") from None
    row = {name: loads(bytes(value)) for name, value in members.items()}
    row.setdefault("name", "file")  # a mask may have removed it, and who fetches the file is told one
    return row


def written(row: JsonObject) -> bytes:
    """The text of a row.

    Raises:
        Invalid: it has something in it that is no JSON, or is nested too deep to be written.
    """
    try:
        return dumps(row)
    except TypeError:
        raise Invalid("The document cannot be written as JSON.") from None
