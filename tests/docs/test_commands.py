"""The curl commands of pages, run as they are written, one after the other."""

import re
import shlex
from string import Template
from typing import Any

import pytest

from tests.docs.generate import DOCS
from tests.support.app import App


def commands(page: str) -> list[list[str]]:
    """The commands of a page's shell blocks that call a tenant, as argument lists."""
    blocks = re.findall(r"```sh\n(.*?)```", (DOCS / page).read_text("utf-8"), re.DOTALL)
    lines = "\n".join(blocks).replace("\\\n", " ").splitlines()
    return [shlex.split(line)[1:] for line in lines if line.startswith("curl ")]


def request_of(arguments: list[str]) -> tuple[str, str, dict[str, str], str | None]:
    """Method, path, headers and body of a command line."""
    method, path, headers, body = None, "", dict[str, str](), None
    words = iter(arguments)
    for word in words:
        if word == "-X":
            method = next(words)
        elif word == "-H":
            name, _, value = next(words).partition(": ")
            headers[name] = value
        elif word == "-d":
            body = next(words)
        else:
            path = re.sub(r"^\$URL|^http://shop\.localhost:8000", "", word)
    return method or ("POST" if body is not None else "GET"), path, headers, body


@pytest.mark.starts_server
@pytest.mark.parametrize(("page", "count"), [("accounts.md", 10), ("rules.md", 5)])
async def test_commands_do_what_they_say(app: App, page: str, count: int) -> None:
    tenant = await app.tenant()
    known = {"KEY": tenant.api_key}
    if page == "rules.md":
        user = await tenant.user()
        await tenant.create("notes", user, id="n1")
        known["USER_ID"] = user.id
    found = commands(page)
    assert len(found) >= count
    for arguments in found:
        method, path, headers, body = request_of(arguments)
        values = {name: Template(value).substitute(known) for name, value in headers.items()}
        response = await tenant.http.request(
            method, Template(path).substitute(known), headers=values,
            content=None if body is None else re.sub(r"\$USER_ID", known.get("USER_ID", ""), body),
        )  # fmt: skip
        assert response.is_success, (arguments, response.text)
        answer: Any = response.json() if response.content else {}
        if isinstance(answer, dict) and "token" in answer:
            known |= {"TOKEN": answer["token"], "USER_ID": answer["user"]["id"]}
