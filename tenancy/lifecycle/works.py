"""Everything that is done with whole tenants, put together."""

from typing import NamedTuple

from tenancy.lifecycle.backups import Backups
from tenancy.lifecycle.building import Building
from tenancy.lifecycle.cloning import Cloning
from tenancy.lifecycle.copies import Copies
from tenancy.lifecycle.moments import MOMENT, Moments
from tenancy.lifecycle.moving import Moving
from tenancy.lifecycle.restoring import Restoring
from tenancy.lifecycle.snapshots import Snapshots
from tenancy.lifecycle.tenants import Tenants
from tenancy.model.schedule import Schedule
from tenancy.operations.kind import Kind


class Works(NamedTuple):
    """The long work that there is."""

    moving: Moving
    snapshots: Snapshots
    cloning: Cloning
    restoring: Restoring
    backups: Backups
    copies: Copies
    building: Building
    moments: Moments

    @property
    def kinds(self) -> list[Kind]:
        """What operations there are."""
        return [self.moving.kind, *self.snapshots.kinds, *self.cloning.kinds, self.restoring.kind]


def works_of(tenants: Tenants, schedule: Schedule, prove_hours: float) -> Works:
    """The work on these tenants; arguments as `Backups`."""
    copies = Copies(tenants)
    snapshots = Snapshots(tenants, copies)
    moments = Moments(tenants, copies, snapshots)
    building = Building(tenants, copies, snapshots)
    building.sources[MOMENT] = moments
    return Works(
        Moving(tenants), snapshots, Cloning(building), Restoring(building, snapshots),
        Backups(tenants, snapshots, schedule, prove_hours), copies, building, moments,
    )  # fmt: skip
