"""JSON Schemas of what routes take and answer, to be put together."""

from typing import Final

from tenancy.model.json import Json, JsonObject

TEXT: Final[JsonObject] = {"type": "string"}
NUMBER: Final[JsonObject] = {"type": "integer", "minimum": 0}
FLAG: Final[JsonObject] = {"type": "boolean"}
TIME: Final[JsonObject] = {"type": "string", "format": "date-time"}
ANY_OBJECT: Final[JsonObject] = {"type": "object"}
PROBLEM: Final[JsonObject] = {
    "type": "object",
    "required": ["type", "title", "status", "code", "detail", "requestId"],
    "properties": {
        "type": TEXT, "title": TEXT, "status": NUMBER,
        "code": {"type": "string", "description": "Stable; see docs/errors.md"}, "detail": TEXT,
        "hint": {"type": "string", "description": "What to do next"}, "requestId": TEXT,
        "errors": {
            "type": "array",
            "items": {"type": "object", "required": ["path", "message"], "properties": {"path": TEXT, "message": TEXT}},
        },
    },
}  # fmt: skip


def optional(schema: JsonObject) -> JsonObject:
    """The same, or null."""
    return {**schema, "type": [schema["type"], "null"]}


def form(required: JsonObject, others: JsonObject | None = None) -> JsonObject:
    """An object with these fields, and with others that need not be there."""
    names: list[Json] = [*required]
    return {"type": "object", "required": names, "properties": {**required, **(others or {})}}


def closed(required: JsonObject, others: JsonObject | None = None) -> JsonObject:
    """The same without any further field."""
    return {**form(required, others), "additionalProperties": False}


def many(items: JsonObject, at_least: int = 0, at_most: int | None = None) -> JsonObject:
    """A list."""
    bounds: JsonObject = {"minItems": at_least} if at_least else {}
    return {"type": "array", "items": items, **bounds, **({"maxItems": at_most} if at_most is not None else {})}


def page_of(items: JsonObject) -> JsonObject:
    """A page of a list."""
    return form({"items": many(items), "next": optional(TEXT)}, {"total": NUMBER})


SERVER_FIELDS: Final[JsonObject] = {
    "id": TEXT, "createdAt": TIME, "updatedAt": TIME, "version": {"type": "integer", "minimum": 1},
    "owner": optional(TEXT),
}  # fmt: skip
DOCUMENT: Final[JsonObject] = form(SERVER_FIELDS)
PART: Final[JsonObject] = form({"id": TEXT}, SERVER_FIELDS)
"""A document of which only some fields may have been asked for."""
USER: Final[JsonObject] = form(SERVER_FIELDS, {"email": TEXT})
