"""One suite for each port; a further implementation joins by one line in its fixture."""

import secrets
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import pytest

from tenancy.model.ids import new_id
from tenancy.model.limits import Limits
from tenancy.model.slug import TenantId
from tenancy.ports import ChangeLog, DocumentStore, FileStore, SessionStore
from tenancy.shares import Shares
from tenancy.stores.embedded.create import create_database
from tenancy.stores.embedded.engine import EmbeddedDocuments
from tenancy.stores.embedded.memory import Memory
from tenancy.stores.embedded.workers import Workers
from tenancy.stores.files.bounded import BoundedFiles
from tenancy.stores.files.local import LocalFiles
from tenancy.stores.mongo.create import create_documents
from tenancy.stores.mongo.driver import Mongo
from tenancy.stores.mongo.engine import open_documents
from tenancy.stores.sessions.documents import DocumentSessions
from tenancy.stores.sessions.redis import SessionServer
from tenancy.work import Gates, Work
from tests.support.mongo import MongoServer
from tests.support.redis import RedisServer

Opened = tuple[DocumentStore, ChangeLog]
Opener = Callable[[], AbstractAsyncContextManager[Opened]]


WORKERS = Workers(Shares(), 1)
WORK = Work(Gates(Shares()), "tests")
LIMITS = Limits(max_examined=2000, changes_kept=500)


def _embedded(folder: Path) -> Opener:
    @asynccontextmanager
    async def opened() -> AsyncIterator[Opened]:
        path = folder / "data.db"
        if not path.exists():
            create_database(path, [])
        with ThreadPoolExecutor(4) as executor:
            documents = EmbeddedDocuments(path, executor, WORKERS.of("tests"), Memory(), LIMITS)
            yield documents, documents.changes
            await documents.aclose()

    return opened


def _mongo(server: MongoServer) -> Callable[[Path], Opener]:
    def of(folder: Path) -> Opener:
        id = secrets.token_hex(12)
        made = False

        @asynccontextmanager
        async def opened() -> AsyncIterator[Opened]:
            nonlocal made
            mongo = Mongo(server.url)
            database = await mongo.database(id)
            if not made:
                await create_documents(database, [])
                made = True
            with ThreadPoolExecutor(4) as executor:
                documents = await open_documents(database, executor, LIMITS)
                yield documents, documents.changes
                await documents.aclose()
            await mongo.aclose()

        return opened

    return of


SERVERS = {"mongo": MongoServer(), "mongo-alone": MongoServer(alone=True)}
ENGINES: dict[str, Callable[[Path], Opener]] = {
    "embedded": _embedded,
    **{name: _mongo(server) for name, server in SERVERS.items()},
}
FILE_STORES: dict[str, Callable[[Path], FileStore]] = {
    "local": lambda root: LocalFiles(root, WORK),
    "bounded": lambda root: BoundedFiles(LocalFiles(root, WORK), Limits()),
}
REDIS = RedisServer()
SESSION_STORES = ("documents", "redis")


@pytest.fixture(scope="session", autouse=True)
def processes() -> Iterator[None]:
    """Ended with the tests."""
    yield
    WORKERS.close()
    for server in SERVERS.values():
        server.stop()
    REDIS.remove()


@pytest.fixture(params=sorted(ENGINES))
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Opener:
    """Opens the same database each time it is called."""
    return ENGINES[request.param](tmp_path)


@pytest.fixture
async def opened(engine: Opener) -> AsyncIterator[Opened]:
    async with engine() as stores:
        yield stores


@pytest.fixture
def documents(opened: Opened) -> DocumentStore:
    return opened[0]


@pytest.fixture
def changes(opened: Opened) -> ChangeLog:
    return opened[1]


@pytest.fixture(params=sorted(FILE_STORES))
def files(request: pytest.FixtureRequest, tmp_path: Path) -> FileStore:
    return FILE_STORES[request.param](tmp_path / "blobs")


@pytest.fixture(params=SESSION_STORES)
async def session_store(request: pytest.FixtureRequest) -> AsyncIterator[Callable[[DocumentStore], SessionStore]]:
    """Makes the store of the test's own tenant, each time anew."""
    if request.param == "documents":
        yield DocumentSessions
        return
    servers: list[SessionServer] = []
    tenant = TenantId(new_id())

    def make(documents: DocumentStore) -> SessionStore:
        servers.append(SessionServer(REDIS.url))
        return servers[-1].sessions_of(tenant)

    yield make
    for server in servers:
        await server.aclose()


@pytest.fixture(autouse=True)
def no_blocking() -> None:
    """Stores are opened inline here; the server's own tests watch the loop."""
