"""The panel when the network is away, and when the session ends."""

import pytest
from playwright.sync_api import Page, expect

from tests.support.app import PASSWORD
from tests.support.process import ServerProcess

pytestmark = [pytest.mark.browser, pytest.mark.process, pytest.mark.timeout(120)]


@pytest.fixture
def page(panel: Page, server: ServerProcess) -> Page:
    """The page of a tenant."""
    server.admin("POST", "/v1/tenants", json={"name": "shop"})
    panel.goto(f"http://localhost:{server.admin_port}/tenants/shop")
    expect(panel.get_by_test_id("snapshot-schedule")).to_be_visible()
    return panel


def test_what_is_asked_for_offline_fails_at_once_and_is_not_done_later(page: Page, server: ServerProcess) -> None:
    page.get_by_test_id("suspend-tenant").click()
    page.context.set_offline(True)
    page.get_by_test_id("confirm-suspend").click()
    expect(page.get_by_role("dialog").get_by_role("alert")).to_contain_text("The server does not answer")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.context.set_offline(False)
    page.wait_for_function("navigator.onLine")
    page.wait_for_timeout(500)
    assert server.admin("GET", "/v1/tenants/shop")["status"] == "active"
    page.reload()
    expect(page.get_by_test_id("suspend-tenant")).to_be_visible()


def test_the_sign_in_page_is_alone_when_the_session_has_ended(page: Page) -> None:
    page.get_by_test_id("suspend-tenant").click()
    page.context.clear_cookies()
    page.get_by_test_id("confirm-suspend").click()
    expect(page.get_by_test_id("signin-email")).to_be_visible()
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.get_by_text("Your session is over")).to_be_visible()
    page.get_by_test_id("signin-email").fill("admin@example.com")
    page.get_by_test_id("signin-password").fill(PASSWORD)
    page.get_by_test_id("signin-submit").click()
    expect(page.locator("h1")).to_have_text("shop")
    expect(page.get_by_role("dialog")).to_have_count(0)
