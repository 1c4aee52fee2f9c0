"""A tenant is closed whatever its upkeep is about to do."""

import asyncio

import pytest

from tenancy.model.collection import Index
from tests.contract.conftest import Opener
from tests.contract.support import define

EXPIRING = Index((("at", 1),), expire_after_s=60)


@pytest.mark.parametrize("turns", range(6))
async def test_upkeep_that_is_just_woken_ends(engine: Opener, turns: int) -> None:
    """`asyncio.wait_for` of Python 3.11 swallows a cancellation that comes with the result: the task went on for ever."""
    async with engine() as (documents, _):
        await define(documents, "notes", EXPIRING)
        for _ in range(10):
            await asyncio.sleep(0)
        documents._upkeep.definition_changed()  # type: ignore[attr-defined]
        for _ in range(turns):
            await asyncio.sleep(0)
        async with asyncio.timeout(20):
            await documents._upkeep.aclose()  # type: ignore[attr-defined]
