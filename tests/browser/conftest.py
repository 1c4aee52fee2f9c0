"""Real Chromium, Debian's, driven by Playwright; a server process; the board deployed by the command."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.support.app import PASSWORD
from tests.support.process import ServerProcess

ROOT = Path(__file__).parents[2]
CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--no-proxy-server",
    "--host-resolver-rules=MAP *.bp-example.com 127.0.0.1",
]  # fmt: skip
expect.set_options(timeout=10_000)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """A browser; each context in it is a person with a profile of their own.

    Playwright keeps an event loop running, so it must not outlive the module: other tests have loops of their own.
    """
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def server_flags() -> tuple[str, ...]:
    """For the server's command; modules that need some have a fixture of this name."""
    return ()


@pytest.fixture
def server(tmp_path: Path, server_flags: tuple[str, ...]) -> Iterator[ServerProcess]:
    """A server process with an administrator."""
    running = ServerProcess.on(tmp_path, *server_flags)
    running.start()
    try:
        running.sign_in()
        running.command("login", "admin@example.com", "--password", "correct horse")
        yield running
    finally:
        if running.process is not None:
            running.stop()


@pytest.fixture
def person(chromium: Browser) -> Iterator["PersonMaker"]:
    """Makes people: pages with cookies of their own."""
    maker = PersonMaker(chromium)
    yield maker
    for page in maker.pages:
        page.context.close()
    assert maker.errors == []


@pytest.fixture
def panel(server: ServerProcess, person: "PersonMaker") -> Page:
    """The admin panel, with the administrator signed in."""
    page = person(f"http://localhost:{server.admin_port}/")
    page.get_by_test_id("signin-email").fill("admin@example.com")
    page.get_by_test_id("signin-password").fill(PASSWORD)
    page.get_by_test_id("signin-submit").click()
    expect(page.get_by_test_id("sign-out")).to_be_visible()
    return page


class PersonMaker:
    """Opens a page for each person and keeps what went wrong in it."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self.pages: list[Page] = []
        self.errors: list[str] = []

    def __call__(self, url: str) -> Page:
        page = self._browser.new_context().new_page()
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.goto(url)
        self.pages.append(page)
        return page
