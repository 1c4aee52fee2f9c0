"""The composition root: from settings to a running server. The only place that names concrete stores."""

import asyncio
import fcntl
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import structlog
import uvloop

from server.admin import admin_app
from server.control.admins import DEFINITION as ADMINS
from server.control.admins import setup_required
from server.control.context import ControlContext
from server.control.setup import SetupCode
from server.http.guard import AccessLog
from server.identity.passwords import Passwords
from server.logs import configure_logs
from server.public import public_app
from server.serving import Listener, serve
from server.settings import Settings
from tenancy.lifecycle.seed import definition
from tenancy.lifecycle.tenants import Tenants
from tenancy.ports import Limits
from tenancy.registry.opening import DATABASE, Folders
from tenancy.registry.pool import Pool
from tenancy.registry.registry import DEFINITION as TENANTS
from tenancy.registry.registry import Registry
from tenancy.stores.embedded.create import create_database
from tenancy.stores.embedded.engine import EmbeddedDocuments
from tenancy.stores.embedded.workers import Workers
from tenancy.stores.mongo.driver import Mongo
from tenancy.stores.sessions.documents import DEFINITION as SESSIONS
from tenancy.stores.sessions.documents import DocumentSessions

_THREADS = 16
_DAY_S = 24 * 3600
log = structlog.get_logger("server")


@dataclass(frozen=True, slots=True)
class Ready:
    """A server that listens: the two addresses, and the set-up code while there is no administrator."""

    public_url: str
    admin_url: str
    setup_code: str | None


def run(settings: Settings, announce: Callable[[Ready], None]) -> None:
    """Serve until a signal; `announce` is called once the server listens.

    Raises:
        OSError: an address or the data folder cannot be used.
    """
    configure_logs(settings.log_format)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(settings, announce))


async def _serve(settings: Settings, announce: Callable[[Ready], None]) -> None:
    async with AsyncExitStack() as stack:
        context = await open_control(settings, stack)
        listeners = listeners_for(settings, context)
        started = asyncio.Event()
        announcing = asyncio.create_task(_announce(context, listeners, started, announce))
        try:
            await serve(listeners, started)
        finally:
            announcing.cancel()
        log.info("server.stopped")


def listeners_for(settings: Settings, context: ControlContext) -> tuple[Listener, Listener]:
    """The public and the admin listener, ready to be served."""
    access_log = _access_log(settings)
    public = public_app(
        context.tenants.registry.directory,
        context.tenants.pool,
        context.passwords,
        base_domain=settings.base_domain,
        scheme=context.public_url.partition(":")[0],
        max_body=settings.max_body,
        access_log=access_log,
        version=context.version,
    )
    names = frozenset(name.strip().lower() for name in settings.admin_names.split(",") if name.strip())
    scheme = "https" if settings.admin_https else "http"
    admin = admin_app(context, scheme=scheme, names=names, max_body=settings.max_body, access_log=access_log)
    return (
        Listener(public, settings.host, settings.port, settings.stop_s),
        Listener(admin, settings.admin_host, settings.admin_port, settings.stop_s),
    )


async def _announce(
    context: ControlContext,
    listeners: tuple[Listener, Listener],
    started: asyncio.Event,
    announce: Callable[[Ready], None],
) -> None:
    await started.wait()
    public, admin = listeners
    code = context.setup.text if await setup_required(context) else None
    public_url = (
        context.public_url.replace(":0", f":{public.port}") if context.public_url.endswith(":0") else context.public_url
    )
    host = "localhost" if admin.host in {"127.0.0.1", "0.0.0.0", "::1", "::"} else admin.host  # noqa: S104
    announce(Ready(public_url, f"http://{host}:{admin.port}", code))


def _access_log(settings: Settings) -> AccessLog:
    if settings.access_log == "auto":
        return "all" if sys.stderr.isatty() else "errors"
    return settings.access_log


async def open_control(settings: Settings, stack: AsyncExitStack) -> ControlContext:
    """Open the control plane's store and what tenants need; closed by the stack."""
    executor = ThreadPoolExecutor(_THREADS, thread_name_prefix="backpack")
    stack.callback(executor.shutdown)
    limits = Limits(
        max_body=settings.max_body, max_file=settings.max_file, max_site=settings.max_site,
        max_examined=settings.max_examined, max_sockets=settings.max_sockets,
        session_lifetime_s=settings.session_days * _DAY_S, changes_kept=settings.changes_kept,
        max_documents=settings.max_documents or None, max_import=settings.max_import,
    )  # fmt: skip
    workers = Workers()
    stack.callback(workers.close)
    documents = await asyncio.to_thread(_prepare, settings.data)
    stack.enter_context(_only_server_of(settings.data))
    opened = EmbeddedDocuments(
        documents, executor, workers, max_examined=limits.max_examined, changes_kept=limits.changes_kept
    )
    stack.push_async_callback(opened.aclose)
    mongo = Mongo(settings.mongo_url) if settings.mongo_url else None
    if mongo is not None:
        stack.push_async_callback(mongo.aclose)
    folders = Folders(settings.data / "tenants", executor, workers, limits, mongo)
    pool = await stack.enter_async_context(
        Pool(folders.open, capacity=settings.open_tenants, idle_s=settings.tenant_idle_s)
    )
    tenants = Tenants(Registry(opened, rest_days=settings.name_rest_days), folders, pool)
    await tenants.start()
    return ControlContext(
        opened, DocumentSessions(opened), Passwords(), tenants, limits, SetupCode(settings.setup_code),
        version("backpack"), settings.base_domain, settings.public_url or f"http://{settings.base_domain}:{settings.port}",
    )  # fmt: skip


@contextmanager
def _only_server_of(data: Path) -> Iterator[None]:
    """Hold the folder's lock: two servers on one folder would undo each other's work.

    Raises:
        OSError: another server has it.
    """
    with (data / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise OSError(error.errno, f"another server works with the folder {data}") from None
        yield


def _prepare(data: Path) -> Path:
    """The control plane's database, made on the first start."""
    folder = data / "control"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / DATABASE
    if not path.exists():
        create_database(path, [definition(ADMINS), definition(TENANTS), definition(SESSIONS)])
    return path
