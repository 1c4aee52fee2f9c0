"""`backpack tenant …`: what becomes of whole tenants."""

import click

from server.cli.client import Client
from server.cli.output import as_json, print_json
from server.cli.standing import stands
from server.cli.waiting import begin, no_wait


@click.command("suspend")
@click.argument("name")
@as_json
def suspend(name: str, as_json: bool) -> None:
    """Serve a tenant no longer, until it is resumed."""
    changed = Client().call("POST", f"/v1/tenants/{name}/suspend")
    if as_json:
        print_json(changed)
        return
    click.echo(f"{name} is suspended: its API, site and sockets answer nobody.")


@click.command("resume")
@click.argument("name")
@as_json
def resume(name: str, as_json: bool) -> None:
    """Serve a suspended tenant again."""
    changed = Client().call("POST", f"/v1/tenants/{name}/resume")
    if as_json:
        print_json(changed)
        return
    click.echo(stands(changed, f"{name} is served again"))


@click.command("rename")
@click.argument("name")
@click.argument("to")
@as_json
def rename(name: str, to: str, as_json: bool) -> None:
    """Give a tenant another name; the old one leads there for a time."""
    changed = Client().call("POST", f"/v1/tenants/{name}/rename", json={"to": to})
    if as_json:
        print_json(changed)
        return
    click.echo(stands(changed, f"{name} is {changed['name']} now"))


@click.command("delete")
@click.argument("name")
@click.option("--purge", is_flag=True, help="For good, at once.")
@click.option("--yes", is_flag=True, help="Do not ask.")
def delete(name: str, purge: bool, yes: bool) -> None:
    """Remove a tenant with everything in it. For some days it can be had back; previews are gone at once, for good."""
    client = Client()
    if not yes:
        for line in _what_goes(client, name, purge):
            click.echo(line)
        for_good = " for good" if purge else ""
        click.confirm(f"Remove {name} with its documents, files, users and site{for_good}?", abort=True)
    gone = client.call("DELETE", f"/v1/tenants/{name}", params={"purge": 1} if purge else {})
    if gone is None:
        click.echo(f"{name} is gone for good.")
        return
    click.echo(f"{name} is deleted. Until {gone['purgeAt']} it comes back with: backpack tenant undelete {name}")


def _what_goes(client: Client, name: str, purge: bool) -> list[str]:
    """What somebody should know before they say yes.

    Raises:
        CommandError: there is no such tenant.
    """
    tenants = client.call("GET", "/v1/tenants")["items"]
    tenant = next((one for one in tenants if one["name"] == name), None)
    if tenant is None and not purge:  # a deleted one can be purged
        tenant = client.call("GET", f"/v1/tenants/{name}")
    if tenant is not None and tenant["previewOf"]:
        return [f"{name} is a preview of {tenant['previewOf']}: it is gone at once, and for good."]
    previews = ", ".join(one["name"] for one in tenants if one["previewOf"] == name)
    days = client.call("GET", "/v1/status")["days"]["delete"]
    back = [] if purge else [f"For {days:g} {'day' if days == 1 else 'days'} {name} can be had back."]
    return [*back, *([f"Its previews are gone at once, and for good: {previews}."] if previews else [])]


@click.command("undelete")
@click.argument("name")
@as_json
def undelete(name: str, as_json: bool) -> None:
    """Have a deleted tenant back."""
    back = Client().call("POST", f"/v1/tenants/{name}/undelete")
    if as_json:
        print_json(back)
        return
    click.echo(stands(back, f"{name} is back"))


@click.command("move")
@click.argument("name")
@click.option("--to", type=click.Choice(["mongo", "embedded"]), required=True, help="What keeps its documents then.")
@no_wait
@as_json
def move(name: str, to: str, as_json: bool) -> None:
    """Move a tenant's documents to MongoDB, or back; it answers 503 meanwhile."""
    done = begin(Client(), "POST", f"/v1/tenants/{name}/move", json={"to": to})
    if as_json:
        print_json(done)
        return
    click.echo(f"{name} is kept by {done['result']['engine']}.")


COMMANDS = (suspend, resume, rename, delete, undelete, move)
