"""The life of tenants in the panel: suspended, renamed, cloned, restored, deleted and had back."""

import json
import re
import shutil
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Locator, Page, Route, WebSocketRoute, expect

from tests.support.process import ServerProcess
from tests.support.zips import make_zip

pytestmark = [pytest.mark.browser, pytest.mark.process, pytest.mark.timeout(120)]
_ENDED = re.compile("done|failed|cancelled")


def _open(server: ServerProcess, name: str, key: str) -> httpx.Client:
    """A tenant as one of its API keys sees it."""
    headers = {"host": f"{name}.localhost:{server.port}", "authorization": f"Bearer {key}"}
    return httpx.Client(base_url=f"http://127.0.0.1:{server.port}", headers=headers)


@pytest.fixture
def shop(server: ServerProcess) -> Iterator[httpx.Client]:
    """A tenant with a car, a file and a site."""
    made = server.admin("POST", "/v1/tenants", json={"name": "shop"})
    zipped = {"content-type": "application/zip"}
    site = make_zip({"index.html": b"the shop"})
    with _open(server, "shop", made["apiKey"]) as client:
        assert client.post("/api/data/cars", json={"id": "one", "brand": "old"}).status_code == 201
        assert client.post("/api/files", files={"file": ("a.txt", b"bytes")}).status_code == 201
        assert client.post("/api/site", content=site, headers=zipped).is_success
        yield client


@pytest.fixture
def page(panel: Page, server: ServerProcess, shop: httpx.Client) -> Page:
    """The page of the tenant."""
    panel.goto(f"http://localhost:{server.admin_port}/tenants/shop")
    expect(panel.get_by_test_id("snapshot-schedule")).to_be_visible()
    return panel


def _ended(page: Page) -> Locator:
    """The operation in the dialog, when it has ended."""
    operation = page.get_by_test_id("operation")
    expect(operation).to_have_attribute("data-status", _ENDED)
    return operation


def _end(page: Page) -> None:
    """Wait until an operation is done, and close its dialog."""
    expect(_ended(page)).to_have_attribute("data-status", "done")
    page.get_by_test_id("close-operation").click()
    expect(page.get_by_role("dialog")).to_have_count(0)


def _take_snapshot(page: Page, note: str = "") -> Locator:
    page.get_by_test_id("take-snapshot").click()
    page.get_by_test_id("snapshot-note").fill(note)
    page.get_by_test_id("snapshot-note").press("Enter")
    _end(page)
    return page.get_by_test_id("snapshot-row").first


def _brand(tenant: httpx.Client) -> Any:
    return tenant.get("/api/data/cars/one").json()["brand"]


def _new_key(page: Page) -> str:
    page.get_by_test_id("make-key").click()
    key = page.get_by_test_id("api-key").inner_text()
    page.get_by_test_id("tenant-ready-done").click()
    expect(page.get_by_test_id("api-key")).to_have_count(0)
    return key


def test_suspended_and_resumed(page: Page, shop: httpx.Client) -> None:
    assert shop.get("/").text == "the shop"
    page.get_by_test_id("suspend-tenant").press("Enter")
    expect(page.get_by_role("dialog")).to_contain_text("503")
    page.get_by_test_id("confirm-suspend").click()
    expect(page.locator("#main").get_by_text("suspended", exact=True)).to_be_visible()
    expect(page.get_by_test_id("suspended")).to_contain_text("Suspended: nobody is served until it is resumed.")
    expect(page.get_by_test_id("suspend-tenant")).to_have_count(0)
    assert shop.get("/").status_code == 503
    assert shop.get("/api/data/cars").json()["code"] == "tenant_suspended"
    page.get_by_test_id("resume-tenant").press("Enter")
    page.get_by_test_id("confirm-resume").click()
    expect(page.get_by_test_id("suspend-tenant")).to_be_visible()
    assert shop.get("/").status_code == 200


def test_renamed_and_the_page_goes_on_under_the_new_name(page: Page, server: ServerProcess, shop: httpx.Client) -> None:
    server.admin("POST", "/v1/tenants", json={"name": "other"})
    page.get_by_test_id("rename-tenant").click()
    name = page.get_by_test_id("new-name")
    expect(name).to_be_focused()
    rests = "The old name leads to the new one for 30 days; after that nobody else can have it for 30 days."
    expect(page.get_by_role("dialog")).to_contain_text(rests)
    name.fill("other")
    name.press("Enter")
    expect(page.get_by_text("This name is taken.", exact=True)).to_be_visible()
    name.fill("www")
    name.press("Enter")
    expect(page.get_by_text("This name is reserved.", exact=True)).to_be_visible()
    expect(page.get_by_role("dialog").get_by_role("alert")).to_have_count(0)
    name.fill("bazaar")
    name.press("Enter")
    expect(page).to_have_url(f"http://localhost:{server.admin_port}/tenants/bazaar")
    expect(page.locator("h1")).to_have_text("bazaar")
    expect(page.locator("h1")).to_be_focused()
    expect(page.get_by_test_id("snapshot-schedule")).to_be_visible()
    old = shop.get("/api/data/cars/one")
    assert old.status_code == 308
    assert old.headers["location"] == f"http://bazaar.localhost:{server.port}/api/data/cars/one"
    with _open(server, "bazaar", shop.headers["authorization"].removeprefix("Bearer ")) as bazaar:
        assert _brand(bazaar) == "old"


def test_cloned_with_a_key_of_its_own(page: Page, server: ServerProcess, shop: httpx.Client) -> None:
    page.get_by_test_id("clone-tenant").click()
    page.get_by_test_id("clone-name").fill("shop")
    page.get_by_test_id("confirm-clone").click()
    expect(page.get_by_text("This name is taken.", exact=True)).to_be_visible()
    expect(page.get_by_test_id("clone-name")).to_have_attribute("aria-invalid", "true")
    page.get_by_test_id("clone-name").fill("stage-two")
    page.get_by_test_id("clone-files").uncheck()
    page.get_by_test_id("confirm-clone").click()
    operation = _ended(page)
    expect(operation).to_contain_text("stage-two is served.")
    expect(operation.get_by_role("progressbar")).to_have_attribute("aria-valuenow", "100")
    key = _new_key(page)
    with _open(server, "stage-two", key) as two:
        assert _brand(two) == "old"
        assert two.get("/").text == "the shop"
    with _open(server, "stage-two", shop.headers["authorization"].removeprefix("Bearer ")) as foreign:
        assert foreign.get("/api/data/users").status_code == 401
    assert server.admin("GET", "/v1/tenants/stage-two")["usage"]["files"] == 0
    assert server.admin("GET", "/v1/tenants/shop")["usage"]["files"] == 1


def test_a_preview_says_of_what_it_is_one_and_when_it_goes(page: Page, server: ServerProcess) -> None:
    page.get_by_test_id("new-preview").click()
    page.get_by_test_id("preview-label").fill("-pr")
    page.get_by_test_id("preview-days").fill("soon")
    page.get_by_test_id("confirm-preview").click()
    expect(page.get_by_text("Begin and end with a letter or a digit.")).to_be_visible()
    expect(page.get_by_text("Enter a whole number from 1 to 3650.")).to_be_visible()
    page.get_by_test_id("preview-label").fill("pr-12")
    page.get_by_test_id("preview-days").fill("3")
    page.get_by_test_id("confirm-preview").click()
    page.get_by_test_id("made-tenant").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.locator("h1")).to_have_text("shop--pr-12")
    page.get_by_test_id("no-key").get_by_test_id("make-key").click()
    expect(page.get_by_test_id("api-key")).to_contain_text("bpk_")
    page.get_by_test_id("tenant-ready-done").click()
    expect(page.get_by_test_id("no-key")).to_have_count(0)
    expect(page.get_by_test_id("lifetime")).to_have_text("Preview of shop, removed in 3 days")
    expect(page.get_by_text("its name comes from that of its tenant, shop.")).to_be_visible()
    expect(page.get_by_text("A preview is gone for good at once.")).to_be_visible()
    page.get_by_test_id("delete-tenant").click()
    expect(page.get_by_role("dialog")).to_contain_text("A preview is gone for good at once.")
    expect(page.get_by_role("dialog")).not_to_contain_text("had back")
    page.keyboard.press("Escape")
    expect(page.get_by_test_id("clone-tenant")).to_be_visible()
    for name in ("rename-tenant", "new-preview"):
        expect(page.get_by_test_id(name)).to_have_count(0)
    page.get_by_test_id("lifetime").get_by_role("link", name="shop").click()
    expect(page.get_by_role("link", name="shop--pr-12", exact=True)).to_be_visible()
    page.get_by_test_id("rename-tenant").click()
    expect(page.get_by_test_id("rename-previews")).to_contain_text("previews have to be deleted first")
    expect(page.get_by_test_id("confirm-rename")).to_be_disabled()
    page.keyboard.press("Escape")
    page.get_by_test_id("new-preview").click()
    page.get_by_test_id("preview-label").fill("pr-12")
    page.get_by_test_id("preview-label").press("Enter")
    expect(page.get_by_text("This label is taken.", exact=True)).to_be_visible()
    page.keyboard.press("Escape")
    page.get_by_test_id("go-tenants").click()
    row = page.locator('[data-testid="tenant-row"][data-name="shop--pr-12"]')
    expect(row.get_by_test_id("preview")).to_be_visible()
    expect(row.get_by_test_id("lifetime")).to_have_text("Preview of shop, removed in 3 days")
    expect(page.get_by_test_id("preview")).to_have_count(1)


def test_a_snapshot_is_taken_and_restored(page: Page, shop: httpx.Client) -> None:
    expect(page.get_by_text("There are none yet.")).to_be_visible()
    expect(page.get_by_test_id("snapshot-schedule")).to_contain_text(
        "It gets one by itself every day when it has changed."
    )
    expect(page.get_by_test_id("snapshot-schedule")).to_contain_text("the last 3, and the newest of each of 7 days and")
    row = _take_snapshot(page, "before the sale")
    expect(row).to_contain_text("Asked for: before the sale")
    expect(row.get_by_test_id("snapshot-proven")).to_have_text("Not yet")
    expect(page.get_by_test_id("snapshots-held")).to_contain_text("None was proven yet.")
    assert shop.patch("/api/data/cars/one", json={"brand": "new"}).status_code == 200

    row.get_by_test_id("snapshot-actions").press("Enter")
    page.get_by_test_id("restore-snapshot").press("Enter")
    expect(page.get_by_test_id("confirm-name")).to_be_focused()
    expect(page.get_by_role("dialog")).to_contain_text("API keys stay those of now.")
    expect(page.get_by_test_id("confirm-restore")).to_be_disabled()
    page.keyboard.type("shop")
    page.keyboard.press("Enter")
    _end(page)
    assert _brand(shop) == "old"


def test_a_snapshot_is_proven_downloaded_and_forgotten(page: Page, tmp_path: Path, server: ServerProcess) -> None:
    row = _take_snapshot(page)
    row.get_by_test_id("snapshot-actions").click()
    page.get_by_test_id("prove-snapshot").click()
    expect(_ended(page)).to_contain_text("1 document and 1 file came back.")
    _end(page)
    (snapshot,) = server.admin("GET", "/v1/tenants/shop/snapshots")["items"]
    proven = row.get_by_test_id("snapshot-proven").locator("time")
    expect(proven).to_have_attribute("datetime", snapshot["proven"]["at"])
    expect(page.get_by_test_id("snapshots-held")).to_contain_text("One was last proven just now.")

    row.get_by_test_id("snapshot-actions").click()
    with page.expect_download() as of_snapshot:
        page.get_by_test_id("download-snapshot").click()
    with page.expect_download() as of_now:
        page.get_by_test_id("download-tenant").click()
    for download in (of_snapshot.value, of_now.value):
        assert re.fullmatch(r"shop-[0-9-]{10}T[0-9]{4}Z\.backpack", download.suggested_filename)
        download.save_as(tmp_path / "shop.backpack")
        with zipfile.ZipFile(tmp_path / "shop.backpack") as archive:
            assert "backpack.json" in archive.namelist()

    row.get_by_test_id("snapshot-actions").click()
    page.get_by_test_id("forget-snapshot").click()
    page.get_by_test_id("confirm-forget").click()
    expect(page.get_by_text("There are none yet.")).to_be_visible()
    assert server.admin("GET", "/v1/tenants/shop/snapshots")["items"] == []


def _moment(page: Page) -> str:
    """Now, as somebody types it; nothing else happens in its second."""
    page.wait_for_timeout(1_100)
    local = "new Date(Date.now() - new Date().getTimezoneOffset() * 60000)"
    typed: str = page.evaluate(f"{local}.toISOString().slice(0, 19)")
    page.wait_for_timeout(1_100)
    return typed


def test_a_moment_comes_back_as_a_new_tenant_and_in_place(
    page: Page, server: ServerProcess, shop: httpx.Client
) -> None:
    expect(page.get_by_test_id("restore-moment")).to_have_count(0)
    _take_snapshot(page)
    assert shop.patch("/api/data/cars/one", json={"brand": "middle"}).status_code == 200
    moment = _moment(page)
    assert shop.patch("/api/data/cars/one", json={"brand": "new"}).status_code == 200

    page.get_by_test_id("restore-moment").click()
    page.get_by_test_id("confirm-moment").click()
    expect(page.get_by_text("Choose a date and a time.")).to_be_visible()
    page.get_by_test_id("moment-at").fill("2020-01-01T10:00:00")
    page.get_by_test_id("moment-name").fill("shop-before")
    page.get_by_test_id("confirm-moment").click()
    expect(page.get_by_text("No snapshot is as old as that. The earliest moment is ")).to_be_visible()
    page.get_by_test_id("moment-at").fill("2999-01-01T10:00:00")
    page.get_by_test_id("confirm-moment").click()
    expect(page.get_by_text("Choose a moment that is past.")).to_be_visible()
    expect(page.get_by_text(f"Address: http://shop-before.localhost:{server.port}")).to_be_visible()
    page.get_by_test_id("moment-at").fill(moment)
    page.get_by_test_id("confirm-moment").click()
    expect(_ended(page)).to_have_attribute("data-status", "done")
    key = _new_key(page)
    with _open(server, "shop-before", key) as before:
        assert _brand(before) == "middle"
    assert _brand(shop) == "new"

    page.get_by_test_id("restore-moment").click()
    page.get_by_test_id("moment-at").fill(moment)
    page.get_by_test_id("moment-in-place").check()
    page.get_by_test_id("confirm-moment").click()
    expect(page.get_by_text("Type the tenant’s name.")).to_be_visible()
    page.get_by_test_id("confirm-name").fill("shop")
    page.get_by_test_id("confirm-name").press("Enter")
    _end(page)
    assert _brand(shop) == "middle"


def _do(server: ServerProcess, path: str, body: dict[str, str]) -> None:
    """Long work that somebody else asks for, to its end."""
    headers = {"authorization": f"Bearer {server.token}", "prefer": "wait=30"}
    answer = httpx.post(f"{server.admin_url}{path}", json=body, headers=headers, timeout=60)
    assert answer.json()["status"] == "done"


def test_what_the_server_says_of_a_moment_is_in_local_time_and_goes_with_the_target(
    page: Page, server: ServerProcess
) -> None:
    _take_snapshot(page)
    page.get_by_test_id("restore-moment").click()
    page.get_by_test_id("moment-at").fill(_moment(page))
    (snapshot,) = server.admin("GET", "/v1/tenants/shop/snapshots")["items"]
    server.admin("DELETE", f"/v1/tenants/shop/snapshots/{snapshot['id']}")
    _do(server, "/v1/tenants/shop/snapshots", {"note": "a newer one"})
    page.get_by_test_id("moment-name").fill("shop-before")
    page.get_by_test_id("confirm-moment").click()
    alert = page.get_by_role("dialog").get_by_role("alert")
    expect(alert).to_contain_text(re.compile(r"The oldest snapshot is of [A-Z][a-z]{2} \d+, \d{4}, [\d:]+\s[AP]M\."))
    page.get_by_test_id("moment-in-place").check()
    expect(alert).to_have_count(0)


def test_deleted_had_back_and_removed_for_good(page: Page, server: ServerProcess, shop: httpx.Client) -> None:
    page.get_by_test_id("delete-tenant").click()
    expect(page.get_by_role("dialog")).to_contain_text("It can be had back for 7 days")
    page.get_by_test_id("confirm-name").fill("shop")
    page.get_by_test_id("confirm-delete").click()
    deleted = page.locator('[data-testid="deleted-row"][data-name="shop"]')
    expect(deleted).to_contain_text("Removed for good in 7 days")
    assert shop.get("/").status_code == 404
    deleted.get_by_test_id("undelete").press("Enter")
    expect(deleted).to_have_count(0)
    row = page.locator('[data-testid="tenant-row"][data-name="shop"]')
    expect(row).to_be_visible()
    assert _brand(shop) == "old"

    row.get_by_test_id("delete-tenant").click()
    page.get_by_test_id("confirm-name").fill("shop")
    page.get_by_test_id("confirm-name").press("Enter")
    expect(row).to_have_count(0)
    deleted.get_by_test_id("purge").click()
    expect(page.get_by_test_id("confirm-purge")).to_be_disabled()
    page.get_by_test_id("confirm-name").fill("shop")
    page.get_by_test_id("confirm-purge").click()
    expect(deleted).to_have_count(0)
    assert server.admin("GET", "/v1/tenants?deleted=1")["items"] == []

    page.get_by_test_id("new-tenant").first.click()
    page.get_by_test_id("tenant-name").fill("shop")
    page.get_by_test_id("create-tenant").click()
    expect(
        page.get_by_text(re.compile(r"^This name rests until [A-Z][a-z]{2} \d+, \d{4}, [\d:]+\s[AP]M\.$"))
    ).to_be_visible()


def test_where_deleted_tenants_are_not_kept_it_is_said_before(page: Page) -> None:
    def without_grace(route: Route) -> None:
        status = route.fetch().json()
        route.fulfill(json={**status, "days": {**status["days"], "delete": 0}})

    page.route("**/v1/status", without_grace)
    page.reload()
    gone = "It is gone for good at once, and so are its previews."
    expect(page.get_by_text(gone)).to_be_visible()
    page.get_by_test_id("delete-tenant").click()
    expect(page.get_by_role("dialog")).to_contain_text(gone)
    expect(page.get_by_role("dialog")).not_to_contain_text("had back")


def test_a_new_tenant_begins_with_a_template(panel: Page, server: ServerProcess) -> None:
    panel.get_by_test_id("new-tenant").first.click()
    template = panel.get_by_test_id("new-tenant-template")
    expect(template).to_have_value("")
    expect(template.locator("option")).to_have_text(["Empty", "board", "chat", "shop"])
    template.select_option("shop")
    expect(panel.get_by_role("dialog")).to_contain_text("24 documents (products)")
    panel.get_by_test_id("tenant-name").fill("market")
    panel.get_by_test_id("create-tenant").click()
    key = panel.get_by_test_id("api-key").inner_text()
    with _open(server, "market", key) as market:
        assert market.get("/api/data/products?count=true&limit=1").json()["total"] == 24
        assert "<html" in market.get("/").text


def test_an_operation_that_fails_says_why(page: Page, server: ServerProcess) -> None:
    row = _take_snapshot(page)
    (packs,) = server.data.glob("data/tenants/*/snapshots/packs")
    shutil.rmtree(packs)
    row.get_by_test_id("snapshot-actions").click()
    page.get_by_test_id("prove-snapshot").click()
    operation = _ended(page)
    expect(operation).to_have_attribute("data-status", "failed")
    expect(operation.get_by_role("alert")).to_contain_text("damaged")
    expect(operation.locator('[data-state="failed"]')).to_contain_text("Restore it for trial")


_RUNNING: dict[str, Any] = {
    "id": "a1", "kind": "clone", "tenant": "shop", "makes": "stage-two", "status": "running", "step": "hand over",
    "steps": ["copy", "hand over", "record", "tidy"], "percent": 30, "createdAt": "2026-01-01T00:00:00.000Z",
    "endedAt": None, "admin": "", "lines": [[1, "2026-01-01T00:00:00.000Z", "the first line"]], "result": None, "error": None,
    "cancelling": False,
}  # fmt: skip


def test_long_work_is_told_as_it_goes_on_and_can_be_cancelled(page: Page) -> None:
    """The server's part is played here: its operations are over before anybody could look."""
    sockets: list[WebSocketRoute] = []
    asked: list[str] = []

    def connected(socket: WebSocketRoute) -> None:
        sockets.append(socket)

    page.route_web_socket("**/v1/operations/a1/stream", connected)
    page.route("**/v1/operations?*", lambda route: route.fulfill(json={"items": [_RUNNING], "next": None}))
    page.route("**/v1/operations/a1/cancel", lambda route: route.fulfill(json=_RUNNING))
    page.on("request", lambda request: asked.append(request.url) if request.url.endswith("/operations/a1") else None)
    page.reload()
    expect(page.get_by_test_id("running-operation")).to_contain_text("Under way: fill the database, 30%")
    page.get_by_test_id("see-operation").click()
    operation = page.get_by_test_id("operation")
    expect(operation.locator('[data-state="now"]')).to_contain_text("Fill the database")
    expect(operation.get_by_role("log")).to_have_text("the first line")

    def tell(**news: Any) -> None:
        sockets[-1].send(json.dumps({**_RUNNING, **news}))

    tell()
    tell(step="record", percent=55, lines=[[2, "", "the second line"]])
    expect(operation.get_by_role("log")).to_contain_text("the first linethe second line")
    expect(operation.get_by_role("progressbar")).to_have_attribute("aria-valuenow", "55")
    page.get_by_test_id("cancel-operation").click()
    expect(page.get_by_test_id("cancel-asked")).to_have_text("It is asked to end…")
    expect(page.get_by_test_id("cancel-operation")).to_have_count(0)
    expect(operation).to_be_focused()
    # Whoever opens it sees that it was asked.
    tell(step="record", percent=55, lines=[], cancelling=True)
    page.get_by_test_id("close-operation").click()
    page.get_by_test_id("see-operation").click()
    expect(page.get_by_test_id("cancel-asked")).to_be_visible()
    tell(step="record", status="undoing", percent=55, lines=[])
    expect(operation.get_by_role("status")).to_have_text("What was done is taken back")
    page.unroute("**/v1/operations?*")
    tell(step="record", status="cancelled", percent=55, lines=[])
    expect(operation.get_by_role("status")).to_have_text("Cancelled")
    expect(page.get_by_test_id("cancel-operation")).to_have_count(0)
    page.get_by_test_id("close-operation").click()
    expect(page.get_by_test_id("running-operation")).to_have_count(0)
    assert len(sockets) == 1
    assert asked == []


def test_what_was_made_is_offered_when_the_dialog_is_opened_again(page: Page) -> None:
    sockets: list[WebSocketRoute] = []

    def connected(socket: WebSocketRoute) -> None:
        sockets.append(socket)

    page.route_web_socket("**/v1/operations/a1/stream", connected)
    page.route("**/v1/operations?*", lambda route: route.fulfill(json={"items": [_RUNNING], "next": None}))
    page.reload()
    page.get_by_test_id("see-operation").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("heading")).to_have_text("A clone of shop: stage-two")
    expect(dialog.get_by_test_id("made-tenant")).to_have_count(0)
    sockets[-1].send(json.dumps({**_RUNNING, "status": "done", "step": None, "result": {"tenant": "stage-two"}}))
    expect(dialog.get_by_role("heading")).to_have_text("A clone of shop: stage-two")
    expect(dialog.get_by_test_id("made-tenant")).to_have_text("stage-two")
    expect(dialog.get_by_test_id("make-key")).to_be_enabled()


def test_without_a_socket_an_operation_is_asked_for(page: Page) -> None:
    page.route_web_socket("**/v1/operations/*/stream", lambda socket: socket.close())
    with page.expect_request(re.compile(r"/v1/operations/\w+$")):
        _take_snapshot(page)
    _take_snapshot(page)
    expect(page.get_by_test_id("snapshot-row")).to_have_count(2)


def test_what_another_operation_holds_is_said(page: Page) -> None:
    problem = {"code": "operation_running", "title": "An operation is under way", "status": 409}
    page.route("**/v1/tenants/shop/clone", lambda route: route.fulfill(status=409, json=problem))
    page.get_by_test_id("clone-tenant").click()
    page.get_by_test_id("clone-name").fill("stage-two")
    page.get_by_test_id("clone-name").press("Enter")
    expect(page.get_by_role("dialog").get_by_role("alert")).to_contain_text("An operation is under way")
    expect(page.get_by_test_id("confirm-clone")).to_be_enabled()


@pytest.mark.parametrize("path", ["/", "/tenants/shop", "/tenants/shop--a-label-of-20-letter"])
def test_it_fits_on_a_narrow_screen(page: Page, server: ServerProcess, path: str) -> None:
    _take_snapshot(page, "a-note-without-a-place-to-break-it" * 3)
    page.get_by_test_id("new-preview").click()
    page.get_by_test_id("preview-label").fill("a-label-of-20-letter")
    page.get_by_test_id("preview-label").press("Enter")
    _end(page)
    server.admin("POST", "/v1/tenants", json={"name": _LONGEST})
    server.admin("DELETE", f"/v1/tenants/{_LONGEST}")
    page.set_viewport_size({"width": 375, "height": 700})
    page.goto(f"http://localhost:{server.admin_port}{path}")
    shown = page.get_by_test_id("deleted-row" if path == "/" else "snapshot-schedule")
    expect(shown).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") == 375


_LONGEST = "a-name-that-is-as-long-as-names-can-ever"
