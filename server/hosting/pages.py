"""The two small pages that are ours: the landing page, and a tenant without a site."""

from html import escape

from server.http.response import Response

_STYLE = """:root{color-scheme:light dark}body{font:16px/1.6 system-ui,sans-serif;max-width:38rem;margin:12vh auto;
padding:0 1.5rem}
h1{font-size:1.6rem;margin:0 0 .5rem}code,pre{font:14px/1.5 ui-monospace,monospace;background:#8881;border-radius:6px}
code{padding:.1em .35em}pre{padding:1rem;overflow:auto}a{color:inherit}p{margin:.6rem 0}"""


def _page(status: int, title: str, body: str) -> Response:
    html = (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>{title}</title><style>{_STYLE}</style><h1>{title}</h1>{body}</html>"
    )
    headers = [
        (b"content-type", b"text/html; charset=utf-8"),
        (b"cache-control", b"no-store"),
        (
            b"content-security-policy",
            b"default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'; "
            b"form-action 'none'",
        ),
    ]
    return Response(status, html.encode(), headers)


def landing() -> Response:
    """The bare base domain."""
    return _page(
        200, "Backpack", "<p>This server hosts small backends, each under a subdomain of its own.</p>"
        "<p>Make one: <code>backpack tenant create shop</code>, or in the admin panel.</p>",
    )  # fmt: skip


def no_site(name: str) -> Response:
    """A tenant whose site is not published yet."""
    shown = escape(name)
    return _page(
        404, f"{shown} is ready",
        f"<p>This backend has no site yet. Publish the folder that holds your built <code>index.html</code>:</p>"
        f"<pre>backpack deploy DIR --tenant {shown}</pre><p>Or use it from anywhere:</p>"
        f'<pre>import backpack from "/backpack.js"\n\nawait backpack.collection("cars").list()</pre>'
        f'<p>Its routes: <a href="/api/openapi.json">/api/openapi.json</a></p>',
    )  # fmt: skip
