"""What administrators see and do inside a tenant: its mails, API keys and rules."""

from server.control.context import ControlContext
from server.control.tenants import find
from server.data.lint import lint
from server.identity import keys
from server.identity.key_routes import NewKey
from server.mail.outbox import outbox
from tenancy.model.json import JsonObject


async def mails(context: ControlContext, name: str, limit: int) -> list[JsonObject]:
    """The newest mails in a tenant's outbox.

    Raises:
        TenantNotFound: there is none.
    """
    async with context.tenants.pool.use(find(context, name)) as opened:
        return await outbox(opened, limit)


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
