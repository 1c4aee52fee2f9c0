"""The site and the SDK over HTTP."""

from contextlib import aclosing
from urllib.parse import unquote_to_bytes

from server.hosting.assets import built
from server.hosting.pages import no_site
from server.hosting.site import publish, site_of, unpublish
from server.http.call import Call
from server.http.content import not_modified, ranged
from server.http.cors import VARY
from server.http.response import Answer, Header, Response, json, no_content
from server.http.routes import Content, Route
from server.openapi.forms import NUMBER, TEXT, TIME, closed
from tenancy.context import TenantContext
from tenancy.errors import Invalid, SiteNotFound, TooLarge, UnsupportedMedia

TenantCall = Call[TenantContext]
ZIP_TYPES = frozenset({"application/zip", "application/x-zip-compressed", "application/octet-stream"})


def routes() -> list[Route[TenantContext]]:
    """The routes of hosting; `serve_site` answers everything else."""
    return [
        Route(
            "GET",
            "/backpack.js",
            _sdk,
            "open",
            "The SDK as an ES module",
            answer=(200, "JavaScript"),
            result=Content({}, ("text/javascript",)),
            also={304: "Known already"},
        ),
        Route(
            "POST",
            "/api/site",
            _publish,
            "key",
            "Publish a site",
            "application/zip",
            (201, "The release"),
            (Invalid, TooLarge, UnsupportedMedia),
            result=Content(closed({"release": TEXT, "files": NUMBER, "size": NUMBER, "publishedAt": TIME})),
        ),
        Route(
            "DELETE", "/api/site", _unpublish, "key", "Take the site down", answer=(204, "Gone"), errors=(SiteNotFound,)
        ),
    ]


async def _sdk(call: TenantCall) -> Answer:
    sdk = built("sdk/backpack.js")
    headers: list[Header] = [
        (b"content-type", b"text/javascript; charset=utf-8"),
        (b"cache-control", b"no-cache"),
        (b"etag", sdk.etag.encode()),
        VARY,
    ]
    if not_modified(call.header(b"if-none-match"), sdk.etag):
        return Response(304, b"", headers)
    return Response(200, sdk.data, headers)


async def _publish(call: TenantCall) -> Answer:
    kind = (call.header(b"content-type") or "").partition(";")[0].strip().lower()
    if kind not in ZIP_TYPES:
        raise UnsupportedMedia("The body must be a zip file, application/zip.")
    async with aclosing(call.stream(call.context.limits.max_site)) as body:
        return json(await publish(call.context, body), 201)


async def _unpublish(call: TenantCall) -> Answer:
    await unpublish(call.context)
    return no_content()


async def serve_site(call: TenantCall) -> Answer:
    """A file of the site, for every path that no route has."""
    path = _path(call.scope["raw_path"])
    site = site_of(call.context)
    try:
        found = await site.find(call.context, path)
    except SiteNotFound:
        if path == "" and "text/html" in (call.header(b"accept") or ""):
            return no_site(call.context.tenant.slug)
        raise
    entry = found.entry
    cache = b"public, max-age=31536000, immutable" if found.immutable else b"no-cache"
    headers: list[Header] = [(b"content-type", entry.type.encode()), (b"cache-control", cache)]
    small = await site.small(call.context, found)
    if found.status != 200:
        return Response(found.status, small or b"", headers)
    if small is not None and call.header(b"range") is None:
        headers.append((b"etag", entry.etag.encode()))
        if not_modified(call.header(b"if-none-match"), entry.etag):
            return Response(304, b"", headers)
        return Response(200, small, headers)
    return ranged(
        lambda start, stop: call.context.files.read(found.key, entry.offset + start, entry.offset + stop),
        entry.size, entry.etag, headers, range_header=call.header(b"range"), if_range=call.header(b"if-range"),
        if_none_match=call.header(b"if-none-match"),
    )  # fmt: skip


def _path(raw_path: bytes) -> str:
    try:
        return unquote_to_bytes(raw_path).decode().removeprefix("/")
    except UnicodeDecodeError:
        raise SiteNotFound("The path is not UTF-8.") from None
