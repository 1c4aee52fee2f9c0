"""The chat example in real browsers: what one person says, the others in the room see, and nobody else may touch."""

from typing import Any, NamedTuple

import httpx
import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import PersonMaker
from tests.support.process import ServerProcess

pytestmark = [pytest.mark.browser, pytest.mark.process, pytest.mark.timeout(180)]
_PAGE = 50
"""Messages that the chat loads at once."""


class Tenant(NamedTuple):
    """A tenant with the chat, and what its API key may."""

    url: str
    port: int
    key: str | None

    def ask(self, method: str, path: str, body: Any = None) -> httpx.Response:
        """Call its API; without a key as nobody."""
        headers = {"host": self.url.removeprefix("http://")}
        if self.key is not None:
            headers["authorization"] = f"Bearer {self.key}"
        return httpx.request(method, f"http://127.0.0.1:{self.port}{path}", headers=headers, json=body)

    def put(self, method: str, path: str, body: Any) -> None:
        """Have it take something."""
        response = self.ask(method, path, body)
        assert response.is_success, response.text


def _tenant(server: ServerProcess, name: str) -> Tenant:
    """A tenant that begins with the chat."""
    made = server.admin("POST", "/v1/tenants", json={"name": name, "template": "chat"})
    return Tenant(made["url"], server.port, made["apiKey"])


def _sign_up(page: Page, name: str) -> None:
    page.get_by_test_id("toggle-auth").click()
    page.get_by_test_id("name").fill(name)
    page.get_by_test_id("email").fill(f"{name.lower()}@example.com")
    page.get_by_test_id("password").fill("correct horse")
    page.get_by_test_id("sign-up").click()
    expect(page.get_by_test_id("live-status")).to_have_attribute("data-state", "live")


def _say(page: Page, text: str) -> None:
    page.get_by_test_id("composer").fill(text)
    page.get_by_test_id("composer").press("Enter")


def _message(page: Page, text: str) -> Locator:
    return page.get_by_test_id("message").filter(has_text=text)


def _room(page: Page, title: str) -> Locator:
    return page.get_by_test_id("room").filter(has_text=title)


def _enter(page: Page, title: str) -> None:
    _room(page, title).click()
    expect(page.get_by_test_id("room-heading")).to_have_text(title)


def _sees(page: Page, names: set[str]) -> None:
    expect(page.get_by_test_id("presence-member")).to_have_count(len(names))
    shown = {member.get_attribute("data-name") for member in page.get_by_test_id("presence-member").all()}
    assert shown == names


def test_two_people_chat_and_a_third_elsewhere_sees_nothing(server: ServerProcess, person: PersonMaker) -> None:
    demo, other = _tenant(server, "demo"), _tenant(server, "other")
    ann, bob, eve = person(demo.url), person(demo.url), person(other.url)
    for page, name in ((ann, "Ann"), (bob, "Bob"), (eve, "Eve")):
        _sign_up(page, name)
        expect(page.get_by_test_id("room-heading")).to_have_text("general")
        expect(page.get_by_test_id("message")).to_have_count(2)
    for page, names in ((ann, {"Ann", "Bob"}), (bob, {"Ann", "Bob"}), (eve, {"Eve"})):
        _sees(page, names)

    ann.get_by_test_id("composer").press_sequentially("Hello B")
    expect(bob.get_by_test_id("typing")).to_have_text("Ann is typing…")
    _say(ann, "Hello Bob")
    expect(_message(bob, "Hello Bob")).to_be_visible()
    expect(bob.get_by_test_id("typing")).to_be_empty()
    assert _message(bob, "Hello Bob").get_by_test_id("edit").count() == 0

    ann.get_by_test_id("composer").press("ArrowUp")
    ann.get_by_test_id("editor").fill("Hello everybody")
    ann.get_by_test_id("editor").press("Enter")
    expect(_message(bob, "Hello everybody")).to_contain_text("(edited)")
    expect(ann.get_by_test_id("composer")).to_be_focused()

    _say(bob, "Never mind")
    expect(_message(ann, "Never mind")).to_be_visible()
    _message(bob, "Never mind").hover()
    _message(bob, "Never mind").get_by_test_id("delete").click()
    bob.get_by_test_id("confirm-delete").click()
    expect(_message(ann, "Never mind")).to_have_count(0)
    expect(_message(bob, "Never mind")).to_have_count(0)

    expect(eve.get_by_test_id("message")).to_have_count(2)
    bob.context.close()
    person.pages.remove(bob)
    _sees(ann, {"Ann"})

    ann.reload()
    expect(_message(ann, "Hello everybody")).to_be_visible()
    server.stop()
    expect(ann.get_by_test_id("live-status")).not_to_have_attribute("data-state", "live")
    server.start()
    expect(ann.get_by_test_id("live-status")).to_have_attribute("data-state", "live")
    _say(ann, "Survived")
    expect(_message(ann, "Survived")).to_have_attribute("data-state", "saved")
    ann.get_by_test_id("sign-out").click()
    ann.get_by_test_id("email").fill("ann@example.com")
    ann.get_by_test_id("password").fill("correct horse")
    ann.get_by_test_id("sign-in").click()
    expect(_message(ann, "Survived")).to_be_visible()


def test_rooms_are_made_marked_when_unread_and_keep_what_is_being_written(
    server: ServerProcess, person: PersonMaker
) -> None:
    demo = _tenant(server, "demo")
    ann, bob = person(demo.url), person(demo.url)
    for page, name in ((ann, "Ann"), (bob, "Bob")):
        _sign_up(page, name)

    bob.get_by_test_id("new-room").click()
    bob.get_by_test_id("room-title").fill("general")
    bob.get_by_test_id("make-room").click()
    expect(bob.get_by_text("Name is taken")).to_be_visible()
    bob.get_by_test_id("room-title").fill("lunch")
    bob.get_by_test_id("room-topic").fill("Where, and when")
    bob.get_by_test_id("make-room").click()
    expect(bob.get_by_test_id("room-heading")).to_have_text("lunch")
    expect(bob.get_by_text("Nobody has said anything here yet")).to_be_visible()

    ann.get_by_test_id("composer").fill("Half a sent")
    expect(_room(ann, "lunch")).to_have_attribute("data-unread", "false")
    _say(bob, "At noon?")
    expect(_room(ann, "lunch")).to_have_attribute("data-unread", "true")
    _enter(ann, "lunch")
    expect(_message(ann, "At noon?")).to_be_visible()
    expect(_room(ann, "lunch")).to_have_attribute("data-unread", "false")
    expect(ann.get_by_test_id("composer")).to_be_empty()
    _sees(bob, {"Ann", "Bob"})

    ann.go_back()
    expect(ann.get_by_test_id("composer")).to_have_value("Half a sent")
    _sees(bob, {"Bob"})
    ann.reload()
    expect(_room(ann, "lunch")).to_have_attribute("data-unread", "false")


def test_older_messages_come_when_one_scrolls_up(server: ServerProcess, person: PersonMaker) -> None:
    demo = _tenant(server, "demo")
    texts = [f"Number {number:03}" for number in range(2 * _PAGE + 20)]
    demo.put("POST", "/api/data/messages", [{"room": "random", "author": "Ann", "text": text} for text in texts])
    page = person(demo.url)
    _sign_up(page, "Bob")
    _enter(page, "random")
    messages, scroller = page.get_by_test_id("message"), page.get_by_test_id("messages")
    expect(messages).to_have_count(_PAGE)

    def up() -> None:
        scroller.evaluate("(list) => list.scrollTo({ top: -list.scrollHeight })")

    page.route("**/api/data/messages?*", lambda route: route.abort())
    up()
    expect(page.get_by_text("Older messages could not be loaded.")).to_be_visible()
    page.unroute("**/api/data/messages?*")
    scroller.get_by_role("button", name="Try again").click()
    expect(messages).to_have_count(2 * _PAGE)

    demo.put("POST", "/api/data/messages", {"room": "random", "author": "Ann", "text": "The newest"})
    expect(messages).to_have_count(2 * _PAGE + 1)
    expect(_message(page, "The newest")).not_to_be_in_viewport()
    page.get_by_test_id("newest").click()
    expect(_message(page, "The newest")).to_be_in_viewport()
    up()
    expect(page.get_by_text("This is the beginning of random.")).to_be_visible()
    kept = demo.ask("GET", "/api/data/messages?filter[room]=random&sort=createdAt&limit=1000").json()["items"]
    assert [message.get_attribute("data-message-id") for message in messages.all()] == [one["id"] for one in kept]


def test_what_could_not_be_sent_is_sent_again_or_given_up(server: ServerProcess, person: PersonMaker) -> None:
    demo = _tenant(server, "demo")
    page = person(demo.url)
    _sign_up(page, "Ann")
    expect(page.get_by_test_id("message")).to_have_count(2)
    page.route("**/api/data/messages", lambda route: route.abort())
    for text in ("First", "Second"):
        _say(page, text)
        expect(_message(page, text)).to_have_attribute("data-state", "failed")
    _message(page, "First").get_by_test_id("give-up").click()
    expect(_message(page, "First")).to_have_count(0)
    page.unroute("**/api/data/messages")
    _message(page, "Second").get_by_test_id("retry").click()
    expect(_message(page, "Second")).to_have_attribute("data-state", "saved")
    page.reload()
    expect(_message(page, "Second")).to_be_visible()
    expect(_message(page, "First")).to_have_count(0)


_TRY = """async (attempt) => {
  const { default: backpack } = await import("/backpack.js");
  const messages = backpack.collection("messages");
  try {
    await new Function("backpack", "messages", `return ${attempt}`)(backpack, messages);
    return "allowed";
  } catch (error) {
    return error.code;
  }
}"""


def test_a_stranger_cannot_touch_what_another_wrote(server: ServerProcess, person: PersonMaker) -> None:
    demo = _tenant(server, "demo")
    ann, bob = person(demo.url), person(demo.url)
    for page, name in ((ann, "Ann"), (bob, "Bob")):
        _sign_up(page, name)
    _say(ann, "My own words")
    expect(_message(bob, "My own words")).to_be_visible()
    id = _message(bob, "My own words").get_attribute("data-message-id")
    other = '{ room: "general", author: "Bob", text: "Others" }'

    def tries(page: Page, attempt: str) -> Any:
        return page.evaluate(_TRY, attempt)

    assert tries(bob, f'messages.update("{id}", {{ text: "Others", edited: true }})') == "document_not_found"
    assert tries(bob, f'messages.replace("{id}", {other})') == "document_not_found"
    assert tries(bob, f'messages.delete("{id}")') == "document_not_found"
    assert tries(bob, 'messages.create({ room: "general", author: "Ann", text: "Said by Ann" })') == "forbidden"
    assert tries(bob, 'messages.create({ room: "general", author: "Bob", text: "x", loud: true })') == "schema_violated"
    assert tries(bob, 'messages.create({ room: "general", author: "Bob", text: " " })') == "schema_violated"
    assert tries(bob, 'backpack.auth.update({ name: "Ann" })') == "forbidden"
    assert tries(bob, 'backpack.channel("room:general").join({ name: "Ann" })') == "forbidden"
    assert tries(bob, 'backpack.channel("elsewhere").join({ name: "Bob" })') == "forbidden"
    assert tries(bob, 'backpack.collection("rooms").delete("general")') == "document_not_found"
    assert tries(bob, 'backpack.collection("anything").create({})') == "forbidden"
    assert tries(bob, 'backpack.files.upload(new Blob(["x"]), { name: "x" })') == "forbidden"
    assert tries(ann, f'messages.update("{id}", {{ text: "Quietly changed" }})') == "forbidden"
    assert tries(ann, f'messages.update("{id}", {{ room: "help", edited: true }})') == "forbidden"
    nobody = demo._replace(key=None)
    for path in ("/api/data/messages", f"/api/data/messages/{id}", "/api/data/rooms"):
        assert nobody.ask("GET", path).status_code == 401
    bob.reload()
    expect(_message(bob, "My own words")).to_be_visible()
    expect(bob.get_by_text("(edited)")).to_have_count(0)


def test_a_phone_shows_the_rooms_or_one_of_them(server: ServerProcess, person: PersonMaker) -> None:
    page = person(_tenant(server, "demo").url)
    page.set_viewport_size({"width": 390, "height": 780})
    _sign_up(page, "Ann")
    expect(page.get_by_test_id("room")).to_have_count(3)
    expect(page.get_by_test_id("composer")).to_have_count(0)
    _room(page, "help").click()
    _say(page, "Where is the key?")
    expect(_message(page, "Where is the key?")).to_have_attribute("data-state", "saved")
    expect(page.get_by_test_id("rooms")).not_to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    page.get_by_test_id("back").click()
    expect(page.get_by_test_id("rooms")).to_be_visible()
    page.goto(f"{page.url.partition('#')[0]}#gone")
    expect(page.get_by_text("This room is not there any more.")).to_be_visible()
