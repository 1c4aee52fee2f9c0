"""What a tenant uses, in the panel."""

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.support.process import ServerProcess

pytestmark = [pytest.mark.browser, pytest.mark.process, pytest.mark.timeout(120)]
REFRESH_MS = 10_000


@pytest.fixture
def shop(server: ServerProcess) -> Iterator[httpx.Client]:
    """A tenant that may have five documents, as its API key sees it."""
    made = server.admin("POST", "/v1/tenants", json={"name": "shop", "limits": {"maxDocuments": 5}})
    headers = {"host": f"shop.localhost:{server.port}", "authorization": f"Bearer {made['apiKey']}"}
    with httpx.Client(base_url=f"http://127.0.0.1:{server.port}", headers=headers) as client:
        client.post("/api/collections", json={"name": "cars"})
        yield client


def _add_cars(shop: httpx.Client, count: int) -> None:
    for _ in range(count):
        assert shop.post("/api/data/cars", json={}).status_code == 201


def _meter(page: Page, name: str) -> Locator:
    return page.locator(f'[data-testid="usage-meter"][data-name="{name}"]')


def _go_to_shop(page: Page) -> None:
    page.get_by_role("link", name="shop", exact=True).click()
    expect(_meter(page, "documents")).to_be_visible()


def test_use_is_shown_beside_limits_and_renewed(panel: Page, shop: httpx.Client) -> None:
    _add_cars(shop, 3)
    panel.clock.install()
    panel.reload()
    _go_to_shop(panel)
    documents = _meter(panel, "documents")
    expect(documents).to_contain_text("3 of 5")
    expect(documents).to_have_attribute("data-level", "fine")
    bar = documents.get_by_role("meter", name="Documents")
    expect(bar).to_have_attribute("aria-valuenow", "3")
    expect(bar).to_have_attribute("aria-valuetext", "60% used")
    expect(_meter(panel, "databaseBytes")).to_contain_text("No limit")
    expect(_meter(panel, "databaseBytes").get_by_role("meter")).to_have_count(0)

    _add_cars(shop, 1)
    panel.clock.run_for(REFRESH_MS)
    expect(documents).to_have_attribute("data-level", "near")
    expect(documents).to_contain_text("80% used, near the limit")
    _add_cars(shop, 1)
    panel.clock.run_for(REFRESH_MS)
    expect(documents).to_have_attribute("data-level", "full")
    expect(documents).to_contain_text("At the limit")


def _do(server: ServerProcess, path: str, body: dict[str, str]) -> None:
    """Long work that somebody else asks for, to its end."""
    headers = {"authorization": f"Bearer {server.token}", "prefer": "wait=30"}
    answer = httpx.post(f"{server.admin_url}{path}", json=body, headers=headers, timeout=60)
    assert answer.json()["status"] == "done"


def test_what_others_do_shows_by_itself(panel: Page, server: ServerProcess, shop: httpx.Client) -> None:
    _add_cars(shop, 1)
    panel.clock.install()
    panel.reload()
    _go_to_shop(panel)
    expect(panel.get_by_text("There are none yet.")).to_be_visible()
    _do(server, "/v1/tenants/shop/snapshots", {"note": ""})
    _do(server, "/v1/tenants/shop/previews", {"label": "pr-12"})
    server.admin("POST", "/v1/tenants/shop/suspend", json={})
    panel.clock.run_for(REFRESH_MS)
    expect(panel.get_by_test_id("suspended")).to_be_visible()
    expect(panel.get_by_test_id("snapshot-row")).to_have_count(1)
    expect(panel.get_by_role("link", name="shop--pr-12", exact=True)).to_be_visible()
    server.admin("DELETE", "/v1/tenants/shop")
    panel.clock.run_for(REFRESH_MS)
    expect(panel.get_by_role("alert")).to_have_count(1)
    expect(panel.get_by_test_id("snapshot-row")).to_have_count(0)


def test_nothing_is_asked_for_while_nobody_looks(panel: Page, shop: httpx.Client) -> None:
    asked: list[str] = []
    panel.on("request", lambda request: asked.append(request.url) if "/v1/" in request.url else None)
    panel.clock.install()
    panel.reload()
    _go_to_shop(panel)
    before = len(asked)
    _look(panel, "hidden")
    panel.clock.run_for(3 * REFRESH_MS)
    panel.wait_for_timeout(300)
    assert len(asked) == before
    with panel.expect_request("**/usage?*"):
        _look(panel, "visible")


def _look(page: Page, state: str) -> None:
    page.evaluate(
        """(state) => {
          Object.defineProperty(document, "visibilityState", { configurable: true, get: () => state });
          document.dispatchEvent(new Event("visibilitychange", { bubbles: true }));
        }""",
        state,
    )


def test_requests_are_shown_by_day_as_a_chart_and_as_a_table(
    panel: Page, server: ServerProcess, shop: httpx.Client
) -> None:
    server.admin("PATCH", "/v1/tenants/shop", json={"limits": {"maxRate": 1}})
    with ThreadPoolExecutor(20) as threads:
        statuses = list(threads.map(lambda _: shop.get("/api/health").status_code, range(20)))
    refused = statuses.count(429)
    assert refused > 0
    panel.reload()
    _go_to_shop(panel)
    chart = panel.get_by_test_id("requests-chart")
    summary = f"Requests by day, 30 days: 21 requests, 0 failed, {refused} refused."
    busiest = f"The busiest was {_today(panel)}: 21 requests, {refused} refused."
    expect(chart.get_by_role("img")).to_have_attribute("aria-label", f"{summary} {busiest}")
    expect(chart).to_contain_text(f"Refused {refused}")
    expect(chart.locator("[data-day]")).to_have_count(30)
    parts = chart.locator("[data-day]").last.locator("[data-kind]")
    expect(parts).to_have_count(2)
    assert [part.get_attribute("data-kind") for part in parts.all()] == ["refused", "answered"]

    panel.get_by_test_id("toggle-requests").press("Enter")
    cells = panel.get_by_test_id("requests-table").locator("tbody tr").locator("th, td")
    assert cells.all_inner_texts()[:4] == [_today(panel), "21", "0", str(refused)]
    panel.get_by_test_id("toggle-requests").press("Enter")
    expect(chart).to_be_visible()


def _today(page: Page) -> str:
    options = '{ timeZone: "UTC", month: "short", day: "numeric" }'
    today: str = page.evaluate(f'() => new Date().toLocaleDateString("en", {options})')
    return today


def test_a_tenant_that_nobody_asks_has_no_chart(panel: Page, server: ServerProcess) -> None:
    server.admin("POST", "/v1/tenants", json={"name": "idle"})
    panel.reload()
    panel.get_by_role("link", name="idle", exact=True).click()
    expect(panel.get_by_text("Nobody has asked for anything in these days.")).to_be_visible()
    expect(panel.get_by_test_id("requests-chart")).to_have_count(0)


def test_the_last_numbers_stay_when_the_server_does_not_answer(panel: Page, shop: httpx.Client) -> None:
    _add_cars(shop, 2)
    panel.clock.install()
    panel.reload()
    _go_to_shop(panel)
    panel.route("**/usage?*", lambda route: route.fulfill(status=403, json=_PROBLEM))
    panel.clock.run_for(REFRESH_MS)
    expect(panel.get_by_text("Not now")).to_be_visible()
    expect(_meter(panel, "documents")).to_contain_text("2 of 5")
    panel.unroute("**/usage?*")
    panel.get_by_role("button", name="Try again").click()
    expect(panel.get_by_text("Not now")).to_have_count(0)


_PROBLEM = {"code": "forbidden", "title": "Not now", "status": 403}


def test_a_tenant_in_quarantine_says_what_that_means(panel: Page, shop: httpx.Client) -> None:
    def quarantined(route: Route) -> None:
        """The server's own answer, a minute of load later."""
        answer = route.fetch()
        found = answer.json()
        for tenant in found.get("items", [found]):
            assert tenant["quarantinedSince"] is None
            tenant["quarantinedSince"] = tenant["createdAt"]
        route.fulfill(response=answer, json=found)

    panel.reload()
    expect(panel.get_by_role("link", name="shop", exact=True)).to_be_visible()
    expect(panel.get_by_test_id("quarantine")).to_have_count(0)
    panel.route(re.compile(r"/v1/tenants(/shop)?$"), quarantined)
    panel.reload()
    expect(panel.get_by_test_id("quarantine")).to_have_count(1)
    _go_to_shop(panel)
    badge = panel.get_by_test_id("quarantine")
    expect(badge).to_be_visible()
    for _ in range(20):
        panel.keyboard.press("Tab")
        if badge.evaluate("element => element === document.activeElement"):
            break
    expect(panel.get_by_role("tooltip")).to_contain_text("a calm minute")
