"""`backpack pull`, `push` and `template …`: tenants as files."""

from pathlib import Path
from typing import Any, Final

import click

from server.cli.client import Client, CommandError
from server.cli.output import as_json, print_json, print_table, size_text
from server.cli.standing import KEPT, answers, first_key, show_new, show_way_back
from server.cli.waiting import begin, no_wait
from server.cli.which import of_snapshot, snapshot_id

_MEDIA: Final = "application/vnd.backpack+zip"
_TYPE: Final = {"content-type": _MEDIA}


@click.command()
@click.argument("name")
@of_snapshot
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), help="The file; NAME.backpack by default.")
@click.option("--force", "-f", is_flag=True, help="Write over a file that is there.")
@as_json
def pull(name: str, snapshot: str | None, output: Path | None, force: bool, as_json: bool) -> None:
    """Have a tenant as one file: documents, accounts, files, site, settings. It holds secrets; keep it as one."""
    target, client = output or Path(f"{name}.backpack"), Client(timeout_s=None)
    if target.exists() and not force:
        raise CommandError(f"{target} is there already.", "Write over it with --force, or name another with --output.")
    id = snapshot_id(client, name, snapshot)
    part = f"snapshots/{id}/archive" if id is not None else "archive"
    size = client.download(f"/v1/tenants/{name}/{part}", target)
    if as_json:
        print_json({"file": str(target), "size": size})
        return
    click.echo(f"{target} ({size_text(size)})")


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("name")
@click.option("--plan", help="The plan that a new tenant begins with.")
@click.option("--yes", is_flag=True, help="Do not ask before another tenant's state is given up.")
@no_wait
@as_json
def push(file: Path, name: str, plan: str | None, yes: bool, as_json: bool) -> None:
    """Make the tenant NAME of an archive; one that is there gets its state in place of its own."""
    client = Client(timeout_s=None)
    there = any(one["name"] == name for one in client.call("GET", "/v1/tenants")["items"])
    if there and not yes:
        click.confirm(f"{name} becomes what {file} holds. {KEPT} Go on?", abort=True)
    with file.open("rb") as content:
        headers = {**_TYPE, "content-length": str(file.stat().st_size)}
        if there:
            done = begin(client, "PUT", f"/v1/tenants/{name}/archive", content=content, headers=headers)
        else:
            asked = {"name": name} | ({"plan": plan} if plan else {})
            then = f"When it is done, make its first API key with: backpack key create {name}"
            done = begin(
                client, "POST", "/v1/tenants/import", then=then, params=asked, content=content, headers=headers
            )
    made: dict[str, Any] = {**client.call("GET", f"/v1/tenants/{name}"), "operation": done}
    if not there:
        made["apiKey"] = first_key(client, name)
    if as_json:
        print_json(made)
    elif there:
        click.echo(f"{name} is what {file} holds. {answers(made)}")
        show_way_back(name, done)
    else:
        show_new(made, made["apiKey"])


@click.group()
def template() -> None:
    """See and make what tenants can begin with: backpack tenant create NAME --template TEMPLATE"""


@template.command("list")
@as_json
def list_(as_json: bool) -> None:
    """Show all templates."""
    found = Client().call("GET", "/v1/templates")
    if as_json:
        print_json(found)
        return
    print_table(
        ["NAME", "FROM", "COLLECTIONS", "FILES", "SITE", "SIZE"],
        [
            [
                item["name"], "the server" if item["builtIn"] else "here",
                ", ".join(f"{name} ({count})" for name, count in item["collections"].items()),
                str(item["files"]), "yes" if item["siteFiles"] else "", size_text(item["size"]),
            ]
            for item in found["items"]
        ],
        texts=["COLLECTIONS"],
    )  # fmt: skip


@template.command("create")
@click.argument("name")
@click.option("--tenant", required=True, help="The tenant that it is made of.")
@of_snapshot
@click.option("--force", "-f", is_flag=True, help="In place of the template of this name.")
@as_json
def create(name: str, tenant: str, snapshot: str | None, force: bool, as_json: bool) -> None:
    """Make a template of a tenant, with its documents, accounts and secrets."""
    client = Client(timeout_s=None)
    own = [one["name"] for one in client.call("GET", "/v1/templates")["items"] if not one["builtIn"]]
    if name in own and not force:
        raise CommandError(f"There is a template {name} already.", "Make it anew with --force, or choose another name.")
    body = {"name": name, "tenant": tenant, "snapshot": snapshot_id(client, tenant, snapshot)}
    made = client.call("POST", "/v1/templates", json=body)
    if as_json:
        print_json(made)
        return
    click.echo(f"{name} is made of {tenant}. Use it with: backpack tenant create NAME --template {name}")


@template.command("delete")
@click.argument("name")
def delete(name: str) -> None:
    """Forget a template; tenants that were made of it stay."""
    Client().call("DELETE", f"/v1/templates/{name}")
    click.echo(f"{name} is gone.")
