"""The pool of open tenants, under stress."""

import asyncio
import random
from dataclasses import replace
from typing import Any

import pytest

from tenancy.context import TenantContext
from tenancy.errors import TenantNotFound, Unavailable
from tenancy.model.slug import Slug, TenantId
from tenancy.model.tenant import Mode, State, Tenant
from tenancy.registry.pool import Pool


def _tenant(n: int) -> Tenant:
    return Tenant(TenantId(f"t{n}"), Slug(f"name-{n}"), Mode.SHARED, State.ACTIVE, "")


class World:
    """Opens contexts and watches that no rule is broken."""

    def __init__(self, seed: int, *, failing: float = 0.0) -> None:
        self.random = random.Random(seed)
        self.failing = failing
        self.open: set[str] = set()
        self.used: dict[str, int] = {}
        self.opened = 0
        self.tenants: dict[TenantId, Tenant] = {}

    async def opener(self, tenant: Tenant) -> TenantContext:
        await asyncio.sleep(self.random.random() * 0.002)
        if self.random.random() < self.failing:
            raise OSError("cannot open")
        assert tenant.id not in self.open, "opened twice"
        self.open.add(tenant.id)
        self.opened += 1

        async def close() -> None:
            assert self.used.get(tenant.id, 0) == 0, "closed under a user"
            await asyncio.sleep(self.random.random() * 0.002)
            self.open.discard(tenant.id)

        nothing: Any = None
        return TenantContext(
            tenant, nothing, nothing, nothing, nothing, nothing, nothing, nothing, "", nothing, (close,)
        )

    async def use(self, pool: Pool, tenant: Tenant) -> None:
        self.tenants[tenant.id] = tenant
        async with pool.use(tenant) as context:
            assert context.tenant == tenant
            assert tenant.id in self.open
            self.used[tenant.id] = self.used.get(tenant.id, 0) + 1
            try:
                await asyncio.sleep(self.random.random() * 0.002)
            finally:
                self.used[tenant.id] -= 1


@pytest.mark.parametrize("seed", range(6))
async def test_no_context_is_closed_under_a_user_or_opened_twice(seed: int) -> None:
    world = World(seed, failing=0.05)
    tenants = [_tenant(n) for n in range(10)]

    async def user(pool: Pool) -> None:
        for _ in range(25):
            task = asyncio.create_task(world.use(pool, world.random.choice(tenants)))
            if world.random.random() < 0.2:
                await asyncio.sleep(world.random.random() * 0.002)
                task.cancel()
            if world.random.random() < 0.05:
                await pool.retire(world.random.choice(tenants).id)
            try:
                await task
            except (Unavailable, asyncio.CancelledError):
                pass

    async with Pool(world.opener, world.tenants.get, capacity=4, idle_s=0.01) as pool:
        await asyncio.wait_for(asyncio.gather(*(user(pool) for _ in range(30))), 30)
    assert world.open == set()
    assert world.opened > 10


async def test_an_idle_tenant_is_closed_and_opened_again() -> None:
    world = World(0)
    async with Pool(world.opener, world.tenants.get, capacity=4, idle_s=0.02) as pool:
        await world.use(pool, _tenant(1))
        while world.open:
            await asyncio.sleep(0.01)
        await world.use(pool, _tenant(1))
        assert world.opened == 2


async def test_retire_tells_users_and_waits_for_them() -> None:
    world = World(0)
    async with Pool(world.opener, world.tenants.get, capacity=4, idle_s=60) as pool:
        world.tenants[TenantId("t1")] = _tenant(1)
        async with pool.use(_tenant(1)) as context:
            retiring = asyncio.create_task(pool.retire(TenantId("t1")))
            await asyncio.wait_for(context.ended.wait(), 5)
            assert not retiring.done()
            newcomer = asyncio.create_task(world.use(pool, _tenant(1)))
            await asyncio.sleep(0.01)
            assert not newcomer.done()
        await retiring
        await newcomer
        assert world.opened == 2


async def test_a_tenant_that_cannot_be_opened_is_tried_again() -> None:
    world = World(0, failing=1.0)
    async with Pool(world.opener, world.tenants.get, capacity=4, idle_s=60) as pool:
        with pytest.raises(Unavailable):
            await world.use(pool, _tenant(1))
        world.failing = 0.0
        await world.use(pool, _tenant(1))
        assert len(pool) == 1


async def test_a_tenant_is_opened_as_it_is_by_then() -> None:
    world, before = World(0), _tenant(1)
    world.tenants[before.id] = replace(before, generation="g1")
    async with Pool(world.opener, world.tenants.get, capacity=4, idle_s=60) as pool:
        async with pool.use(before) as context:
            assert context.tenant.generation == "g1"
        await pool.retire(before.id)
        del world.tenants[before.id]
        with pytest.raises(TenantNotFound):
            async with pool.use(before):
                raise AssertionError("it is gone")
        assert len(pool) == 0
