"""When a tenant gets snapshots by itself, and which of those stay."""

from typing import Final

import msgspec

from tenancy.errors import Invalid, Place
from tenancy.model.json import JsonObject

_MOST: Final = 1000


class Keep(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How many stay of each; a snapshot stays when any of them wants it."""

    last: int = 3
    hourly: int = 0
    daily: int = 7
    weekly: int = 4
    monthly: int = 0


class Schedule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How often a tenant gets a snapshot when it has changed, in hours; 0: never."""

    every: float = 24.0
    keep: Keep = Keep()

    def to_json(self) -> JsonObject:
        """As the API shows it."""
        shown: JsonObject = msgspec.to_builtins(self)
        return shown


def check_schedule(schedule: Schedule) -> Schedule:
    """Accept a schedule.

    Raises:
        Invalid: a number that cannot be.
    """
    places: list[Place] = []
    if not (schedule.every == 0 or 0.1 <= schedule.every <= 24 * 365):
        places.append(Place("/snapshots/every", "must be hours from 0.1 to 8760, or 0 for never"))
    wrong = (name for name in Keep.__struct_fields__ if not 0 <= getattr(schedule.keep, name) <= _MOST)
    places += [Place(f"/snapshots/keep/{name}", f"must be 0 to {_MOST}") for name in wrong]
    if places:
        raise Invalid("The schedule of snapshots is not valid.", places=places)
    return schedule
