"""The disk is full: 507, nothing is left behind, and all goes on when there is space again."""

import errno
import os
import shutil
import subprocess
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest

from tenancy.errors import OutOfSpace
from tenancy.ports import DocumentStore
from tenancy.shares import Shares
from tenancy.stores.embedded.create import create_database
from tenancy.stores.files.local import LocalFiles
from tenancy.work import Gates, Work
from tenancy.writes import Create
from tests.fault.state import history, opened, verify
from tests.support.app import Tenant, User
from tests.support.problems import assert_problem

MIB = 1024 * 1024


async def _zeros(mib: int) -> AsyncIterator[bytes]:
    for _ in range(mib):
        yield bytes(MIB)


async def _fill(documents: DocumentStore) -> int:
    """Commit until the disk is full; how many were acknowledged."""
    for number in range(1000):
        try:
            await documents.commit([Create("notes", f"n{number}", {"text": "x" * 9000})])
        except OutOfSpace:
            return number
    raise AssertionError("the disk was never full")


def _left(root: Path) -> list[Path]:
    return [path for path in root.rglob("*") if path.is_file()]


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of four MiB; only root may mount one, and not everywhere."""
    folder = tmp_path / "small"
    folder.mkdir()
    mount, umount = shutil.which("mount"), shutil.which("umount")
    command = [mount or "", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(folder)]
    if mount is None or umount is None or os.geteuid() != 0:
        pytest.skip("needs root to mount a file system")
    if subprocess.run(command, check=False, capture_output=True).returncode != 0:
        pytest.skip("no file system can be mounted here")
    yield folder
    subprocess.run([umount, str(folder)], check=True)


@pytest.fixture
def full_at(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Let the n-th fsync from now on find the disk full."""

    def arm(n: int) -> None:
        fsync, left = os.fsync, [n]

        def failing(descriptor: int) -> None:
            left[0] -= 1
            if left[0] == 0:
                raise OSError(errno.ENOSPC, "no space")
            fsync(descriptor)

        monkeypatch.setattr(os, "fsync", failing)

    return arm


async def test_a_blob_for_which_there_is_no_space_leaves_nothing(small_disk: Path) -> None:
    files = LocalFiles(small_disk / "blobs", Work(Gates(Shares()), "tests"))
    with pytest.raises(OutOfSpace):
        await files.put("files/large", _zeros(6), limit=10 * MIB)
    assert _left(small_disk) == []
    assert (await files.put("files/small", _zeros(3), limit=10 * MIB)).size == 3 * MIB


async def test_a_database_goes_on_when_there_is_space_again(small_disk: Path) -> None:
    path = small_disk / "data.db"
    create_database(path, [])
    (small_disk / "other").write_bytes(bytes(3 * MIB))
    async with opened(path) as documents:
        made = await _fill(documents)
        assert made > 0
        assert await documents.get("notes", "n0"), "reads go on"
        (small_disk / "other").unlink()
        await documents.commit([Create("notes", "after", {})])
        log = await history(documents.changes)
        expected = {"notes", "after"} | {f"n{number}" for number in range(made)}
        assert {change.id for change in log} == expected
    async with opened(path) as documents:
        await verify(documents, documents.changes, log)


@pytest.mark.parametrize("n", [1, 2, 3, 4])
async def test_an_upload_is_gone_whichever_sync_finds_the_disk_full(
    tmp_path: Path, full_at: Callable[[int], None], n: int
) -> None:
    files = LocalFiles(tmp_path / "blobs", Work(Gates(Shares()), "tests"))
    full_at(n)
    with pytest.raises(OutOfSpace):
        await files.put("files/a1", _zeros(1), limit=MIB)
    assert _left(tmp_path) == []
    await files.put("files/a1", _zeros(1), limit=MIB)


async def test_a_full_disk_answers_507_and_keeps_no_file(
    tenant: Tenant, user: User, full_at: Callable[[int], None]
) -> None:
    full_at(1)
    refused = await tenant.http.post("/api/files", files={"file": ("a", b"data")}, headers=user.auth)
    assert_problem(refused, "out_of_space")
    assert refused.status_code == 507
    assert (await tenant.http.get("/api/files", headers=user.auth)).json()["items"] == []
    stored = await tenant.http.post("/api/files", files={"file": ("a", b"data")}, headers=user.auth)
    assert stored.status_code == 201


async def test_the_folders_of_a_new_blob_are_synced_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[int] = []
    monkeypatch.setattr(os, "fsync", lambda descriptor: synced.append(os.fstat(descriptor).st_ino))
    root = tmp_path / "blobs"
    files = LocalFiles(root, Work(Gates(Shares()), "tests"))
    await files.put("site/r1/pack", _zeros(1), limit=MIB)
    folders = {path.stat().st_ino for path in (root / "site" / "r1", root / "site", root, tmp_path)}
    assert folders <= set(synced)
    synced.clear()
    await files.put("site/r1/manifest", _zeros(1), limit=MIB)
    assert len(synced) == 2, "the file and its folder, when those above are known to be there"
    await files.delete("site/")
    await files.put("site/r1/pack", _zeros(1), limit=MIB)
    assert {path.stat().st_ino for path in (root / "site" / "r1", root / "site", root)} <= set(synced)
