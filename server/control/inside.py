"""What administrators see and do inside a tenant: its mails, API keys and rules."""

from typing import Final

import msgspec

from server.control.audit import record
from server.control.context import ControlContext
from server.control.tenants import find
from server.data.lint import lint
from server.identity import keys
from server.identity.impersonation import act_as, check_minutes, user_named
from server.identity.key_routes import NewKey
from server.mail.outbox import outbox
from tenancy.errors import Invalid, Place
from tenancy.model.json import JsonObject
from tenancy.model.principal import Principal

_LONGEST_REASON: Final = 500


class Impersonation(msgspec.Struct, forbid_unknown_fields=True):
    """The body of POST /v1/tenants/{name}/users/{id}/impersonate."""

    minutes: int = 30
    reason: str = ""


async def mails(context: ControlContext, name: str, limit: int) -> list[JsonObject]:
    """The newest mails in a tenant's outbox.

    Raises:
        TenantNotFound: there is none.
    """
    async with context.tenants.pool.use(find(context, name)) as opened:
        return await outbox(opened, limit)


async def impersonate(context: ControlContext, who: Principal, name: str, id: str, body: Impersonation) -> JsonObject:
    """Act as a user of a tenant; noted in the audit log before there is a session.

    Raises:
        TenantNotFound, DocumentNotFound: there is none.
        Invalid: not a time, or not a reason.
    """
    check_minutes(body.minutes)
    if len(body.reason) > _LONGEST_REASON or not body.reason.isprintable():
        message = f"must be at most {_LONGEST_REASON} characters, without control characters"
        raise Invalid("The reason is not valid.", places=[Place("/reason", message)])
    tenant = find(context, name)
    async with context.tenants.pool.use(tenant) as opened:
        user = await user_named(opened, id)
        details: JsonObject = {"reason": body.reason, "minutes": body.minutes}
        admin = await record(context, who, "impersonate", tenant.slug, id, details)
        session, link = await act_as(opened, id, admin, body.minutes)
    return {"user": user, "token": session.token, "expiresAt": session.expires_at, "link": link}


async def linted(context: ControlContext, name: str) -> list[JsonObject]:
    """What deserves a look in a tenant's rules.

    Raises:
        TenantNotFound: there is none.
    """
    async with context.tenants.pool.use(find(context, name)) as opened:
        return lint(opened)


async def keys_of(context: ControlContext, name: str) -> list[JsonObject]:
    """A tenant's API keys, without themselves.

    Raises:
        TenantNotFound: there is none.
    """
    async with context.tenants.pool.use(find(context, name)) as opened:
        return await keys.all_keys(opened)


async def create_key(context: ControlContext, name: str, body: NewKey) -> JsonObject:
    """Make an API key of a tenant.

    Raises:
        TenantNotFound: there is none.
        Invalid: not a key that could be.
    """
    async with context.tenants.pool.use(find(context, name)) as opened:
        return await keys.create_key(opened, body.name, body.scope, body.collections, body.days)


async def delete_key(context: ControlContext, name: str, id: str) -> None:
    """Remove an API key of a tenant.

    Raises:
        TenantNotFound, DocumentNotFound: there is none.
    """
    async with context.tenants.pool.use(find(context, name)) as opened:
        await keys.delete_key(opened, id)
