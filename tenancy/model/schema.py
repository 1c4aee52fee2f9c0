"""JSON Schema, draft 2020-12: whether a document's own fields are what a collection asks for.

A schema is a stranger's text: `$ref` reaches nothing outside of it, patterns take linear time, and one whose
references multiply is refused. Source: https://json-schema.org/draft/2020-12
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Final, TypeAlias

import jsonschema_rs

from tenancy.errors import Invalid, Place
from tenancy.model.json import Json, JsonObject, dumps, trusted

MAX_SCHEMA: Final = 64 * 1024
MAX_WEIGHT: Final = 10_000
MAX_PLACES: Final = 10
_FEW_NUMBERS: Final = 10
_MOST_COMPARED: Final = 500_000
_PATTERN_BYTES: Final = 256 * 1024
Validator: TypeAlias = Callable[[JsonObject], list[Place]]


def check_schema(value: Json) -> bytes:
    """Accept a schema; its text.

    Raises:
        Invalid: not a schema, too large, with a reference to somewhere else, or one that multiplies.
    """
    if not isinstance(value, dict):
        raise _refuse("", "must be an object")
    text = dumps(value)
    if len(text) > MAX_SCHEMA:
        raise _refuse("", f"has more than {MAX_SCHEMA} bytes")
    try:
        _Weigher(value).weigh(value, "")
    except RecursionError:
        raise _refuse("", "has references that follow each other too far") from None
    compile_schema(text)
    return text


@lru_cache(maxsize=1024)
def compile_schema(text: bytes) -> Validator:
    """The schema as a function that gives the places of a document that it rejects, none for a good one.

    Raises:
        Invalid: not a schema.
    """
    try:
        validator = jsonschema_rs.Draft202012Validator(
            trusted(text), retriever=_retrieve, validate_formats=True,
            pattern_options=jsonschema_rs.RegexOptions(size_limit=_PATTERN_BYTES, dfa_size_limit=_PATTERN_BYTES),
        )  # fmt: skip
    except jsonschema_rs.ValidationError as error:
        raise _refuse(_pointer(error.instance_path), error.message) from None
    except jsonschema_rs.ReferencingError as error:
        raise _refuse("", str(error)) from None

    numbers = _numbers(trusted(text))

    def places(fields: JsonObject) -> list[Place]:
        if numbers > _FEW_NUMBERS and numbers * _values(fields) > _MOST_COMPARED:
            return [Place("", "has too many values for the numbers that the schema's enum lists")]
        if validator.is_valid(fields):
            return []
        found: list[Place] = []
        for error in validator.iter_errors(fields):
            found.append(Place(_pointer(error.instance_path), error.message[:300]))
            if len(found) == MAX_PLACES:
                break
        return found

    return places


def _numbers(schema: Json) -> int:
    """How many numbers the largest `enum` lists: each is compared with each value, which is slow for fractions."""
    if isinstance(schema, list):
        return max(map(_numbers, schema), default=0)
    if not isinstance(schema, dict):
        return 0
    listed = schema.get("enum")
    here = sum(isinstance(value, int | float) for value in listed) if isinstance(listed, list) else 0
    return max([here, *map(_numbers, schema.values())])


def _values(value: Json) -> int:
    if isinstance(value, dict):
        return 1 + sum(map(_values, value.values()))
    return 1 + sum(map(_values, value)) if isinstance(value, list) else 1


def _retrieve(uri: str) -> Json:
    raise ValueError(f"a schema cannot refer to {uri}, only to parts of itself")


def _pointer(path: list[str | int]) -> str:
    return "".join(f"/{part}" for part in path)


def _refuse(place: str, message: str) -> Invalid:
    return Invalid("The schema is not valid.", places=[Place(f"/schema{place}", message)])


class _Weigher:
    """Counts the subschemas that one value can meet, references followed: without it a few hundred bytes of
    references that double each other keep a core busy for hours."""

    def __init__(self, root: JsonObject) -> None:
        self._root = root
        self._known: dict[str, int] = {}

    def weigh(self, value: Json, place: str) -> int:
        total = 1
        if isinstance(value, list):
            total += sum(self.weigh(part, f"{place}/{number}") for number, part in enumerate(value))
        elif isinstance(value, dict):
            for name, part in value.items():
                refers = name in {"$ref", "$dynamicRef"} and isinstance(part, str)
                total += self._follow(str(part)) if refers else self.weigh(part, f"{place}/{name}")
        if total > MAX_WEIGHT:
            raise _refuse(place, f"has more than {MAX_WEIGHT} subschemas when its references are followed")
        return total

    def _follow(self, reference: str) -> int:
        if reference not in self._known:
            self._known[reference] = 1  # a reference back to here is recursion, which the document's depth bounds
            self._known[reference] = self.weigh(self._target(reference), reference)
        return self._known[reference]

    def _target(self, reference: str) -> Json:
        """What `#/$defs/name` points at; an anchor may be anything, so it weighs as much as the whole."""
        if not reference.startswith("#/"):
            return self._root
        target: Json = self._root
        for part in reference[2:].split("/"):
            name = part.replace("~1", "/").replace("~0", "~")
            target = target.get(name) if isinstance(target, dict) else None
        return target
