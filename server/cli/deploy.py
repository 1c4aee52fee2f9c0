"""`backpack deploy`: a folder becomes a tenant's site."""

import tempfile
import zipfile
from pathlib import Path
from typing import IO

import click

from server.cli.client import Client, CommandError
from server.cli.output import as_json, counted, print_json, size_text
from server.cli.standing import stands

_BUILT = ("dist", "build", "out")
_SKIPPED = frozenset({".git", "node_modules", ".DS_Store", "__pycache__"})


@click.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--tenant", "name", required=True, help="The tenant whose site it becomes.")
@as_json
def deploy(folder: Path, name: str, as_json: bool) -> None:
    """Publish FOLDER as a tenant's site.

    For a project with a package.json its built folder is taken: dist, build or out.
    """
    root = _site(folder)
    with tempfile.TemporaryFile() as archive:
        count = _zip(root, archive)
        size = archive.tell()
        archive.seek(0)
        headers = {"content-type": "application/zip", "content-length": str(size)}
        client = Client()
        release = client.call("POST", f"/v1/tenants/{name}/site", content=archive, headers=headers)
        tenant = client.call("GET", f"/v1/tenants/{name}")
    if as_json:
        print_json({**release, "url": tenant["url"]})
    else:
        click.echo(stands(tenant, f"Published {counted(count, 'file')} ({size_text(release['size'])})"))


def _site(folder: Path) -> Path:
    if (folder / "package.json").is_file():
        for name in _BUILT:
            if (folder / name / "index.html").is_file():
                return folder / name
        raise CommandError(f"{folder} is a project that is not built.", "Build it first, for example: npm run build")
    if not (folder / "index.html").is_file():
        raise CommandError(f"{folder} has no index.html.", "Name the folder that holds the built site.")
    return folder


def _zip(root: Path, into: IO[bytes]) -> int:
    count = 0
    with zipfile.ZipFile(into, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(root.rglob("*")):
            relative = path.relative_to(root)
            if path.is_file() and not path.is_symlink() and not _SKIPPED.intersection(relative.parts):
                archive.write(path, relative.as_posix())
                count += 1
    return count
