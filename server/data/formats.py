"""Documents as lines: one JSON a line (https://github.com/ndjson/ndjson-spec), or CSV (RFC 4180). Pure.

In CSV a column is a path (`address.city`), and a cell is JSON where it is a number, true, false, null, an array, an
object or a string in quotes, and the text itself otherwise; an empty cell is a missing field. What is exported can be
imported again, and comes back the same. A text that a spreadsheet would run as a formula (it begins with = + - @) is
written in quotes, which make it a text there too.
"""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Final, TextIO

from tenancy.errors import BackpackError, BadJson, Invalid, Place, TooLarge
from tenancy.model.document import SERVER_FIELDS
from tenancy.model.json import MAX_DEPTH, Json, JsonObject, depth, dumps, loads, loads_bounded

MAX_COLUMNS: Final = 1000
_MOST_READ: Final = MAX_COLUMNS + len(SERVER_FIELDS)
_JSON: Final = re.compile(r'(?:-?\d|[\[{"]|(?:true|false|null)\Z)')
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


def flattened(document: JsonObject) -> dict[str, str]:
    """A document's cells by column."""
    cells: dict[str, str] = {}
    _flatten(document, "", cells)
    return cells


def _flatten(value: JsonObject, above: str, cells: dict[str, str]) -> None:
    for name, member in value.items():
        if isinstance(member, dict) and member:
            _flatten(member, f"{above}{name}.", cells)
        else:
            cells[above + name] = write_cell(member)


def write_cell(value: Json) -> str:
    """A value as a cell."""
    if isinstance(value, str) and value and not value.startswith(_FORMULA) and read_cell(value) == value:
        return value
    return dumps(value).decode()


def read_cell(text: str) -> Json:
    """The value of a cell that is not empty."""
    if _JSON.match(text):
        try:
            return loads(text.encode())
        except BackpackError:
            return text
    return text


def columns_of(known: Iterable[str]) -> list[str]:
    """The columns in their order: the server's own first.

    Raises:
        Invalid: more than 1000.
    """
    rest = [name for name in known if name not in SERVER_FIELDS]
    if len(rest) > MAX_COLUMNS:
        raise Invalid(f"The documents have more than {MAX_COLUMNS} fields.", hint="Export them as JSON lines.")
    return [*SERVER_FIELDS, *rest]


def csv_lines(rows: Iterable[list[str]]) -> bytes:
    """Rows as CSV."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerows(rows)
    return text.getvalue().encode()


def csv_row(cells: Mapping[str, str], columns: Iterable[str]) -> list[str]:
    """A document's row."""
    return [cells.get(name, "") for name in columns]


def read_csv(file: TextIO) -> Iterator[tuple[int, Json]]:
    """The documents of a CSV, each with the line that it ends in.

    Raises:
        Invalid: no header, a doubled column, or a row with more cells than columns.
    """
    reader = csv.reader(file, strict=True)
    try:
        header = next(reader, None)
        if not header or len(set(header)) != len(header) or "" in header:
            raise _bad_line(1, "must name each column once")
        if len(header) > _MOST_READ or any(name.count(".") >= MAX_DEPTH for name in header):
            raise _bad_line(1, f"has more than {_MOST_READ} columns, or a path of more than {MAX_DEPTH} names")
        for row in reader:
            if len(row) > len(header):
                raise _bad_line(reader.line_num, f"has {len(row)} cells and {len(header)} columns")
            if any(row):
                yield reader.line_num, _nested(zip(header, row, strict=False), reader.line_num)
    except csv.Error as error:
        raise _bad_line(reader.line_num, f"is not CSV: {error}") from None
    except UnicodeDecodeError:
        raise _bad_line(reader.line_num + 1, "is not UTF-8") from None


def _nested(cells: Iterable[tuple[str, str]], line: int) -> JsonObject:
    document: JsonObject = {}
    for name, text in cells:
        if not text:
            continue
        *above, last = name.split(".")
        target = document
        for part in above:
            below = target.setdefault(part, {})
            if not isinstance(below, dict):
                raise _bad_line(line, f"has a value in {name} and in a column above it")
            target = below
        target[last] = read_cell(text)
    if depth(document) > MAX_DEPTH:
        raise _bad_line(line, f"is nested deeper than {MAX_DEPTH} levels")
    return document


def read_lines(file: TextIO, longest: int, most: int) -> Iterator[tuple[int, Json]]:
    """The documents of JSON lines, each with its line's number; empty lines are passed over.

    Raises:
        Invalid: a line is not JSON, or has more than `longest` characters, or more than `most` keys and elements.
    """
    number = 0
    try:
        while line := file.readline(longest + 1):
            number += 1
            if len(line) > longest:
                raise _bad_line(number, f"has more than {longest} characters")
            if line.strip():
                try:
                    yield number, loads_bounded(line.encode(), most)
                except (BadJson, TooLarge) as error:
                    raise _bad_line(number, error.detail) from None
    except UnicodeDecodeError:
        raise _bad_line(number + 1, "is not UTF-8") from None


def _bad_line(number: int, message: str) -> Invalid:
    return Invalid(f"Line {number} {message}.", places=[Place(f"line {number}", message)])
