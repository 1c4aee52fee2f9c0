"""Passkeys in a real browser, with the authenticator that Chromium has for tests."""

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import PersonMaker
from tests.support.app import PASSWORD
from tests.support.process import ServerProcess

pytestmark = [pytest.mark.browser, pytest.mark.process, pytest.mark.timeout(120)]
_SDK = "(await import('/backpack.js')).default.auth"


def _run(page: Page, code: str) -> Any:
    """The result, or the name or code of what goes wrong."""
    return page.evaluate(
        f"async () => {{ const auth = {_SDK}; try {{ return await ({code}); }} catch (e) {{ return e.code || e.name; }} }}"
    )


def _device(page: Page) -> Any:
    """Give the page's browser an authenticator whose owner is always recognised."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
        "isUserVerified": True, "automaticPresenceSimulation": True,
    }  # fmt: skip
    made = session.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    return session, made["authenticatorId"]


@pytest.fixture
def tenants(server: ServerProcess, tmp_path: Path) -> tuple[str, str]:
    """Two with an empty page each."""
    site = tmp_path / "site"
    site.mkdir()
    (site / "index.html").write_text("<!doctype html><title>Shop</title><h1>Shop</h1>")
    urls: list[str] = []
    for name in ("shop", "other"):
        urls.append(server.admin("POST", "/v1/tenants", json={"name": name})["url"])
        assert server.command("deploy", str(site), "--tenant", name).returncode == 0
    return urls[0], urls[1]


def test_a_passkey_is_made_and_signs_in(tenants: tuple[str, str], person: PersonMaker) -> None:
    page = person(tenants[0])
    session, device = _device(page)
    account = f"{{ email: 'ann@example.com', password: '{PASSWORD}' }}"
    assert _run(page, f"auth.register({account}).then((user) => user.email)") == "ann@example.com"
    assert _run(page, "auth.addPasskey({ name: 'Phone', password: 'wrong one' })") == "wrong_credentials"
    made = _run(page, f"auth.addPasskey({{ name: 'Phone', password: '{PASSWORD}' }})")
    assert (made["name"], made["host"]) == ("Phone", "shop.localhost")
    assert _run(page, f"auth.addPasskey({{ password: '{PASSWORD}' }})") == "already_exists"
    kept = session.send("WebAuthn.getCredentials", {"authenticatorId": device})["credentials"]
    assert [(one["rpId"], one["isResidentCredential"]) for one in kept] == [("shop.localhost", True)]

    _run(page, "auth.logout()")
    assert _run(page, "auth.me()") is None
    assert _run(page, "auth.signInWithPasskey().then((user) => user.email)") == "ann@example.com"
    page.reload()
    assert _run(page, "auth.me().then((user) => user.email)") == "ann@example.com"  # the cookie of the own origin
    (listed,) = _run(page, "auth.passkeys()")
    assert listed["lastUsedAt"] is not None
    assert _run(page, f"auth.renamePasskey('{listed['id']}', 'Old').then((key) => key.name)") == "Old"
    assert _run(page, f"auth.removePasskey('{listed['id']}').then(() => 'gone')") == "gone"
    _run(page, "auth.logout()")
    assert _run(page, "auth.signInWithPasskey()") == "token_invalid"


def test_a_siblings_page_cannot_ask_for_a_passkey(tenants: tuple[str, str], person: PersonMaker) -> None:
    """The browser keeps passkeys of one host from pages of another, and of their parent: that is why it is the host."""
    shop, other = tenants
    page = person(shop)
    session, device = _device(page)
    account = f"{{ email: 'ann@example.com', password: '{PASSWORD}' }}"
    _run(page, f"auth.register({account})")
    assert _run(page, f"auth.addPasskey({{ password: '{PASSWORD}' }}).then(() => 'made')") == "made"
    page.goto(other)
    assert session.send("WebAuthn.getCredentials", {"authenticatorId": device})["credentials"]
    assert _run(page, "auth.signInWithPasskey({ signal: AbortSignal.timeout(500) })") in {
        "sign_in_cancelled",
        "TimeoutError",
    }
    stolen = "navigator.credentials.get({ publicKey: { challenge: new Uint8Array(32), rpId: 'shop.localhost' } })"
    assert _run(page, stolen) == 18  # the code of a SecurityError
    page.goto(shop)
    assert _run(page, "auth.signInWithPasskey().then((user) => user.email)") == "ann@example.com"
