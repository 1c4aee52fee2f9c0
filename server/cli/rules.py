"""`backpack rules …`: a tenant's own tests of its rules, and what deserves a look."""

import secrets
from pathlib import Path
from typing import Any, NamedTuple

import click

from server.cli.client import Client
from server.cli.output import as_json, print_json
from server.cli.rulebook import Case, RuleBook, read_rulebook, with_users
from server.cli.throwaway import Throwaway, throwaway

_ALLOWED = range(200, 300)
_DEFINED = ("rules", "fields", "schema")


class Outcome(NamedTuple):
    """A case, and what is wrong with it; nothing when it passed."""

    case: Case
    problems: list[str]


@click.group()
def rules() -> None:
    """Test a tenant's rules."""


@rules.command("test")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--tenant", help="Test the definitions of this tenant; by default those in the file.")
@click.option("--public", metavar="URL", help="Where the public listener is reached, if not at its public URL.")
@as_json
def test(file: Path, tenant: str | None, public: str | None, as_json: bool) -> None:
    """Run a table of who, what and expected against a throwaway tenant."""
    book, client = read_rulebook(file), Client()
    with throwaway(client, "rules-test", public) as place:
        if tenant is not None:
            book.collections = {**_definitions(client, place, tenant), **book.collections}
        ids, tokens = _people(place, book)
        _documents(place, book, ids, tokens)
        _define(place, book)
        outcomes = [Outcome(case, _run(place, case, ids, tokens)) for case in book.tests]
    failed = [outcome for outcome in outcomes if outcome.problems]
    if as_json:
        print_json({
            "passed": len(outcomes) - len(failed), "failed": len(failed),
            "failures": [{"test": one.case.title, "problems": one.problems} for one in failed],
        })  # fmt: skip
    else:
        _tell(outcomes)
    if failed:
        raise SystemExit(1)


def _tell(outcomes: list[Outcome]) -> None:
    for case, problems in outcomes:
        click.echo(f"{'FAILED' if problems else 'ok    '}  {case.title}{_expected(case)}")
        for problem in problems:
            click.echo(f"        {problem}")
    failed = sum(1 for one in outcomes if one.problems)
    click.echo(f"{len(outcomes) - failed} passed, {failed} failed")


def _expected(case: Case) -> str:
    said = f": {case.expect}" if case.expect is not None else ""
    return said + (f", and sees {', '.join(case.sees) or 'nothing'}" if case.sees is not None else "")


def _definitions(client: Client, place: Throwaway, tenant: str) -> dict[str, dict[str, Any]]:
    """The rules of a tenant, read with a key that is made for it and removed."""
    made = client.call("POST", f"/v1/tenants/{tenant}/keys", json={"name": "rules test", "scope": "admin", "days": 1})
    try:
        host = place.http.headers["host"].replace(place.name, tenant, 1)
        headers = {"host": host, "authorization": f"Bearer {made['key']}"}
        response = place.http.get("/api/collections", headers=headers)
        response.raise_for_status()
        found = response.json()["items"]
    finally:
        client.call("DELETE", f"/v1/tenants/{tenant}/keys/{made['id']}")
    return {one["name"]: {name: one[name] for name in _DEFINED if name in one} for one in found}


def _people(place: Throwaway, book: RuleBook) -> tuple[dict[str, str], dict[str | None, str]]:
    """Everybody's id, and everybody's token."""
    ids: dict[str, str] = {}
    tokens: dict[str | None, str] = {}
    for name, profile in book.users.items():
        account = {"email": f"{name}@example.com", "password": secrets.token_hex(12)}
        signed = place.done("POST", "/api/auth/register", json=account)
        ids[name], tokens[name] = signed["user"]["id"], signed["token"]
        if profile:
            place.done("PATCH", f"/api/data/users/{ids[name]}", json=profile)
    return ids, tokens


def _documents(place: Throwaway, book: RuleBook, ids: dict[str, str], tokens: dict[str | None, str]) -> None:
    """Make them before there are rules, so that each can be made by its owner."""
    for collection, documents in book.documents.items():
        place.done("POST", "/api/collections", json={"name": collection})
        for document in documents:
            owner = str(document.get("owner") or "").removeprefix("@")
            body = with_users({name: value for name, value in document.items() if name != "owner"}, ids)
            place.done("POST", f"/api/data/{collection}", json=body, token=tokens.get(owner))


def _define(place: Throwaway, book: RuleBook) -> None:
    for name, definition in book.collections.items():
        if place.call("GET", f"/api/collections/{name}").is_error:
            place.done("POST", "/api/collections", json={"name": name})
        place.done("PATCH", f"/api/collections/{name}?existing=keep", json=definition)


def _run(place: Throwaway, case: Case, ids: dict[str, str], tokens: dict[str | None, str]) -> list[str]:
    """What is wrong. A write is explained and not done, so that no case changes what the next one meets."""
    question = {
        "collection": case.of, "action": case.do, "user": ids.get(case.who or ""), "id": case.id,
        "data": with_users(case.data, ids),
    }  # fmt: skip
    answer = place.done("POST", "/api/rules/explain", json=question)
    problems: list[str] = []
    if case.expect is not None and case.expect != _verdict(answer["status"]):
        why = "; ".join(f"{one['path']} {one['because']}" for one in answer["conditions"])
        problems.append(
            f"is {_verdict(answer['status'])} ({answer['status']}) by {answer['rule']}{f': {why}' if why else ''}"
        )
    if case.sees is not None or case.shows or case.hides:
        problems += _look(place, case, tokens)
    return problems


def _verdict(status: int) -> str:
    if status in _ALLOWED:
        return "allowed"
    return "hidden" if status == 404 else "refused"


def _look(place: Throwaway, case: Case, tokens: dict[str | None, str]) -> list[str]:
    """Hold what is really answered against what is to be seen."""
    path = f"/api/data/{case.of}" + (f"/{case.id}" if case.do == "read" else "?limit=1000")
    token = tokens.get(case.who)
    headers = {"authorization": f"Bearer {token}"} if token is not None else {}
    response = place.http.get(path, headers=headers)
    if response.is_error:
        return [f"is answered {response.status_code}"]
    documents = [response.json()] if case.do == "read" else response.json()["items"]
    problems: list[str] = []
    seen = {one["id"] for one in documents}
    if case.sees is not None and seen != set(case.sees):
        problems.append(f"sees {', '.join(sorted(seen)) or 'nothing'}")
    problems += [f"does not see {name}" for name in case.shows if not all(name in one for one in documents)]
    problems += [f"sees {name}" for name in case.hides if any(name in one for one in documents)]
    return problems


@rules.command("lint")
@click.argument("tenant")
@as_json
def lint(tenant: str, as_json: bool) -> None:
    """Name what deserves a look: who can read or change what, and what a rule trusts."""
    found = Client().call("GET", f"/v1/tenants/{tenant}/rules/lint")
    if as_json:
        print_json(found)
        return
    for one in found["items"]:
        click.echo(f"{one['severity']:8} {one['collection']}.{one['action']}: {one['says']}")
    if not found["items"]:
        click.echo("Nothing deserves a look.")
