"""A tenant's plan and limits, in the panel."""

from urllib.parse import quote

import pytest
from playwright.sync_api import Locator, Page, expect

from tenancy.model.limits import BOUNDS, NAMES
from tests.support.process import ServerProcess

pytestmark = [pytest.mark.browser, pytest.mark.process, pytest.mark.timeout(120)]


@pytest.fixture
def shop(panel: Page, server: ServerProcess) -> Page:
    """The page of a tenant that has a plan and a limit of its own."""
    server.admin("PUT", "/v1/plans/small", json={"limits": {"maxDocuments": 100, "maxFile": 2**20}})
    server.admin("PUT", "/v1/plans/large", json={"limits": {"maxDocuments": 5000}})
    body = {"name": "shop", "plan": "small", "limits": {"maxFile": 2**21}}
    server.admin("POST", "/v1/tenants", json=body)
    panel.reload()
    panel.get_by_role("link", name="shop", exact=True).click()
    rows = panel.get_by_test_id("limit-row")
    expect(rows).to_have_count(2)
    assert [row.get_attribute("data-name") for row in rows.all()] == ["maxDocuments", "maxFile"]
    panel.get_by_test_id("all-limits").click()
    return panel


def _row(page: Page, name: str) -> Locator:
    return page.locator(f'[data-testid="limit-row"][data-name="{name}"]')


def _expect(page: Page, name: str, value: str, source: str) -> None:
    expect(_row(page, name)).to_contain_text(value)
    expect(_row(page, name).locator("[data-from]")).to_have_attribute("data-from", source)


def test_every_limit_says_where_it_comes_from(shop: Page) -> None:
    rows = shop.get_by_test_id("limit-row")
    expect(rows).to_have_count(len(NAMES))
    assert sorted(str(row.get_attribute("data-name")) for row in rows.all()) == sorted(NAMES.values())
    _expect(shop, "maxDocuments", "100", "plan")
    _expect(shop, "maxFile", "2 MiB", "own")
    _expect(shop, "maxBody", "1 MiB", "server")
    _expect(shop, "maxData", "No limit", "server")
    _expect(shop, "sessionDays", "30 days", "server")


def test_limits_are_edited_in_their_units_and_taken_back(shop: Page, server: ServerProcess) -> None:
    shop.get_by_test_id("edit-limits").click()
    expect(shop.get_by_test_id("limit-maxFile")).to_have_value("2")
    expect(shop.get_by_test_id("unit-maxFile")).to_have_value("MiB")
    expect(shop.get_by_test_id("limit-maxDocuments")).to_have_attribute("placeholder", "100")
    shop.get_by_test_id("limit-maxDocuments").fill("0")
    shop.get_by_test_id("limit-maxBody").fill("1.5")
    shop.get_by_test_id("unit-maxBody").select_option("KiB")
    shop.get_by_test_id("limit-maxRate").fill("2.5")
    shop.get_by_test_id("save-limits").click()
    _expect(shop, "maxDocuments", "No limit", "own")
    _expect(shop, "maxBody", "1.5 KiB", "own")
    _expect(shop, "maxRate", "2.5/s", "own")
    own = {"maxFile": 2**21, "maxDocuments": 0, "maxBody": 1536, "maxRate": 2.5}
    assert server.admin("GET", "/v1/tenants/shop")["ownLimits"] == own

    _row(shop, "maxFile").get_by_test_id("take-back").press("Enter")
    _expect(shop, "maxFile", "1 MiB", "plan")
    expect(shop.get_by_test_id("edit-limits")).to_be_focused()
    # An empty field takes back too.
    shop.get_by_test_id("edit-limits").click()
    shop.get_by_test_id("limit-maxBody").fill("")
    shop.get_by_test_id("limit-maxBody").press("Enter")
    _expect(shop, "maxBody", "1 MiB", "server")
    assert server.admin("GET", "/v1/tenants/shop")["ownLimits"] == {"maxDocuments": 0, "maxRate": 2.5}


def test_what_the_server_refuses_is_said_at_its_field(shop: Page, server: ServerProcess) -> None:
    shop.get_by_test_id("edit-limits").click()
    shop.get_by_test_id("limit-maxBody").fill("1")
    shop.get_by_test_id("unit-maxBody").select_option("B")
    shop.get_by_test_id("limit-maxSockets").fill("0")
    shop.get_by_test_id("save-limits").click()
    dialog = shop.get_by_role("dialog")
    expect(dialog.get_by_text("It must be 1024 or more, in bytes.")).to_be_visible()
    expect(dialog.get_by_text("It must be 1 or more.")).to_be_visible()
    expect(shop.get_by_test_id("limit-maxSockets")).to_be_focused()
    expect(shop.get_by_test_id("limit-maxBody")).to_have_attribute("aria-invalid", "true")
    assert server.admin("GET", "/v1/tenants/shop")["ownLimits"] == {"maxFile": 2**21}


def test_zero_is_offered_as_no_limit_where_it_is_one(shop: Page) -> None:
    shop.get_by_test_id("edit-limits").click()
    for name, bounds in BOUNDS.items():
        described = shop.get_by_test_id(f"limit-{NAMES[name]}").get_attribute("aria-describedby")
        words = shop.locator(f"[id='{described}']").inner_text() if described else ""
        assert ("0 for no limit" in words) == (bounds.least == 0), name


def test_a_plan_is_given_and_taken_away(shop: Page, server: ServerProcess) -> None:
    expect(shop.get_by_test_id("give-plan")).to_be_disabled()
    shop.get_by_test_id("tenant-plan").select_option("large")
    shop.get_by_test_id("give-plan").click()
    _expect(shop, "maxDocuments", "5,000", "plan")
    _expect(shop, "maxFile", "2 MiB", "own")
    expect(shop.get_by_test_id("tenant-plan")).to_be_focused()
    shop.get_by_test_id("tenant-plan").select_option("")
    shop.get_by_test_id("give-plan").press("Enter")
    _expect(shop, "maxDocuments", "No limit", "server")
    assert server.admin("GET", "/v1/tenants/shop")["plan"] is None

    # One that is gone by then.
    shop.get_by_test_id("tenant-plan").select_option("large")
    server.admin("DELETE", "/v1/plans/large")
    shop.get_by_test_id("give-plan").click()
    expect(shop.get_by_text("It must be one of the plans: small.")).to_be_visible()


def test_names_are_never_markup(panel: Page, server: ServerProcess) -> None:
    server.admin("POST", "/v1/tenants", json={"name": "shop"})
    markup = "<img src=x onerror=alert(1)>"
    for path, shown in (("tenants/", panel.locator("h1")), ("?plan=", panel.locator("#main b"))):
        panel.goto(f"http://localhost:{server.admin_port}/{path}{quote(markup)}")
        expect(shown).to_have_text(markup)
        expect(panel.locator("#main img")).to_have_count(0)


@pytest.mark.parametrize("path", ["/", "/plans", "/tenants/shop"])
def test_pages_fit_on_a_narrow_screen(shop: Page, server: ServerProcess, path: str) -> None:
    shop.set_viewport_size({"width": 375, "height": 700})
    shop.goto(f"http://localhost:{server.admin_port}{path}")
    expect(shop.locator("h1")).to_be_visible()
    expect(shop.locator("table").first).to_be_visible()
    assert shop.evaluate("document.documentElement.scrollWidth") == 375
    for name in ("go-tenants", "go-plans", "sign-out"):
        expect(shop.get_by_test_id(name)).to_be_in_viewport(ratio=1)
