"""Which files a caller may see, store, change and remove: as their visibility says, or as the tenant's rules do."""

from typing import Literal

from tenancy.context import TenantContext
from tenancy.errors import Forbidden, Unauthenticated
from tenancy.model.collection import Action
from tenancy.model.principal import Principal
from tenancy.model.system import FILES
from tenancy.query.tree import EVERYTHING, NOTHING, Compare, Filter, Or, is_nothing
from tenancy.rules.bind import bind
from tenancy.rules.terms import Terms, terms


def has_rule(context: TenantContext, action: Action) -> bool:
    """Whether the tenant has a rule of its own for this."""
    definition = context.documents.collections().own.get(FILES)
    return definition is not None and action in definition.rules


def readable(context: TenantContext, principal: Principal) -> Filter:
    """The files that the caller may see.

    Raises:
        Unauthenticated, Forbidden: none, whatever the file.
    """
    if not has_rule(context, "read"):
        return _visible(principal)
    return _some(bind(context.documents.collections().own[FILES], "read", principal), principal, "read")


def removable(context: TenantContext, principal: Principal) -> Filter:
    """The files that the caller may remove.

    Raises:
        Unauthenticated, Forbidden: none, whatever the file.
    """
    if not has_rule(context, "delete"):
        return _own(principal, "delete")
    return _some(bind(context.documents.collections().own[FILES], "delete", principal), principal, "delete")


def writable(context: TenantContext, principal: Principal, action: Literal["create", "update"]) -> Terms:
    """What storing a file, or changing its metadata, is held to.

    Raises:
        Unauthenticated, Forbidden: refused whatever the file.
    """
    if not has_rule(context, action):
        own = _own(principal, action)
        return Terms(EVERYTHING if action == "create" else own, EVERYTHING, None)
    found = terms(context.documents.collections().own[FILES], action, principal)
    _some(found.where, principal, action)
    return found


def _visible(principal: Principal) -> Filter:
    if principal.trusted:
        return EVERYTHING
    public = Compare(("visibility",), "eq", "public")
    if principal.owner is None:
        return public
    shared = Compare(("visibility",), "eq", "authenticated")
    return Or((public, shared, Compare(("owner",), "eq", principal.owner)))


def _own(principal: Principal, action: Action) -> Filter:
    if principal.trusted:
        return EVERYTHING
    return _some(
        Compare(("owner",), "eq", principal.owner) if principal.owner is not None else NOTHING, principal, action
    )


def _some(rule: Filter, principal: Principal, action: Action) -> Filter:
    if not is_nothing(rule):
        return rule
    if principal.id is None:
        raise Unauthenticated(f"The rules of files do not let anonymous callers {action}.")
    raise Forbidden(f"The rules of files do not let you {action}.")
