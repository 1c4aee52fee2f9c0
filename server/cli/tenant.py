"""`backpack tenant …`."""

import click

from server.cli.client import Client
from server.cli.output import as_json, print_json, print_table, size_text


@click.group()
def tenant() -> None:
    """Make, see and remove tenants."""


@tenant.command("create")
@click.argument("name")
@as_json
def create(name: str, as_json: bool) -> None:
    """Make a tenant; it serves at once."""
    made = Client().call("POST", "/v1/tenants", json={"name": name})
    if as_json:
        print_json(made)
        return
    click.echo(f"{made['name']} is ready at {made['url']}")
    click.echo(f"API key (shown this once): {made['apiKey']}")


@tenant.command("list")
@as_json
def list_(as_json: bool) -> None:
    """Show all tenants."""
    found = Client().call("GET", "/v1/tenants")
    if as_json:
        print_json(found)
        return
    rows = [[item["name"], item["status"], item["url"], item["createdAt"]] for item in found["items"]]
    print_table(["NAME", "STATUS", "URL", "CREATED"], rows)


@tenant.command("show")
@click.argument("name")
@as_json
def show(name: str, as_json: bool) -> None:
    """Show one tenant and what it uses."""
    found = Client().call("GET", f"/v1/tenants/{name}")
    if as_json:
        print_json(found)
        return
    usage = found["usage"]
    for title, value in [
        ("name", found["name"]), ("url", found["url"]), ("status", found["status"]), ("engine", found["engine"]),
        ("created", found["createdAt"]),
        ("documents", str(usage["documents"])), ("database", size_text(usage["databaseBytes"])),
        ("files", f"{usage['files']} ({size_text(usage['fileBytes'])})"),
    ]:  # fmt: skip
        click.echo(f"{title:<10} {value}")


@tenant.command("move")
@click.argument("name")
@click.option("--to", type=click.Choice(["mongo", "embedded"]), required=True, help="What keeps its documents then.")
@as_json
def move(name: str, to: str, as_json: bool) -> None:
    """Move a tenant's documents to MongoDB, or back; it answers 503 meanwhile."""
    moved = Client(timeout_s=None).call("POST", f"/v1/tenants/{name}/move", json={"to": to})
    if as_json:
        print_json(moved)
        return
    click.echo(f"{moved['name']} is kept by {moved['engine']}.")


@tenant.command("delete")
@click.argument("name")
@click.option("--yes", is_flag=True, help="Do not ask.")
def delete(name: str, yes: bool) -> None:
    """Remove a tenant with everything in it."""
    if not yes:
        click.confirm(f"Remove {name} with its documents, files, users and site for good?", abort=True)
    Client().call("DELETE", f"/v1/tenants/{name}")
    click.echo(f"{name} is gone.")
