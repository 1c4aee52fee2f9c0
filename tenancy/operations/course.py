"""The course of one operation: each step in its turn, written down when it is done.

One that fails, or is asked to end, while everything can be taken back is taken back; after that it can only go on, and
is tried again until it comes to its end.
"""

import asyncio
from typing import Final

import structlog

from tenancy.errors import BackpackError
from tenancy.model.clock import now_text
from tenancy.operations.journal import LeaseLostError
from tenancy.operations.kind import CancelledByRequestError
from tenancy.operations.record import Status, problem_of
from tenancy.operations.running import Running

_AGAIN_S: Final = (1, 5, 30, 60)
"""After a step that can only go on has failed."""
log = structlog.get_logger("tenancy.operations")


async def to_its_end(one: Running) -> None:
    """Do what is left of it, or take back what was done.

    Raises:
        LeaseLostError: somebody else works on it now.
    """
    while not one.operation.ended:
        await (_forwards(one) if one.operation.status is Status.RUNNING else _backwards(one))


async def _forwards(one: Running) -> None:
    operation, tried = one.operation, 0
    while operation.step < len(one.kind.steps):
        step = one.kind.steps[operation.step]
        try:
            one.advance(0)
            await step.do(one)
            operation.step, operation.progress, tried = operation.step + 1, 0.0, 0
            await one.keep()
        except (LeaseLostError, asyncio.CancelledError):
            raise
        except Exception as error:  # noqa: BLE001 - told to whoever asked; what was done is taken back
            cancelled = isinstance(error, CancelledByRequestError)
            if operation.step < one.kind.final:
                await _turn_back(one, error, cancelled=cancelled)
                return
            one.say(f"{step.name} failed and is tried again: {problem_of(error)['detail']}")
            await _again(one, tried, error)
            tried += 1
    operation.result = await one.kind.result(one)
    await _end(one, Status.DONE)


async def _turn_back(one: Running, error: BaseException, *, cancelled: bool) -> None:
    operation = one.operation
    if cancelled:
        one.say("It was asked to end; what was done is taken back.")
    else:
        operation.error = problem_of(error)
        one.say(f"{operation.steps[operation.step]} failed: {operation.error['detail']}")
        log.warning("operation.failed", id=operation.id, kind=operation.kind, error=repr(error))
    operation.status = Status.UNDOING
    await _kept(one)


async def _backwards(one: Running) -> None:
    tried = 0
    while True:
        try:
            if await one.kind.passed(one):
                return await _go_past(one)
            await one.kind.undo(one)
            break
        except (LeaseLostError, asyncio.CancelledError):
            raise
        except Exception as error:  # noqa: BLE001 - half must not be left
            await _again(one, tried, error)
            tried += 1
    await _end(one, Status.FAILED if one.operation.error is not None else Status.CANCELLED)


async def _go_past(one: Running) -> None:
    """It only seemed to fail: what cannot be taken back has happened."""
    operation = one.operation
    operation.status, operation.step, operation.error = Status.RUNNING, one.kind.final, None
    one.say("It was further than it seemed, and goes on.")
    await _kept(one)


async def _end(one: Running, status: Status) -> None:
    one.operation.ended_at = now_text()
    one.operation.status = status
    await _kept(one)
    log.info("operation.ended", id=one.id, kind=one.kind.name, tenant=one.operation.tenant, status=status.value)


async def _kept(one: Running) -> None:
    """Write it down, however long that takes: a full disk must not make a state that nobody knows."""
    tried = 0
    while True:
        try:
            await one.keep()
        except BackpackError as error:
            await _again(one, tried, error)
            tried += 1
        else:
            return


async def _again(one: Running, tried: int, error: BaseException) -> None:
    log.error("operation.again", id=one.id, kind=one.kind.name, error=repr(error))
    await asyncio.sleep(_AGAIN_S[min(tried, len(_AGAIN_S) - 1)])
