"""`backpack key …`."""

import click

from server.cli.client import Client
from server.cli.output import as_json, print_json, print_table


@click.group()
def key() -> None:
    """Make, see and remove the API keys of a tenant."""


@key.command("list")
@click.argument("tenant")
@as_json
def list_(tenant: str, as_json: bool) -> None:
    """Show a tenant's keys; a key itself is shown once, when it is made."""
    found = Client().call("GET", f"/v1/tenants/{tenant}/keys")
    if as_json:
        print_json(found)
        return
    rows = [
        [
            item["id"], item["name"], item["scope"], ", ".join(item["collections"] or ["(all)"]),
            item["lastUsedAt"] or "never", item["expiresAt"] or "never",
        ]
        for item in found["items"]
    ]  # fmt: skip
    print_table(["ID", "NAME", "SCOPE", "COLLECTIONS", "LAST USED", "EXPIRES"], rows, texts=["COLLECTIONS"])


@key.command("create")
@click.argument("tenant")
@click.option("--name", default="key", show_default=True, help="What it is called in the list.")
@click.option(
    "--scope", type=click.Choice(["read", "write", "admin", "publishable"]), default="admin", show_default=True,
    help="What it may do.",
)  # fmt: skip
@click.option("--collection", "collections", multiple=True, help="For this collection alone; can be repeated.")
@click.option("--days", type=int, help="It is over after so many days.")
@as_json
def create(
    tenant: str, name: str, scope: str, collections: tuple[str, ...], days: int | None, as_json: bool
) -> None:  # fmt: skip
    """Make a key."""
    body = {"name": name, "scope": scope, "collections": [*collections] or None, "days": days}
    made = Client().call("POST", f"/v1/tenants/{tenant}/keys", json=body)
    if as_json:
        print_json(made)
        return
    click.echo(f"API key (shown this once): {made['key']}")


@key.command("delete")
@click.argument("tenant")
@click.argument("id")
def delete(tenant: str, id: str) -> None:
    """Remove a key; it is refused from then on."""
    Client().call("DELETE", f"/v1/tenants/{tenant}/keys/{id}")
    click.echo(f"{id} is gone.")
