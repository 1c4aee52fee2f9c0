"""What a caller may do with a collection, as a filter. Every way to documents asks here."""

from tenancy.context import TenantContext
from tenancy.errors import Forbidden, Unauthenticated
from tenancy.model.collection import Action
from tenancy.model.principal import Principal
from tenancy.query.tree import NOTHING, Filter
from tenancy.rules.bind import bind


def allowed(context: TenantContext, collection: str, action: Action, principal: Principal) -> Filter:
    """The rule for this caller as a filter.

    Raises:
        Unauthenticated: refused, and not signed in.
        Forbidden: refused whatever the document.
    """
    rule = bind(context.documents.collections().get(collection), action, principal)
    if rule == NOTHING:
        if principal.id is None:
            raise Unauthenticated(f"The rules of {collection} do not let anonymous callers {action}.")
        raise Forbidden(f"The rules of {collection} do not let you {action}.")
    return rule
