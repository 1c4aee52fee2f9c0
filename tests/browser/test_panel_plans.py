"""Plans in the panel: their page, and the dialog and the table of tenants."""

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.support.process import ServerProcess

pytestmark = [pytest.mark.browser, pytest.mark.process, pytest.mark.timeout(120)]


def _plan(page: Page, name: str) -> Locator:
    return page.locator(f'[data-testid="plan-row"][data-name="{name}"]')


def _tenant(page: Page, name: str) -> Locator:
    return page.locator(f'[data-testid="tenant-row"][data-name="{name}"]')


def test_a_plan_is_made_changed_and_deleted_by_keyboard(panel: Page, server: ServerProcess) -> None:
    panel.get_by_test_id("go-plans").press("Enter")
    expect(panel.get_by_role("heading", name="No plans yet")).to_be_visible()
    expect(panel.get_by_test_id("go-plans")).to_have_attribute("aria-current", "page")
    panel.get_by_test_id("new-plan").press("Enter")
    expect(panel.get_by_test_id("plan-name")).to_be_focused()
    panel.keyboard.type("small")
    panel.get_by_test_id("limit-maxDocuments").fill("100")
    panel.get_by_test_id("limit-maxDocuments").press("Enter")
    expect(_plan(panel, "small")).to_contain_text("Documents: 100")
    expect(_plan(panel, "small").get_by_test_id("plan-tenants")).to_have_text("0")

    _plan(panel, "small").get_by_test_id("edit-plan").press("Enter")
    panel.get_by_test_id("limit-maxDocuments").fill("")
    panel.get_by_test_id("limit-maxStorage").fill("1.5")
    panel.get_by_test_id("unit-maxStorage").select_option("GiB")
    panel.get_by_test_id("limit-maxRate").fill("0.5")
    panel.get_by_test_id("save-plan").press("Enter")
    expect(_plan(panel, "small")).to_contain_text("Files and site: 1.5 GiB · Request rate: 0.5/s")
    made = server.admin("GET", "/v1/plans/small")
    assert made["limits"] == {"maxStorage": 3 * 2**29, "maxRate": 0.5}

    _plan(panel, "small").get_by_test_id("delete-plan").press("Enter")
    panel.get_by_test_id("confirm-delete-plan").press("Enter")
    expect(panel.get_by_role("heading", name="No plans yet")).to_be_visible()


def test_a_plan_that_a_tenant_has_is_not_deleted_and_says_whose_it_is(panel: Page, server: ServerProcess) -> None:
    server.admin("PUT", "/v1/plans/small", json={"limits": {}})
    server.admin("POST", "/v1/tenants", json={"name": "shop", "plan": "small"})
    server.admin("POST", "/v1/tenants", json={"name": "other"})
    panel.get_by_test_id("go-plans").click()
    expect(_plan(panel, "small").get_by_test_id("plan-tenants")).to_have_text("1")
    _plan(panel, "small").get_by_test_id("delete-plan").click()
    panel.get_by_test_id("confirm-delete-plan").click()
    expect(panel.get_by_role("alert")).to_contain_text("Give them another plan first.")
    panel.get_by_test_id("tenants-of-plan").click()
    expect(panel.get_by_role("dialog")).to_have_count(0)
    expect(_tenant(panel, "shop")).to_be_visible()
    expect(_tenant(panel, "other")).to_have_count(0)
    panel.get_by_role("link", name="Show all tenants").click()
    expect(_tenant(panel, "other")).to_be_visible()


def test_a_new_plan_never_replaces_another(panel: Page, server: ServerProcess) -> None:
    panel.get_by_test_id("go-plans").click()
    panel.get_by_test_id("new-plan").click()
    # Made by somebody else meanwhile.
    server.admin("PUT", "/v1/plans/small", json={"limits": {"maxSockets": 7}})
    panel.get_by_test_id("plan-name").fill("small")
    panel.get_by_test_id("save-plan").click()
    expect(panel.get_by_text("There is a plan of this name already.")).to_be_visible()
    expect(panel.get_by_test_id("plan-name")).to_be_focused()
    assert server.admin("GET", "/v1/plans/small")["limits"] == {"maxSockets": 7}


def test_what_is_wrong_in_a_plan_is_said_at_its_field(panel: Page) -> None:
    panel.get_by_test_id("go-plans").click()
    panel.get_by_test_id("new-plan").click()
    panel.get_by_test_id("plan-name").fill("Small")
    panel.get_by_test_id("limit-maxDocuments").fill("1,000")
    panel.get_by_test_id("save-plan").click()
    expect(panel.get_by_text("Use only the letters a to z, digits and hyphens.")).to_be_visible()
    expect(panel.get_by_text("Enter a number, such as 1000 or 1.5.")).to_be_visible()
    panel.get_by_test_id("plan-name").fill("small")
    panel.get_by_test_id("limit-maxDocuments").fill("2.5")
    panel.get_by_test_id("save-plan").click()
    expect(panel.get_by_text("It must be a whole number.")).to_be_visible()
    expect(panel.get_by_test_id("limit-maxDocuments")).to_be_focused()


def test_a_tenant_is_made_with_a_plan_and_shown_with_it(panel: Page, server: ServerProcess) -> None:
    server.admin("PUT", "/v1/plans/small", json={"limits": {}})
    panel.reload()
    for name, plan in (("shop", "small"), ("free", "")):
        panel.get_by_test_id("new-tenant").first.click()
        panel.get_by_test_id("tenant-name").fill(name)
        panel.get_by_test_id("new-tenant-plan").select_option(plan)
        panel.get_by_test_id("create-tenant").click()
        panel.get_by_test_id("tenant-ready-done").click()
    expect(_tenant(panel, "shop").get_by_test_id("tenant-plan")).to_have_text("small")
    expect(_tenant(panel, "free").get_by_test_id("tenant-plan")).to_have_text("None")
    assert server.admin("GET", "/v1/tenants/shop")["plan"] == "small"
    panel.get_by_test_id("go-plans").click()
    expect(_plan(panel, "small").get_by_test_id("plan-tenants")).to_have_text("1")


def test_a_plan_that_is_gone_when_a_tenant_is_made_is_said_at_its_field(panel: Page, server: ServerProcess) -> None:
    server.admin("PUT", "/v1/plans/small", json={"limits": {}})
    panel.reload()
    panel.get_by_test_id("new-tenant").first.click()
    panel.get_by_test_id("tenant-name").fill("shop")
    panel.get_by_test_id("new-tenant-plan").select_option("small")
    server.admin("DELETE", "/v1/plans/small")
    panel.get_by_test_id("create-tenant").click()
    expect(panel.get_by_text("It must be one of the plans: none yet.")).to_be_visible()
