"""`backpack tenant …`: copies of tenants, and back from them."""

import json
from typing import IO, Any

import click

from server.cli.client import Client, CommandError
from server.cli.output import as_json, counted, print_json, print_table, size_text

_mask = click.option("--mask", type=click.File("rb"), help="A JSON file that says what becomes of personal values.")
_no_files = click.option("--no-files", is_flag=True, help="Leave the uploaded files behind.")


@click.command("clone")
@click.argument("name")
@click.argument("to", metavar="AS")
@click.option("--snapshot", help="Of this snapshot, not as it is now.")
@click.option("--ttl", type=float, help="Remove it after so many seconds.")
@_mask
@_no_files
@as_json
def clone(
    name: str, to: str, snapshot: str | None, ttl: float | None, mask: IO[bytes] | None, no_files: bool, as_json: bool
) -> None:  # fmt: skip
    """Make another tenant with the data, files, site and settings of one."""
    body = {"as": to, "snapshot": snapshot, "ttl": ttl, "mask": _read(mask), "files": not no_files}
    _made(f"/v1/tenants/{name}/clone", body, as_json)


@click.command("preview")
@click.argument("name")
@click.argument("label")
@click.option("--days", type=float, default=7, show_default=True, help="How long it lives.")
@click.option("--snapshot", help="Of this snapshot, not as the tenant is now.")
@_mask
@_no_files
@as_json
def preview(
    name: str, label: str, days: float, snapshot: str | None, mask: IO[bytes] | None, no_files: bool, as_json: bool
) -> None:  # fmt: skip
    """Make a clone for a time under NAME--LABEL, for a pull request."""
    body = {
        "label": label, "ttl": days * 24 * 3600, "snapshot": snapshot, "mask": _read(mask), "files": not no_files,
    }  # fmt: skip
    _made(f"/v1/tenants/{name}/previews", body, as_json)


def _read(mask: IO[bytes] | None) -> Any:
    if mask is None:
        return {}
    try:
        return json.load(mask)
    except ValueError as error:
        raise CommandError(f"The mask is not JSON: {error}.") from None


def _made(path: str, body: dict[str, Any], as_json: bool) -> None:
    """Begin what makes a tenant, and show it with a first key."""
    client = Client()
    done = client.begin("POST", path, json=body)
    name = done["result"]["tenant"]
    tenant = client.call("GET", f"/v1/tenants/{name}")
    key = client.call("POST", f"/v1/tenants/{name}/keys", json={"name": "first key", "scope": "admin"})
    if as_json:
        print_json({**tenant, "apiKey": key["key"], "operation": done})
        return
    click.echo(f"{name} is ready at {tenant['url']}")
    click.echo(f"API key (shown this once): {key['key']}")


@click.command("snapshot")
@click.argument("name")
@click.option("--note", default="", help="What it is for.")
@as_json
def snapshot(name: str, note: str, as_json: bool) -> None:
    """Keep the tenant's state, to restore it from."""
    done = Client().begin("POST", f"/v1/tenants/{name}/snapshots", json={"note": note})
    if as_json:
        print_json(done)
        return
    click.echo(f"Snapshot {done['result']['id']}: {_told(done['result'])}")


@click.command("snapshots")
@click.argument("name")
@as_json
def snapshots(name: str, as_json: bool) -> None:
    """Show a tenant's snapshots, and when one was last proven."""
    found = Client().call("GET", f"/v1/tenants/{name}/snapshots")
    if as_json:
        print_json(found)
        return
    print_table(
        ["ID", "TAKEN", "WHY", "DOCUMENTS", "FILES", "SIZE", "NEW", "PROVEN", "NOTE"],
        [
            [
                item["id"], item["createdAt"], item["reason"], str(item["documents"]), str(item["files"]),
                size_text(item["size"]), size_text(item["added"]),
                item["proven"]["at"] if item["proven"] else "", item["note"],
            ]
            for item in found["items"]
        ],
    )  # fmt: skip
    keep = ", ".join(f"{count} {name}" for name, count in found["schedule"]["keep"].items() if count)
    every = found["schedule"]["every"]
    click.echo(f"By itself: {f'every {every:g} hours when it has changed; kept: {keep}' if every else 'never'}.")
    click.echo(f"They take {size_text(found['bytes'])}. Last proven: {found['lastProvenAt'] or 'never'}.")


def _told(item: dict[str, Any]) -> str:
    counts = f"{item['documents']} documents, {item['files']} files, {size_text(item['size'])}"
    return f"{counts}, of which {size_text(item['added'])} were new"


@click.command("restore")
@click.argument("name")
@click.argument("snapshot")
@click.option("--yes", is_flag=True, help="Do not ask.")
@as_json
def restore(name: str, snapshot: str, yes: bool, as_json: bool) -> None:
    """Make the tenant what it was when SNAPSHOT was taken. Sessions end; API keys stay those of now.

    `backpack tenant clone NAME AS --snapshot SNAPSHOT` makes another tenant of it instead.
    """
    if not yes:
        click.confirm(f"Give up what {name} is now for the state of the snapshot?", abort=True)
    done = Client().begin("POST", f"/v1/tenants/{name}/snapshots/{snapshot}/restore")
    if as_json:
        print_json(done)
        return
    click.echo(f"{name} is what it was.")


@click.command("rewind")
@click.argument("name")
@click.argument("at")
@click.option("--as", "to", help="Make another tenant of it, and leave this one as it is.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@as_json
def rewind(name: str, at: str, to: str | None, yes: bool, as_json: bool) -> None:
    """Make the tenant what it was AT a moment, such as 2026-11-26T09:30:00Z, by the snapshot before it and the log."""
    if to is None and not yes:
        click.confirm(f"Give up what {name} is now for what it was at {at}?", abort=True)
    body = {"at": at, "as": to}
    if to is not None:
        _made(f"/v1/tenants/{name}/restore", body, as_json)
        return
    done = Client().begin("POST", f"/v1/tenants/{name}/restore", json=body)
    if as_json:
        print_json(done)
        return
    click.echo(f"{name} is what it was at {at}.")


@click.command("prove")
@click.argument("name")
@click.argument("snapshot", required=False)
@as_json
def prove(name: str, snapshot: str | None, as_json: bool) -> None:
    """Restore SNAPSHOT (the newest by default) for trial, count what comes back, and throw it away."""
    client = Client()
    if snapshot is None:
        items = client.call("GET", f"/v1/tenants/{name}/snapshots")["items"]
        if not items:
            raise CommandError(f"{name} has no snapshot.", f"Take one with: backpack tenant snapshot {name}")
        snapshot = items[0]["id"]
    done = client.begin("POST", f"/v1/tenants/{name}/snapshots/{snapshot}/prove")
    if as_json:
        print_json(done)
        return
    proof = done["result"]["proven"]
    found = f"{counted(proof['documents'], 'document')} and {counted(proof['files'], 'file')}"
    click.echo(f"{found} came back in {proof['seconds']} s.")


@click.command("forget")
@click.argument("name")
@click.argument("snapshot")
def forget(name: str, snapshot: str) -> None:
    """Forget a snapshot, and what no other needs of it."""
    Client().call("DELETE", f"/v1/tenants/{name}/snapshots/{snapshot}")
    click.echo(f"{snapshot} is gone.")


@click.command("schedule")
@click.argument("name")
@click.option("--every", type=float, help="Hours after which it gets a snapshot when it has changed; 0 for never.")
@click.option("--keep", help="How many stay, such as last=3,daily=7,weekly=4.")
@click.option("--default", "default", is_flag=True, help="As the server says.")
@as_json
def schedule(name: str, every: float | None, keep: str | None, default: bool, as_json: bool) -> None:
    """Say when a tenant gets snapshots by itself, or show it."""
    client = Client()
    if default:
        client.call("PATCH", f"/v1/tenants/{name}", json={"snapshots": None})
    elif every is not None or keep is not None:
        now = client.call("GET", f"/v1/tenants/{name}")["snapshots"]["schedule"]
        wanted = {"every": now["every"] if every is None else every, "keep": _keep(keep) if keep else now["keep"]}
        client.call("PATCH", f"/v1/tenants/{name}", json={"snapshots": wanted})
    found = client.call("GET", f"/v1/tenants/{name}")["snapshots"]["schedule"]
    if as_json:
        print_json(found)
        return
    kept = ",".join(f"{name}={count}" for name, count in found["keep"].items())
    click.echo(f"every {found['every']:g} hours, {kept}" if found["every"] else "never")


def _keep(text: str) -> dict[str, int]:
    kept = dict.fromkeys(("last", "hourly", "daily", "weekly", "monthly"), 0)
    for part in text.split(","):
        name, _, count = part.partition("=")
        if name not in kept or not count.isdecimal():
            raise click.BadParameter(f"{part} is not one of {', '.join(kept)} with a number.", param_hint="--keep")
        kept[name] = int(count)
    return kept


COMMANDS = (clone, preview, snapshot, snapshots, restore, rewind, prove, forget, schedule)
