"""What a caller may do with a collection, as a filter. Every way to documents asks here."""

from tenancy.context import TenantContext
from tenancy.errors import Forbidden, Unauthenticated
from tenancy.model.collection import Action, check_collection_name
from tenancy.model.principal import Principal
from tenancy.query.tree import Filter, is_nothing
from tenancy.rules.bind import bind


def allowed(context: TenantContext, collection: str, action: Action, principal: Principal) -> Filter:
    """The rule for this caller as a filter.

    Raises:
        Invalid: no name that a collection of clients can have.
        Unauthenticated: refused, and not signed in.
        Forbidden: refused whatever the document.
    """
    definition = context.documents.collections().get(collection)
    if definition is None:
        check_collection_name(collection)
    rule = bind(definition, action, principal)
    if is_nothing(rule):
        if principal.id is None:
            raise Unauthenticated(f"The rules of {collection} do not let anonymous callers {action}.")
        raise Forbidden(f"The rules of {collection} do not let you {action}.")
    return rule
