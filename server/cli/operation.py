"""`backpack operation …`."""

import click

from server.cli.client import Client
from server.cli.output import as_json, print_json, print_table


@click.group()
def operation() -> None:
    """See, follow and cancel long work."""


@operation.command("list")
@click.option("--tenant", help="Of this tenant alone.")
@click.option("--limit", default=20, show_default=True, help="How many of the newest.")
@as_json
def list_(tenant: str | None, limit: int, as_json: bool) -> None:
    """Show the newest operations."""
    asked = {"limit": limit} | ({"tenant": tenant} if tenant else {})
    found = Client().call("GET", "/v1/operations", params=asked)
    if as_json:
        print_json(found)
        return
    print_table(
        ["ID", "KIND", "TENANT", "STATUS", "DONE", "BEGAN"],
        [
            [item["id"], item["kind"], item["tenant"], item["status"], f"{item['percent']} %", item["createdAt"]]
            for item in found["items"]
        ],
    )


@operation.command("show")
@click.argument("id")
@click.option("--follow", is_flag=True, help="Until it has ended.")
@as_json
def show(id: str, follow: bool, as_json: bool) -> None:
    """Show one operation and what it said."""
    client = Client()
    found = client.follow(id) if follow else client.call("GET", f"/v1/operations/{id}")
    if as_json:
        print_json(found)
        return
    if not follow:
        for _, at, text in found["lines"]:
            click.echo(f"{at}  {text}")
    click.echo(f"{found['kind']} of {found['tenant']}: {found['status']}, {found['percent']} %")
    if found["error"]:
        click.echo(found["error"]["detail"])


@operation.command("cancel")
@click.argument("id")
@as_json
def cancel(id: str, as_json: bool) -> None:
    """Ask an operation to end; what it did is taken back, unless it is past that."""
    found = Client().call("POST", f"/v1/operations/{id}/cancel")
    if as_json:
        print_json(found)
        return
    click.echo(f"{found['kind']} of {found['tenant']} was asked to end.")
