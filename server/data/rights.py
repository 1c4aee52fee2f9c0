"""What a caller may do with a collection, as a filter. Every way to documents asks here."""

from typing import Literal

from tenancy.context import TenantContext
from tenancy.errors import Forbidden
from tenancy.model.collection import Action, Collection, check_collection_name
from tenancy.model.principal import Principal
from tenancy.query.tree import Filter
from tenancy.rules.bind import bind, refuse_nothing, with_default
from tenancy.rules.fields import Sight, sight
from tenancy.rules.terms import Terms, terms


def allowed(context: TenantContext, collection: str, action: Action, principal: Principal) -> Filter:
    """The rule for this caller as a filter.

    Raises:
        Invalid: no name that a collection of clients can have.
        Unauthenticated: refused, and not signed in.
        Forbidden: refused whatever the document.
    """
    _check_key(principal, collection, action)
    definition = _definition(context, collection)
    rule = bind(definition, action, principal)
    refuse_nothing(rule, collection, action, principal)
    return rule


def allowed_change(
    context: TenantContext, collection: str, action: Literal["create", "update"], principal: Principal
) -> Terms:
    """What a write of this caller is held to.

    Raises:
        as `allowed`.
    """
    _check_key(principal, collection, action)
    found = terms(_definition(context, collection), action, principal)
    refuse_nothing(found.where, collection, action, principal)
    return found


def seen(context: TenantContext, collection: str, principal: Principal) -> Sight | None:
    """What of the collection's documents this caller does not see; None: nothing."""
    definition = context.documents.collections().get(collection)
    return sight(definition, principal) if definition is not None and definition.fields else None


def ruled(context: TenantContext, collection: str) -> Collection | None:
    """A collection with the rules that count: its own, else the tenant's default."""
    definition = context.documents.collections().get(collection)
    return with_default(definition, collection, context.settings.now.default_rules)


def _definition(context: TenantContext, collection: str) -> Collection | None:
    definition = context.documents.collections().get(collection)
    if definition is None:
        check_collection_name(collection)
    default = context.settings.now.default_rules
    return definition if default == "authenticated" else with_default(definition, collection, default)


def _check_key(principal: Principal, collection: str, action: Action) -> None:
    """Hold a key against what it is for; who is no key has the scope admin, and rules instead."""
    if principal.scope == "read" and action not in {"list", "read"}:
        raise Forbidden(f"The API key may not {action}.", hint="Its scope is read.")
    if principal.collections is not None and collection not in principal.collections:
        raise Forbidden(f"The API key is not for {collection}.", hint="It is for some collections alone.")
