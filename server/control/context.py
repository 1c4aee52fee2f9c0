"""What the control plane's handlers may touch."""

from dataclasses import dataclass

from server.control.setup import SetupCode
from tenancy.lifecycle.tenants import Tenants
from tenancy.model.limits import Limits
from tenancy.ports import DocumentStore, SessionStore
from tenancy.registry.ledger import Ledger
from tenancy.registry.quarantine import Quarantine
from tenancy.work import Work


@dataclass(frozen=True, slots=True)
class ControlContext:
    """The control plane: its own store and sessions, and the life of tenants."""

    documents: DocumentStore
    sessions: SessionStore
    work: Work
    tenants: Tenants
    limits: Limits
    """Those of a tenant without a plan, and of this listener."""
    ledger: Ledger
    quarantine: Quarantine
    setup: SetupCode
    version: str
    base_domain: str
    public_url: str
    """Origin of the base domain as browsers see it, such as `http://localhost:8000`."""

    def tenant_url(self, slug: str) -> str:
        """A tenant's origin."""
        scheme, _, host = self.public_url.partition("://")
        return f"{scheme}://{slug}.{host}"
