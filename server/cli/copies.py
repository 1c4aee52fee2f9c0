"""`backpack tenant clone`, `preview`, `restore` and `rewind`: other tenants of one, and one as it was."""

import json
from datetime import datetime
from typing import IO, Any

import click

from server.cli.client import Client, CommandError
from server.cli.moments import FORMS, sent, typed
from server.cli.output import as_json, print_json, time_text
from server.cli.standing import KEPT, first_key, show_new, show_way_back
from server.cli.waiting import begin, no_wait
from server.cli.which import of_snapshot, snapshot_id, snapshot_of

_mask = click.option("--mask", type=click.File("rb"), help="A JSON file that says what becomes of personal values.")
_no_files = click.option("--no-files", is_flag=True, help="Leave the uploaded files behind.")


@click.command("clone")
@click.argument("name")
@click.argument("to", metavar="AS")
@of_snapshot
@click.option("--ttl", type=float, help="Remove it after so many seconds.")
@_mask
@_no_files
@no_wait
@as_json
def clone(
    name: str, to: str, snapshot: str | None, ttl: float | None, mask: IO[bytes] | None, no_files: bool, as_json: bool
) -> None:  # fmt: skip
    """Make another tenant with the data, files, site and settings of one."""
    client = Client()
    body = {
        "as": to, "snapshot": snapshot_id(client, name, snapshot), "ttl": ttl, "mask": _read(mask),
        "files": not no_files,
    }  # fmt: skip
    _make(client, f"/v1/tenants/{name}/clone", body, to, as_json)


@click.command("preview")
@click.argument("name")
@click.argument("label")
@click.option("--days", type=float, default=7, show_default=True, help="How long it lives.")
@of_snapshot
@_mask
@_no_files
@no_wait
@as_json
def preview(
    name: str, label: str, days: float, snapshot: str | None, mask: IO[bytes] | None, no_files: bool, as_json: bool
) -> None:  # fmt: skip
    """Make a clone for a time under NAME--LABEL, for a pull request."""
    client = Client()
    body = {
        "label": label, "ttl": days * 24 * 3600, "snapshot": snapshot_id(client, name, snapshot), "mask": _read(mask),
        "files": not no_files,
    }  # fmt: skip
    _make(client, f"/v1/tenants/{name}/previews", body, f"{name}--{label}", as_json)


def _read(mask: IO[bytes] | None) -> Any:
    if mask is None:
        return {}
    try:
        return json.load(mask)
    except ValueError as error:
        raise CommandError(f"The mask is not JSON: {error}.") from None


def _make(client: Client, path: str, body: dict[str, Any], name: str, as_json: bool) -> None:
    """Begin what makes a tenant, and show it with a first key."""
    then = f"When it is done, make its first API key with: backpack key create {name}"
    done = begin(client, "POST", path, then=then, json=body)
    tenant, key = client.call("GET", f"/v1/tenants/{name}"), first_key(client, name)
    if as_json:
        print_json({**tenant, "apiKey": key, "operation": done})
        return
    show_new(tenant, key)


@click.command("restore")
@click.argument("name")
@click.argument("snapshot")
@click.option("--yes", is_flag=True, help="Do not ask.")
@no_wait
@as_json
def restore(name: str, snapshot: str, yes: bool, as_json: bool) -> None:
    """Make the tenant what it was when SNAPSHOT was taken. Sessions end; API keys stay those of now.

    SNAPSHOT is an id, the beginning of one, or latest. `backpack tenant clone NAME AS --snapshot SNAPSHOT` makes
    another tenant of it instead.
    """
    client = Client()
    meant = snapshot_of(client, name, snapshot)
    taken = time_text(meant["createdAt"])
    if not yes:
        click.confirm(f"{name} becomes what it was at {taken}. {KEPT} Go on?", abort=True)
    _bring(client, name, f"/v1/tenants/{name}/snapshots/{meant['id']}/restore", {}, taken, as_json)


@click.command("rewind", epilog=f"AT: {FORMS}.")
@click.argument("name")
@click.argument("at", callback=typed)
@click.option("--as", "to", help="Make another tenant of it, and leave this one as it is.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@no_wait
@as_json
def rewind(name: str, at: datetime, to: str | None, yes: bool, as_json: bool) -> None:
    """Make the tenant what it was AT a moment, by the snapshot before it and the change log.

    AT says how long ago (10m, 2h, 3d), what the clock showed (9:31), or a date and time. Without a zone it is yours.
    """
    client = Client()
    _reached(client, name, at)
    path, body = f"/v1/tenants/{name}/restore", {"at": sent(at), "as": to}
    if to is not None:
        _make(client, path, body, to, as_json)
        return
    if not yes:
        click.confirm(f"{name} becomes what it was at {time_text(at)}. {KEPT} Go on?", abort=True)
    _bring(client, name, path, {"json": body}, time_text(at), as_json)


def _reached(client: Client, name: str, at: datetime) -> None:
    """Refuse a moment that no snapshot is as old as, before anybody is asked."""
    found = client.call("GET", f"/v1/tenants/{name}/snapshots")["items"]
    if not found:
        raise CommandError(f"{name} has no snapshot, so no moment is reached.", _take_one(name))
    oldest = found[-1]["createdAt"]
    if datetime.fromisoformat(oldest) > at:
        hint = f"The oldest is of {time_text(oldest)}; moments since then can be reached."
        raise CommandError(f"No snapshot of {name} is as old as {time_text(at)}.", hint)


def _take_one(name: str) -> str:
    return f"From now on they are reached with: backpack tenant snapshot {name}"


def _bring(client: Client, name: str, path: str, options: dict[str, Any], moment: str, as_json: bool) -> None:
    """Have a tenant be what it was, and say so."""
    done = begin(client, "POST", path, **options)
    if as_json:
        print_json(done)
        return
    click.echo(f"{name} is as it was at {moment}.")
    show_way_back(name, done)


COMMANDS = (clone, preview, restore, rewind)
