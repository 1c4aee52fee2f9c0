"""The state of a tenant at any moment that snapshots and change logs reach: the snapshot before it, and on it what the
log says until then.

The log of a database forgets its oldest changes; but each snapshot has the log of its time. So a moment is reached when
a later copy, a snapshot or the tenant as it is, still knows all that happened since the snapshot before the moment.

What the log does not say, because it keeps no secrets, is that of the later copy: passwords and other ways in,
providers. Bytes of files are those of both copies; a file that came and went between them is lost, and its row with it.
"""

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final, NamedTuple

from tenancy.errors import AlreadyExists, HistoryGone
from tenancy.lifecycle.copies import COPIED, Copies, link_all, match_blobs
from tenancy.lifecycle.snapshots import Snapshots
from tenancy.lifecycle.tenants import Tenants
from tenancy.model.change import Change, Seq
from tenancy.model.clock import from_text, text_at
from tenancy.model.json import trusted
from tenancy.model.system import CREDENTIALS, LOGGED, PROVIDERS, USERS
from tenancy.model.tenant import Engine, Tenant
from tenancy.model.words import counted
from tenancy.operations.kind import Run
from tenancy.ports import CursorGoneError
from tenancy.registry.spots import BLOBS, DATABASE, spot_of
from tenancy.snapshots.manifest import Summary
from tenancy.stores.embedded.offline import Offline, head_of, offline, oldest_of

MOMENT: Final = "moment"
_AT_ONCE: Final = 1000


class Base(NamedTuple):
    """The snapshot before a moment, and the copy whose log says what came then; None for the tenant as it is."""

    snapshot: Summary
    later: Summary | None


class Moments:
    """States at moments: `at` in an operation's input, milliseconds since 1970."""

    def __init__(self, tenants: Tenants, copies: Copies, snapshots: Snapshots) -> None:
        """Of these."""
        self._tenants = tenants
        self._copies = copies
        self._snapshots = snapshots
        self._folders = tenants.folders

    async def base_of(self, tenant: Tenant, at: int) -> Base:
        """From what a moment is reached.

        Raises:
            HistoryGone: from nothing; the hint says what is reached.
        """
        found = await self._snapshots.all(tenant)
        before = [one for one in found if _millis(one) <= at and not one.damaged]
        if not before:
            hint = f"The oldest snapshot is of {found[-1].at}." if found else "There is no snapshot yet."
            raise HistoryGone("No snapshot is as old as that.", hint=hint)
        base = before[0]
        for one in reversed(found):  # the first that knows enough
            later = (from_text(one.begun) or _millis(one)) > at
            if later and one.epoch == base.epoch and one.log_from <= base.seq + 1 and not one.damaged:
                return Base(base, one)
        if not await self._present_knows(tenant, base):
            raise _forgotten(base)
        return Base(base, None)

    async def _present_knows(self, tenant: Tenant, base: Summary) -> bool:
        """Whether the tenant itself still has the changes since a snapshot."""
        if tenant.engine is Engine.EMBEDDED:
            path = self._folders.folder(spot_of(tenant)) / DATABASE
            head = await self._folders.run(lambda: head_of(path))
            return head.epoch == base.epoch and await self._folders.run(lambda: oldest_of(path)) <= base.seq + 1
        async with self._tenants.pool.use(tenant) as context:
            if context.changes.epoch != base.epoch:
                return False
            try:
                await context.changes.read(Seq(base.seq), 1)
            except CursorGoneError:
                return False
        return True

    async def fill(self, run: Run, folder: Path) -> None:
        """Put the snapshot there, and do what the log says.

        Raises:
            HistoryGone: the moment is not reached any more.
        """
        tenant, at = self._snapshots.tenant_of(run), int(str(run.input["at"]))
        base = await self.base_of(tenant, at)
        beside = folder / "later"
        try:
            await self._snapshots.assemble(run, tenant, base.snapshot.id, folder, stop=COPIED)
            await self._copies.begin(beside)
            if base.later is None:
                await self._copies.take(run, tenant, beside)
            else:
                await self._snapshots.assemble(run, tenant, base.later.id, beside, stop=COPIED)
            told = await self._folders.run(partial(_replay, folder, beside, base.snapshot, at))
        finally:
            await self._copies.remove(beside)
        run.say(f"{counted(told.changes, 'change')} after the snapshot of {base.snapshot.at}, until {text_at(at)}.")
        if told.lost:
            run.say(f"{counted(told.lost, 'file')} left out: the bytes are in neither copy.")

    async def release(self, run: Run) -> None:
        """Nothing is held."""


@dataclass(slots=True)
class _Told:
    """What was done."""

    changes: int = 0
    lost: int = 0


def _forgotten(base: Summary) -> HistoryGone:
    hint = (
        f"Restore the snapshot of {base.at}, or a moment just before another one. What comes after a snapshot is "
        "reached until the tenant is brought to another state, or its change log forgets (changes_kept)."
    )
    return HistoryGone("No change log knows all that came between the snapshot before that and that moment.", hint=hint)


def _replay(folder: Path, beside: Path, base: Summary, at: int) -> _Told:
    """Do in one database what the log of another says, and have the blobs of both.

    Raises:
        HistoryGone: the log has forgotten some of it since it was looked at.
    """
    told = _Told()
    link_all(beside / BLOBS, folder / BLOBS)
    with offline(folder / DATABASE) as documents, offline(beside / DATABASE) as later:
        if later.head.epoch != base.epoch or later.oldest_change() > base.seq + 1:
            raise _forgotten(base)
        batch: list[Change] = []
        for change in later.changes(Seq(base.seq)):
            if change.at > at:
                break
            _do(documents, change)
            told.changes += 1
            batch.append(change)
            if len(batch) >= _AT_ONCE:
                documents.add_changes(batch)
                batch = []
        documents.add_changes(batch)
        _take_secrets(documents, later)
        told.lost = match_blobs(documents, folder / BLOBS)
    return told


def _do(documents: Offline, change: Change) -> None:
    if change.collection.startswith("_") and change.collection not in LOGGED:
        return
    if change.op == "delete":
        documents.drop(change.collection, change.id)
        return
    if change.after is None:
        raise HistoryGone("The change log of that time was written by a version that did not keep enough.")
    documents.put(change.collection, change.after)


def _take_secrets(documents: Offline, later: Offline) -> None:
    """Secrets are those of the later copy; who is not there any more has those of the snapshot."""
    users = {str(trusted(text)["id"]) for batch in documents.texts(USERS) for text in batch}
    old = [text for batch in documents.texts(CREDENTIALS) for text in batch]
    new = [text for batch in later.texts(CREDENTIALS) for text in batch]
    documents.clear(CREDENTIALS)
    had: set[str] = set()
    for text in [*new, *old]:
        id = str(trusted(text)["id"])
        if id in users and id not in had:
            had.add(id)
            try:
                documents.put(CREDENTIALS, text)
            except AlreadyExists:
                continue  # another account has this way in now
    documents.clear(PROVIDERS)
    for batch in later.texts(PROVIDERS):
        for text in batch:
            documents.put(PROVIDERS, text)


def _millis(summary: Summary) -> int:
    return from_text(summary.at) or 0
