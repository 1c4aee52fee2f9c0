"""The documentation cannot drift from the code."""

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from server.admin import admin_routes
from server.cli.main import main
from server.http.routes import Route
from server.outbound import Outbound
from server.public import tenant_routes
from server.realtime import protocol
from tenancy.errors import all_errors
from tenancy.shares import Shares
from tests.docs.generate import DOCS, PAGES

ROOT = Path(__file__).parents[2]
API = (DOCS / "http-api.md").read_text() if (DOCS / "http-api.md").exists() else ""
ROUTES: list[Route[Any]] = [*tenant_routes("0", Shares(), Outbound()).routes, *admin_routes("0").routes]
TRACKED = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()


@pytest.mark.parametrize("name", PAGES)
def test_generated_pages_are_current(name: str) -> None:
    assert (DOCS / name).read_text() == PAGES[name](), "run: make docs"


@pytest.mark.parametrize("path", sorted({route.path for route in ROUTES}))
def test_every_route_is_in_the_contract(path: str) -> None:
    assert re.search(re.escape(path) + r"[`\s?]", API), f"{path} is not in docs/http-api.md"


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.method} {route.path}")
def test_every_method_of_a_route_is_beside_it(route: Route[Any]) -> None:
    if route.method == "WEBSOCKET" or route.path == "/backpack.js":
        return
    lines = [line for line in API.splitlines() if re.search(re.escape(route.path) + r"[`\s?]", line)]
    assert any(re.search(rf"\b{route.method}\b", line) for line in lines), lines


def test_every_frame_and_close_code_is_in_the_contract() -> None:
    frames = re.findall(r'tag="(\w+)"', Path(protocol.__file__).read_text())
    assert len(frames) >= 7
    for name in frames:
        assert f'"type":"{name}"' in API, name
    for code in protocol.Close:
        assert str(code.value) in API, code


def test_every_error_code_is_known_to_the_sdk() -> None:
    sdk = (ROOT / "web" / "sdk" / "src" / "errors.ts").read_text()
    assert [error.code for error in all_errors() if f'"{error.code}"' not in sdk] == []


def test_every_command_is_documented() -> None:
    text = (DOCS / "operations.md").read_text()
    for name, command in main.commands.items():
        for sub in getattr(command, "commands", {}) or [""]:
            assert f"backpack {name} {sub}".strip() in text, f"backpack {name} {sub}"


def test_every_sdk_method_is_documented() -> None:
    text = (DOCS / "sdk.md").read_text()
    found: list[str] = []
    data = ("data/collection", "data/collections", "data/rules", "data/batch", "keys", "settings", "invitations")
    for name in (
        "auth",
        "auth-passkeys",
        "auth-providers",
        *data,
        "files",
        "client",
        "realtime/channel",
        "realtime/subscription",
    ):
        source = (ROOT / "web" / "sdk" / "src" / f"{name}.ts").read_text()
        found += re.findall(r"^  (?:async \*?|\*)?([a-z]\w+)(?:<.*>)?\((?:.*[,{(;])?$", source, re.MULTILINE)
    ignored = {"constructor", "opened", "heard", "failed", "if", "for", "addEventListener"}
    assert len(found) > 50
    assert [name for name in found if name not in ignored and f"{name}(" not in text] == []


@pytest.mark.parametrize("page", [name for name in TRACKED if name.endswith(".md")])
def test_links_between_pages_lead_somewhere(page: str) -> None:
    path = ROOT / page
    for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", re.sub(r"`[^`]*`", "", path.read_text())):
        if not target.startswith(("http", "mailto:")):
            assert (path.parent / target).exists(), f"{page}: {target}"
