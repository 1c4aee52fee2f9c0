"""PostgreSQL in a folder of its own, with its settings as they come, on a Unix socket alone."""

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from bench.errors import BenchmarkError
from bench.peers.process import environment, process

OWNER: Final = "postgres"
"""The database's superuser, and the system's user who runs the server where we are root, which it refuses to be."""
_DEBIAN: Final = Path("/usr/lib/postgresql")


def programs() -> Path:
    """The folder of PostgreSQL's programs.

    Raises:
        BenchmarkError: it is not installed.
    """
    found = shutil.which("initdb")
    folders = [Path(found).resolve().parent] if found else sorted(_DEBIAN.glob("*/bin"), key=_version)
    if not folders or not (folders[-1] / "postgres").exists():
        raise BenchmarkError("PostgreSQL is not installed; make bench-peers installs Debian's package.")
    return folders[-1]


def version() -> str:
    """Such as 15.13."""
    return subprocess.run(
        [programs() / "postgres", "--version"], capture_output=True, text=True, check=True
    ).stdout.split()[2]  # fmt: skip


def create(folder: Path) -> None:
    """Make an empty database in a folder that exists and whose parent may be passed through.

    Raises:
        BenchmarkError: it could not be made.
    """
    user = _other_user()
    if user is not None:
        shutil.chown(folder, user, user)
    command = [str(programs() / "initdb"), "-D", str(folder / "data"), "-A", "trust", "-U", OWNER, "-E", "UTF8"]
    made = subprocess.run(
        command, cwd=folder, env=environment(), capture_output=True, text=True, check=False, user=user, group=user,
        extra_groups=[] if user else None,
    )  # fmt: skip
    if made.returncode:
        raise BenchmarkError(f"initdb: {made.stdout}{made.stderr}")


@contextmanager
def serving(folder: Path) -> Iterator[None]:
    """Run it; its socket is in the folder."""
    command = [str(programs() / "postgres"), "-D", str(folder / "data"), "-k", str(folder), "-c", "listen_addresses="]

    def ready() -> bool:
        asked = [str(programs() / "pg_isready"), "-q", "-h", str(folder), "-U", OWNER]
        return subprocess.run(asked, capture_output=True, check=False).returncode == 0

    # SIGINT does not wait for clients to go.
    with process(command, folder, ready, environment(), user=_other_user(), stop=signal.SIGINT):
        yield


def _other_user() -> str | None:
    return OWNER if os.geteuid() == 0 else None


def _version(folder: Path) -> int:
    name = folder.parent.name
    return int(name) if name.isdecimal() else 0
