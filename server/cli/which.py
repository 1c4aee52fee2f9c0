"""Which snapshot somebody means: by its id, by the beginning of it, or `latest`."""

from typing import Any, Final

import click

from server.cli.client import Client, CommandError

LATEST: Final = "latest"
of_snapshot = click.option(
    "--snapshot", help="Of this snapshot, not as it is now: its id, the beginning of it, or latest."
)


def snapshot_of(client: Client, tenant: str, wanted: str) -> dict[str, Any]:
    """The snapshot that is meant.

    Raises:
        CommandError: there is none, or more than one begins so.
    """
    found: list[dict[str, Any]] = client.call("GET", f"/v1/tenants/{tenant}/snapshots")["items"]
    if not found:
        raise CommandError(f"{tenant} has no snapshot.", f"Take one with: backpack tenant snapshot {tenant}")
    meant = found[:1] if wanted == LATEST else [one for one in found if wanted and one["id"].startswith(wanted.lower())]
    if len(meant) == 1:
        return meant[0]
    if not meant:
        hint = f"See its snapshots with: backpack tenant snapshots {tenant}"
        raise CommandError(f"{tenant} has no snapshot {wanted or 'without an id'}.", hint)
    begins = "\n".join(f"  {one['id']} of {one['createdAt']}" for one in meant)
    raise CommandError(f"{len(meant)} snapshots of {tenant} begin with {wanted}:\n{begins}", "Write more of the id.")


def snapshot_id(client: Client, tenant: str, wanted: str | None) -> str | None:
    """The id of the snapshot that is meant; None: none is. Raises what `snapshot_of` raises."""
    return None if wanted is None else str(snapshot_of(client, tenant, wanted)["id"])
