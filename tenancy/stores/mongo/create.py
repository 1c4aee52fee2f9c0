"""A new database with its first documents."""

import secrets
from collections.abc import Sequence

from tenancy.model.change import Seq
from tenancy.model.limits import UNLIMITED
from tenancy.stores.mongo.define import prepare
from tenancy.stores.mongo.driver import Database
from tenancy.stores.mongo.persist import persist
from tenancy.stores.mongo.state import Draft, create_meta, load_state
from tenancy.stores.mongo.turn import Turn
from tenancy.writes import Write


async def create_documents(database: Database, seed: Sequence[Write]) -> None:
    """Make a database that holds the results of these writes, durably.

    Raises:
        ConflictError: there is one already.
    """
    await create_meta(database, secrets.token_hex(8), Seq(0))
    state = await load_state(database)
    draft = Draft(state)
    turn = Turn(database, draft, UNLIMITED, 0)
    await turn.commit(seed)
    await prepare(database, state, draft.state)
    await persist(database, state, draft)
