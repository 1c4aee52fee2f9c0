"""The admin panel in a real browser."""

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import PersonMaker
from tests.support.app import SETUP_CODE
from tests.support.process import ServerProcess

pytestmark = [pytest.mark.browser, pytest.mark.process, pytest.mark.timeout(120)]


def test_from_the_set_up_code_to_a_tenant_and_back(tmp_path: Path, person: PersonMaker) -> None:
    server = ServerProcess.on(tmp_path)
    server.start()
    try:
        page = person(f"http://localhost:{server.admin_port}/#code={SETUP_CODE}")
        page.get_by_test_id("setup-email").fill("admin@example.com")
        page.get_by_test_id("setup-password").fill("correct horse")
        expect(page.get_by_test_id("setup-code")).to_have_value(SETUP_CODE)
        page.get_by_test_id("setup-submit").click()
        page.get_by_test_id("new-tenant").first.click()
        page.get_by_test_id("tenant-name").fill("shop")
        page.get_by_test_id("create-tenant").click()
        key = page.get_by_test_id("api-key").inner_text()
        assert key.startswith("bpk_")
        page.get_by_test_id("tenant-ready-done").click()
        row = page.locator('[data-testid="tenant-row"][data-name="shop"]')
        expect(row).to_be_visible()
        page.reload()
        expect(row).to_be_visible()
        row.get_by_test_id("delete-tenant").click()
        page.get_by_test_id("confirm-name").fill("shop")
        page.get_by_test_id("confirm-delete").click()
        expect(row).to_have_count(0)
        page.get_by_test_id("sign-out").click()
        page.get_by_test_id("signin-email").fill("admin@example.com")
        page.get_by_test_id("signin-password").fill("correct horse")
        page.get_by_test_id("signin-submit").click()
        expect(page.get_by_test_id("new-tenant").first).to_be_visible()
    finally:
        server.stop()
