"""Tenants beside each other on a real parent domain: what a hostile sibling can do to a visitor of another.

Not on *.localhost: Chromium takes no cookies for `localhost` as a whole and calls its subdomains different sites, so that
attacks which work on the internet fail there.
"""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest
from playwright.sync_api import Browser, Page

from tests.browser.front import Front, certificate
from tests.support.app import PASSWORD
from tests.support.process import ServerProcess
from tests.support.zips import make_zip

pytestmark = [pytest.mark.browser, pytest.mark.process, pytest.mark.timeout(180)]
DOMAIN = "bp-example.com"
SITE = make_zip({"index.html": b"<!doctype html><title>site</title>", "pixel.png": b"x"})


class Place(NamedTuple):
    """A server behind its front, with two tenants, of which one is hostile."""

    server: ServerProcess
    front: Front
    scheme: str
    keys: dict[str, str]

    def origin(self, name: str) -> str:
        return f"{self.scheme}://{name}.{DOMAIN}:{self.front.port}"

    @property
    def cookie(self) -> str:
        return "__Host-backpack" if self.scheme == "https" else "backpack"

    def ask(self, name: str, method: str, path: str, **options: Any) -> Any:
        """As the tenant's owner, without a browser."""
        headers = {
            "host": f"{name}.{DOMAIN}:{self.front.port}", "authorization": f"Bearer {self.keys[name]}",
            **options.pop("headers", {}),
        }  # fmt: skip
        answer = httpx.request(method, f"http://127.0.0.1:{self.server.port}{path}", headers=headers, **options)
        assert answer.is_success, answer.text
        return answer.json()


@pytest.fixture(scope="module", params=["http", "https"])
def place(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    folder: Path = tmp_path_factory.mktemp("siblings")
    server = ServerProcess.on(folder)
    front = Front(server.port, certificate(folder, DOMAIN) if request.param == "https" else None)
    server.flags = ("--base-domain", DOMAIN, "--public-url", f"{request.param}://{DOMAIN}:{front.port}")
    server.start()
    try:
        server.sign_in()
        keys = {
            name: server.admin("POST", "/v1/tenants", json={"name": name})["apiKey"] for name in ("bank", "mallory")
        }
        made = Place(server, front, request.param, keys)
        for name in keys:
            made.ask(name, "POST", "/api/site", content=SITE, headers={"content-type": "application/zip"})
        yield made
    finally:
        server.stop()
        front.close()


@pytest.fixture
def visitor(place: Place, chromium: Browser) -> Iterator[Page]:
    """A page of the bank's in which somebody has signed up, with their id in `window.name`."""
    context = chromium.new_context(ignore_https_errors=True)
    page = context.new_page()
    page.goto(place.origin("bank"))
    email = f"ann{len(place.front.heads)}@example.com"
    page.evaluate(
        """async ([email, password]) => {
          const body = JSON.stringify({email, password});
          const headers = {"content-type": "application/json"};
          const answer = await fetch("/api/auth/register", {method: "POST", headers, body});
          window.name = (await answer.json()).user.id;
        }""",
        [email, PASSWORD],
    )
    yield page
    context.close()


def _who(page: Page) -> str:
    """Whom the page's own API takes the visitor for; the status where it is nobody."""
    who: str = page.evaluate(
        """async () => {
          const answer = await fetch("/api/auth/me");
          return answer.ok ? (await answer.json()).user.id : String(answer.status);
        }"""
    )
    return who


def _spellings(name: bytes, token: bytes) -> list[bytes]:
    """Cookies that a sibling sets for all, in the hope that one is read as the session's."""
    whole = b"; Domain=%b; Path=/" % DOMAIN.encode()
    deep = b"; Domain=%b; Path=/api/auth" % DOMAIN.encode()
    value = name + b"=" + token
    return [
        value + whole, value + whole + b"; Secure", value + deep, value + deep + b"; Secure; HttpOnly",
        b"\xa0" + value + whole, b"\x85" + value + deep, b"\x1c" + value + whole, b"\xc2\xa0" + value + deep,
        b"\xe2\x80\x80" + value + whole, b"=" + value + whole, name + b" =" + token + whole, b"\t" + value + whole,
        b'"%b"=%b' % (name, token) + whole, name.upper() + b"=" + token + whole, name.lower() + b"=" + token + deep,
        b'x="; ' + value + whole, b"x=1, " + value + whole, b"x=" + value + whole, b"$Version=1" + whole,
        name + whole, name + b"=" + whole, value + b"\xa0" + deep, name + b"\xa0=" + token + deep,
    ]  # fmt: skip


def _mallorys_token(place: Place) -> str:
    """A session at the bank that the attacker made for themselves, to sign the visitor in as."""
    body = {"email": f"mallory{len(place.front.heads)}@example.com", "password": PASSWORD}
    token: str = place.ask("bank", "POST", "/api/auth/register", json=body)["token"]
    return token


def _who_after(place: Place, visitor: Page, cookies: Any, tossed: list[bytes]) -> str:
    """Whom the bank takes for the visitor that has these cookies alone, and then comes by the evil sibling."""
    # Playwright's own clear_cookies leaves cookies with odd names.
    visitor.context.new_cdp_session(visitor).send("Network.clearBrowserCookies")
    visitor.context.add_cookies(cookies)
    place.front.tossed = tossed
    visitor.goto(place.origin("evil"))
    visitor.goto(place.origin("bank") + "/pixel.png")
    return _who(visitor)


def test_a_siblings_cookies_sign_nobody_in_as_somebody_else(place: Place, visitor: Page) -> None:
    victim, token, came = visitor.evaluate("window.name"), _mallorys_token(place), 0
    cookies = visitor.context.cookies()
    assert [cookie["name"] for cookie in cookies if "name" in cookie] == [place.cookie]
    for spelling in _spellings(place.cookie.encode(), token.encode()):
        heads = len(place.front.heads)
        assert _who_after(place, visitor, cookies, [spelling]) in {victim, "401"}, spelling
        came += any(token in head.fields.get("cookie", "") for head in place.front.heads[heads:])
        if place.scheme == "https":  # over plain HTTP nothing protects the name: a sibling can plant a session there
            assert _who_after(place, visitor, [], [spelling]) == "401", spelling
    assert came >= 5, "Chromium took hardly any of the cookies: nothing was tried"
    assert _who_after(place, visitor, cookies, []) == victim


def test_the_panels_cookie_reaches_no_tenant(place: Place, visitor: Page) -> None:
    page = visitor.context.new_page()
    page.goto(f"http://localhost:{place.server.admin_port}")
    signed_in = """async (password) => {
      const body = JSON.stringify({email: "admin@example.com", password});
      const headers = {"content-type": "application/json"};
      return [(await fetch("/v1/sessions", {method: "POST", headers, body})).status, (await fetch("/v1/admins/me")).status];
    }"""
    assert page.evaluate(signed_in, PASSWORD) == [201, 200]
    names = {cookie["name"] for cookie in visitor.context.cookies() if "name" in cookie}
    assert names == {"backpack-admin", place.cookie}
    before = len(place.front.heads)
    scheme = place.scheme
    for url in (place.origin("bank"), place.origin("mallory"), f"{scheme}://evil.localhost:{place.front.port}"):
        page.goto(url)
    sent = [head.fields.get("cookie", "") for head in place.front.heads[before:]]
    assert len(sent) >= 3
    assert any(place.cookie in cookies for cookies in sent)
    assert not any("backpack-admin" in cookies for cookies in sent)


ATTACK = """async ([target, file]) => {
  const ways = [];
  const tried = (way) => (answer) => ways.push(`${way} ${answer.type || answer}`);
  const send = (way, path, options) => fetch(target + path, {credentials: "include", ...options})
    .then(async (answer) => tried(way)(`${answer.type} ${answer.type === "opaque" ? "" : await answer.text()}`))
    .catch(() => tried(way)("failed"));
  const text = '{"stolen":1}', form = new FormData();
  form.append("file", new Blob(["stolen"]), "stolen.txt");
  for (const type of ["text/plain", "application/x-www-form-urlencoded", ""])
    await send(`no-cors ${type}`, "/api/data/notes", {method: "POST", mode: "no-cors", body: new Blob([text], {type})});
  await send("no-cors form", "/api/files", {method: "POST", mode: "no-cors", body: form});
  for (const path of ["/api/data/notes", "/api/auth/me"]) await send(`cors GET ${path}`, path, {});
  for (const [method, path] of [["POST", "/api/data/notes"], ["PUT", "/api/data/notes/n1"],
    ["PATCH", "/api/data/notes/n1"], ["POST", "/api/batch"], ["PATCH", "/api/auth/me"]])
    await send(`cors ${method} ${path}`, path, {method, headers: {"content-type": "application/json"}, body: text});
  for (const path of ["/api/data/notes/n1", file]) await send(`cors DELETE ${path}`, path, {method: "DELETE"});
  await send("no-cors log-out", "/api/auth/logout", {method: "POST", mode: "no-cors"});
  ways.push(`beacon ${navigator.sendBeacon(target + "/api/data/beacons", text)}`);
  for (const enctype of ["text/plain", "multipart/form-data", "application/x-www-form-urlencoded"]) {
    const frame = document.body.appendChild(Object.assign(document.createElement("iframe"), {name: enctype}));
    const page = document.body.appendChild(document.createElement("form"));
    Object.assign(page, {action: `${target}/api/data/forms`, method: "POST", target: frame.name, enctype});
    page.appendChild(Object.assign(document.createElement("input"), {name: '{"stolen":"', value: '"}'}));
    page.submit();
  }
  return ways;
}"""

LISTEN = """(target) => new Promise((resolve) => {
  const heard = [];
  const socket = new WebSocket(target.replace("http", "ws") + "/api/realtime", "backpack.v1");
  socket.onopen = () => socket.send('{"type":"subscribe","id":"s","collection":"notes","snapshot":true}');
  socket.onmessage = ({data}) => { heard.push(JSON.parse(data)); if (heard.length === 2) resolve(heard); };
  socket.onclose = () => resolve(heard);
})"""


def _sent(place: Place, since: int) -> set[tuple[str, int]]:
    """What was sent since then, and how often."""
    return set(Counter(head.target for head in place.front.heads[since:]).items())


_EVERYTHING = ("/api/data/notes", "/api/data/users", "/api/files", "/api/collections")


def _state(place: Place) -> list[Any]:
    return [place.ask("bank", "GET", path) for path in _EVERYTHING]


def test_a_siblings_page_writes_and_reads_nothing_with_the_visitors_cookie(place: Place, visitor: Page) -> None:
    victim = visitor.evaluate("window.name")
    place.ask("bank", "PUT", "/api/data/notes/n1", json={"secret": "canary"})
    file = visitor.evaluate(
        """async () => {
          const form = new FormData();
          form.append("file", new Blob(["mine"]), "mine.txt");
          return (await (await fetch("/api/files", {method: "POST", body: form})).json()).id;
        }"""
    )
    sibling = visitor.context.new_page()
    sibling.goto(place.origin("mallory"))
    before, heads = _state(place), len(place.front.heads)
    ways = sibling.evaluate(ATTACK, [place.origin("bank"), f"/api/files/{file}"])
    assert len(ways) == 15, ways
    assert "canary" not in str(ways)
    while not _sent(place, heads) >= {("/api/data/beacons", 1), ("/api/data/forms", 3)}:
        sibling.wait_for_timeout(20)
    heard = sibling.evaluate(LISTEN, place.origin("bank"))
    assert (heard[0]["user"], heard[1]["problem"]["code"]) == (None, "authentication_required")
    assert _state(place) == before
    assert _who(visitor) == victim

    carried = [head for head in place.front.heads[heads:] if place.cookie in head.fields.get("cookie", "")]
    foreign = {head.method for head in carried if head.fields.get("origin") == place.origin("mallory")}
    assert "POST" in foreign, "the browser sent no cookie along: nothing was tried"
    sockets = [head for head in carried if "sec-websocket-key" in head.fields]
    assert [head.fields["origin"] for head in sockets] == [place.origin("mallory")]

    heard = visitor.evaluate(LISTEN, place.origin("bank"))
    assert (heard[0]["user"]["id"], heard[1]["items"][0]["secret"]) == (victim, "canary")
    ways = visitor.evaluate(ATTACK, [place.origin("bank"), f"/api/files/{file}"])
    assert "canary" in str(ways)
    assert _state(place) != before
