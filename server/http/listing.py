"""Lists over HTTP: the parameters that every list takes, and a page as an answer."""

from functools import lru_cache
from typing import Any
from urllib.parse import quote

from server.http.call import Call, read_pairs, read_query
from server.http.response import Header, Response, json_text
from server.http.routes import Parameter
from tenancy.answers import Page
from tenancy.errors import BadCursor, BadFilter, BadSort, Invalid, Place, QueryTooExpensive
from tenancy.model.json import JsonObject
from tenancy.query.brackets import filter_from, is_bracketed
from tenancy.query.options import MAX_LIMIT, MAX_OFFSET, parse_fields, parse_limit, parse_offset, parse_sort
from tenancy.query.parse import parse_filter, parse_filter_text
from tenancy.query.tree import EVERYTHING, Filter, Query

LIST_ERRORS = (BadFilter, BadSort, BadCursor, Invalid, QueryTooExpensive)
BOOLEAN: JsonObject = {"type": "boolean"}
LIST_PARAMETERS = {
    "filter": Parameter("A filter in the query language, as JSON; or in parts, as filter[price][$gt]=5"),
    "sort": Parameter("Paths separated by commas, - in front for descending"),
    "limit": Parameter("How many, 30 by default", {"type": "integer", "minimum": 0, "maximum": MAX_LIMIT}),
    "cursor": Parameter("Go on after an earlier page"),
    "offset": Parameter("Pass over so many", {"type": "integer", "minimum": 0, "maximum": MAX_OFFSET}),
    "fields": Parameter("Answer these fields alone (brand,price), or all but these (-note)"),
    "count": Parameter("Answer the total too", BOOLEAN),
}
_CACHED_BYTES = 2048


def query_of(raw: bytes, *more: str) -> tuple[Query, dict[str, str]]:
    """A list's query from a URL's parameters, and the values of those that the route has beside.

    Raises:
        BadFilter, BadSort, Invalid: with the parameter.
    """
    return _parsed_again(raw, more) if len(raw) <= _CACHED_BYTES else _parsed(raw, more)


def _parsed(raw: bytes, more: tuple[str, ...]) -> tuple[Query, dict[str, str]]:
    pairs = read_pairs(raw)
    nested = [pair for pair in pairs if is_bracketed(pair[0])]
    given = read_query([pair for pair in pairs if not is_bracketed(pair[0])], *LIST_PARAMETERS, *more)
    if nested and "filter" in given:
        raise Invalid("There are two filters.", places=[Place("filter", "is given as JSON and in parts at once")])
    filter = parse_filter(filter_from(nested)) if nested else _filter(given.get("filter"))
    return checked(Query(
        filter, parse_sort(given.get("sort")), parse_limit(given.get("limit")), given.get("cursor"),
        flag(given, "count"), offset=parse_offset(given.get("offset")), fields=parse_fields(given.get("fields")),
    )), given  # fmt: skip


# The same text is the same query whoever sends it: nothing of a tenant is in it.
_parsed_again = lru_cache(maxsize=2048)(_parsed)


def _filter(text: str | None) -> Filter:
    return parse_filter_text(text) if text else EVERYTHING


def checked(query: Query) -> Query:
    """The query, whose parts have to fit each other.

    Raises:
        Invalid: a cursor and an offset at once.
    """
    if query.after is not None and query.offset:
        raise Invalid("A cursor goes on where a page ended.", places=[Place("offset", "cannot be used with a cursor")])
    return query


def flag(given: dict[str, str], name: str) -> bool:
    """A parameter that is true or false.

    Raises:
        Invalid: it is something else.
    """
    if given.get(name, "false") not in {"true", "false"}:
        raise Invalid("A query parameter is not valid.", places=[Place(name, "must be true or false")])
    return given.get(name) == "true"


def page(found: Page) -> Response:
    """A page as its answer: the documents' texts joined, not parsed."""
    following = b'"' + found.next.encode() + b'"' if found.next is not None else b"null"
    total = b"" if found.total is None else b',"total":' + str(found.total).encode()
    return json_text(b'{"items":[' + b",".join(found.items) + b'],"next":' + following + total + b"}")


def next_link(call: Call[Any], following: str) -> Header:
    """Where the next page is (RFC 8288): the same address with another cursor."""
    path, kept = call.scope["raw_path"].decode("ascii"), _without_cursor(call.scope["query_string"])
    return b"link", f'<{path}?{kept}cursor={following}>; rel="next"'.encode()


@lru_cache(maxsize=2048)
def _without_cursor(raw: bytes) -> str:
    """The parameters that the next page's address has too."""
    return "".join(
        f"{quote(name, safe='')}={quote(value, safe='')}&"
        for name, value in read_pairs(raw)
        if name not in {"cursor", "offset"}
    )
