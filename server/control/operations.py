"""What administrators see of long work, and how it is told as it goes on."""

from collections.abc import AsyncGenerator

from server.control.audit import record
from server.control.context import ControlContext
from tenancy.errors import Conflict, OperationNotFound
from tenancy.model.json import JsonObject
from tenancy.model.principal import Principal


async def newest(context: ControlContext, tenant: str | None, limit: int) -> list[JsonObject]:
    """The newest operations, of one tenant or of all; those under way as they are now."""
    runner = context.tenants.operations
    found = await runner.journal.newest(tenant, limit)
    return [(await runner.get(one.id)).shown() if not one.ended else one.shown() for one in found]


async def shown(context: ControlContext, id: str) -> JsonObject:
    """One operation.

    Raises:
        OperationNotFound: there is none.
    """
    return (await context.tenants.operations.get(id)).shown()


async def ended(context: ControlContext, id: str) -> JsonObject:
    """One operation when it has ended.

    Raises:
        OperationNotFound: there is none.
    """
    return (await context.tenants.operations.ended(id)).shown()


async def cancel(context: ControlContext, who: Principal, id: str) -> JsonObject:
    """Ask an operation to end.

    Raises:
        OperationNotFound: there is none.
        Conflict: it has ended.
    """
    runner = context.tenants.operations
    await record(context, who, "cancel", (await runner.get(id)).tenant, id, {})
    try:
        await runner.cancel(id)
    except OperationNotFound:
        if (await runner.get(id)).ended:
            raise Conflict("The operation has ended.", hint="There is nothing to cancel.") from None
        raise
    return (await runner.get(id)).shown()


async def told(context: ControlContext, id: str, after: int) -> AsyncGenerator[JsonObject, None]:
    """An operation each time something has changed, each line of output once, until it has ended.

    Raises:
        OperationNotFound: there is none.
    """
    async for operation in context.tenants.operations.watch(id):
        yield operation.shown(after=after)
        after = max([after, *(line.number for line in operation.lines)])
