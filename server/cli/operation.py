"""`backpack operation …`."""

from typing import Any

import click

from server.cli.client import Client
from server.cli.output import as_json, print_json, print_table
from server.cli.waiting import follow, says_failure
from server.cli.words import hint_of, in_words, told


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
        ["ID", "KIND", "TENANT", "MAKES", "STATUS", "STEP", "DONE", "BEGAN"],
        [
            [
                item["id"], item["kind"], item["tenant"], _other(item), item["status"], _step(item),
                f"{item['percent']} %", item["createdAt"],
            ]
            for item in found["items"]
        ],
        rare=["MAKES", "STEP"],
    )  # fmt: skip


def _other(item: Any) -> str:
    """The tenant that it makes, where that is another one."""
    return str(item["makes"]) if item["makes"] not in {None, item["tenant"]} else ""


def _step(item: Any) -> str:
    """The step that it is at, or ended at; none when all are done."""
    return str(item["step"] or "")


@operation.command("show")
@click.argument("id")
@click.option("--follow", "following", is_flag=True, help="Until it has ended.")
@as_json
def show(id: str, following: bool, as_json: bool) -> None:
    """Show one operation and what it said."""
    client = Client()
    found = follow(client, id) if following else client.call("GET", f"/v1/operations/{id}")
    if as_json:
        print_json(found)
        return
    for _, at, text in found["lines"] if not following else ():
        if not says_failure(found, text):
            click.echo(f"{at}  {in_words(text)}")
    made = f" as {_other(found)}" if _other(found) else ""
    step = f" at {_step(found)}" if _step(found) else ""
    click.echo(f"{found['kind']} of {found['tenant']}{made}: {found['status']}{step}, {found['percent']} %")
    if found["error"]:
        click.echo(told(found["error"]))
        click.echo(hint_of(found["error"]))


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
