"""Whether a caller may be in a channel, and say something there."""

from tenancy.context import TenantContext
from tenancy.errors import Forbidden, Unauthenticated
from tenancy.model.collection import Collection
from tenancy.model.json import JsonObject
from tenancy.model.principal import Principal
from tenancy.model.system import CHANNELS
from tenancy.query.match import compile_filter
from tenancy.rules.bind import bind
from tenancy.rules.terms import terms


def check_join(context: TenantContext, principal: Principal, name: str, presence: JsonObject) -> None:
    """Hold being in a channel against the tenant's rule; who is signed in may where there is none.

    Raises:
        Unauthenticated, Forbidden: the rule refuses.
    """
    rule = bind(_definition(context), "read", principal)
    if not compile_filter(rule)({"name": name, "presence": presence}):
        raise _refused(principal, "join this channel")


def check_publish(context: TenantContext, principal: Principal, about: JsonObject) -> None:
    """Hold a message, as `{"name", "event", "data"}`, against the tenant's rule.

    Raises:
        Unauthenticated, Forbidden: the rule refuses.
    """
    found = terms(_definition(context), "create", principal)
    if not compile_filter(found.check)(about):
        raise _refused(principal, "publish this here")
    if found.judge is not None:
        found.judge.check(None, about)


def reads_user(context: TenantContext) -> bool:
    """Whether the rules of channels ask for more of a caller than the id."""
    definition = _definition(context)
    return definition is not None and definition.reads_user


def _definition(context: TenantContext) -> Collection | None:
    return context.documents.collections().own.get(CHANNELS)


def _refused(principal: Principal, what: str) -> Forbidden | Unauthenticated:
    if principal.id is None:
        return Unauthenticated(f"The rules of channels do not let anonymous callers {what}.")
    return Forbidden(f"The rules of channels do not let you {what}.")
