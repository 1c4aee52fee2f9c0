"""What a monitoring system asks for: tenants, operations, snapshots and the age of proofs, as Prometheus reads them.

Source: https://prometheus.io/docs/instrumenting/exposition_formats/
"""

import time
from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from typing import Final

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from server.control.context import ControlContext
from tenancy.lifecycle.backups import last_proof

MEDIA: Final = "text/plain; version=0.0.4; charset=utf-8"


async def metrics(context: ControlContext) -> bytes:
    """All of them as text."""
    registry = CollectorRegistry()
    registry.register(_Gathered([*await _tenants(context), await _operations(context)]))
    return bytes(generate_latest(registry))


class _Gathered(Collector):
    """Families that were gathered already."""

    def __init__(self, families: list[GaugeMetricFamily]) -> None:
        self._families = families

    def collect(self) -> Iterable[GaugeMetricFamily]:
        return self._families


async def _tenants(context: ControlContext) -> list[GaugeMetricFamily]:
    states = GaugeMetricFamily("backpack_tenants", "Tenants by state.", labels=["state"])
    age = GaugeMetricFamily("backpack_snapshot_age_seconds", "Age of the newest snapshot.", labels=["tenant"])
    proof = GaugeMetricFamily(
        "backpack_proof_age_seconds", "Since a snapshot was last restored for trial.", labels=["tenant"]
    )
    directory = context.tenants.registry.directory
    counted = Counter(directory.state_of(tenant).value for tenant in [*directory, *directory.all_deleted()])
    for state, count in sorted(counted.items()):
        states.add_metric([state], count)
    now = time.time()
    for tenant in directory:
        found = await context.works.snapshots.all(tenant)
        if found:
            age.add_metric([tenant.slug], _age(found[0].at, now))
        proven = last_proof(found)
        if proven is not None:
            proof.add_metric([tenant.slug], _age(proven, now))
    return [states, age, proof]


async def _operations(context: ControlContext) -> GaugeMetricFamily:
    family = GaugeMetricFamily("backpack_operations", "Operations under way.", labels=["kind"])
    under_way = Counter(one.kind for one in await context.tenants.operations.journal.unfinished())
    for kind, count in sorted(under_way.items()):
        family.add_metric([kind], count)
    return family


def _age(at: str, now: float) -> float:
    return max(now - datetime.fromisoformat(at).timestamp(), 0.0)
