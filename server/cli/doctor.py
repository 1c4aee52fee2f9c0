"""`backpack doctor`: whether an installation does what it should, asked from outside."""

import click
import httpx2

from server.cli.client import Client
from server.cli.isolation import Probe, attack, planted
from server.cli.output import as_json, counted, print_json
from server.cli.throwaway import Throwaway, throwaway


@click.command()
@click.option("--public", metavar="URL", help="Where the public listener is reached, if not at its public URL.")
@click.option("--isolation", is_flag=True, help="Attack one throwaway tenant with another's credentials.")
@as_json
def doctor(public: str | None, isolation: bool, as_json: bool) -> None:
    """Check a running server from outside: its listeners, and with --isolation that tenants are apart."""
    client = Client()
    status = client.call("GET", "/v1/status")
    url = (public or status["publicUrl"]).rstrip("/")
    checks = [_public(url, status["baseDomain"]), _stranger(url)]
    attempts = 0
    if isolation:
        with throwaway(client, "doctor", url) as mine, throwaway(client, "doctor", url) as theirs:
            report = attack(_planted(mine), _planted(theirs))
        attempts = report.attempts
        checks.append(("no tenant sees or changes another's", report.problems))
    problems = [problem for _, found in checks for problem in found]
    if as_json:
        print_json({"ok": not problems, "problems": problems, "attempts": attempts})
    else:
        for title, found in checks:
            click.echo(f"{'ok    ' if not found else 'FAILED'}  {title}")
            for problem in found[:20]:
                click.echo(f"        {problem}")
        if isolation:
            click.echo(f"{counted(attempts, 'attempt')}, {counted(len(checks[-1][1]), 'problem')}")
    if problems:
        raise SystemExit(1)


def _public(url: str, base: str) -> tuple[str, list[str]]:
    title = f"the public listener answers at {url}"
    try:
        answer = httpx2.get(f"{url}/healthz", headers={"host": base}, timeout=10)
    except httpx2.HTTPError as error:
        return title, [f"{error}; --public names another address"]
    return title, [] if answer.status_code == httpx2.codes.OK else [f"it answers {answer.status_code} for {base}"]


def _stranger(url: str) -> tuple[str, list[str]]:
    """A proxy that rewrites the Host header would serve everybody one tenant."""
    title = "a foreign Host is nobody's"
    try:
        answer = httpx2.get(f"{url}/api/health", headers={"host": "backpack-doctor.invalid"}, timeout=10)
    except httpx2.HTTPError:
        return title, []  # a proxy may close the connection
    return title, [] if answer.is_error else [f"{answer.status_code} for a host that is not served"]


def _planted(place: Throwaway) -> Probe:
    return planted(str(place.http.base_url), place.http.headers["host"], place.key)
