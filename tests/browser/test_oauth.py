"""The board with everything that an account can need, in a real browser, with a certified OpenID provider."""

import re
import subprocess
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import ROOT, PersonMaker
from tests.support.openid import CLIENT, openid_provider
from tests.support.process import ServerProcess

pytestmark = [pytest.mark.browser, pytest.mark.process, pytest.mark.timeout(180)]


@pytest.fixture
def server_flags() -> tuple[str, ...]:
    return ("--outbound", "any")


class Board:
    """The board, set up as its README says."""

    def __init__(self, server: ServerProcess) -> None:
        self.server = server
        made = server.admin("POST", "/v1/tenants", json={"name": "board"})
        self.url, self.key = made["url"], {"authorization": f"Bearer {made['apiKey']}"}
        deployed = server.command("deploy", str(ROOT / "web" / "examples" / "board"), "--tenant", "board")
        assert deployed.returncode == 0, deployed.stderr
        environment = {**server.environment(), "BACKPACK_URL": self.url, "BACKPACK_KEY": made["apiKey"]}
        command = [str(ROOT / "web" / "examples" / "board" / "setup.sh")]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr

    def link(self) -> str:
        """Of the newest mail."""
        text = self.server.admin("GET", "/v1/tenants/board/outbox")["items"][0]["text"]
        found = re.search(r"http://\S+", text)
        assert found is not None
        return found[0]


@pytest.fixture
def board(server: ServerProcess) -> Iterator[Board]:
    made = Board(server)
    with openid_provider(f"{made.url}/api/auth/oauth/id/callback") as issuer:
        form = {**CLIENT, "issuer": issuer, "label": "Example ID"}
        headers = {**made.key, "host": f"board.localhost:{server.port}"}
        put = httpx.put(f"http://127.0.0.1:{server.port}/api/settings/providers/id", json=form, headers=headers)
        assert put.status_code == 200, put.text
        yield made


def _at_the_provider(page: Page, account: str) -> None:
    page.get_by_placeholder("Enter any login").fill(account)
    page.get_by_placeholder("and password").fill("whatever")
    page.get_by_role("button", name="Sign-in").click()
    page.get_by_role("button", name="Continue").click()


def _live(page: Page) -> None:
    expect(page.get_by_test_id("live-status")).to_have_attribute("data-state", "live")


def test_verification_providers_and_ones_own_cards(board: Board, person: PersonMaker) -> None:
    ann = person(board.url)
    ann.get_by_test_id("toggle-auth").click()
    for name, value in (("name", "Ann"), ("email", "ann@example.com"), ("password", "correct horse")):
        ann.get_by_test_id(name).fill(value)
    ann.get_by_test_id("sign-up").click()
    expect(ann.get_by_test_id("mailed")).to_be_visible()
    ann.get_by_test_id("to-sign-in").click()
    ann.get_by_test_id("sign-in").click()
    expect(ann.get_by_test_id("mailed")).to_be_visible()  # not confirmed yet: there is another mail
    ann.goto(board.link())
    ann.get_by_role("button", name="Confirm").click()
    expect(ann.get_by_text("is confirmed")).to_be_visible()
    ann.goto(board.url)
    ann.get_by_test_id("email").fill("ann@example.com")
    ann.get_by_test_id("password").fill("correct horse")
    ann.get_by_test_id("sign-in").click()
    _live(ann)
    ann.get_by_test_id("add-card-todo").click()
    ann.get_by_test_id("new-card-title").fill("Ann's card")
    ann.get_by_test_id("new-card-title").press("Enter")

    bob = person(board.url)
    bob.get_by_test_id("provider-id").click()
    _at_the_provider(bob, "bob")
    _live(bob)
    assert "backpack-code" not in bob.url
    card = bob.get_by_test_id("card").filter(has_text="Ann's card")
    card.click()
    expect(bob.get_by_test_id("not-own")).to_be_visible()
    expect(bob.get_by_test_id("save-card")).to_have_count(0)
    bob.keyboard.press("Escape")
    # The page only spares the question; the rule decides it.
    refused = bob.evaluate(_CHANGES)
    assert refused == ["forbidden", "not_found or forbidden", "moved"], refused
    expect(ann.get_by_test_id("column-done").get_by_test_id("card")).to_have_count(1)

    # Ann has confirmed her address, and the provider says that it is hers: the same account.
    again = person(board.url)
    again.get_by_test_id("provider-id").click()
    _at_the_provider(again, "ann")
    _live(again)
    again.get_by_test_id("card").click()
    expect(again.get_by_test_id("save-card")).to_be_visible()


_CHANGES = """async () => {
  const { default: backpack } = await import("/backpack.js");
  const cards = backpack.collection("cards");
  const [{ id }] = (await cards.list()).items;
  const outcome = (work) => work.then(() => "done", (error) => error.code);
  const gone = await outcome(cards.delete(id));
  return [
    await outcome(cards.update(id, { title: "Bob's card" })),
    ["forbidden", "document_not_found"].includes(gone) ? "not_found or forbidden" : gone,
    await cards.update(id, { column: "done" }).then(() => "moved"),
  ];
}"""
_SDK = "import('/backpack.js').then(({ default: backpack }) => backpack"


def test_an_address_that_the_provider_does_not_confirm(board: Board, person: PersonMaker) -> None:
    page = person(board.url)
    page.get_by_test_id("provider-id").click()
    _at_the_provider(page, "unsure-eve")
    expect(page.get_by_role("alert")).to_contain_text("does not say that the address is confirmed")
    page.get_by_test_id("provider-id").click()  # signed in there already, and asked once more
    page.wait_for_url(re.compile("board.localhost"))
    expect(page.get_by_role("alert")).to_be_visible()


def test_who_turns_back_at_the_provider(board: Board, person: PersonMaker) -> None:
    page = person(board.url)
    page.get_by_test_id("provider-id").click()
    page.get_by_role("link", name="[ Cancel ]").click()
    expect(page.get_by_role("alert")).to_contain_text("cancelled")


def test_a_window_of_its_own(board: Board, person: PersonMaker) -> None:
    """Signing in by it, linking another identity by it, and closing it."""
    page = person(board.url)
    page.wait_for_load_state()
    # The page has nothing to do with the SDK's module: it begins, and the answer is looked at later.
    begin = f"() => {{ window.done = {_SDK}.auth.signInWith('id', {{ popup: true }})).then((user) => user.email, (error) => error.code) }}"
    with page.expect_popup() as opened:
        page.evaluate(begin)
    _at_the_provider(opened.value, "carl")
    assert page.evaluate("() => window.done") == "carl@example.com"
    assert opened.value.is_closed()
    identities: list[dict[str, Any]] = page.evaluate(f"() => {_SDK}.auth.identities())")
    assert [(one["provider"], one["email"]) for one in identities] == [("id", "carl@example.com")]
    assert (
        page.evaluate(f"() => {_SDK}.auth.unlink('{identities[0]['id']}').catch((error) => error.code))") == "conflict"
    )

    with page.expect_popup() as opened:
        page.evaluate(begin.replace("signInWith('id', { popup: true })", "link('id')"))
    assert page.evaluate("() => window.done") == "already_exists"  # signed in there, nobody is asked

    other = person(board.url)
    with other.expect_popup() as opened:
        other.evaluate(begin)
    opened.value.get_by_placeholder("Enter any login").wait_for()
    opened.value.close()
    assert other.evaluate("() => window.done") == "sign_in_cancelled"
