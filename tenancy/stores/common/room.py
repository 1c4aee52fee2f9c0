"""What a tenant's limits say to one more of something; the same for every engine."""

from collections.abc import Callable, Mapping

from tenancy.errors import OverQuota
from tenancy.model.limits import Limits
from tenancy.stores.common.catalog import Catalog


def check_documents(limits: Limits, catalog: Catalog, counts: Mapping[int, int], collection: str) -> None:
    """Refuse one more document of a client than the tenant may have.

    Raises:
        OverQuota: there are as many as there may be.
    """
    if not limits.max_documents or collection.startswith("_"):
        return
    held = sum(counts.get(state.cid, 0) for name, state in catalog.states.items() if not name.startswith("_"))
    if held >= limits.max_documents:
        raise OverQuota(f"The tenant has {held} documents; it may have {limits.max_documents}.")


def check_collections(limits: Limits, catalog: Catalog, name: str) -> None:
    """Refuse one more collection than the tenant may have.

    Raises:
        OverQuota: there are as many as there may be.
    """
    held = len(catalog.public)
    if held >= limits.max_collections and not name.startswith("_"):
        raise OverQuota(f"The tenant has {held} collections; it may have {limits.max_collections}.")


def check_data(limits: Limits, collection: str, held: Callable[[], int]) -> None:
    """Refuse a write that makes a database larger which has reached its size; `held` gives its bytes.

    Deleting is never refused, nor what the server writes for itself: whoever is over has to be able to sign in and tidy
    up.

    Raises:
        OverQuota: it has as many bytes as it may.
    """
    if not limits.max_data or collection.startswith("_"):
        return
    size = held()
    if size >= limits.max_data:
        raise OverQuota(f"The tenant's database has {size} bytes; it may have {limits.max_data}.")
