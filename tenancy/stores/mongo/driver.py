"""MongoDB's driver, imported here alone. Its errors become ours; no words of the server reach a caller."""

from collections.abc import AsyncGenerator, Generator, Sequence
from contextlib import asynccontextmanager, contextmanager, nullcontext
from typing import Any, Final

import pymongo
import structlog
from bson.errors import BSONError
from pymongo import AsyncMongoClient, DeleteOne, IndexModel, InsertOne, ReplaceOne
from pymongo.asynchronous.client_session import AsyncClientSession
from pymongo.asynchronous.command_cursor import AsyncCommandCursor
from pymongo.asynchronous.cursor import AsyncCursor
from pymongo.errors import BulkWriteError, DuplicateKeyError, ExecutionTimeout, OperationFailure, PyMongoError
from pymongo.read_concern import ReadConcern

from tenancy.errors import OutOfSpace, Unavailable
from tenancy.stores.mongo.steps import Document, Remove, Step

_READ_MS: Final = 20_000
_SOCKET_MS: Final = 30_000
_LONG_S: Final = 600.0
BATCH: Final = 500
_PREFIX: Final = "backpack_"
_POOL: Final = 100
_SELECT_MS: Final = 2000
_COMMIT_TRIES: Final = 3
_DUPLICATE, _WRITE_CONFLICT, _NO_SNAPSHOT, _NO_SPACE, _NO_INDEX = 11000, 112, 246, 14031, 27
_CONFLICTS: Final = {_DUPLICATE, _WRITE_CONFLICT, _NO_SNAPSHOT}
log = structlog.get_logger("tenancy.mongo")


class ConflictError(Exception):
    """Somebody else wrote at the same time, or a unique key is taken: what was read is to be read again."""


class TooSlowError(Unavailable):
    """It took longer than it may."""


@contextmanager
def _translated() -> Generator[None]:
    """Give the driver's errors our names."""
    try:
        yield
    except ExecutionTimeout as error:
        raise TooSlowError("The tenant's database takes too long.") from error
    except (PyMongoError, BSONError) as error:
        if _is_conflict(error):
            raise ConflictError from error
        log.exception("mongo.failed")
        if isinstance(error, OperationFailure) and error.code == _NO_SPACE:
            raise OutOfSpace from error
        raise Unavailable("The tenant's database does not answer.") from error


def _is_conflict(error: PyMongoError | BSONError) -> bool:
    if isinstance(error, BulkWriteError):
        return any(one.get("code") in _CONFLICTS for one in error.details.get("writeErrors", []))
    if isinstance(error, OperationFailure) and error.code in _CONFLICTS:
        return True
    transient = isinstance(error, OperationFailure) and error.has_error_label("TransientTransactionError")
    return isinstance(error, DuplicateKeyError) or transient


class Mongo:
    """One client for all tenants: its connections are shared."""

    def __init__(self, url: str) -> None:
        """Connect when it is first used; needs a running loop. OSError: not a connection string."""
        try:
            self._client: AsyncMongoClient[Document] = AsyncMongoClient(
                url, w="majority", journal=True, readConcernLevel="majority", retryWrites=True, retryReads=True,
                maxPoolSize=_POOL, serverSelectionTimeoutMS=_SELECT_MS, connectTimeoutMS=_SELECT_MS,
                socketTimeoutMS=_SOCKET_MS, waitQueueTimeoutMS=_SOCKET_MS,
                appname="backpack",
            )  # fmt: skip
        except PyMongoError as error:
            raise OSError(f"the setting mongo_url cannot be used: {error}") from error

    async def database(self, id: str) -> "Database":
        """A tenant's database, which need not exist. Raises `Unavailable` when no server answers."""
        with _translated():
            hello = await self._client.admin.command("hello")
        transactional = "setName" in hello or hello.get("msg") == "isdbgrid"
        return Database(self._client, _PREFIX + id, transactional=transactional)

    async def ids(self) -> list[str]:
        """The tenants that have a database. Raises `Unavailable` when no server answers."""
        with _translated():
            names = await self._client.list_database_names()
        return [name.removeprefix(_PREFIX) for name in names if name.startswith(_PREFIX)]

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.close()


class Database:
    """One tenant's database, or the same inside a transaction or a snapshot."""

    def __init__(
        self, client: AsyncMongoClient[Document], name: str, *,
        transactional: bool, session: AsyncClientSession | None = None,
    ) -> None:  # fmt: skip
        """Use `transaction` and `snapshot` to get one with a session."""
        self._client = client
        self._name = name
        self._db = client[name]
        self._session = session
        self._writing: AsyncClientSession | None = None
        self.transactional = transactional

    def _within(self, session: AsyncClientSession) -> "Database":
        return Database(self._client, self._name, transactional=self.transactional, session=session)

    def begin_writing(self) -> Any:
        """Do all transactions that write in one session from now on; its name."""
        self._writing = self._client.start_session()
        return self._writing.session_id["id"]

    async def end_session(self, name: Any) -> None:
        """End a session, perhaps of a process that was killed, and what it has left open."""
        with _translated():
            await self._client.admin.command("killSessions", [{"id": name}])

    @asynccontextmanager
    async def transaction(self, *, reading: bool = False) -> AsyncGenerator["Database"]:
        """All that is done in here, or nothing; with `reading` a look at one moment.

        Raises:
            ConflictError: it met another one.
            Unavailable: it may have been done, or not.
        """
        own = None if reading else self._writing
        async with self._client.start_session() if own is None else nullcontext(own) as session:
            with _translated():
                await session.start_transaction(read_concern=ReadConcern("snapshot"))
            try:
                yield self._within(session)
            except BaseException:
                with _translated():
                    await session.abort_transaction()
                raise
            with _translated():
                await _commit(session)

    @asynccontextmanager
    async def snapshot(self) -> AsyncGenerator["Database"]:
        """The database as it is at one moment, for as long as the server keeps it (5 minutes by default)."""
        if not self.transactional:
            yield self
            return
        async with self._client.start_session(snapshot=True) as session:
            yield self._within(session)

    @asynccontextmanager
    async def _patient(self) -> AsyncGenerator[None]:
        """For what may take minutes on the server; that there is one is found out first, in the usual time."""
        with _translated():
            await self._client.admin.command("ping")
            with pymongo.timeout(_LONG_S):
                yield

    async def first(self, collection: str, filter: Document, sort: Document | None = None) -> Document | None:
        """One document."""
        with _translated():
            found: Document | None = await self._db[collection].find_one(
                filter, sort=list(sort.items()) if sort else None, session=self._session, max_time_ms=_READ_MS
            )
        return found

    async def all(self, collection: str, filter: Document, fields: Document | None = None) -> list[Document]:
        """All documents that fit, in no order. For few."""
        with _translated():
            found = self._db[collection].find(filter, fields, session=self._session, max_time_ms=_READ_MS)
            return await found.to_list()

    async def find(
        self, collection: str, filter: Document, *, sort: Document | None = None, skip: int = 0, limit: int = 0,
        batch: int = BATCH,
    ) -> AsyncGenerator[list[Document]]:  # fmt: skip
        """The documents that fit, in batches."""
        keys = list(sort.items()) if sort else None
        cursor = self._db[collection].find(
            filter, sort=keys, skip=skip, limit=limit, batch_size=batch, session=self._session, max_time_ms=_READ_MS
        )
        async for found in _batches(cursor, batch):
            yield found

    async def aggregate(
        self, collection: str, pipeline: Sequence[Document], batch: int = BATCH
    ) -> AsyncGenerator[list[Document]]:
        """What comes out of a pipeline, in batches."""
        with _translated():
            cursor = await self._db[collection].aggregate(
                pipeline, session=self._session, batchSize=batch, maxTimeMS=_READ_MS
            )
        async for found in _batches(cursor, batch):
            yield found

    async def count(self, collection: str, filter: Document, most: int) -> int:
        """How many documents fit, counting no further than `most`."""
        with _translated():
            return await self._db[collection].count_documents(
                filter, limit=most, session=self._session, maxTimeMS=_READ_MS
            )

    async def write(self, steps: Sequence[Step]) -> None:
        """Do the steps in order; `ConflictError` where a fresh document or a unique key is there already."""
        start = 0
        while start < len(steps):
            name = steps[start].collection
            end = next((n for n in range(start, len(steps)) if steps[n].collection != name), len(steps))
            with _translated():
                await self._db[name].bulk_write([_operation(step) for step in steps[start:end]], session=self._session)
            start = end

    async def change(self, collection: str, filter: Document, change: Document) -> bool:
        """Change one document; whether there was one that fits."""
        with _translated():
            done = await self._db[collection].update_one(filter, change, session=self._session)
        return done.matched_count > 0

    async def change_all(self, collection: str, filter: Document, change: Document) -> None:
        """Change all documents that fit."""
        async with self._patient():
            await self._db[collection].update_many(filter, change, session=self._session)

    async def remove_all(self, collection: str, filter: Document) -> None:
        """Remove all documents that fit."""
        async with self._patient():
            await self._db[collection].delete_many(filter, session=self._session)

    async def create_indexes(self, collection: str, paths: Sequence[str], unique: Sequence[str]) -> None:
        """Have sparse indexes on these paths; nothing happens where there is one."""
        models = [IndexModel([(path, 1)], sparse=True, unique=path in unique) for path in paths]
        async with self._patient():
            await self._db[collection].create_indexes(models)

    async def drop_index(self, collection: str, path: str) -> None:
        """Drop the index on a path, if there is one."""
        with _translated():
            try:
                await self._db[collection].drop_index([(path, 1)])
            except OperationFailure as error:
                if error.code != _NO_INDEX:
                    raise

    async def drop_collection(self, collection: str) -> None:
        """Drop a collection, if there is one."""
        with _translated():
            await self._db.drop_collection(collection)

    async def size(self) -> int:
        """Bytes of documents and indexes."""
        with _translated():
            stats = await self._db.command("dbStats")
        return int(stats["dataSize"]) + int(stats["indexSize"])

    async def drop(self) -> None:
        """Remove the whole database; nothing happens when there is none."""
        with _translated():
            await self._client.drop_database(self._name)


def _operation(step: Step) -> InsertOne[Document] | ReplaceOne[Document] | DeleteOne:
    if isinstance(step, Remove):
        return DeleteOne({"_id": step.id})
    if step.fresh:
        return InsertOne(step.document)
    return ReplaceOne({"_id": step.document["_id"]}, step.document, upsert=True)


async def _batches(
    cursor: AsyncCursor[Document] | AsyncCommandCursor[Document], batch: int
) -> AsyncGenerator[list[Document]]:
    try:
        while True:
            with _translated():
                found = await cursor.to_list(batch)
            if not found:
                return
            yield found
    finally:
        await cursor.close()


async def _commit(session: AsyncClientSession) -> None:
    """Commit; when the answer is lost, ask again: the server does it once."""
    for number in range(_COMMIT_TRIES):
        try:
            await session.commit_transaction()
            return
        except PyMongoError as error:
            if not error.has_error_label("UnknownTransactionCommitResult") or number == _COMMIT_TRIES - 1:
                raise
