"""The board example in real browsers: what one person does, the others see."""

import base64
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import ROOT, PersonMaker
from tests.support.process import ServerProcess

pytestmark = [pytest.mark.browser, pytest.mark.process, pytest.mark.timeout(180)]
PICTURE = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAgAAAAICAIAAABLbSncAAAAEklEQVR4nGP4z8CAFWEXHbQSACj/P8Fu7N9hAAAAAElFTkSuQmCC"
)


def _sign_up(page: Page, name: str) -> None:
    if not page.get_by_test_id("name").is_visible():
        page.get_by_test_id("toggle-auth").click()
    page.get_by_test_id("name").fill(name)
    page.get_by_test_id("email").fill(f"{name.lower()}@example.com")
    page.get_by_test_id("password").fill("correct horse")
    page.get_by_test_id("sign-up").click()
    expect(page.get_by_test_id("live-status")).to_have_attribute("data-state", "live")


def _add(page: Page, column: str, title: str) -> None:
    page.get_by_test_id(f"add-card-{column}").click()
    page.get_by_test_id("new-card-title").fill(title)
    page.get_by_test_id("new-card-title").press("Enter")


def _card(page: Page, column: str, title: str):  # type: ignore[no-untyped-def]
    return page.get_by_test_id(f"column-{column}").get_by_test_id("card").filter(has_text=title)


def _deploy(server: ServerProcess, name: str) -> str:
    server.command("tenant", "create", name)
    deployed = server.command("deploy", str(ROOT / "web" / "examples" / "board"), "--tenant", name)
    assert deployed.returncode == 0, deployed.stderr
    return f"http://{name}.localhost:{server.port}"


def test_two_people_share_a_board_and_a_third_elsewhere_sees_nothing(
    server: ServerProcess, person: PersonMaker, tmp_path: Path
) -> None:
    demo, other = _deploy(server, "demo"), _deploy(server, "other")
    ann, bob, eve = person(demo), person(demo), person(other)
    for page, name in ((ann, "Ann"), (bob, "Bob"), (eve, "Eve")):
        _sign_up(page, name)
    for page, names in ((ann, {"Ann", "Bob"}), (bob, {"Ann", "Bob"}), (eve, {"Eve"})):
        expect(page.get_by_test_id("presence-member")).to_have_count(len(names))
        shown = {member.get_attribute("data-name") for member in page.get_by_test_id("presence-member").all()}
        assert shown == names

    _add(ann, "todo", "Buy milk")
    expect(_card(bob, "todo", "Buy milk")).to_be_visible()

    picture = tmp_path / "picture.png"
    picture.write_bytes(PICTURE)
    _card(ann, "todo", "Buy milk").click()
    ann.get_by_test_id("picture-input").set_input_files(picture)
    ann.get_by_test_id("edit-title").fill("Buy oat milk")
    ann.get_by_test_id("save-card").click()
    seen = _card(bob, "todo", "Buy oat milk").get_by_test_id("card-picture")
    expect(seen).to_be_visible()
    bob.wait_for_function(
        "() => [...document.querySelectorAll('img')].some((image) => image.complete && image.naturalWidth === 8)"
    )

    moving = _card(bob, "todo", "Buy oat milk")
    moving.focus()
    for key in ("Space", "ArrowRight", "Space"):
        bob.keyboard.press(key)
        bob.wait_for_timeout(400)  # the library animates each step
    expect(_card(ann, "doing", "Buy oat milk")).to_be_visible()
    expect(_card(ann, "todo", "Buy oat milk")).to_have_count(0)

    expect(eve.get_by_test_id("card")).to_have_count(0)
    bob.context.close()
    person.pages.remove(bob)
    expect(ann.get_by_test_id("presence-member")).to_have_count(1)

    ann.reload()
    expect(_card(ann, "doing", "Buy oat milk").get_by_test_id("card-picture")).to_be_visible()
    server.stop()
    expect(ann.get_by_test_id("live-status")).not_to_have_attribute("data-state", "live")
    server.start()
    expect(ann.get_by_test_id("live-status")).to_have_attribute("data-state", "live")
    _add(ann, "done", "Survived")
    expect(_card(ann, "done", "Survived")).to_be_visible()
    ann.reload()
    expect(_card(ann, "doing", "Buy oat milk")).to_be_visible()
    expect(_card(ann, "done", "Survived")).to_be_visible()


def test_mistakes_at_the_door_are_explained(server: ServerProcess, person: PersonMaker) -> None:
    page = person(_deploy(server, "demo"))
    _sign_up(page, "Ann")
    page.get_by_test_id("sign-out").click()
    page.get_by_test_id("email").fill("ann@example.com")
    page.get_by_test_id("password").fill("something else")
    page.get_by_test_id("sign-in").click()
    expect(page.get_by_text("E-mail or password is wrong")).to_be_visible()
    page.get_by_test_id("password").fill("correct horse")
    page.get_by_test_id("sign-in").click()
    expect(page.get_by_test_id("live-status")).to_have_attribute("data-state", "live")
