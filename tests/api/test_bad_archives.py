"""Archives that strangers send, and those that come half."""

import asyncio
import json
import tracemalloc
import zipfile
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from server.control.archives import directory
from server.control.archives.checks import written
from server.control.archives.read import opened_archive
from tenancy.errors import BackpackError, Invalid, TooLarge
from tests.support.app import App, running_app
from tests.support.archives import ARCHIVE as ZIP
from tests.support.archives import archive_from, entries_of, imported, pulled, rows_of, taken_in, with_rows
from tests.support.bad_archives import BAD_ROWS, bad_entries, many_entries
from tests.support.figures import FIGURES
from tests.support.filled import filled
from tests.support.problems import assert_problem


def test_a_directory_is_refused_before_zipfile_holds_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: object) -> None:
        raise AssertionError("zipfile was asked")

    monkeypatch.setattr(zipfile, "ZipFile", never)
    path = tmp_path / "x.zip"
    for bad, kind in [
        (many_entries(200_001, large=True), TooLarge), (many_entries(300_000, said=3), Invalid),
        (many_entries(300_000, said=3, large=True), Invalid), (many_entries(3, said=4), Invalid),
        (many_entries(3, large=True, locator=5), Invalid), (b"x" + many_entries(1)[1:], Invalid), (b"PK", Invalid),
        (many_entries(1)[:-2] + b"\x01\x00", Invalid),
    ]:  # fmt: skip
        path.write_bytes(bad)
        with pytest.raises(kind), opened_archive(path, 10**10):
            pass
    monkeypatch.setattr(directory, "MAX_DIRECTORY", 100)
    path.write_bytes(many_entries(3))
    with pytest.raises(TooLarge, match="list of entries"), opened_archive(path, 10**10):
        pass


def test_a_manifest_takes_no_more_memory_than_its_entries(tmp_path: Path) -> None:
    path = tmp_path / "x.zip"
    bombs = {
        "large": b'{"format":1,"x":[' + b"{}," * 20_000_000 + b"1]}",
        "of many objects": b'{"format":1,"x":[' + b"{}," * 20_000 + b"1]}",
        "of many collections": b'{"format":1,"collections":{' + b",".join(b'"%d":1' % n for n in range(6000)) + b"}}",
        "a format of objects": b'{"format":[' + b"{}," * 20_000 + b"1]}",
    }
    for name, text in bombs.items():
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as opened:
            opened.writestr("backpack.json", text)
        tracemalloc.start()
        with pytest.raises(BackpackError), opened_archive(path, 10**10):
            pass
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 1_000_000, (name, peak)


def test_what_cannot_be_written_is_the_senders_fault() -> None:
    deep: Any = []
    for _ in range(300):
        deep = [deep]
    for bad in (deep, "\ud800"):
        with pytest.raises(Invalid):
            written({"id": "a", "x": bad})


@pytest.fixture(scope="module")
async def server(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[tuple[App, bytes]]:
    """A server, and a good archive of one of its tenants."""
    async with running_app(tmp_path_factory.mktemp("archives"), max_archive=20_000_000) as app:
        tenant = await app.tenant("good")
        await filled(app, tenant)
        yield app, await pulled(app, "good")


async def _refused(app: App, archive: bytes) -> str:
    """An archive is refused, in clear words, and nothing is left of it."""
    before = (await app.admin.get("/v1/tenants")).json()
    answer = await imported(app, "hostile", archive)
    if answer.status_code == 200:
        ended = answer.json()
        assert ended["status"] == "failed", ended
        assert ended["error"]["code"] in {"invalid_request", "too_large", "bad_json", "over_quota"}, ended
        told = json.dumps(ended["error"])
    else:
        assert_problem(answer, answer.json()["code"])
        assert answer.json()["code"] in {"invalid_request", "too_large"}, answer.text
        told = answer.text
    assert not any(word in told for word in ("Traceback", "zipfile", "sqlite", "msgspec", "Errno")), told
    assert (await app.admin.get("/v1/tenants")).json() == before
    assert_problem(await app.admin.get("/v1/tenants/hostile"), "tenant_not_found")
    data = app.context.tenants.folders.root
    assert len(list(data.iterdir())) == 1
    assert list((data.parent / "work").iterdir()) == []
    return told


@pytest.mark.starts_server
async def test_an_archive_that_is_not_whole_changes_nothing(
    server: tuple[App, bytes], record_property: Callable[[str, object], None]
) -> None:
    app, archive = server
    corpus, told = bad_entries(entries_of(archive)), dict[str, str]()
    assert len(corpus) >= 47
    for name, bad in corpus.items():
        try:
            told[name] = await _refused(app, bad)
        except AssertionError as error:
            raise AssertionError(name) from error
    rows = len(rows_of(entries_of(archive), "_collections"))
    for name, words in {
        "the manifest has collections without number": "more collections than the archive",
        "a checksum that is none": "length >= 64",
        "collections that are not counted": f"has {rows + 1} documents or more",  # the first too many is the last read
        "entries without number": "other entries than its end says",
    }.items():
        assert words in told[name], (name, told[name])
    record_property(FIGURES, f"{len(corpus)} archives that are not whole: refused, nothing changed")


@pytest.mark.starts_server
async def test_rows_that_no_request_could_make_are_refused(
    server: tuple[App, bytes], record_property: Callable[[str, object], None]
) -> None:
    app, archive = server
    entries = entries_of(archive)
    assert len(BAD_ROWS) >= 37
    for name, (collection, change) in BAD_ROWS.items():
        known = (
            entries if f"documents/{collection}.jsonl" in entries else {**entries, f"documents/{collection}.jsonl": b""}
        )
        try:
            told = await _refused(app, with_rows(known, collection, change))
            assert "line" in told or "documents/" in told, told
        except AssertionError as error:
            raise AssertionError(name) from error
    record_property(
        FIGURES, f"{len(BAD_ROWS)} archives with a row that no request could make: refused, nothing changed"
    )


@pytest.mark.starts_server
async def test_the_good_one_is_good(server: tuple[App, bytes]) -> None:
    app, archive = server
    entries = entries_of(archive)
    two = await taken_in(app, "honest", archive_from(entries))
    assert (await two.http.get("/api/data/cars?limit=0&count=true")).json()["total"] == len(rows_of(entries, "cars"))
    assert (await app.admin.delete("/v1/tenants/honest?purge=1")).status_code == 204
    # Sent in a way that is refused before anything is read.
    for headers, query, code in [
        ({"content-type": "text/plain"}, "?name=a-name", "unsupported_media_type"),
        (ZIP, "", "invalid_request"),
        (ZIP, "?name=good", "already_exists"),
        (ZIP, "?name=www", "invalid_request"),
        (ZIP, "?name=a-name&plan=none", "invalid_request"),
        (ZIP, "?name=a-name&ttl=x", "invalid_request"),
        (ZIP, "?name=a-name&x=1", "invalid_request"),
    ]:
        answer = await app.admin.post(f"/v1/tenants/import{query}", content=archive, headers=headers)
        assert_problem(answer, code)
    answer = await app.admin.put("/v1/tenants/nobody-here/archive", content=archive, headers=ZIP)
    assert_problem(answer, "tenant_not_found")


@pytest.mark.starts_server
async def test_what_a_client_leaves_half_sent_or_half_read_goes(tmp_path: Path) -> None:
    async with running_app(tmp_path) as app:
        tenant = await app.tenant("shop")
        await filled(app, tenant)
        archive = await pulled(app, "shop")

        async def half() -> AsyncIterator[bytes]:
            yield archive[:100]
            raise ConnectionError

        with pytest.raises(ConnectionError):
            await app.admin.post("/v1/tenants/import?name=half", content=half(), headers=ZIP)
        big = {"file": ("big", b"x" * 20_000_000)}
        assert (await tenant.http.post("/api/files", files=big, headers=tenant.key)).status_code == 201
        async with app.admin.stream("GET", "/v1/tenants/shop/archive") as answer:
            assert answer.status_code == 200
            async for _ in answer.aiter_bytes(1000):
                break
        async with asyncio.timeout(20):
            while list((tmp_path / "work").iterdir()):
                await asyncio.sleep(0.02)
        assert (await taken_in(app, "whole", archive)).name == "whole"
