"""The acts in any order (Hypothesis). After each step owners look, and outsiders come."""

import asyncio
import shutil
import tempfile
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from tests.isolation.acts import Acts, by
from tests.isolation.model import COLLECTIONS
from tests.isolation.raw import Fields
from tests.isolation.twins import Secret, interrupted, twins_from
from tests.isolation.world import site_of

TENANT = st.sampled_from(["a", "b"])
COLLECTION = st.sampled_from(COLLECTIONS)
ID = st.sampled_from(["d1", "d2", "d3"])
NUMBER = st.integers(1, 5)
TURNS = st.integers(0, 12)
"""Turns of the loop after which a request is cancelled; after a dozen most are answered."""
_ZIP: Fields = [(b"content-type", b"application/zip")]


def _fields(tenant: str, number: int) -> dict[str, Any]:
    return {"text": Secret(number) if tenant == "b" else f"text {number}", "n": number % 3}


def _author(tenant: str, collection: str) -> tuple[str, str | None]:
    """Whose token writes there, and who is the owner then."""
    if tenant == "a":
        return "ann", "ann"
    return ("alice", "alice") if collection == "notes" else ("b_key", None)


class TwoWorlds(RuleBasedStateMachine):
    """`founded`: the folder that each run begins with a copy of. `steps`: how many were done in all runs."""

    founded: ClassVar[Path]
    steps: ClassVar[int] = 0

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.runner = asyncio.Runner()

    @initialize(seed=st.integers(0, 2**32))
    def begin(self, seed: int) -> None:
        self.acts = Acts(twins_from(self.founded, self.folder), seed)
        self.do(self.acts.begin())

    def do(self, work: Coroutine[Any, Any, object]) -> None:
        self.runner.run(work)

    def teardown(self) -> None:
        self.do(self.acts.close())
        self.runner.close()
        shutil.rmtree(self.folder)

    @invariant()
    def owners_see_theirs_and_outsiders_the_same(self) -> None:
        type(self).steps += 1
        self.do(self.acts.look())
        self.do(self.acts.outsiders_come())

    @rule(tenant=TENANT, collection=COLLECTION, id=ID, number=NUMBER)
    def overwrite(self, tenant: str, collection: str, id: str, number: int) -> None:
        token, who = _author(tenant, collection)
        status = self.acts.held[tenant].write(collection, id, who, _fields(tenant, number))
        target = f"/api/data/{collection}/{id}"
        self.do(self.acts.own(tenant, "PUT", target, token, status, _fields(tenant, number)))

    @rule(tenant=TENANT, collection=COLLECTION, id=ID, number=NUMBER)
    def merge(self, tenant: str, collection: str, id: str, number: int) -> None:
        token, who = _author(tenant, collection)
        change = {"more": Secret(number) if tenant == "b" else number}
        status = self.acts.held[tenant].merge(collection, id, who, change)
        self.do(self.acts.own(tenant, "PATCH", f"/api/data/{collection}/{id}", token, status, change))

    @rule(tenant=TENANT, collection=COLLECTION, id=ID)
    def delete(self, tenant: str, collection: str, id: str) -> None:
        token, who = _author(tenant, collection)
        status = self.acts.held[tenant].delete(collection, id, who)
        self.do(self.acts.own(tenant, "DELETE", f"/api/data/{collection}/{id}", token, status))

    @rule(id=ID, number=NUMBER, method=st.sampled_from(["PUT", "PATCH", "DELETE"]))
    def mallory_writes(self, id: str, number: int, method: str) -> None:
        """She has documents of her own beside those of alice, and never hers."""
        held, change = self.acts.held["b"], {"text": f"of mallory {number}"}
        if method == "DELETE":
            self.do(self.acts.own("b", method, f"/api/data/notes/{id}", "mallory", held.delete("notes", id, "mallory")))
            return
        status = (held.write if method == "PUT" else held.merge)("notes", id, "mallory", dict(change))
        self.do(self.acts.own("b", method, f"/api/data/notes/{id}", "mallory", status, change))

    @rule(tenant=TENANT, collection=COLLECTION, id=ID, number=NUMBER, turns=TURNS)
    def overwrite_interrupted(self, tenant: str, collection: str, id: str, number: int, turns: int) -> None:
        """A write that is cancelled at some await was done or was not; done again it is."""
        token, who = _author(tenant, collection)
        fields, target = _fields(tenant, number), f"/api/data/{collection}/{id}"
        if self.acts.held[tenant].write(collection, id, who, fields) == 404:
            return
        twins = self.acts.twins
        self.do(interrupted(twins.ask("PUT", target, by(token, tenant), fields), turns))
        self.do(self._overwritten(target, tenant, token, fields))

    async def _overwritten(self, target: str, tenant: str, token: str, fields: dict[str, Any]) -> None:
        for reply in await self.acts.twins.ask("PUT", target, by(token, tenant), fields):
            assert reply.status in {200, 201}, reply

    @rule(turns=TURNS)
    def outsiders_are_interrupted(self, turns: int) -> None:
        self.do(interrupted(self.acts.outsiders_come(), turns))

    @rule(tenant=TENANT, collection=COLLECTION)
    def drop_and_define(self, tenant: str, collection: str) -> None:
        self.acts.held[tenant].documents[collection].clear()
        self.do(self.acts.own(tenant, "DELETE", f"/api/collections/{collection}", f"{tenant}_key", 204))
        self.do(self.acts.define(tenant, collection))

    @rule(tenant=TENANT, collection=COLLECTION, fields=st.sampled_from([["text"], ["-text", "n"], []]))
    def index(self, tenant: str, collection: str, fields: list[str]) -> None:
        body = {"indexes": [{"fields": fields}] if fields else []}
        self.do(self.acts.own(tenant, "PATCH", f"/api/collections/{collection}", f"{tenant}_key", 200, body))

    @rule()
    def upload(self) -> None:
        self.do(self.acts.upload())

    @rule(tenant=TENANT, number=NUMBER)
    def publish(self, tenant: str, number: int) -> None:
        """A site is for everybody, and no secret."""
        page = self.acts.held[tenant].site = f"the site of {tenant}, {number}"
        self.do(self.acts.own(tenant, "POST", "/api/site", f"{tenant}_key", 201, site_of(page), _ZIP))

    @rule(number=NUMBER)
    def hear(self, number: int) -> None:
        self.do(self.acts.hear(number))

    @rule()
    def restart(self) -> None:
        self.do(self.acts.close())
        self.do(self.acts.open())
        self.do(self.acts.listen())

    @rule()
    def sign_in_again(self) -> None:
        self.do(self.acts.sign_in_again())

    @precondition(lambda self: not self.acts.gone)
    @rule()
    def remove_b(self) -> None:
        self.do(self.acts.remove_b())
