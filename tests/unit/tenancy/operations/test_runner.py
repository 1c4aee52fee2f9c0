"""Operations go on after a crash, are taken back when they fail, and never meet on the same tenant."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tenancy.errors import Invalid, OperationNotFound, OperationRunning, OutOfSpace
from tenancy.model.json import JsonObject
from tenancy.model.limits import UNLIMITED
from tenancy.operations import course, journal, runner
from tenancy.operations.kind import Kind, Run, Step
from tenancy.operations.record import Operation, Status
from tenancy.operations.runner import Runner
from tenancy.shares import Shares
from tenancy.stores.embedded.create import create_database
from tenancy.stores.embedded.engine import EmbeddedDocuments
from tenancy.stores.embedded.memory import Memory
from tenancy.stores.embedded.workers import Workers

pytestmark = pytest.mark.starts_server
Do = Callable[[Run], Awaitable[None]]


@asynccontextmanager
async def store(path: Path) -> AsyncIterator[EmbeddedDocuments]:
    """The control plane's store."""
    if not path.exists():
        create_database(path, [])
    workers = Workers(Shares(), 1)
    with ThreadPoolExecutor(2) as executor:
        documents = EmbeddedDocuments(path, executor, workers.of("control"), Memory(), UNLIMITED)
        yield documents
        await documents.aclose()
    workers.close()


class Work:
    """A kind of operation whose steps write down what they did; one of them does what a test wants."""

    def __init__(self, at: int = 99, do: Do | None = None, *, final: int = 2, undo: Do | None = None) -> None:
        self.did: list[str] = []
        self._at, self._do, self._undo = at, do, undo
        names = ("first", "second", "third")
        self.kind = Kind(
            "work", [Step(name, self._step(n)) for n, name in enumerate(names)], final, self._take_back, self._result
        )

    def _step(self, number: int) -> Do:
        async def do(run: Run) -> None:
            self.did.append(f"{number} {run.notes.get('count', 0)}")
            if number == self._at and self._do is not None:
                await self._do(run)
            await run.note(count=number + 1)

        return do

    async def _take_back(self, run: Run) -> None:
        self.did.append("undo")
        if self._undo is not None:
            await self._undo(run)

    async def _result(self, run: Run) -> JsonObject:
        return {"count": run.notes["count"], "asked": run.input["asked"]}


@asynccontextmanager
async def running(documents: EmbeddedDocuments, work: Work) -> AsyncIterator[Runner]:
    made = Runner(documents)
    await made.journal.prepare()
    made.know(work.kind)
    await made.start()
    yield made
    await made.aclose()


async def _begin(made: Runner, *locks: str) -> Operation:
    return await made.begin("work", "shop", locks or ("tenant:1",), {"asked": "x", "none": None}, "ann@example.com")


async def test_steps_are_done_in_order_and_written_down(tmp_path: Path) -> None:
    async def say(run: Run) -> None:
        for number in range(300):
            run.say(f"line {number}")

    work = Work(1, say)
    async with store(tmp_path / "data.db") as documents, running(documents, work) as made:
        begun = await _begin(made)
        assert (begun.status, begun.percent) == (Status.RUNNING, 0)
        ended = await made.ended(begun.id)
        assert work.did == ["0 0", "1 1", "2 2"]
        shown = (await made.journal.get(begun.id)).shown()
        assert shown == ended.shown()
        assert (shown["status"], shown["percent"], shown["step"]) == ("done", 100, None)
        assert shown["result"] == {"count": 3, "asked": "x"}
        assert (shown["admin"], shown["tenant"], shown["kind"]) == ("ann@example.com", "shop", "work")
        assert shown["endedAt"] and shown["createdAt"] and shown["error"] is None
        lines = ended.shown(after=298)["lines"]
        assert isinstance(lines, list) and [line[2] for line in lines if isinstance(line, list)] == [
            "line 298",
            "line 299",
        ]
        assert len(ended.lines) == 200
        assert [one.id for one in await made.journal.newest("shop", 5)] == [begun.id]
        assert await made.journal.newest("other", 5) == []


async def test_what_a_process_left_goes_on_with_the_step_that_was_not_done(tmp_path: Path) -> None:
    noted = asyncio.Event()

    async def hang(run: Run) -> None:
        await run.note(left="here")
        noted.set()
        await asyncio.Event().wait()

    async with store(tmp_path / "data.db") as documents:
        first = Work(1, hang)
        async with running(documents, first) as made:
            begun = await _begin(made)
            await noted.wait()
        assert first.did == ["0 0", "1 1"]  # stopped in the middle of it, as a crash does
        second = Work()
        async with running(documents, second) as made:
            ended = await made.ended(begun.id)
        assert second.did == ["1 1", "2 2"]
        assert ended.status is Status.DONE and ended.notes["left"] == "here" and ended.input["none"] is None


async def test_what_fails_is_taken_back_and_its_locks_are_free(tmp_path: Path) -> None:
    async def fail(run: Run) -> None:
        raise Invalid("The engine is on fire.", hint="Put it out.")

    work = Work(1, fail)
    async with store(tmp_path / "data.db") as documents, running(documents, work) as made:
        ended = await made.ended((await _begin(made)).id)
        assert work.did == ["0 0", "1 1", "undo"]
        assert (ended.status, ended.shown()["step"]) == (Status.FAILED, "second")
        assert ended.error is not None
        assert (ended.error["code"], ended.error["hint"]) == ("invalid_request", "Put it out.")
        assert (await made.ended((await _begin(made)).id)).status is Status.FAILED


async def test_what_cannot_be_taken_back_is_tried_until_it_is_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(course, "_AGAIN_S", (0.0,))
    failures = [OutOfSpace(), OSError(28, "No space left on device"), ValueError("secret")]

    async def fail(run: Run) -> None:
        if failures:
            raise failures.pop(0)

    for work in (Work(2, fail), Work(1, fail, undo=fail)):
        failures[:] = [OutOfSpace(), OSError(28, "No space left on device"), ValueError("secret")]
        async with store(tmp_path / "data.db") as documents, running(documents, work) as made:
            ended = await made.ended((await _begin(made)).id)
        assert not failures
        if "undo" in work.did:
            assert (ended.status, work.did) == (Status.FAILED, ["0 0", "1 1", "undo", "undo", "undo"])
        else:
            assert (ended.status, work.did) == (Status.DONE, ["0 0", "1 1", "2 2", "2 2", "2 2", "2 2"])
            assert any("No space left" in line.text for line in ended.lines)
            assert not any("secret" in line.text for line in ended.lines)


async def test_two_that_hold_the_same_never_run_together(tmp_path: Path) -> None:
    free = asyncio.Event()

    async def wait(run: Run) -> None:
        await free.wait()

    async with store(tmp_path / "data.db") as documents, running(documents, Work(0, wait)) as made:
        begun = await _begin(made, "tenant:1", "name:b")
        for locks in (("tenant:1",), ("tenant:2", "name:b"), ("name:b", "tenant:1")):
            with pytest.raises(OperationRunning, match=f"/v1/operations/{begun.id}"):
                await _begin(made, *locks)
        with pytest.raises(OperationRunning), made.holding("tenant:1"):
            pass
        with pytest.raises(OperationRunning, match=begun.id):
            await made.journal.refuse_held(["name:b"])
        # Another process learns it from the journal alone.
        other = Runner(documents)
        other.know(Work(0, wait).kind)
        with pytest.raises(OperationRunning, match=begun.id):
            await _begin(other, "name:b")
        beside = await _begin(made, "tenant:2")
        with made.holding("tenant:3"), pytest.raises(OperationRunning):
            await _begin(made, "tenant:3")
        free.set()
        assert (await made.ended(begun.id)).status is (await made.ended(beside.id)).status is Status.DONE
        with made.holding("tenant:1", "name:b", "tenant:3"):
            pass


async def _never_ends(run: Run) -> None:
    while True:
        run.advance(0.5)
        await asyncio.sleep(0)


@pytest.mark.parametrize("by", ["an operation", "a change", "an operation at once"])
async def test_what_nobody_asked_for_makes_way_for_what_somebody_asks_for(tmp_path: Path, by: str) -> None:
    routine = Work(0, _never_ends)
    routine.kind = routine.kind._replace(name="routine", gives_way=True)
    async with store(tmp_path / "data.db") as documents, running(documents, Work()) as made:
        made.know(routine.kind)
        beginning = asyncio.create_task(made.begin("routine", "shop", ["tenant:1"], {"asked": "x"}))
        await asyncio.sleep(0)  # it holds the tenant, and is not yet written down
        if by != "an operation at once":
            begun = await beginning
            with pytest.raises(OperationRunning, match=begun.id):
                await made.begin("routine", "shop", ["tenant:1"], {"asked": "x"})  # nobody asks for this either
        if by == "a change":
            async with made.alone("tenant:1"):
                assert routine.did[-1] == "undo"
        else:
            asked = await _begin(made, "tenant:1")
            assert routine.did[-1] == "undo"
            assert (await made.ended(asked.id)).status is Status.DONE
        assert (await made.journal.get((await beginning).id)).status is Status.CANCELLED


async def test_what_somebody_asked_for_and_what_does_not_give_way_stay(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    routine, free = Work(0, _never_ends), asyncio.Event()
    routine.kind = routine.kind._replace(name="routine", gives_way=True)

    async def deaf(run: Run) -> None:
        await free.wait()

    async with store(tmp_path / "data.db") as documents, running(documents, Work(0, _never_ends)) as made:
        made.know(routine.kind)
        begun = [
            await made.begin("routine", "shop", ["tenant:1"], {"asked": "x"}, "ann@example.com"),
            await made.begin("work", "shop", ["tenant:2"], {"asked": "x"}),
        ]
        for number, one in enumerate(begun, 1):
            with pytest.raises(OperationRunning, match=one.id):
                await _begin(made, f"tenant:{number}")
            await made.cancel(one.id)
        monkeypatch.setattr(runner, "_MAKE_WAY_S", 0.01)
        made.know(Work(0, deaf).kind._replace(name="deaf", gives_way=True))
        late = await made.begin("deaf", "shop", ["tenant:3"], {"asked": "x"})
        with pytest.raises(OperationRunning, match=late.id):
            await _begin(made, "tenant:3")
        free.set()
        await made.ended(late.id)


async def test_who_asks_for_the_end_gets_it_while_all_can_be_taken_back(tmp_path: Path) -> None:
    reached = asyncio.Event()

    async def slow(run: Run) -> None:
        while True:
            reached.set()
            run.advance(0.5)
            await asyncio.sleep(0)

    async def late(run: Run) -> None:
        await made.cancel(run.id)
        run.advance(0.5)

    async with store(tmp_path / "data.db") as documents:
        work = Work(1, slow)
        async with running(documents, work) as made:
            begun = await _begin(made)
            await reached.wait()
            assert (await made.get(begun.id)).percent == 50
            await made.cancel(begun.id)
            ended = await made.ended(begun.id)
            assert (ended.status, ended.error, work.did[-1]) == (Status.CANCELLED, None, "undo")
            with pytest.raises(OperationNotFound):
                await made.cancel(begun.id)
            with pytest.raises(OperationNotFound):
                await made.get("nothing")
        async with running(documents, Work(2, late)) as made:
            assert (await made.ended((await _begin(made)).id)).status is Status.DONE


async def test_an_operation_whose_process_is_gone_is_taken_over_by_one_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    noted = asyncio.Event()

    async def hang(run: Run) -> None:
        await run.note(left="here")
        noted.set()
        await asyncio.Event().wait()

    async with store(tmp_path / "data.db") as documents, running(documents, Work(1, hang)) as lost:
        now = await _begin(lost)
        await noted.wait()
        others = [Runner(documents) for _ in range(2)]
        assert [await other.journal.abandoned(alone=False) for other in others] == [[], []]  # its lease is good
        monkeypatch.setattr(journal, "now_ms", lambda: 2**52)
        taken = await asyncio.gather(*(other.journal.abandoned(alone=False) for other in others))
        assert sorted(len(one) for one in taken) == [0, 1]
        with pytest.raises(journal.LeaseLostError):
            await lost.journal.keep(now)
        with pytest.raises(journal.LeaseLostError):
            await lost.journal.renew(now)


async def test_what_another_version_began_is_left_to_it(tmp_path: Path) -> None:
    async def hang(run: Run) -> None:
        await asyncio.Event().wait()

    async with store(tmp_path / "data.db") as documents:
        async with running(documents, Work(0, hang)) as made:
            begun = await _begin(made)
        other = Work()
        other.kind = other.kind._replace(steps=other.kind.steps[:2])
        async with running(documents, other) as made:
            assert other.did == []
            assert (await made.journal.get(begun.id)).status is Status.RUNNING
            with pytest.raises(OperationRunning):
                await _begin(made)
        async with running(documents, Work()) as made:
            assert (await made.ended(begun.id)).status is Status.DONE


async def test_what_only_seemed_to_fail_goes_on(tmp_path: Path) -> None:
    happened: list[bool] = []

    async def lose_the_answer(run: Run) -> None:
        happened.append(True)
        if len(happened) == 1:
            raise OutOfSpace

    async def passed(run: Run) -> bool:
        return bool(happened)

    async with store(tmp_path / "data.db") as documents:
        work = Work(1, lose_the_answer)
        work.kind = work.kind._replace(passed=passed)
        async with running(documents, work) as made:
            ended = await made.ended((await _begin(made)).id)
            assert (ended.status, ended.error) == (Status.DONE, None)
            assert "undo" not in work.did and work.did[-1].startswith("2")
            stored = await made.journal.get(ended.id)
            assert (stored.status, stored.error) == (Status.DONE, None)


async def test_who_watches_waits_while_the_end_is_written_down(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written, keep = asyncio.Event(), journal.Journal.keep

    async def slowly(self: journal.Journal, operation: Operation) -> None:
        if operation.ended:
            await written.wait()
        await keep(self, operation)

    monkeypatch.setattr(journal.Journal, "keep", slowly)
    seen: list[Status] = []
    async with store(tmp_path / "data.db") as documents, running(documents, Work()) as made:
        begun = await _begin(made)
        while not begun.ended:
            await asyncio.sleep(0.001)

        async def watch() -> None:
            async for operation in made.watch(begun.id):
                seen.append(operation.status)
                assert len(seen) < 20, "it is told the same again and again, and nobody else has a turn"

        watching = asyncio.create_task(watch())
        while not seen:
            await asyncio.sleep(0.001)
        written.set()
        await asyncio.wait_for(watching, 10)
    assert seen[-1] is Status.DONE
