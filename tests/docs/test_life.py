"""The commands and examples of the pages on tenants and operations, run as they are written, one after the other."""

import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from server.control.definitions.form import read_definitions
from tenancy.lifecycle.mask import read_mask
from tenancy.model.clock import now_text
from tests.docs.generate import DOCS
from tests.support.app import PASSWORD
from tests.support.process import ServerProcess

pytestmark = [pytest.mark.process, pytest.mark.timeout(180)]
PAGE = (DOCS / "tenancy.md").read_text("utf-8")


def _blocks(kind: str, page: str = PAGE) -> list[str]:
    return re.findall(rf"```{kind}\n(.*?)```", page, re.DOTALL)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ServerProcess]:
    running = ServerProcess.on(tmp_path)
    running.start()
    running.sign_in()
    running.command("login", "admin@example.com", "--password", PASSWORD)
    yield running
    running.stop()


def test_the_commands_on_a_tenants_life_do_what_they_say(server: ServerProcess, tmp_path: Path) -> None:
    lines = "\n".join(_blocks("sh")).replace("\\\n", " ").splitlines()
    commands = [shlex.split(line, comments=True) for line in lines if line.startswith("backpack ")]
    assert len(commands) >= 20
    for command in commands:
        arguments = [now_text() if word == "$NOW" else word for word in command[1:]]
        done = server.command(*arguments, cwd=tmp_path)
        assert done.returncode == 0, (command, done.stdout, done.stderr)
    names = {one["name"] for one in json.loads(server.command("tenant", "list", "--json").stdout)["items"]}
    assert names == {"bazaar", "stage-two", "bazaar-before", "elsewhere", "another"}
    tenant = json.loads(server.command("tenant", "show", "bazaar", "--json").stdout)
    assert tenant["snapshots"]["lastProvenAt"]


def test_the_examples_on_masks_and_definitions_are_valid() -> None:
    mask, definitions = (json.loads(block) for block in _blocks("json"))
    assert set(read_mask(mask)) == {"users", "orders", "files"}
    assert read_definitions(definitions).collections is not None


def test_the_line_of_cron_backs_every_tenant_up(server: ServerProcess, tmp_path: Path) -> None:
    (loop,) = [
        block for block in _blocks("sh", (DOCS / "operations.md").read_text("utf-8")) if "backpack pull" in block
    ]
    for name in ("one", "two-tenants"):
        server.command("tenant", "create", name)
    backup = tmp_path / "backup"
    backup.mkdir()
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment: dict[str, Any] = {**server.environment(), "PATH": path}
    script = loop.replace("/backup/", f"{backup}/")
    done = subprocess.run(["/bin/sh", "-ec", script], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert sorted(path.name.rpartition("-20")[0] for path in backup.iterdir()) == ["one", "two-tenants"]


def test_an_archive_is_served_on_a_laptop(server: ServerProcess, tmp_path: Path) -> None:
    server.command("tenant", "create", "bazaar", "--template", "shop")
    pulled = server.command("pull", "bazaar", cwd=tmp_path)
    assert pulled.returncode == 0, pulled.stderr
    laptop = ServerProcess.on(tmp_path / "laptop", log=tmp_path / "log")
    laptop.data.mkdir()
    laptop.start(str(tmp_path / "bazaar.backpack"))
    try:
        laptop.sign_in()
        found = laptop.admin("GET", "/v1/tenants")["items"]
        assert [one["name"] for one in found] == ["bazaar"]
        laptop.stop()
        laptop.start(str(tmp_path / "bazaar.backpack"))  # it is there already
        assert len(laptop.admin("GET", "/v1/tenants")["items"]) == 1
    finally:
        laptop.stop()
    said = (tmp_path / "log").read_text()
    assert said.count("first API key (shown this once): bpk_") == 1
    broken = tmp_path / "broken.backpack"
    broken.write_bytes((tmp_path / "bazaar.backpack").read_bytes()[:-100])
    refused = server.command(
        "serve", str(broken), "--data", str(tmp_path / "other"), "--port", "0", "--admin-port", "0"
    )
    assert (refused.returncode, "cannot be served" in refused.stderr) == (1, True)
