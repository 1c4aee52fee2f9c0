"""The shop example in real browsers: from looking around without an account to an order that arrives."""

from typing import Any

import httpx
import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import ROOT, PersonMaker
from tests.support.app import PASSWORD
from tests.support.process import ServerProcess

pytestmark = [pytest.mark.browser, pytest.mark.process, pytest.mark.timeout(180)]
EXAMPLE = ROOT / "web" / "examples" / "shop"
LINE = {"product": "enamel-mug", "title": "Enamel mug", "price": 1250, "count": 2}
ORDER = {"lines": [LINE], "total": 2500, "name": "Eve", "address": "1 Side Street", "status": "placed"}


class Shop:
    """A tenant that begins with the shop."""

    def __init__(self, server: ServerProcess) -> None:
        made = server.admin("POST", "/v1/tenants", json={"name": "shop", "template": "shop"})
        self.url, self._server, self._key = made["url"], server, made["apiKey"]
        self._http = httpx.Client(
            base_url=f"http://127.0.0.1:{server.port}", headers={"host": f"shop.localhost:{server.port}"}, timeout=20
        )

    def own(self, method: str, path: str, body: Any = None) -> Any:
        """With the API key, which passes every rule."""
        answer = self.ask(method, path, body, self._key)
        assert answer.is_success, answer.text
        return answer.json()

    def ask(self, method: str, path: str, body: Any = None, token: str | None = None) -> httpx.Response:
        headers = {"authorization": f"Bearer {token}"} if token is not None else {}
        return self._http.request(method, path, json=body, headers=headers)

    def code(self, method: str, path: str, body: Any = None, token: str | None = None) -> tuple[int, str]:
        """What a request is refused with."""
        answer = self.ask(method, path, body, token)
        return answer.status_code, answer.json()["code"]

    def user(self, name: str, *roles: str) -> tuple[str, str]:
        """Register somebody without a browser: the id and the token."""
        account = {"email": f"{name.lower()}@example.com", "password": PASSWORD, "name": name}
        made = self.ask("POST", "/api/auth/register", account).json()
        if roles:
            self.own("PATCH", f"/api/data/users/{made['user']['id']}", {"roles": list(roles)})
        return made["user"]["id"], made["token"]

    def rules(self) -> tuple[int, str]:
        """The table beside the example, asked of this tenant's rules."""
        done = self._server.command("rules", "test", str(EXAMPLE / "rules.yaml"), "--tenant", "shop")
        return done.returncode, done.stdout + done.stderr


@pytest.fixture
def shop(server: ServerProcess) -> Shop:
    return Shop(server)


def _product(page: Page, id: str) -> Locator:
    return page.locator(f'[data-testid="product"][data-product="{id}"]')


def _sign(page: Page, name: str, *, up: bool) -> None:
    if up:
        page.get_by_test_id("toggle-auth").click()
        page.get_by_test_id("name").fill(name)
    page.get_by_test_id("email").fill(f"{name.lower()}@example.com")
    page.get_by_test_id("password").fill(PASSWORD)
    page.get_by_test_id("sign-up" if up else "sign-in").click()
    expect(page.get_by_test_id("sign-out")).to_be_visible()


def _shown(page: Page) -> list[str]:
    return [title.strip() for title in page.get_by_test_id("product").locator("h2").all_inner_texts()]


def test_anybody_looks_around(shop: Shop, person: PersonMaker) -> None:
    page = person(shop.url)
    products = page.get_by_test_id("product")
    expect(products).to_have_count(12)
    page.get_by_test_id("more").click()
    expect(products).to_have_count(24)
    expect(page.get_by_test_id("more")).to_have_count(0)

    page.get_by_test_id("category-kitchen").click()
    page.get_by_test_id("sort").select_option("cheapest")
    expect(products).to_have_count(6)
    expect(products.first).to_contain_text("Enamel mug")
    assert _shown(page)[-1] == "Chef’s knife"
    page.reload()
    expect(products).to_have_count(6)
    expect(products.first).to_contain_text("Enamel mug")

    page.get_by_test_id("category-all").click()
    page.get_by_test_id("search").fill("hand wal")
    expect(products).to_have_count(1)
    _product(page, "chefs-knife").get_by_role("link").click()
    expect(page.get_by_test_id("stock")).to_have_text("Only 4 left")
    shop.own("PATCH", "/api/data/products/chefs-knife", {"stock": 0, "price": 9900})
    expect(page.get_by_test_id("stock")).to_have_text("Sold out")
    expect(page.get_by_test_id("price")).to_have_text("€99.00")
    expect(page.get_by_test_id("add")).to_be_disabled()
    page.go_back()
    page.get_by_test_id("search").fill("unicorn -hand")
    expect(page.get_by_test_id("nothing-found")).to_be_visible()
    for path, said in (("/product/unicorn", "There is no such product"), ("/nowhere", "There is no such page")):
        page.goto(shop.url + path)
        expect(page.get_by_role("heading", name=said)).to_be_visible()


def test_from_the_catalogue_to_an_order_that_is_sent(shop: Shop, person: PersonMaker) -> None:
    ann = person(shop.url)
    for id in ("enamel-mug", "enamel-mug", "maple-yo-yo"):
        ann.get_by_test_id("search").fill(id.split("-")[0])
        _product(ann, id).get_by_test_id("add").click()
    expect(ann.get_by_test_id("cart-count")).to_have_text("3")
    ann.get_by_test_id("to-cart").click()
    expect(ann.get_by_test_id("cart-total")).to_have_text("€43.00")
    ann.reload()
    expect(ann.get_by_test_id("cart-line")).to_have_count(2)

    ann.get_by_test_id("to-checkout").click()
    _sign(ann, "Ann", up=True)
    expect(ann.get_by_test_id("place-order")).to_be_enabled()
    other = ann.context.new_page()
    other.goto(f"{shop.url}/cart")
    expect(other.get_by_test_id("cart-total")).to_have_text("€43.00")
    other.locator('[data-product="maple-yo-yo"]').get_by_test_id("more-of-it").click()
    expect(ann.get_by_test_id("cart-count")).to_have_text("4")

    ann.get_by_test_id("address").fill("1 Long Road\n8010 Graz")
    ann.get_by_test_id("place-order").click()
    expect(ann.get_by_test_id("status")).to_have_text("Placed")
    expect(ann.get_by_test_id("order")).to_contain_text("€61.00")
    expect(other.get_by_test_id("cart-empty")).to_be_visible()
    other.get_by_test_id("to-orders").click()
    expect(other.get_by_test_id("status")).to_have_text("Placed")

    shop.user("Sam", "staff")
    eve, sam = person(f"{shop.url}/orders"), person(f"{shop.url}/admin")
    _sign(eve, "Eve", up=True)
    expect(eve.get_by_test_id("no-orders")).to_be_visible()
    eve.goto(f"{shop.url}/admin")
    expect(eve.get_by_text("The back office is for staff")).to_be_visible()

    _sign(sam, "Sam", up=False)
    sam.get_by_test_id("order-row").click()
    expect(sam.get_by_text("Prices and total are the catalogue’s.")).to_be_visible()
    sam.get_by_test_id("send").click()
    expect(sam.get_by_test_id("order-row")).to_have_count(0)
    for page in (ann, other):
        expect(page.get_by_test_id("status")).to_have_text("Sent")
    assert shop.own("GET", "/api/data/products/maple-yo-yo")["stock"] == 1


def test_the_back_office_changes_products_and_doubts_orders(shop: Shop, person: PersonMaker) -> None:
    shop.user("Sam", "staff")
    _, token = shop.user("Eve")
    cheap = {**ORDER, "lines": [{**LINE, "price": 1}, {**LINE, "product": "gold", "title": "Gold"}], "total": 7}
    clocks = {"product": "mantel-clock", "title": "Mantel clock", "price": 12900, "count": 3}
    for order in (cheap, {**ORDER, "lines": [clocks], "total": 38700}):
        assert shop.ask("POST", "/api/data/orders", order, token).status_code == 201

    sam, visitor = person(f"{shop.url}/admin"), person(f"{shop.url}/product/mantel-clock")
    _sign(sam, "Sam", up=False)
    sam.get_by_test_id("admin-products").click()
    sam.get_by_test_id("price-of-mantel-clock").fill("119,5")
    sam.get_by_test_id("stock-of-mantel-clock").fill("1")
    sam.get_by_test_id("save-mantel-clock").click()
    expect(sam.get_by_test_id("save-mantel-clock")).to_be_hidden()
    expect(sam.get_by_test_id("price-of-mantel-clock")).to_have_value("119.50")
    expect(visitor.get_by_test_id("price")).to_have_text("€119.50")
    expect(visitor.get_by_test_id("stock")).to_have_text("Only 1 left")
    sam.get_by_test_id("stock-of-enamel-mug").fill("5")
    shop.own("PATCH", "/api/data/products/enamel-mug", {"stock": 60})
    sam.get_by_test_id("save-enamel-mug").click()
    expect(sam.get_by_text("It was changed elsewhere meanwhile")).to_be_visible()

    sam.get_by_test_id("admin-placed").click()
    expect(sam.get_by_test_id("order-row")).to_have_count(2)
    first, second = sam.get_by_test_id("order-row").all()
    first.locator("summary").click()
    doubts = first.get_by_test_id("doubts").locator("li")
    expect(doubts).to_have_text(
        [
            "Enamel mug cost €12.50, and not €0.01.",
            "The shop had nothing called “Gold”.",
            "The lines come to €25.02, and not €0.07.",
        ]
    )
    # Its price was right when it was ordered; it is the stock that is not enough, and cannot become less than nothing.
    second.locator("summary").click()
    expect(second.get_by_test_id("doubts").locator("li")).to_have_text("Of Mantel clock there are 1 left, and not 3.")
    second.get_by_test_id("send").click()
    expect(second.get_by_text("There is not enough in stock.")).to_be_visible()


def test_what_a_client_must_not_do(shop: Shop) -> None:
    ann, ann_token = shop.user("Ann")
    eve, eve_token = shop.user("Eve")
    _, staff = shop.user("Sam", "staff")
    order = shop.ask("POST", "/api/data/orders", ORDER, ann_token).json()
    assert shop.ask("PUT", f"/api/data/carts/{ann}", {"counts": {"enamel-mug": 2}}, ann_token).status_code == 201
    mine, mug = f"/api/data/orders/{order['id']}", "/api/data/products/enamel-mug"

    denied = (403, "forbidden")
    for cheaper in ({"price": 1}, {"stock": 1}, {"$inc": {"price": -1}}):
        assert shop.code("PATCH", mug, cheaper, eve_token) == denied
        assert shop.code("PATCH", mug, cheaper) == (401, "authentication_required")
    assert shop.code("DELETE", mug, token=staff) == denied
    assert shop.code("PATCH", mug, {"price": 12.5}, staff) == (400, "schema_violated")

    hidden = (404, "document_not_found")
    for path in (mine, f"{mine}/history", f"/api/data/carts/{ann}"):
        assert shop.code("GET", path, token=eve_token) == hidden
    for path in ("orders", "carts", "orders/export"):
        answer = shop.ask("GET", f"/api/data/{path}", token=eve_token)
        assert answer.status_code == 200 and ann not in answer.text and order["id"] not in answer.text
    assert shop.code("GET", "/api/data/orders")[0] == 401
    assert shop.code("GET", f"/api/data/carts/{ann}", token=staff) == hidden
    assert shop.ask("GET", mine, token=staff).status_code == 200

    sent = {"status": "sent"}
    assert shop.code("PATCH", mine, sent, eve_token) == denied
    assert shop.code("PATCH", mine, sent, ann_token) == denied
    assert shop.code("POST", "/api/data/orders", {**ORDER, **sent}, ann_token) == denied
    changes: list[dict[str, Any]] = [{"total": 1}, {"lines": [{**LINE, "count": 1}]}, {"address": "2 Side Street"}]
    for change in changes:
        assert shop.code("PATCH", mine, {**change, **sent}, staff) == denied
    mistakes: list[dict[str, Any]] = [{"total": -1}, {"lines": [{**LINE, "count": 21}]}, {"lines": []}, {"paid": True}]
    for wrong in mistakes:
        assert shop.code("POST", "/api/data/orders", {**ORDER, **wrong}, eve_token) == (400, "schema_violated")
    assert shop.ask("PATCH", mine, sent, staff).status_code == 200
    assert shop.code("PATCH", mine, {"status": "placed"}, staff) == hidden  # from a change of status, once it is sent

    # Nobody chooses an owner: it is who sends it, whatever is written. A cart under somebody else's id is refused.
    forged = shop.ask("POST", "/api/data/orders", {**ORDER, "owner": ann}, eve_token).json()
    assert forged["owner"] == eve
    assert [one["id"] for one in shop.ask("GET", "/api/data/orders", token=ann_token).json()["items"]] == [order["id"]]
    assert shop.code("POST", "/api/data/carts", {"id": "another", "counts": {}}, eve_token) == denied
    assert shop.code("PUT", f"/api/data/carts/{ann}", {"counts": {}}, eve_token) in {denied, hidden}
    assert shop.code("POST", "/api/data/notes", {"text": "a collection of one's own"}, eve_token) == denied
    assert shop.code("PATCH", "/api/auth/me", {"roles": ["staff"]}, eve_token)[0] in {400, 403}


def test_the_table_of_rules(shop: Shop) -> None:
    code, said = shop.rules()
    assert code == 0, said
