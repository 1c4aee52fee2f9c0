"""`backpack definitions …`: what a tenant's collections, rules and settings are, as one file."""

import json
from pathlib import Path
from typing import Any

import click
import msgspec

from server.cli.client import Client, CommandError
from server.cli.output import as_json, counted, print_json, private_file
from server.cli.waiting import begin, no_wait

_file = click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
_prune = click.option("--prune", is_flag=True, help="Collections that the file does not name go, with their documents.")
_keep = click.option("--keep-existing", is_flag=True, help="Documents that a schema rejects stay.")


@click.group()
def definitions() -> None:
    """Have a tenant's collections, schemas, rules, indexes, settings and mails as code."""


@definitions.command("pull")
@click.argument("name")
@click.option(
    "--output", type=click.Path(dir_okay=False, path_type=Path), help="A .json or .yaml file; else it is shown."
)
def pull(name: str, output: Path | None) -> None:
    """Have a tenant's definitions as one file, JSON or YAML."""
    found = Client().call("GET", f"/v1/tenants/{name}/definitions")
    if output is None:
        print_json(found)
        return
    with private_file(output) as file:
        file.write(_written(found, output).encode())
    click.echo(f"{output}: {counted(len(found.get('collections', {})), 'collection')}")


def _written(found: Any, path: Path) -> str:
    if path.suffix in {".yaml", ".yml"}:
        return msgspec.yaml.encode(found).decode()
    return json.dumps(found, indent=2, ensure_ascii=False) + "\n"


def _read(path: Path) -> Any:
    """A file's content; YAML is read as the data that it is, and nothing else."""
    try:
        return msgspec.yaml.decode(path.read_bytes())  # JSON is YAML
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise CommandError(f"{path} is neither JSON nor YAML: {error}") from None


@definitions.command("diff")
@_file
@click.argument("name")
@_prune
@as_json
def diff(file: Path, name: str, prune: bool, as_json: bool) -> None:
    """Show what FILE would change in a tenant, and which documents would not fit. Exit code 1 when some would not."""
    asked = {"dryRun": 1, **({"prune": 1} if prune else {})}
    found = Client().call("PUT", f"/v1/tenants/{name}/definitions", params=asked, json=_read(file))
    if as_json:
        print_json(found)
    else:
        _show(found["changes"])
    if any(change["failing"] for change in found["changes"]):
        raise click.exceptions.Exit(1)


def _show(changes: list[Any]) -> None:
    for change in changes:
        sign = {"create": "+", "change": "~", "remove": "-"}[change["action"]]
        gone = f", with {counted(change['documents'], 'document')}" if change["action"] == "remove" else ""
        click.echo(f"{sign} {change['part']} {change['name']}{gone}")
        before, after = change["before"] or {}, change["after"] or {}
        for part in sorted({*before, *after}):
            if before.get(part) != after.get(part):
                click.echo(f"    {part}: {_short(before.get(part))} → {_short(after.get(part))}")
        if change["failing"]:
            click.echo(f"    {change['failing']} of {counted(change['documents'], 'document')} would not fit:")
        for one in change["first"]:
            for error in one["errors"]:
                click.echo(f"      {one['id']} {error['path']} {error['message']}")
    if not changes:
        click.echo("Nothing would change.")


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False) if value is not None else "nothing"
    return text if len(text) <= 100 else text[:97] + "…"


@definitions.command("push")
@_file
@click.argument("names", nargs=-1)
@click.option("--all", "everyone", is_flag=True, help="To all tenants but previews.")
@click.option("--canary", help="The tenant that is first: when it fails, no other is touched.")
@_prune
@_keep
@click.option("--no-snapshots", is_flag=True, help="Take no snapshot of each before.")
@no_wait
@as_json
def push(
    file: Path, names: tuple[str, ...], everyone: bool, canary: str | None, prune: bool, keep_existing: bool,
    no_snapshots: bool, as_json: bool,
) -> None:  # fmt: skip
    """Make the definitions of tenants what FILE says: of all of them, or of none when one fails."""
    client = Client(timeout_s=None)
    if everyone == bool(names):
        raise click.UsageError(f"Name tenants, or say --all{'; not both' if everyone else ''}.")
    if everyone:
        names = tuple(one["name"] for one in client.call("GET", "/v1/tenants")["items"] if one["previewOf"] is None)
    body = {
        "definitions": _read(file), "tenants": [*names], "canary": canary, "prune": prune, "keep": keep_existing,
        "snapshots": not no_snapshots,
    }  # fmt: skip
    done = begin(client, "POST", "/v1/definitions/push", json=body)
    if as_json:
        print_json(done)
        return
    click.echo(f"{counted(len(done['result']['tenants']), 'tenant')} got the definitions of {file}.")
