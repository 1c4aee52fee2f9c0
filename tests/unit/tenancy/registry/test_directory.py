"""What the directory knows, and no longer knows."""

import time
from dataclasses import replace

from tenancy.model.slug import Slug, TenantId
from tenancy.model.tenant import Mode, State, Tenant
from tenancy.registry.directory import Directory, Former


def _tenant(id: str, slug: str) -> Tenant:
    return Tenant(TenantId(id), Slug(slug), Mode.SHARED, State.ACTIVE, "")


def test_names_that_lead_nowhere_are_forgotten() -> None:
    known = Directory()
    shop, store = _tenant("1", "shop"), _tenant("2", "store")
    for tenant in (shop, store):
        known.put(tenant)
    later = time.time() + 60
    known.lead("old-shop", Former(shop.id, later))
    known.lead("old-store", Former(store.id, later))
    known.lead("older-store", Former(store.id, time.time() - 1))
    assert (known.renamed("old-shop"), known.renamed("old-store"), known.renamed("older-store")) == (
        "shop",
        "store",
        None,
    )
    known.put(replace(store, slug=Slug("market")))
    assert (known.find("store"), known.renamed("old-store")) == (None, "market")
    known.forget(shop)
    assert (known.find("shop"), known.renamed("old-shop"), known.renamed("old-store")) == (None, None, "market")
    assert list(known._former) == ["old-store"]  # what is not asked for takes no memory
