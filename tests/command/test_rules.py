"""`backpack rules` and `backpack key` against a real server; the example of docs/rules.md among them."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.docs.generate import DOCS
from tests.support.process import ServerProcess

pytestmark = [pytest.mark.process, pytest.mark.timeout(120)]
(EXAMPLE,) = re.findall(r"```yaml\n(.*?)```", (DOCS / "rules.md").read_text("utf-8"), re.DOTALL)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    running = ServerProcess.on(tmp_path_factory.mktemp("server"))
    running.start()
    running.sign_in()
    running.command("login", "admin@example.com", "--password", "correct horse")
    yield running
    running.stop()


def names(server: ServerProcess) -> list[str]:
    return [one["name"] for one in json.loads(server.command("tenant", "list", "--json").stdout)["items"]]


def test_the_example_of_the_documentation(server: ServerProcess, tmp_path: Path) -> None:
    file = tmp_path / "rules.yaml"
    file.write_text(EXAMPLE)
    before = names(server)
    done = server.command("rules", "test", str(file))
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.splitlines()[0] == "ok      ann may list notes, and sees n1"
    assert done.stdout.splitlines()[-1] == "9 passed, 0 failed"
    assert names(server) == before


def test_a_rule_that_is_another_fails_and_says_why(server: ServerProcess, tmp_path: Path) -> None:
    file = tmp_path / "rules.yaml"
    file.write_text(EXAMPLE.replace("{team: {$in: $user.groups}}", "{team: {$exists: true}}"))
    done = server.command("rules", "test", str(file))
    assert done.returncode == 1
    assert "FAILED  ann may read notes/n2: hidden" in done.stdout
    assert "/$or/0/team" in done.stdout
    told = json.loads(server.command("rules", "test", str(file), "--json").stdout)
    assert told["failed"] >= 3
    assert not [name for name in names(server) if name.startswith("rules-test")]


def test_the_rules_of_a_tenant(server: ServerProcess, tmp_path: Path) -> None:
    made = json.loads(server.command("tenant", "create", "shop", "--json").stdout)
    http = httpx.Client(base_url=f"http://127.0.0.1:{server.port}", headers={"host": f"shop.localhost:{server.port}"})
    body = {"name": "cars", "rules": {"list": "public", "read": "owner"}}
    key = {"authorization": f"Bearer {made['apiKey']}"}
    assert http.post("/api/collections", json=body, headers=key).status_code == 201
    file = tmp_path / "rules.json"
    tests = [
        {"as": None, "do": "list", "of": "cars", "expect": "allowed"},
        {"as": "ann", "do": "read", "of": "cars", "id": "c1", "expect": "hidden"},
    ]
    file.write_text(json.dumps({"users": {"ann": {}}, "documents": {"cars": [{"id": "c1"}]}, "tests": tests}))
    done = server.command("rules", "test", str(file), "--tenant", "shop")
    assert done.returncode == 0, done.stdout + done.stderr
    assert len(json.loads(server.command("key", "list", "shop", "--json").stdout)["items"]) == 1
    assert "cars.list: Anybody can see every document" in server.command("rules", "lint", "shop").stdout


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("tests: [", "cannot be read"),
        ("tests: [{as: ann, do: list, of: a, expect: allowed}]", "not among the users"),
        ("tests: [{do: list, of: a}]", "expects nothing"),
        ("tests: [{do: look, of: a, expect: allowed}]", "cannot be read"),
        ("tests: [{do: list, of: a, expects: allowed}]", "cannot be read"),
        (
            "collections: {a: {rules: {list: {b: $usr.id}}}}\ntests: [{do: list, of: a, expect: allowed}]",
            "/rules/list/b",
        ),
    ],
)
def test_a_file_that_is_none(server: ServerProcess, tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "rules.yaml"
    file.write_text(text)
    done = server.command("rules", "test", str(file))
    assert (done.returncode, said in done.stderr) == (1, True), done.stdout + done.stderr
    assert not [name for name in names(server) if name.startswith("rules-test")]


def test_keys(server: ServerProcess) -> None:
    server.command("tenant", "create", "keyed")
    made = server.command("key", "create", "keyed", "--scope", "read", "--collection", "cars", "--days", "3")
    assert "bpk_" in made.stdout, made.stderr
    listed = json.loads(server.command("key", "list", "keyed", "--json").stdout)["items"]
    assert [(one["scope"], one["collections"]) for one in listed] == [("admin", None), ("read", ["cars"])]
    assert "cars" in server.command("key", "list", "keyed").stdout
    assert server.command("key", "delete", "keyed", listed[1]["id"]).returncode == 0
    assert server.command("key", "delete", "keyed", listed[1]["id"]).returncode == 1
    assert server.command("key", "create", "keyed", "--scope", "admin", "--collection", "cars").returncode == 1
