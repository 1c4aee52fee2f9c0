"""`backpack pull`, `push` and `template …`: tenants as files."""

from pathlib import Path
from typing import Any, Final

import click

from server.cli.client import Client
from server.cli.output import as_json, print_json, print_table, size_text

_MEDIA: Final = "application/vnd.backpack+zip"
_TYPE: Final = {"content-type": _MEDIA}


@click.command()
@click.argument("name")
@click.option("--snapshot", help="This snapshot, not the tenant as it is now.")
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), help="The file; NAME.backpack by default.")
@as_json
def pull(name: str, snapshot: str | None, output: Path | None, as_json: bool) -> None:
    """Have a tenant as one file: documents, accounts, files, site, settings. It holds secrets; keep it as one."""
    target = output or Path(f"{name}.backpack")
    part = f"snapshots/{snapshot}/archive" if snapshot else "archive"
    size = Client(timeout_s=None).download(f"/v1/tenants/{name}/{part}", target)
    if as_json:
        print_json({"file": str(target), "size": size})
        return
    click.echo(f"{target} ({size_text(size)})")


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("name")
@click.option("--plan", help="The plan that a new tenant begins with.")
@click.option("--yes", is_flag=True, help="Do not ask before another tenant's state is given up.")
@as_json
def push(file: Path, name: str, plan: str | None, yes: bool, as_json: bool) -> None:
    """Make the tenant NAME of an archive; one that is there gets its state in place of its own."""
    client = Client(timeout_s=None)
    there = any(one["name"] == name for one in client.call("GET", "/v1/tenants")["items"])
    if there and not yes:
        click.confirm(f"Give up what {name} is now for the state of {file}?", abort=True)
    with file.open("rb") as content:
        headers = {**_TYPE, "content-length": str(file.stat().st_size)}
        if there:
            done = client.begin("PUT", f"/v1/tenants/{name}/archive", content=content, headers=headers)
        else:
            asked = {"name": name} | ({"plan": plan} if plan else {})
            done = client.begin("POST", "/v1/tenants/import", params=asked, content=content, headers=headers)
    made: dict[str, Any] = {**client.call("GET", f"/v1/tenants/{name}"), "operation": done}
    if not there:
        made["apiKey"] = client.call("POST", f"/v1/tenants/{name}/keys", json={"name": "first key", "scope": "admin"})[
            "key"
        ]
    if as_json:
        print_json(made)
        return
    click.echo(f"{name} is ready at {made['url']}")
    if "apiKey" in made:
        click.echo(f"API key (shown this once): {made['apiKey']}")


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
    )  # fmt: skip


@template.command("create")
@click.argument("name")
@click.option("--tenant", required=True, help="The tenant that it is made of.")
@click.option("--snapshot", help="This snapshot of it, not as it is now.")
@as_json
def create(name: str, tenant: str, snapshot: str | None, as_json: bool) -> None:
    """Make a template of a tenant, with its documents, accounts and secrets."""
    body = {"name": name, "tenant": tenant, "snapshot": snapshot}
    made = Client(timeout_s=None).call("POST", "/v1/templates", json=body)
    if as_json:
        print_json(made)
        return
    click.echo(f"Use it with: backpack tenant create NAME --template {name}")


@template.command("delete")
@click.argument("name")
def delete(name: str) -> None:
    """Forget a template; tenants that were made of it stay."""
    Client().call("DELETE", f"/v1/templates/{name}")
    click.echo(f"{name} is gone.")
