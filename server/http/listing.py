"""Lists over HTTP: the parameters that every list takes, and a page as an answer."""

from server.http.response import Response, json_text
from tenancy.errors import BadCursor, BadFilter, BadSort, Invalid, Place, QueryTooExpensive
from tenancy.ports import Page
from tenancy.query.parse import parse_filter_text, parse_limit, parse_sort
from tenancy.query.tree import EVERYTHING, Query

LIST_ERRORS = (BadFilter, BadSort, BadCursor, Invalid, QueryTooExpensive)
LIST_PARAMETERS = {
    "filter": "A filter in the query language, as JSON",
    "sort": "Paths separated by commas, - in front for descending",
    "limit": "0 to 1000, default 30",
    "cursor": "Go on after an earlier page",
    "count": "true: answer the total too",
}


def query_of(given: dict[str, str]) -> Query:
    """A list's query from URL parameters.

    Raises:
        BadFilter, BadSort, Invalid: with the parameter.
    """
    if given.get("count", "true") not in {"true", "false"}:
        raise Invalid("A query parameter is not valid.", places=[Place("count", "must be true or false")])
    filter = parse_filter_text(given["filter"]) if given.get("filter") else EVERYTHING
    count = given.get("count") == "true"
    return Query(filter, parse_sort(given.get("sort")), parse_limit(given.get("limit")), given.get("cursor"), count)


def page(found: Page) -> Response:
    """A page as its answer: the documents' texts joined, not parsed."""
    following = b'"' + found.next.encode() + b'"' if found.next is not None else b"null"
    total = b"" if found.total is None else b',"total":' + str(found.total).encode()
    return json_text(b'{"items":[' + b",".join(found.items) + b'],"next":' + following + total + b"}")
