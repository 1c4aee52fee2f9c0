"""Tenants that a command makes for itself, and removes whatever happens."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import click
import httpx2

from server.cli.client import Client, CommandError
from server.cli.words import hint_of, told


class Throwaway(NamedTuple):
    """A new tenant as its key sees it, and the client of its host."""

    name: str
    key: str
    http: httpx2.Client

    def call(self, method: str, path: str, token: str | None = None, **options: Any) -> httpx2.Response:
        """Ask it with a token, with its key by default."""
        headers = {"authorization": f"Bearer {self.key if token is None else token}"}
        return self.http.request(method, path, headers=headers, **options)

    def done(self, method: str, path: str, **options: Any) -> Any:
        """The answer's JSON.

        Raises:
            CommandError: it is refused.
        """
        response = self.call(method, path, **options)
        if response.is_error:
            problem = response.json()
            raise CommandError(told(problem), hint_of(problem))
        return response.json() if response.content else None


@contextmanager
def throwaway(client: Client, purpose: str, public: str | None = None) -> Iterator[Throwaway]:
    """Have a new tenant until the block ends; `public`: where the public listener is, if not at its public URL."""
    status = client.call("GET", "/v1/status")
    url = (public or status["publicUrl"]).rstrip("/")
    name = f"{purpose}-{secrets.token_hex(4)}"
    made = client.call("POST", "/v1/tenants", json={"name": name})
    try:
        host = {"host": f"{name}.{status['baseDomain']}"}
        with httpx2.Client(base_url=url, headers=host, timeout=30, trust_env=False) as http:
            yield Throwaway(name, made["apiKey"], http)
    finally:
        try:
            client.call("DELETE", f"/v1/tenants/{name}", params={"purge": 1})
        except CommandError as error:
            click.echo(f"The tenant {name} could not be removed: {error}", err=True)
