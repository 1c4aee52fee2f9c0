"""Makes the templates that come with the server: each example with a folder `template/` becomes an archive.

    template/definitions.json       collections, rules of files and channels, settings
    template/documents/NAME.json    a list of documents, each with an `id`
    dist/                           the built site

Needs nothing but Python, because it runs while the server is built. What an archive is: docs/archive.md.
"""

import hashlib
import json
import secrets
import sys
import zipfile
from pathlib import Path
from typing import Any, Final

FORMAT: Final = 1
MADE: Final = "2026-01-01T00:00:00.000Z"
"""When everything in a template was made: the same sources give the same archive."""
_DATE: Final = (1980, 1, 1, 0, 0, 0)
_SPECIAL: Final = {
    "files": ("_files", {"read": "read", "create": "create", "update": "update", "delete": "delete"}),
    "channels": ("_channels", {"join": "read", "publish": "create"}),
}
"""The collections that hold the rules of what is no collection, and what their actions are called there."""


def build_all(examples: Path, into: Path) -> list[str]:
    """Make the archives of all examples that have a template; their names."""
    into.mkdir(parents=True, exist_ok=True)
    made: list[str] = []
    for folder in sorted(examples.iterdir()):
        if (folder / "template" / "definitions.json").is_file():
            _write(folder, into / f"{folder.name}.backpack")
            made.append(folder.name)
    return made


def _write(example: Path, target: Path) -> None:
    entries = {**_documents(example / "template"), **_site(example / "dist")}
    collections = {name[10:-6]: data.count(b"\n") for name, data in entries.items() if name.startswith("documents/")}
    manifest = {
        "format": FORMAT, "backpack": "template", "tenant": example.name, "createdAt": MADE,
        "collections": collections, "files": 0, "siteFiles": sum(name.startswith("site/") for name in entries),
        "entries": {
            name: {"size": len(data), "sha256": hashlib.sha256(data).hexdigest()} for name, data in entries.items()
        },
    }  # fmt: skip
    # Its own name: two builds at once must not write into one file.
    temporary = target.with_name(f"{target.stem}-{secrets.token_hex(8)}.new")
    try:
        with zipfile.ZipFile(temporary, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, data in [*entries.items(), ("backpack.json", json.dumps(manifest, indent=1).encode())]:
                archive.writestr(zipfile.ZipInfo(name, _DATE), data, zipfile.ZIP_DEFLATED)
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)


def _documents(template: Path) -> dict[str, bytes]:
    said = json.loads((template / "definitions.json").read_text())
    found = {"_collections": _definitions(said)}
    if said.get("settings"):
        found["_settings"] = [_row("settings", {"settings": said["settings"]})]
    for path in sorted((template / "documents").glob("*.json")):
        found[path.stem] = [_row(one["id"], one) for one in json.loads(path.read_text())]
    return {f"documents/{name}.jsonl": _lines(rows) for name, rows in sorted(found.items())}


def _definitions(said: dict[str, Any]) -> list[dict[str, Any]]:
    rows = [_row(name, {"name": name, **body}) for name, body in said.get("collections", {}).items()]
    for title, rules in said.get("rules", {}).items():
        name, actions = _SPECIAL[title]
        rows.append(_row(name, {"name": name, "rules": {actions[one]: rule for one, rule in rules.items()}}))
    return rows


def _row(id: str, fields: dict[str, Any]) -> dict[str, Any]:
    head = {"id": id, "createdAt": fields.get("createdAt", MADE), "updatedAt": fields.get("createdAt", MADE)}
    return {**head, "version": 1, "owner": None, **{name: fields[name] for name in fields if name not in head}}


def _lines(rows: list[dict[str, Any]]) -> bytes:
    rows = sorted(rows, key=lambda row: row["id"])
    return b"".join(json.dumps(row, ensure_ascii=False, separators=(",", ":")).encode() + b"\n" for row in rows)


def _site(dist: Path) -> dict[str, bytes]:
    return {
        f"site/{path.relative_to(dist).as_posix()}": path.read_bytes()
        for path in sorted(dist.rglob("*"))
        if path.is_file()
    }


if __name__ == "__main__":
    here = Path(__file__).parent
    build_all(here / "examples", Path(sys.argv[1]))
