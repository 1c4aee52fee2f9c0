"""Which files a caller may see, store, change and remove: as their visibility says, or as the tenant's rules do."""

from typing import Final, Literal

from tenancy.context import TenantContext
from tenancy.model.collection import Action
from tenancy.model.principal import Principal
from tenancy.model.system import FILES
from tenancy.query.tree import EVERYTHING, NOTHING, Compare, Filter, Or
from tenancy.rules.bind import bind, refuse_nothing
from tenancy.rules.terms import Terms, terms

_THINGS: Final = "files"


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
    return refuse_nothing(
        bind(context.documents.collections().own[FILES], "read", principal), _THINGS, "read", principal
    )


def removable(context: TenantContext, principal: Principal) -> Filter:
    """The files that the caller may remove.

    Raises:
        Unauthenticated, Forbidden: none, whatever the file.
    """
    if not has_rule(context, "delete"):
        return _own(principal, "delete")
    return refuse_nothing(
        bind(context.documents.collections().own[FILES], "delete", principal), _THINGS, "delete", principal
    )


def writable(context: TenantContext, principal: Principal, action: Literal["create", "update"]) -> Terms:
    """What storing a file, or changing its metadata, is held to.

    Raises:
        Unauthenticated, Forbidden: refused whatever the file.
    """
    if not has_rule(context, action):
        own = _own(principal, action)
        return Terms(EVERYTHING if action == "create" else own, EVERYTHING, None)
    found = terms(context.documents.collections().own[FILES], action, principal)
    refuse_nothing(found.where, _THINGS, action, principal)
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
    own = Compare(("owner",), "eq", principal.owner) if principal.owner is not None else NOTHING
    return refuse_nothing(own, _THINGS, action, principal)
