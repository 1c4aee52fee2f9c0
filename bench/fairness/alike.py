"""Many tenants that are alike in greed: whether they share alike."""

import json
import statistics
import threading
from collections.abc import Sequence
from typing import Final

from bench.fairness.victim import DATA, Tenant
from bench.load import Request, run_load

ALIKE: Final = 20


def share_alike(url: str, tenants: Sequence[Tenant], seconds: int) -> str:
    """Jain's index of their rates, and the lowest beside their mean, as a sentence."""
    # Each examines all documents of its tenant, so that the server is what is short, and not what loads it.
    requests = [
        Request("POST", f"{DATA}/query", json.dumps({"filter": {"price": {"$gte": number}}})) for number in range(1000)
    ]
    rates = [0.0] * len(tenants)

    def run(number: int) -> None:
        headers = {**tenants[number].headers, "content-type": "application/json"}
        rates[number] = run_load(url, headers, requests, seconds, 4 + 2 * number).rate

    threads = [threading.Thread(target=run, args=(number,)) for number in range(len(tenants))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    index = sum(rates) ** 2 / (len(rates) * sum(rate * rate for rate in rates))
    most = 4 + 2 * (len(tenants) - 1)
    return (
        f"{len(tenants)} tenants that each ask as fast as they can, over 4 to {most} connections: "
        f"Jain's index {index:.3f}, the slowest has {min(rates) / statistics.mean(rates):.0%} of a fair share."
    )
