"""What the control plane's handlers may touch."""

from dataclasses import dataclass
from typing import NamedTuple

from server.address import Address
from server.control.archives.archives import Archives
from server.control.definitions.push import Pushing
from server.control.setup import SetupCode
from server.outbound import Outbound
from tenancy.lifecycle.tenants import Tenants
from tenancy.lifecycle.works import Works
from tenancy.model.limits import Limits
from tenancy.ports import DocumentStore, SessionStore
from tenancy.registry.ledger import Ledger
from tenancy.registry.quarantine import Quarantine
from tenancy.work import Work


class Days(NamedTuple):
    """How long things can be had back: deleted tenants; names that lead to new ones; names that rest after that."""

    delete: float
    rename: int
    name_rest: int


@dataclass(frozen=True, slots=True)
class ControlContext:
    """The control plane: its own store and sessions, and the life of tenants."""

    documents: DocumentStore
    sessions: SessionStore
    work: Work
    tenants: Tenants
    works: Works
    archives: Archives
    pushing: Pushing
    limits: Limits
    """Those of a tenant without a plan, and of this listener."""
    ledger: Ledger
    quarantine: Quarantine
    setup: SetupCode
    version: str
    base_domain: str
    address: Address
    outbound: Outbound
    days: Days

    @property
    def public_url(self) -> str:
        """Origin of the base domain as browsers see it, such as `http://localhost:8000`."""
        return self.address.url

    def tenant_url(self, slug: str) -> str:
        """A tenant's origin."""
        return self.address.of(slug)
