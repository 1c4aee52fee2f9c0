"""What a server writes to its log: of each request a line, of no request a secret, and no line that a client wrote."""

import asyncio
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from tests.support.app import Tenant
from tests.support.process import ServerProcess
from tests.support.sockets import socket
from tests.support.zips import make_zip

pytestmark = [pytest.mark.process, pytest.mark.timeout(120)]
EVIL: Final = "\x1b[2J\r\n2026-01-01 [info] forged\x9b31m\x07\u2028"
IN_A_PATH: Final = "%1b[2J%0d%0aforged%c2%9b31m"
SECRET: Final = "s3cret-canary"


@pytest.fixture(params=["json", "text"])
def server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[ServerProcess]:
    flags = ("--access-log", "all", "--log-format", request.param)
    running = ServerProcess.on(tmp_path, *flags, log=tmp_path / "log")
    running.start()
    try:
        running.sign_in()
        yield running
    finally:
        if running.process is not None:
            running.stop()


async def _use(tenant: Tenant) -> list[str]:
    """Requests of every kind, good and bad, with secrets in every place; what may not be in a log."""
    email = f"{SECRET}@example.com"
    user = await tenant.user(email, bio=SECRET)
    evil = {"user-agent": SECRET, "x-secret": SECRET}
    cookie = {"cookie": f"backpack={user.token}", "origin": tenant.origin}
    for path in (
        "/api/data/cars",
        f'/api/data/cars?filter={{"a":"{SECRET}"}}',
        f"/api/data/cars?x={SECRET}",
        "/api/auth/me",
    ):
        for headers in ({**user.auth, **evil}, {**cookie, **evil}, {"authorization": f"Basic {SECRET}"}, evil):
            await tenant.http.get(path, headers=headers)
    for content in (json.dumps({"a": SECRET}), f'{{"a":"{SECRET}', f'{{"$a":"{SECRET}"}}', '{"a":1}' + SECRET):
        kind = {"content-type": "application/json", "idempotency-key": SECRET}
        for path in ("/api/data/cars", "/api/data/cars/query", "/api/data/cars/aggregate", "/api/auth/login"):
            await tenant.http.post(path, content=content, headers={**user.auth, **kind})
    login = {"email": email, "password": SECRET * 3}
    await tenant.http.post("/api/auth/login", json=login)
    for form in ({}, {"visibility": SECRET}, {SECRET: "x"}):
        await tenant.http.post("/api/files", files={"file": (SECRET, SECRET)}, data=form, headers=user.auth)
    await tenant.http.post("/api/site", content=SECRET, headers={**tenant.key, "content-type": "application/zip"})
    async with socket(tenant, user) as opened:
        await opened.say("join", channel=SECRET, presence={"a": SECRET})
        await opened.say("publish", channel=SECRET, event=SECRET, data=SECRET)
        await opened.say("ping")
        await opened.hear("pong")
    async with socket(tenant) as opened:
        await opened.say("auth", token=SECRET)
        await opened.closed()
    return [SECRET, user.token, tenant.api_key, "correct horse", user.id]


async def _break(server: ServerProcess, tenant: Tenant) -> None:
    """Have requests fail that name what the client likes: the site's files are gone."""
    site = {**tenant.key, "content-type": "application/zip"}
    assert (
        await tenant.http.post("/api/site", content=make_zip({"index.html": b"x"}), headers=site)
    ).status_code == 201
    (folder,) = (server.data / "data" / "tenants").iterdir()
    shutil.rmtree(folder / "blobs" / "site")
    answer = await tenant.http.get(f"/{IN_A_PATH}?x={SECRET}")
    assert answer.status_code == 500
    raw = f"GET /\x1b[2J HTTP/1.1\r\nHost: {tenant.host}\r\nUser-Agent: {EVIL[:4]}\r\n\r\n".encode()
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(raw)
    assert (await reader.read()).startswith(b"HTTP/1.1 400")
    writer.close()


_ANNOUNCED = re.compile(r"^Tenants .*\nPanel .*\nSet-up .*\n {10}.*\n {10}.*\n", re.MULTILINE)


def _events(text: str, style: str) -> list[str]:
    """The lines of requests; a log of JSON has nothing but JSON beside what is printed once at the start, which may come
    after the first request."""
    if style == "text":
        return [line for line in text.splitlines() if re.search(r"\] request\b", line)]
    logged, announced = _ANNOUNCED.subn("", text)
    assert announced == 1
    *lines, last = logged.split("\n")
    assert last == "" and all(line.startswith("{") for line in lines), "a line that is no JSON"
    return [line for line in lines if json.loads(line)["event"] == "request"]


async def test_a_log_has_no_secret_and_no_line_of_a_client(server: ServerProcess) -> None:
    made = server.admin("POST", "/v1/tenants", json={"name": "shop"})
    tenant = Tenant("shop", server.port, made["apiKey"])
    secrets = [*await _use(tenant), server.token]
    await _break(server, tenant)
    await tenant.http.aclose()
    assert server.stop() == 0
    assert server.log is not None
    text, style = server.log.read_bytes().decode(), server.flags[-1]
    assert [secret for secret in secrets if secret in text] == []
    assert not set(text) & set("\x1b\r\x9b\x07\u2028")
    requests = _events(text, style)
    assert len(requests) > 40
    assert sum("/api/data/{collection}" in line for line in requests) >= 16
    (broke,) = [line for line in text.splitlines() if "request.broke" in line]
    assert "2J" in broke and "forged" in broke
    assert not any(line.lstrip().startswith("forged") for line in text.splitlines())


WRITE = """
import logging, structlog, sys
from server.logs import configure_logs
configure_logs(sys.argv[1])
evil = sys.argv[2]
structlog.get_logger("a").error("happened", path=evil, nested=[evil], **{"a" + evil: 1})
logging.getLogger("b").warning("said %s", evil)
try:
    raise ValueError(evil)
except ValueError as error:
    structlog.get_logger("a").error("broke", path="/", exc_info=error)
"""


@pytest.mark.parametrize("style", ["json", "text", "auto"])
def test_what_is_logged_stays_in_its_line(style: str) -> None:
    done = subprocess.run([sys.executable, "-c", WRITE, style, EVIL], capture_output=True, timeout=30, check=True)
    text = done.stderr.decode()
    assert not set(text) & set("\x1b\r\x9b\x07\u2028")
    assert text.count("forged") == 5
    lines = text.rstrip("\n").split("\n")
    if style == "text":
        assert ["happened" in line for line in lines[:2]] == [True, False]
        assert not any(line.startswith("2026-01-01") for line in lines)
    else:
        written: list[dict[str, Any]] = [json.loads(line) for line in lines]
        assert [event["event"].split()[0] for event in written] == ["happened", "said", "broke"]
        assert written[0]["path"] == EVIL
