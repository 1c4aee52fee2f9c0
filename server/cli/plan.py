"""`backpack plan …`."""

import click

from server.cli.client import Client
from server.cli.output import as_json, counted, print_json, print_table
from server.cli.values import limits_from


@click.group()
def plan() -> None:
    """Make, see and remove plans: named sets of limits."""


@plan.command("list")
@as_json
def list_(as_json: bool) -> None:
    """Show all plans."""
    found = Client().call("GET", "/v1/plans")
    if as_json:
        print_json(found)
        return
    rows = [
        [item["name"], str(item["tenants"]), ", ".join(f"{name}={value}" for name, value in item["limits"].items())]
        for item in found["items"]
    ]
    print_table(["NAME", "TENANTS", "LIMITS"], rows, texts=["LIMITS"])


@plan.command("set")
@click.argument("name")
@click.argument("limits", nargs=-1, metavar="[LIMIT=VALUE]...")
@as_json
def set_(name: str, limits: tuple[str, ...], as_json: bool) -> None:
    """Make a plan, or change it for all its tenants: these are its limits, and no others."""
    made = Client().call("PUT", f"/v1/plans/{name}", json={"limits": limits_from(limits)})
    if as_json:
        print_json(made)
        return
    sets, having = counted(len(made["limits"]), "limit"), counted(made["tenants"], "tenant")
    click.echo(f"{name} sets {sets} and is the plan of {having}.")


@plan.command("delete")
@click.argument("name")
def delete(name: str) -> None:
    """Remove a plan that no tenant has."""
    Client().call("DELETE", f"/v1/plans/{name}")
    click.echo(f"{name} is gone.")
