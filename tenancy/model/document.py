"""What a client may put into a document, and how a change is merged into it."""

import re
from typing import Final

from tenancy.errors import Invalid, Place
from tenancy.model.json import Json, JsonObject

SERVER_FIELDS: Final = ("id", "createdAt", "updatedAt", "version", "owner")
_BAD_NAME = re.compile(r"\$|__proto__\Z|.*[.\x00]", re.DOTALL)
_SERVER_FIELDS: Final = frozenset(SERVER_FIELDS)
_CONTAINERS: Final = (dict, list)
_MAX_PROBLEMS: Final = 10
_HEAD = re.compile(rb'\{"id":"[^"]*","createdAt":"([^"]*)","updatedAt":"[^"]*","version":(\d+)')


def client_fields(body: Json) -> JsonObject:
    """The client's part of a body: the server's own fields are left out, so that a read document can be sent back.

    Raises:
        Invalid: not an object, or a field's name is not allowed at any depth.
    """
    if not isinstance(body, dict):
        raise Invalid("A document must be a JSON object.", places=[Place("", "must be an object")])
    fields = client_part(body)
    problems: list[Place] = []
    check_value(fields, "", problems)
    if problems:
        hint = "Rename the fields: no $ in front, no dot or NUL inside, not __proto__."
        raise Invalid("A field's name is not allowed.", hint=hint, places=problems[:_MAX_PROBLEMS])
    return fields


def client_part(document: JsonObject) -> JsonObject:
    """The client's own fields."""
    return {name: value for name, value in document.items() if name not in _SERVER_FIELDS}


def check_value(value: Json, place: str, problems: list[Place]) -> None:
    """Add the places of fields whose names are not allowed, at any depth."""
    if isinstance(value, dict):
        if _is_suspect(value):
            bad = [name for name in value if not name or _BAD_NAME.match(name)]
            problems += (Place(f"{place}/{name}", "is not an allowed name") for name in bad)
        for name, member in value.items():
            if isinstance(member, _CONTAINERS):
                check_value(member, f"{place}/{name}", problems)
    elif isinstance(value, list):
        for number, member in enumerate(value):
            if isinstance(member, _CONTAINERS):
                check_value(member, f"{place}/{number}", problems)


def _is_suspect(fields: JsonObject) -> bool:
    """Whether some name has something in it that a bad one has: all names at once, since nearly all are good."""
    names = "\n".join(fields)
    return "." in names or "$" in names or "\0" in names or "__proto__" in names or "" in fields


def etag_of(text: bytes) -> str:
    """The document's entity tag, without quotes: its version and when it was made.

    A document that was removed and made again under the same id counts its versions anew, so the version alone would
    not tell the two apart. Whoever has the document can write its tag down: `3-2026-11-24T09:30:00.123Z`.
    """
    head = _HEAD.match(text)
    assert head is not None
    return (head[2] + b"-" + head[1]).decode()


def merge_patch(target: Json, patch: Json) -> Json:
    """RFC 7396: members of the patch replace the target's, null removes them; the target is not changed."""
    if not isinstance(patch, dict):
        return patch
    merged: JsonObject = dict(target) if isinstance(target, dict) else {}
    for name, value in patch.items():
        if value is None:
            merged.pop(name, None)
        else:
            merged[name] = merge_patch(merged.get(name), value)
    return merged
