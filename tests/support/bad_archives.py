"""Archives that no tenant gives: of strangers who try."""

import io
import json
import re
import struct
import warnings
import zipfile
import zlib
from collections.abc import Callable
from typing import Any

from tests.support.archives import Entries, archive_from, entries_of


def _raw(entries: Entries, change: Callable[[zipfile.ZipFile], None]) -> bytes:
    """An archive to which something was added by hand."""
    into = io.BytesIO(archive_from(entries))
    with zipfile.ZipFile(into, "a") as opened:
        change(opened)
    return into.getvalue()


def _link(opened: zipfile.ZipFile) -> None:
    info = zipfile.ZipInfo("files/link")
    info.external_attr = 0o120777 << 16
    opened.writestr(info, "/etc/passwd")


def _overlapping(entries: Entries) -> bytes:
    """A zip whose directory names one entry's bytes many times."""
    data = archive_from(entries, method=zipfile.ZIP_STORED)
    end = data.rindex(b"PK\x05\x06")
    count, size, start = struct.unpack("<HII", data[end + 10 : end + 20])
    directory = data[start : start + size]
    at = directory.index(b"PK\x01\x02")
    name_length = struct.unpack("<H", directory[at + 28 : at + 30])[0]
    one = bytearray(directory[at : at + 46 + name_length])
    many = b"".join(bytes(one[:46]) + b"files/" + str(n).zfill(name_length - 6).encode() for n in range(2000))
    fresh = directory + many
    tail = struct.pack("<HHHHIIH", 0, 0, count + 2000, count + 2000, len(fresh), start, 0)
    return data[:start] + fresh + b"PK\x05\x06" + tail


def _nested(entries: Entries) -> bytes:
    """A zip in which one entry's bytes are another entry with its header, so each counts for two (David Fifield's way)."""
    inner, outer = zipfile.ZipInfo("site/b.bin"), zipfile.ZipInfo("site/a.bin")
    content = b"x" * 2_000_000
    for info, data in ((inner, content), (outer, b"")):
        info.file_size, info.compress_size, info.CRC = len(data), len(data), zlib.crc32(data)
    nested = inner.FileHeader() + content
    outer.file_size, outer.compress_size, outer.CRC = len(nested), len(nested), zlib.crc32(nested)
    whole = entries_of(archive_from({**entries, "site/a.bin": nested, "site/b.bin": content}))
    into = io.BytesIO()
    with zipfile.ZipFile(into, "w", zipfile.ZIP_DEFLATED) as opened:
        for name, data in whole.items():
            if name not in {"site/a.bin", "site/b.bin"}:
                opened.writestr(name, data)
        start = into.tell()
        header = outer.FileHeader()
        into.write(header + nested)
        outer.header_offset, inner.header_offset = start, start + len(header)
        opened.filelist += [outer, inner]
        opened.NameToInfo |= {"site/a.bin": outer, "site/b.bin": inner}
        opened.start_dir = into.tell()
    return into.getvalue()


def bad_entries(entries: Entries) -> dict[str, bytes]:
    """Archives that are not whole, or hold what no archive does."""
    whole = archive_from(entries)
    without = {name: data for name, data in entries.items() if name != "documents/cars.jsonl"}
    file = next(name for name in entries if name.startswith("files/"))
    bomb = b"0" * 30_000_000
    return {
        "nothing": b"", "no zip": b"hello" * 100, "half": whole[: len(whole) // 2], "cut off": whole[:-30],
        "no manifest": _zipped({name: data for name, data in entries.items() if name != "backpack.json"}),
        "manifest is no JSON": _zipped({**entries, "backpack.json": b"{"}),
        "manifest is a list": _zipped({**entries, "backpack.json": b"[]"}),
        "no format": archive_from(entries, format=None), "a newer format": archive_from(entries, format=2),
        "format as text": archive_from(entries, format="1"), "format zero": archive_from(entries, format=0),
        "an entry too few": archive_from(without, honest=False), "an entry too many": _raw(entries, lambda opened: opened.writestr("files/more", "x")),
        "another checksum": archive_from({**entries, "documents/cars.jsonl": entries["documents/cars.jsonl"].replace(b"b1", b"b9")}, honest=False),
        "doubled": _doubled(entries), "a link": _raw(entries, _link), "climbs": archive_from({**entries, "../evil": b"x"}),
        "climbs out of the site": archive_from({**entries, "site/../../evil": b"x"}),
        "absolute": archive_from({**entries, "/etc/evil": b"x"}), "a database": archive_from({**entries, "data.db": b"SQLite format 3\0"}),
        "the keys of others": archive_from({**entries, "documents/_keys.jsonl": b""}),
        "sessions": archive_from({**entries, "documents/_sessions.jsonl": b""}),
        "a file without a row": archive_from({**entries, "files/more": b"x"}),
        "a row without its file": archive_from({name: data for name, data in entries.items() if name != file}),
        "other bytes of a file": archive_from({**entries, file: b"other"}),
        "a bomb": archive_from({**entries, "files/bomb": bomb}), "overlapping": _overlapping(entries), "nested": _nested(entries),
        "compressed otherwise": archive_from(entries, method=zipfile.ZIP_BZIP2),
        "a site without index": archive_from({**{n: d for n, d in entries.items() if not n.startswith("site/")}, "site/x.html": b""}),
        "documents of nothing": archive_from({**entries, "documents/boats.jsonl": b""}),
        "another count": archive_from(entries, collections={"cars": 1}),
        "one line too long": archive_from({**entries, "documents/cars.jsonl": b'{"id":"' + b"x" * 2_000_000 + b'"}\n'}),
        "a line is no JSON": archive_from({**entries, "documents/cars.jsonl": b"{\n"}),
        "a line is no object": archive_from({**entries, "documents/cars.jsonl": b"[1]\n"}),
        "nested deeply": archive_from({**entries, "documents/cars.jsonl": b'{"a":' * 2000 + b"1" + b"}" * 2000 + b"\n"}),
        "entries without number": many_entries(200_001), "more entries than it says": many_entries(200_001, said=3),
        "more entries than the small record says": many_entries(200_001, said=3, large=True),
        "a record of a large zip elsewhere": many_entries(3, large=True, locator=0), "a comment": _zipped(entries, b"x"),
        "the manifest is a bomb": archive_from(entries, more=[{}] * 100_000),
        "the manifest has collections without number": archive_from(entries, collections={f"c{n}": 0 for n in range(3000)}),
        "a checksum that is none": _zipped({**entries, "backpack.json": re.sub(rb'"sha256": *"[0-9a-f]+"', b'"sha256":""', entries["backpack.json"])}),
        "collections without number": _with_collections(entries, 1500),
        "collections that are not counted": _with_collections(entries, 1500, collections=json.loads(entries["backpack.json"])["collections"]),
        "lone surrogate": archive_from({**entries, "documents/cars.jsonl": b'{"id":"\\ud800"}\n'}),
    }  # fmt: skip


def many_entries(count: int, *, said: int | None = None, large: bool = False, locator: int | None = None) -> bytes:
    """A zip of nothing but its directory; `said`: how many entries its end says, `large`: in the record of large zips,
    whose small one says other things."""
    said = count if said is None else said
    one = struct.pack("<4s4B4HL2L5H2L", b"PK\x01\x02", 20, 0, 20, 0, *[0] * 7, 1, *[0] * 6) + b"a"
    directory = one * count
    if not large:
        return directory + struct.pack(
            "<4s4H2LH", b"PK\x05\x06", 0, 0, said % 2**16, said % 2**16, len(directory), 0, 0
        )
    record = struct.pack("<4sQ2H2L4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, said, said, len(directory), 0)
    place = struct.pack("<4sLQL", b"PK\x06\x07", 0, len(directory) if locator is None else locator, 1)
    return directory + record + place + struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 1, 1, 47, 0, 0)


def _with_collections(entries: Entries, count: int, **manifest: Any) -> bytes:
    rows = [json.loads(line) for line in entries["documents/_collections.jsonl"].splitlines()]
    rows = sorted([*rows, *(_row(f"d{n}", name=f"d{n}", rules={}) for n in range(count))], key=_id)
    text = b"".join(json.dumps(row).encode() + b"\n" for row in rows)
    return archive_from({**entries, "documents/_collections.jsonl": text}, **manifest)


def _zipped(entries: Entries, comment: bytes = b"") -> bytes:
    into = io.BytesIO()
    with zipfile.ZipFile(into, "w") as opened:
        opened.comment = comment
        for name, data in entries.items():
            opened.writestr(name, data)
    return into.getvalue()


def _doubled(entries: Entries) -> bytes:
    with warnings.catch_warnings(action="ignore"):  # zipfile's own, of the double
        return _raw(entries, lambda opened: opened.writestr("documents/cars.jsonl", entries["documents/cars.jsonl"]))


def _id(row: dict[str, Any]) -> str:
    return str(row["id"])


Change = Callable[[list[dict[str, Any]]], Any]
_HEAVY = "$argon2id$v=19$m=999999,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$GpZ3sK/oH9p7VIiV56G/64Zo/8GaUw434IimaPqxwCo"
BAD_ROWS: dict[str, tuple[str, Change]] = {
    "doubled ids": ("cars", lambda rows: [rows[0], *rows]),
    "out of order": ("cars", lambda rows: rows[::-1]),
    "no id": ("cars", lambda rows: rows[0].pop("id")),
    "id climbs": ("cars", lambda rows: rows[0].update(id="../x")),
    "reserved id": ("cars", lambda rows: rows[0].update(id="aggregate")),
    "no time": ("cars", lambda rows: rows[0].update(createdAt="yesterday")),
    "version as text": ("cars", lambda rows: rows[0].update(version="1")),
    "version zero": ("cars", lambda rows: rows[0].update(version=0)),
    "owner is a list": ("cars", lambda rows: rows[0].update(owner=["a"])),
    "an operator as name": ("cars", lambda rows: rows[0].update({"$set": 1})),
    "a prototype": ("cars", lambda rows: rows[0].update(a={"__proto__": 1})),
    "a unique value twice": ("cars", lambda rows: rows[0].update(plate=rows[1]["plate"])),
    "a rule that is none": ("_collections", lambda rows: _named(rows, "cars").update(rules={"list": "everybody"})),
    "a rule that does not parse": ("_collections", lambda rows: _named(rows, "cars").update(rules={"list": {"$where": "1"}})),
    "a schema that reads files": ("_collections", lambda rows: _named(rows, "cars").update(schema={"$ref": "file:///etc/passwd"})),
    "an index on nothing": ("_collections", lambda rows: _named(rows, "cars").update(indexes=[{"fields": []}])),
    "an unknown option": ("_collections", lambda rows: _named(rows, "cars").update(trigger="x")),
    "another name inside": ("_collections", lambda rows: _named(rows, "cars").update(name="boats")),
    "a rule of files that is none": ("_collections", lambda rows: sorted([*rows, {**rows[0], "id": "_files", "name": "_files", "rules": {"list": 1}}], key=_id)),
    "an address that is a number": ("users", lambda rows: rows[0].update(email=5)),
    "a number beyond 64 bits": ("cars", lambda rows: rows[0].update(n=2**64)),
    "two users of an address": ("users", lambda rows: [rows[0], {**rows[0], "id": rows[0]["id"] + "x"}]),
    "secrets of nobody": ("_credentials", lambda rows: rows[0].update(id="nobody")),
    "a password in clear": ("_credentials", lambda rows: rows[0].update(password="secret")),
    "a hash that costs a gigabyte": ("_credentials", lambda rows: rows[0].update(password=_HEAVY)),
    "a way that leads to another": ("_credentials", lambda rows: rows[0].update(ways=["0" * 64])),
    "an unknown secret": ("_credentials", lambda rows: rows[0].update(admin=True)),
    "a file of another address": ("_files", lambda rows: rows[0].update(url="https://evil.example/x")),
    "a file of no type": ("_files", lambda rows: rows[0].update(type="text/html\r\nx: y")),
    "a file that is public and odd": ("_files", lambda rows: rows[0].update(visibility="everybody")),
    "a file's name with a line break": ("_files", lambda rows: rows[0].update(name="a\r\nx: y")),
    "a file that says more": ("_files", lambda rows: rows[0].update(owner2="x")),
    "what is said of a file is too deep": ("_files", lambda rows: rows[0].update(metadata=_deep(101))),
    "settings that are none": ("_settings", lambda rows: rows[0].update(settings={"appUrl": "javascript:1"})),
    "two settings": ("_settings", lambda rows: [rows[0], {**rows[0], "id": "z"}]),
    "a provider in clear": ("_providers", lambda rows: [_row("own", form={"clientId": "c", "issuer": "ftp://x"})]),
    "a template that is none": ("_templates", lambda rows: [_row("verify", subject="${secret}", text="x")]),
    "a mail that there is not": ("_templates", lambda rows: [_row("advert", subject="a", text="x")]),
}  # fmt: skip


def _named(rows: list[dict[str, Any]], name: str) -> dict[str, Any]:
    return next(row for row in rows if row["id"] == name)


def _row(id: str, **fields: Any) -> dict[str, Any]:
    head = {"id": id, "createdAt": "2026-01-01T00:00:00.000Z", "updatedAt": "2026-01-01T00:00:00.000Z", "version": 1}
    return {**head, "owner": None, **fields}


def _deep(levels: int) -> dict[str, Any]:
    value: dict[str, Any] = {}
    for _ in range(levels - 1):
        value = {"a": value}
    return value
