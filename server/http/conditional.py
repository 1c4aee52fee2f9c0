"""Conditions on a document's version, and answers that carry it (RFC 9110 section 13, RFC 7240)."""

import hashlib
import re

from server.http.call import Call
from server.http.response import Answer, Header, Response, json_text
from server.http.routes import Parameter
from tenancy.context import TenantContext
from tenancy.errors import Invalid, Place
from tenancy.model.document import etag_of
from tenancy.writes import Receipt, Written

_TAGS = re.compile(r'[ \t]*(?:W/)?"([\x21\x23-\x7e]*)"[ \t]*(?:,|\Z)')
_KEY = re.compile(r"[\x21-\x7e]{1,255}\Z")
IF_MATCH = {"If-Match": Parameter("Only where the document has one of these tags; * where there is one")}
IF_NONE_MATCH = {"If-None-Match": Parameter("Only where nothing has one of these tags; * where there is nothing")}
ONCE = {
    "Idempotency-Key": Parameter(
        "The same request with the same key is done once", {"type": "string", "pattern": "^[\\x21-\\x7e]{1,255}$"}
    )
}


def etag_header(text: bytes) -> Header:
    """The document's ETag."""
    return b"etag", f'"{etag_of(text)}"'.encode()


def wanted_tags(call: Call[TenantContext], name: bytes) -> frozenset[str] | str | None:
    """The tags of If-Match or If-None-Match, "*" for any, None without the header.

    Raises:
        Invalid: not a list of tags.
    """
    value = call.header(name)
    if value is None or value.strip() == "*":
        return value and "*"
    tags, at = set[str](), 0
    while at < len(value) or not tags:
        match = _TAGS.match(value, at)
        if match is None:
            shown = name.decode().title()
            raise Invalid(f"{shown} is not valid.", places=[Place(shown, 'must be a tag in quotes: "3-2026-…", or *')])
        tags.add(match[1])
        at = match.end()
    return frozenset(tags)


def if_match(call: Call[TenantContext]) -> frozenset[str] | None:
    """The tags that a document may have before it is changed, None for any.

    Raises:
        Invalid: not a list of tags.
    """
    tags = wanted_tags(call, b"if-match")
    return tags if isinstance(tags, frozenset) else None


def receipt_of(call: Call[TenantContext]) -> Receipt | None:
    """What makes this write happen once: the Idempotency-Key, bound to the caller and to this very request.

    Read the body first. Source: draft-ietf-httpapi-idempotency-key-header.

    Raises:
        Invalid: not 1 to 255 visible characters.
    """
    key = call.header(b"idempotency-key")
    if key is None:
        return None
    if not _KEY.match(key):
        places = [Place("Idempotency-Key", "must be 1 to 255 visible characters, such as a UUID")]
        raise Invalid("The Idempotency-Key is not valid.", places=places)
    who = f"{call.principal.kind}\0{call.principal.id}\0{key}"
    condition = call.header(b"if-match") or call.header(b"if-none-match") or ""
    request = b"\0".join([
        call.scope["method"].encode(), call.scope["raw_path"], call.scope["query_string"], condition.encode("latin-1"),
        call.json_text,
    ])  # fmt: skip
    return Receipt(hashlib.sha256(who.encode()).hexdigest(), hashlib.sha256(request).hexdigest())


def wants_nothing(call: Call[TenantContext]) -> bool:
    """Whether the client does not need the result of its write (`Prefer: return=minimal`)."""
    return "return=minimal" in (call.header(b"prefer") or "").replace(" ", "").lower()


def written_answer(call: Call[TenantContext], written: Written, path: str) -> Answer:
    """The answer to a write of one document at a path; without the document where the caller may not read it."""
    if written.text is None:
        return Response(204)
    made = written.op == "create"
    headers = [etag_header(written.text)]
    if made:
        headers.append((b"location", path.encode()))
    if wants_nothing(call):
        return Response(201 if made else 204, b"", [*headers, (b"preference-applied", b"return=minimal")])
    return json_text(written.text, 201 if made else 200, *headers)
