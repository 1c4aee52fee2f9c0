"""What is said of a tenant when something has become of it."""

from typing import Any, Final

import click

from server.cli.client import Client
from server.cli.output import time_text

KEPT: Final = "What it is now is kept as a snapshot."


def answers(tenant: Any) -> str:
    """Where it answers; how it is served again when it is suspended."""
    if tenant["status"] == "suspended":
        return f"It is suspended; serve it again with: backpack tenant resume {tenant['name']}"
    return f"It answers at {tenant['url']}"


def stands(tenant: Any, what: str) -> str:
    """What has become of it, and where it answers."""
    return f"{what}. {answers(tenant)}" if tenant["status"] == "suspended" else f"{what} at {tenant['url']}"


def show_way_back(name: str, operation: Any) -> None:
    """Say how the state comes back that a tenant had before an operation."""
    if before := operation["result"].get("snapshotBefore"):
        click.echo(f"What it was until now comes back with: backpack tenant restore {name} {before}")


def first_key(client: Client, name: str) -> str:
    """The first API key of a new tenant."""
    made = client.call("POST", f"/v1/tenants/{name}/keys", json={"name": "first key", "scope": "admin"})
    return str(made["key"])


def show_new(tenant: Any, key: str) -> None:
    """Say that it is there, with its key."""
    click.echo(stands(tenant, f"{tenant['name']} is ready"))
    click.echo(f"API key (shown this once): {key}")
    if tenant["expiresAt"]:
        click.echo(f"It lives until {time_text(tenant['expiresAt'])}; then it is gone for good.")
