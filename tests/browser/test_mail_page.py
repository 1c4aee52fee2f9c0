"""What somebody sees who follows the link of a mail."""

import re
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import PersonMaker
from tests.support.app import PASSWORD
from tests.support.process import ServerProcess

pytestmark = [pytest.mark.browser, pytest.mark.process, pytest.mark.timeout(120)]
EMAIL = "ann@example.com"
NEW = "another correct horse"


@pytest.fixture
def shop(server: ServerProcess) -> httpx.Client:
    """A tenant with a user, as asked without a browser."""
    server.admin("POST", "/v1/tenants", json={"name": "shop"})
    client = httpx.Client(base_url=f"http://127.0.0.1:{server.port}", headers={"host": f"shop.localhost:{server.port}"})
    made = client.post("/api/auth/register", json={"email": EMAIL, "password": PASSWORD})
    assert made.status_code == 201, made.text
    return client


def _ask(shop: httpx.Client, path: str) -> None:
    assert shop.post(f"/api/auth/{path}", json={"email": EMAIL}).status_code == 204


def _link(server: ServerProcess) -> str:
    """The link of the newest mail, as `backpack tenant outbox` shows it."""
    shown = server.command("tenant", "outbox", "shop", "--limit", "1").stdout
    found = re.search(r"http://\S+", shown)
    assert found is not None, shown
    return found[0]


def _follow(person: PersonMaker, link: str) -> Page:
    page = person(link)
    expect(page.get_by_role("button")).to_be_visible()
    assert "#" not in page.url  # the token is in no history and in no log
    return page


def _read(page: Page, server: ServerProcess, path: str) -> Any:
    """What the browser's own cookie shows."""
    answer = page.goto(f"http://shop.localhost:{server.port}/api/auth/{path}")
    assert answer is not None
    return answer.json()


def test_a_forgotten_password(server: ServerProcess, shop: httpx.Client, person: PersonMaker) -> None:
    _ask(shop, "password/forgot")
    link = _link(server)
    assert link.startswith(f"http://shop.localhost:{server.port}/api/auth/confirm#reset=")
    page = _follow(person, link)
    expect(page.get_by_role("heading")).to_have_text("Choose a new password")
    page.get_by_label("New password").fill("short")
    page.get_by_role("button").click()
    expect(page.get_by_role("status")).to_have_text("The password must have 8 to 200 characters.")
    page.get_by_label("New password").fill(NEW)
    page.get_by_role("button").click()
    expect(page.get_by_role("status")).to_have_text("Your password has changed. Sign in with the new one.")
    assert shop.post("/api/auth/login", json={"email": EMAIL, "password": NEW}).status_code == 200
    again = _follow(person, link)
    again.get_by_label("New password").fill(NEW)
    again.get_by_role("button").click()
    expect(again.get_by_role("status")).to_contain_text("The link is not valid any more")


def test_a_confirmed_address(server: ServerProcess, shop: httpx.Client, person: PersonMaker) -> None:
    _ask(shop, "verify/request")
    page = _follow(person, _link(server))
    user = shop.post("/api/auth/login", json={"email": EMAIL, "password": PASSWORD}).json()["user"]
    assert user["verified"] is False  # opening the page uses nothing up
    page.get_by_role("button", name="Confirm").click()
    expect(page.get_by_role("status")).to_have_text("Your e-mail address is confirmed.")
    user = shop.post("/api/auth/login", json={"email": EMAIL, "password": PASSWORD}).json()["user"]
    assert user["verified"] is True


@pytest.mark.parametrize("rest", ["", "#", "#reset", "#reset=", "#spam=x", "#toString=x"])
def test_a_link_that_is_cut_off(server: ServerProcess, shop: httpx.Client, person: PersonMaker, rest: str) -> None:
    page = person(f"http://shop.localhost:{server.port}/api/auth/confirm{rest}")
    expect(page.get_by_role("heading")).to_have_text("This link is not complete")
    expect(page.get_by_role("button")).to_be_hidden()


def test_an_invitation(server: ServerProcess, shop: httpx.Client, person: PersonMaker) -> None:
    key = server.admin("POST", "/v1/tenants/shop/keys", json={"name": "k", "scope": "admin"})["key"]
    body = {"email": "bea@example.com", "roles": ["editor"]}
    made = shop.post("/api/invitations", json=body, headers={"authorization": f"Bearer {key}"})
    assert made.status_code == 201, made.text
    page = _follow(person, _link(server))
    expect(page.get_by_role("heading")).to_have_text("Choose a password for your new account")
    page.get_by_label("New password").fill("short")
    page.get_by_role("button").click()
    expect(page.get_by_role("status")).to_have_text("The password must have 8 to 200 characters.")
    page.get_by_label("New password").fill(NEW)
    page.get_by_role("button").click()
    page.wait_for_url(f"http://shop.localhost:{server.port}/")
    me = _read(page, server, "me")["user"]
    assert (me["email"], me["verified"], me["roles"]) == ("bea@example.com", True, ["editor"])


def test_an_administrator_acts_as_a_user(server: ServerProcess, shop: httpx.Client, person: PersonMaker) -> None:
    user = shop.post("/api/auth/login", json={"email": EMAIL, "password": PASSWORD}).json()["user"]
    shown = server.command("tenant", "impersonate", "shop", user["id"], "--reason", "ticket 17").stdout
    found = re.search(r"http://\S+", shown)
    assert found is not None, shown
    page = _follow(person, found[0])
    expect(page.get_by_role("heading")).to_have_text("Act as a user")
    page.get_by_role("button").click()
    page.wait_for_url(f"http://shop.localhost:{server.port}/")
    sessions = _read(page, server, "sessions")["items"]
    assert [one["impersonated"] for one in sessions if one["current"]] == [True]
