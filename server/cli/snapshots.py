"""`backpack tenant snapshot`, `snapshots` and what is done with them."""

from typing import Any

import click

from server.cli.client import Client
from server.cli.output import as_json, counted, print_json, print_table, size_text
from server.cli.waiting import begin, no_wait
from server.cli.which import LATEST, snapshot_of


@click.command("snapshot")
@click.argument("name")
@click.option("--note", default="", help="What it is for.")
@no_wait
@as_json
def snapshot(name: str, note: str, as_json: bool) -> None:
    """Keep the tenant's state, to restore it from."""
    done = begin(Client(), "POST", f"/v1/tenants/{name}/snapshots", json={"note": note})
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
        ["ID", "TAKEN", "WHY", "DOCUMENTS", "FILES", "RESTORES", "NEW", "PROVEN", "NOTE"],
        [
            [
                item["id"], item["createdAt"], item["reason"], str(item["documents"]), str(item["files"]),
                size_text(item["size"]), size_text(item["added"]),
                _proven(item), item["note"],
            ]
            for item in found["items"]
        ],
        texts=["WHY", "NOTE"],
    )  # fmt: skip
    keep = ", ".join(f"{count} {name}" for name, count in found["schedule"]["keep"].items() if count)
    every = found["schedule"]["every"]
    click.echo(f"By itself: {f'every {every:g} hours when it has changed; kept: {keep}' if every else 'never'}.")
    click.echo("RESTORES is what comes back, NEW what no earlier one had.")
    click.echo(f"Together they take {size_text(found['bytes'])} of disk beside the tenant.")
    click.echo(f"Last proven: {found['lastProvenAt'] or 'never'}.")


def _proven(item: dict[str, Any]) -> str:
    if item["damaged"]:
        return "it is damaged"
    return str(item["proven"]["at"]) if item["proven"] else ""


def _told(item: dict[str, Any]) -> str:
    counts = f"{counted(item['documents'], 'document')} and {counted(item['files'], 'file')}"
    return f"{counts}; {size_text(item['size'])} can be restored, {size_text(item['added'])} of it are new."


@click.command("prove")
@click.argument("name")
@click.argument("snapshot", default=LATEST)
@no_wait
@as_json
def prove(name: str, snapshot: str, as_json: bool) -> None:
    """Restore SNAPSHOT (the newest by default) for trial, count what comes back, and throw it away."""
    client = Client()
    meant = snapshot_of(client, name, snapshot)
    done = begin(client, "POST", f"/v1/tenants/{name}/snapshots/{meant['id']}/prove")
    if as_json:
        print_json(done)
        return
    proof = done["result"]["proven"]
    found = f"{counted(proof['documents'], 'document')} and {counted(proof['files'], 'file')}"
    click.echo(f"{found} came back in {proof['seconds']} s.")


@click.command("forget")
@click.argument("name")
@click.argument("snapshot")
@click.option("--yes", is_flag=True, help="Do not ask before the last one goes.")
def forget(name: str, snapshot: str, yes: bool) -> None:
    """Forget a snapshot, and what no other needs of it. SNAPSHOT is an id, the beginning of one, or latest."""
    client = Client()
    meant = snapshot_of(client, name, snapshot)
    if not yes and len(client.call("GET", f"/v1/tenants/{name}/snapshots")["items"]) == 1:
        click.confirm(f"Forget the last snapshot of {name}? No earlier state is reached then.", abort=True)
    client.call("DELETE", f"/v1/tenants/{name}/snapshots/{meant['id']}")
    click.echo(f"The snapshot {meant['id']} of {meant['createdAt']} is gone.")


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


COMMANDS = (snapshot, snapshots, prove, forget, schedule)
