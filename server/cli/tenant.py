"""`backpack tenant …`."""

import click

from server.cli.client import Client
from server.cli.output import as_json, print_json, print_table, size_text
from server.cli.standing import show_new
from server.cli.values import limits_from

USED = (
    ("documents", "documents", "maxDocuments", str), ("collections", "collections", "maxCollections", str),
    ("database", "databaseBytes", "maxData", size_text), ("files and site", "fileBytes", "maxStorage", size_text),
    ("requests", "requests", "maxConcurrent", str), ("sockets", "sockets", "maxSockets", str),
    ("subscriptions", "subscriptions", "maxSubscriptions", str), ("channels", "channels", "maxChannels", str),
)  # fmt: skip
"""What a tenant uses beside its limit: title, name in `now`, name in `limits`, how a value looks."""


@click.group()
def tenant() -> None:
    """Make, see and remove tenants."""


@tenant.command("create")
@click.argument("name")
@click.option("--plan", help="The plan that it begins with.")
@click.option("--template", help="What it begins with; see: backpack template list")
@click.option("--ttl", type=float, help="Remove it after so many seconds.")
@as_json
def create(name: str, plan: str | None, template: str | None, ttl: float | None, as_json: bool) -> None:
    """Make a tenant; it serves at once."""
    body = {"name": name, "plan": plan, "template": template, "ttl": ttl}
    made = Client(timeout_s=None).call("POST", "/v1/tenants", json=body)
    if as_json:
        print_json(made)
        return
    show_new(made, made["apiKey"])


@tenant.command("list")
@click.option("--deleted", is_flag=True, help="Those that were deleted and can be had back.")
@as_json
def list_(deleted: bool, as_json: bool) -> None:
    """Show all tenants."""
    found = Client().call("GET", "/v1/tenants", params={"deleted": 1} if deleted else {})
    if as_json:
        print_json(found)
        return
    print_table(
        ["NAME", "STATUS", "URL", "CREATED", "PREVIEW OF", "LIVES UNTIL", "BACK UNTIL"],
        [
            [
                item["name"], item["status"], item["url"], item["createdAt"], item["previewOf"] or "",
                item["expiresAt"] or "", item["purgeAt"] or "",
            ]
            for item in found["items"]
        ],
        rare=["PREVIEW OF", "LIVES UNTIL", "BACK UNTIL"],
    )  # fmt: skip


@tenant.command("show")
@click.argument("name")
@as_json
def show(name: str, as_json: bool) -> None:
    """Show one tenant and what it uses."""
    found = Client().call("GET", f"/v1/tenants/{name}")
    if as_json:
        print_json(found)
        return
    usage, snapshots = found["usage"], found["snapshots"]
    for title, value in [
        ("name", found["name"]), ("url", found["url"]), ("status", found["status"]), ("engine", found["engine"]),
        ("created", found["createdAt"]),
        *([("quarantine", f"since {since}")] if (since := found["quarantinedSince"]) else []),
        *([("preview of", parent)] if (parent := found["previewOf"]) else []),
        *([("lives until", until)] if (until := found["expiresAt"]) else []),
        ("documents", str(usage["documents"])), ("database", size_text(usage["databaseBytes"])),
        ("files", f"{usage['files']}, with the site {size_text(usage['fileBytes'])}"),
        ("snapshots", f"{snapshots['count']}, the newest of {snapshots['newestAt']}" if snapshots["count"] else "none"),
        ("proven", snapshots["lastProvenAt"] or "never"),
    ]:  # fmt: skip
        click.echo(f"{title:<11} {value}")


@tenant.command("usage")
@click.argument("name")
@click.option("--days", default=30, show_default=True, help="How many of the last days.")
@as_json
def usage(name: str, days: int, as_json: bool) -> None:
    """Show what a tenant uses, what it may, and what it was asked for by day."""
    found = Client().call("GET", f"/v1/tenants/{name}/usage", params={"days": days})
    if as_json:
        print_json(found)
        return
    now, limits = found["now"], found["limits"]
    rows = [
        [title, shown(now[used]), shown(limits[limit]) if limits[limit] else "any"]
        for title, used, limit, shown in USED
    ]
    print_table(["NOW", "USED", "AT MOST"], rows)
    titles = ["DAY", "REQUESTS", "ERRORS", "REFUSED", "IN", "OUT", "BUSY"]
    print_table(
        titles,
        [
            [
                day["day"],
                str(day["requests"]),
                str(day["errors"]),
                str(day["refused"]),
                size_text(day["bytesIn"]),
                size_text(day["bytesOut"]),
                f"{day['busyMs'] / 1000:.1f} s",
            ]
            for day in found["days"]
        ],
    )


@tenant.command("limit")
@click.argument("name")
@click.argument("limits", nargs=-1, metavar="[LIMIT=VALUE]...")
@click.option("--plan", help="Give it this plan.")
@click.option("--no-plan", is_flag=True, help="Give it no plan.")
@as_json
def limit(name: str, limits: tuple[str, ...], plan: str | None, no_plan: bool, as_json: bool) -> None:
    """Change a tenant's plan and limits of its own, or show them. LIMIT= takes one away."""
    if plan and no_plan:
        raise click.UsageError("--plan and --no-plan exclude each other.")
    body: dict[str, object] = {"limits": limits_from(limits)} if limits else {}
    if plan or no_plan:
        body["plan"] = plan
    found = Client().call("PATCH", f"/v1/tenants/{name}", json=body)
    if as_json:
        print_json(found)
        return
    click.echo(f"plan: {found['plan'] or 'none'}")
    own = found["ownLimits"]
    print_table(
        ["LIMIT", "VALUE", "FROM"],
        [
            [known, str(value), "its own" if known in own else "plan or server"]
            for known, value in found["limits"].items()
        ],
    )


@tenant.command("outbox")
@click.argument("name")
@click.option("--limit", default=10, show_default=True, help="How many of the newest.")
@as_json
def outbox(name: str, limit: int, as_json: bool) -> None:
    """Show the mails of a tenant that wait, were kept for want of a mail server, or could not be sent."""
    found = Client().call("GET", f"/v1/tenants/{name}/outbox", params={"limit": limit})
    if as_json:
        print_json(found)
        return
    for mail in reversed(found["items"]):
        click.echo(f"{mail['createdAt']}  {mail['state']}  to {mail['to']}  {mail['subject']}")
        click.echo(f"\n{mail['text']}\n")
    if not found["items"]:
        click.echo("The outbox is empty.")


@tenant.command("impersonate")
@click.argument("name")
@click.argument("user")
@click.option("--minutes", default=30, show_default=True, help="How long the session lasts.")
@click.option("--reason", default="", help="Why; kept in the audit log.")
@as_json
def impersonate(name: str, user: str, minutes: int, reason: str, as_json: bool) -> None:
    """Act as a user of a tenant: a link for the browser and a token for calls."""
    body = {"minutes": minutes, "reason": reason}
    made = Client().call("POST", f"/v1/tenants/{name}/users/{user}/impersonate", json=body)
    if as_json:
        print_json(made)
        return
    click.echo(f"Open within five minutes: {made['link']}")
    click.echo(f"Token until {made['expiresAt']}: {made['token']}")
