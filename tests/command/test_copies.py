"""Snapshots, what is made of them, and what is said before and after, against a real server."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from server.cli.output import time_text
from tests.support.app import PASSWORD
from tests.support.process import ServerProcess

pytestmark = [pytest.mark.process, pytest.mark.timeout(120)]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    running = ServerProcess.on(tmp_path_factory.mktemp("server"))
    running.start()
    running.sign_in()
    running.command("login", "admin@example.com", "--password", PASSWORD)
    yield running
    running.stop()


def answered(server: ServerProcess, answer: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """A command with what somebody types when it asks."""
    return subprocess.run(
        [sys.executable, "-m", "server", *arguments], env=server.environment(), input=answer, capture_output=True,
        text=True, timeout=60, check=False,
    )  # fmt: skip


def snapshots(server: ServerProcess, name: str) -> list[Any]:
    found: list[Any] = server.admin("GET", f"/v1/tenants/{name}/snapshots")["items"]
    return found


def taken(server: ServerProcess, name: str) -> str:
    done = server.command("tenant", "snapshot", name, "--json")
    return str(json.loads(done.stdout)["result"]["id"])


def test_a_snapshot_is_named_by_its_beginning_or_as_the_latest(server: ServerProcess, tmp_path: Path) -> None:
    server.command("tenant", "create", "named", "--template", "shop")
    none = server.command("tenant", "prove", "named")
    assert (none.returncode, "has no snapshot" in none.stderr) == (1, True)
    first, second = taken(server, "named"), taken(server, "named")
    assert server.command("tenant", "prove", "named", first[:-1]).returncode == 0
    assert [bool(one["proven"]) for one in snapshots(server, "named")] == [False, True]
    assert server.command("tenant", "prove", "named").returncode == 0
    assert all(one["proven"] for one in snapshots(server, "named"))
    table = server.command("tenant", "snapshots", "named").stdout
    assert first in table and second in table and "…" not in table
    many = server.command("tenant", "restore", "named", first[:2], "--yes")
    assert (many.returncode, first in many.stderr, second in many.stderr) == (1, True, True)
    for wrong in ("zz", ""):
        unknown = answered(server, "", "tenant", "restore", "named", wrong)
        assert (unknown.returncode, "Go on" in unknown.stdout) == (1, False)
        assert "backpack tenant snapshots named" in unknown.stderr
    cloned = server.command("tenant", "clone", "named", "named-again", "--snapshot", "latest")
    assert "named-again is ready at http" in cloned.stdout, cloned.stderr
    pulled = server.command("pull", "named", "--snapshot", first.upper()[:-2], cwd=tmp_path)
    assert pulled.returncode == 0, pulled.stderr


def test_a_tenant_is_as_it_was_and_says_when_that_is(server: ServerProcess) -> None:
    server.command("tenant", "create", "turned", "--template", "shop")
    id = taken(server, "turned")
    moment = time_text(snapshots(server, "turned")[0]["createdAt"])
    back = server.command("tenant", "rewind", "turned", "0m", "--as", "turned-before")
    assert "turned-before is ready" in back.stdout, back.stderr
    asked = answered(server, "n\n", "tenant", "restore", "turned", "latest")
    assert (asked.returncode, f"becomes what it was at {moment}." in asked.stdout) == (1, True)
    restored = answered(server, "y\n", "tenant", "restore", "turned", "latest")
    assert f"turned is as it was at {moment}." in restored.stdout, restored.stderr
    assert "other state" not in restored.stderr
    assert server.command("tenant", "rewind", "turned", "noon").returncode == 2
    early = answered(server, "", "tenant", "rewind", "turned", "3d")
    assert (early.returncode, "Go on" in early.stdout, moment in early.stderr) == (1, False, True)
    begun = server.command("tenant", "restore", "turned", id, "--yes", "--no-wait")
    ended = server.command("operation", "show", begun.stdout.strip(), "--follow")
    assert "restore of turned: done, 100 %" in ended.stdout, ended.stderr
    listed = server.command("operation", "list", "--tenant", "turned").stdout
    assert begun.stdout.strip() in listed and "turned-before" in listed


def test_the_last_snapshot_is_not_forgotten_unasked(server: ServerProcess) -> None:
    server.command("tenant", "create", "kept")
    first = taken(server, "kept")
    taken(server, "kept")
    assert server.command("tenant", "forget", "kept", first).returncode == 0
    asked = answered(server, "n\n", "tenant", "forget", "kept", "latest")
    assert (asked.returncode, "last snapshot" in asked.stdout) == (1, True)
    assert len(snapshots(server, "kept")) == 1
    assert server.command("tenant", "forget", "kept", "latest", "--yes").returncode == 0
    assert snapshots(server, "kept") == []
    assert "snapshots   none" in server.command("tenant", "show", "kept").stdout


def test_what_is_suspended_is_said_to_be(server: ServerProcess, tmp_path: Path) -> None:
    server.command("tenant", "create", "asleep", "--template", "shop")
    assert server.command("pull", "asleep", cwd=tmp_path).returncode == 0
    server.command("tenant", "suspend", "asleep")
    resume = "It is suspended; serve it again with: backpack tenant resume asleep"
    pushed = server.command("push", "asleep.backpack", "asleep", "--yes", cwd=tmp_path)
    assert f"asleep is what asleep.backpack holds. {resume}" in pushed.stdout, pushed.stderr
    server.command("tenant", "delete", "asleep", "--yes")
    back = server.command("tenant", "undelete", "asleep")
    assert back.stdout == f"asleep is back. {resume}\n"
    assert "asleep is served again at http" in server.command("tenant", "resume", "asleep").stdout
    begun = server.command("push", "asleep.backpack", "asleep", "--yes", "--no-wait", cwd=tmp_path)
    assert server.command("operation", "show", begun.stdout.strip(), "--follow").returncode == 0
    pushed = server.command("push", "asleep.backpack", "asleep", "--yes", cwd=tmp_path)
    assert "holds. It answers at http" in pushed.stdout


def test_no_file_and_no_template_is_written_over_unasked(server: ServerProcess, tmp_path: Path) -> None:
    server.command("tenant", "create", "written")
    file = tmp_path / "written.backpack"
    file.write_text("mine")
    refused = server.command("pull", "written", cwd=tmp_path)
    assert (refused.returncode, "--force" in refused.stderr, file.read_text()) == (1, True, "mine")
    assert server.command("pull", "written", "--force", cwd=tmp_path).returncode == 0
    assert file.read_bytes() != b"mine"
    made = server.command("template", "create", "mine", "--tenant", "written")
    assert made.stdout.startswith("mine is made of written."), made.stderr
    again = server.command("template", "create", "mine", "--tenant", "written")
    assert (again.returncode, "--force" in again.stderr) == (1, True)
    assert server.command("template", "create", "mine", "--tenant", "written", "--force").returncode == 0


def test_somebody_knows_what_goes_before_they_say_yes(server: ServerProcess) -> None:
    server.command("tenant", "create", "going")
    made = server.command("tenant", "preview", "going", "pr-1")
    assert "It lives until 20" in made.stdout
    listed = server.command("tenant", "list").stdout
    assert "PREVIEW OF" in listed and "LIVES UNTIL" in listed
    asked = answered(server, "n\n", "tenant", "delete", "going--pr-1")
    assert "is a preview of going: it is gone at once, and for good." in asked.stdout
    asked = answered(server, "n\n", "tenant", "delete", "going")
    assert "For 7 days going can be had back." in asked.stdout
    assert "Its previews are gone at once, and for good: going--pr-1." in asked.stdout
    nobody = answered(server, "y\n", "tenant", "delete", "nobody")
    assert (nobody.returncode, "Remove" in nobody.stdout) == (1, False)
    assert answered(server, "y\n", "tenant", "delete", "going").returncode == 0
    purge_at = server.admin("GET", "/v1/tenants?deleted=1")["items"][0]["purgeAt"]
    assert purge_at in server.command("tenant", "list", "--deleted").stdout
    purged = answered(server, "y\n", "tenant", "delete", "going", "--purge")
    assert "for good?" in purged.stdout and "can be had back" not in purged.stdout
    assert "backpack tenant list --deleted" in server.command("tenant", "undelete", "going").stderr


def test_the_public_listener_is_said_to_be_none_of_ours(server: ServerProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    environment = server.environment
    for host in ("127.0.0.1", "localhost"):
        url = f"http://{host}:{server.port}"
        monkeypatch.setattr(server, "environment", lambda url=url: {**environment(), "BACKPACK_URL": url})
        refused = server.command("tenant", "list")
        assert refused.stderr.startswith(f"Error: {url} is not the admin listener"), refused.stderr
        assert "Panel" in refused.stderr and "BACKPACK_URL" in refused.stderr


def test_a_push_of_definitions_is_one_story(server: ServerProcess, tmp_path: Path) -> None:
    server.command("tenant", "create", "defined", "--template", "shop")
    file = tmp_path / "new.json"
    file.write_text(json.dumps({"format": 1, "collections": {"fresh": {"rules": {"list": "public"}}}}))
    both = server.command("definitions", "push", str(file), "defined", "--all")
    assert (both.returncode, "not both" in both.stderr) == (2, True)
    pushed = server.command("definitions", "push", str(file), "defined", "--prune")
    lines = pushed.stderr.splitlines()[1:]
    assert lines[0] == "defined: tried, 4 changes to make; collections that go are the last."
    assert lines[1] == "defined: 1 change made."
    assert [line.partition(" with ")[0].split()[2:4] for line in lines[2:]] == [["is", "gone,"]] * 3
    assert pushed.stdout == f"1 tenant got the definitions of {file}.\n"


def test_a_file_that_is_not_taken_in_is_said_to_be(server: ServerProcess, tmp_path: Path) -> None:
    server.command("tenant", "create", "served")
    pulled = server.command("pull", "served", cwd=tmp_path)
    assert pulled.returncode == 0, pulled.stderr
    file, log = tmp_path / "served.backpack", tmp_path / "log"
    laptop = ServerProcess.on(tmp_path / "laptop", log=log)
    laptop.data.mkdir()
    for said in (
        f"It is made of {file}. Its data is in {laptop.data / 'data'} from now on",
        f"The tenant served is there already, in {laptop.data / 'data'}: {file} was not taken in.",
    ):
        laptop.start(str(file))
        laptop.stop()
        assert said in log.read_text()
    assert f"backpack push {file} served" in log.read_text()
