"""README's tutorial, run as it is written."""

import re
import shlex
from pathlib import Path

import httpx
import pytest

from tests.support.app import PASSWORD, SETUP_CODE
from tests.support.process import ServerProcess

ROOT = Path(__file__).parents[2]


def tutorial() -> list[list[str]]:
    """The commands of the one-minute tutorial, as argument lists."""
    blocks = re.findall(r"```sh\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    (block,) = [block for block in blocks if "backpack admin create" in block]
    lines = [shlex.split(line, comments=True) for line in block.splitlines()]
    return [line for line in lines if line]


@pytest.mark.process
@pytest.mark.timeout(60)
def test_the_tutorial_does_what_it_says(tmp_path: Path) -> None:
    server = ServerProcess.on(tmp_path)
    server.start()
    try:
        commands = tutorial()
        assert [command[1:3] for command in commands] == [
            ["admin", "create"],
            ["tenant", "create"],
            ["deploy", commands[2][2]],
        ]
        for command in commands:
            assert command[0] == "backpack"
            arguments = [SETUP_CODE if known == "ABCD-EFGH-JKLM" else known for known in command[1:]]
            if arguments[0] == "admin":
                arguments += ["--password", PASSWORD]
            done = server.command(*arguments, cwd=ROOT)
            assert done.returncode == 0, done.stderr
        headers = {"host": f"demo.localhost:{server.port}"}
        page = httpx.get(f"http://127.0.0.1:{server.port}/", headers=headers)
        assert (page.status_code, "<script" in page.text) == (200, True)
    finally:
        server.stop()
