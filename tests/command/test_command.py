"""The command against a real server."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.app import PASSWORD, SETUP_CODE
from tests.support.process import ServerProcess

pytestmark = [pytest.mark.process, pytest.mark.timeout(120)]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    running = ServerProcess.on(tmp_path_factory.mktemp("server"))
    running.start()
    yield running
    running.stop()


def test_from_the_first_administrator_to_a_deployed_site(server: ServerProcess, tmp_path: Path) -> None:
    refused = server.command("tenant", "list")
    assert refused.returncode == 1
    assert "backpack login" in refused.stderr
    created = server.command("admin", "create", "admin@example.com", "--code", SETUP_CODE, "--password", PASSWORD)
    assert created.returncode == 0, created.stderr
    made = server.command("tenant", "create", "shop", "--json")
    assert json.loads(made.stdout)["apiKey"].startswith("bpk_")
    assert "shop" in server.command("tenant", "list").stdout
    taken = server.command("tenant", "create", "shop")
    assert (taken.returncode, "taken" in taken.stderr) == (1, True)
    wrong = server.command("tenant", "create", "--json")
    assert wrong.returncode == 2

    empty = server.command("deploy", str(tmp_path), "--tenant", "shop")
    assert (empty.returncode, "index.html" in empty.stderr) == (1, True)
    (tmp_path / "package.json").write_text("{}")
    unbuilt = server.command("deploy", str(tmp_path), "--tenant", "shop")
    assert "not built" in unbuilt.stderr
    (tmp_path / "dist").mkdir()
    (tmp_path / "dist" / "index.html").write_text("<h1>shop</h1>")
    deployed = server.command("deploy", str(tmp_path), "--tenant", "shop")
    assert "Published 1 file " in deployed.stdout, deployed.stderr
    assert server.command("deploy", str(tmp_path), "--tenant", "nobody").returncode == 1

    assert "documents" in server.command("tenant", "show", "shop").stdout
    assert server.command("plan", "set", "small", "maxBody=64k", "maxRate=2.5").returncode == 0
    assert "maxBody=65536" in server.command("plan", "list").stdout
    limited = json.loads(server.command("tenant", "limit", "shop", "maxFile=1m", "--plan", "small", "--json").stdout)
    assert (limited["ownLimits"], limited["limits"]["maxBody"]) == ({"maxFile": 1024**2}, 64 * 1024)
    assert (limited["limits"]["maxRate"], limited["plan"]) == (2.5, "small")
    taken_back = json.loads(server.command("tenant", "limit", "shop", "maxFile=", "--no-plan", "--json").stdout)
    assert (taken_back["ownLimits"], taken_back["plan"]) == ({}, None)
    assert server.command("tenant", "limit", "shop", "maxFile").returncode == 2
    assert server.command("tenant", "limit", "shop", "maxFile=much").returncode == 2
    refused = server.command("tenant", "limit", "shop", "maxFile=1")
    assert (refused.returncode, "1024 or more" in refused.stderr) == (1, True)
    used = server.command("tenant", "usage", "shop", "--days", "3")
    assert (used.returncode, "any" in used.stdout) == (0, True), used.stderr
    assert server.command("plan", "delete", "small").returncode == 0
    assert "small" not in server.command("plan", "list", "--json").stdout
    assert server.command("tenant", "delete", "shop", "--yes").returncode == 0
    assert json.loads(server.command("tenant", "list", "--json").stdout)["items"] == []
    assert server.command("logout").returncode == 0
    assert server.command("tenant", "list").returncode == 1
    again = server.command("login", "admin@example.com", "--password", "wrong password")
    assert again.returncode == 1
    assert server.command("login", "admin@example.com", "--password", PASSWORD).returncode == 0


def test_the_token_is_kept_for_its_user_alone(server: ServerProcess) -> None:
    server.sign_in()
    server.command("login", "admin@example.com", "--password", PASSWORD)
    kept = server.data / "config" / "backpack" / "credentials.json"
    assert kept.stat().st_mode & 0o777 == 0o600


def test_settings_come_from_everywhere_and_are_checked(server: ServerProcess, tmp_path: Path) -> None:
    (tmp_path / "backpack.toml").write_text('port = 1234\nbase_domain = "example.com"\n')
    shown = server.command("config", "--json", "--base-domain", "example.org", cwd=tmp_path)
    values = json.loads(shown.stdout)
    assert (values["port"], values["base_domain"]) == (1234, "example.org")
    (tmp_path / "backpack.toml").write_text("prot = 1\n")
    misspelt = server.command("config", cwd=tmp_path)
    assert (misspelt.returncode, "Did you mean port?" in misspelt.stderr) == (1, True)
    (tmp_path / "backpack.toml").write_text("port = 99999\n")
    assert "port" in server.command("config", cwd=tmp_path).stderr
    (tmp_path / "backpack.toml").write_text('mongo_url = "mongo://me:secret@host"\nsetup_code = "short"\n')
    secret = server.command("config", cwd=tmp_path)
    assert secret.returncode == 1 and "secret" not in secret.stderr and "'short'" not in secret.stderr
    (tmp_path / "backpack.toml").unlink()
    assert server.command("serve", "--port", "x").returncode == 2


def test_a_misspelt_environment_variable_names_the_nearest(
    server: ServerProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    environment = server.environment
    monkeypatch.setattr(server, "environment", lambda: {**environment(), "BACKPACK_BASE_DOMIAN": "x"})
    answer = server.command("config")
    assert (answer.returncode, "Did you mean BACKPACK_BASE_DOMAIN?" in answer.stderr) == (1, True)


def test_a_taken_port_is_said_to_be(server: ServerProcess, tmp_path: Path) -> None:
    answer = server.command("serve", "--port", str(server.port), "--admin-port", "0", "--data", str(tmp_path / "d"))
    assert answer.returncode == 1
    assert "port" in answer.stderr.lower()


def test_no_server_is_said_to_be_missing(tmp_path: Path) -> None:
    answer = ServerProcess.on(tmp_path).command("tenant", "list")
    assert answer.returncode == 1
    assert "backpack serve" in answer.stderr


def test_the_doctor_attacks_a_throwaway_tenant_and_removes_it(server: ServerProcess) -> None:
    server.sign_in()
    server.command("login", "admin@example.com", "--password", PASSWORD)
    before = server.command("tenant", "list", "--json").stdout
    public = f"http://127.0.0.1:{server.port}"
    healthy = server.command("doctor", "--isolation", "--public", public)
    assert healthy.returncode == 0, healthy.stdout + healthy.stderr
    assert "FAILED" not in healthy.stdout
    report = json.loads(server.command("doctor", "--isolation", "--public", public, "--json").stdout)
    assert (report["ok"], report["problems"]) == (True, [])
    assert report["attempts"] > 500
    assert server.command("tenant", "list", "--json").stdout == before
    nobody = server.command("doctor", "--public", "http://127.0.0.1:1")
    assert (nobody.returncode, "FAILED" in nobody.stdout) == (1, True)
