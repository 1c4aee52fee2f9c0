"""`backpack admin create`, `backpack login` and `backpack logout`."""

import click

from server.cli.client import Client, save_token
from server.cli.output import as_json, print_json


@click.group()
def admin() -> None:
    """Administrators."""


@admin.command("create")
@click.argument("email")
@click.option("--code", envvar="BACKPACK_SETUP_CODE", prompt="Set-up code", help="Printed when the server starts.")
@click.password_option(help="8 to 200 characters; asked for when left out.")
@as_json
def create(email: str, code: str, password: str, as_json: bool) -> None:
    """Make the first administrator and sign in."""
    client = Client()
    body = {"email": email, "password": password, "setupCode": code}
    signed = client.call("POST", "/v1/admins", json=body)
    _signed_in(client, signed, as_json)


@click.command()
@click.argument("email")
@click.option("--password", prompt=True, hide_input=True, help="Asked for when left out.")
@as_json
def login(email: str, password: str, as_json: bool) -> None:
    """Sign in; the token is kept for the next commands."""
    client = Client()
    _signed_in(client, client.call("POST", "/v1/sessions", json={"email": email, "password": password}), as_json)


@click.command()
def logout() -> None:
    """Sign out and forget the token."""
    client = Client()
    client.call("DELETE", "/v1/sessions/current")
    save_token(client.url, None)
    click.echo("Signed out.")


def _signed_in(client: Client, signed: dict[str, object], as_json: bool) -> None:
    save_token(client.url, str(signed["token"]))
    if as_json:
        print_json(signed)
    else:
        click.echo(f"Signed in at {client.url}.")
