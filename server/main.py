"""The composition root: from settings to a running server. The only place that names concrete stores."""

import asyncio
import fcntl
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from pathlib import Path

import structlog
import uvloop

from server.address import Address
from server.admin import admin_app
from server.control.admins import DEFINITION as ADMINS
from server.control.admins import setup_required
from server.control.archives.archives import Archives, Opened
from server.control.archives.source import FROM, TEMPLATE, ArchiveSource, TemplateSource
from server.control.archives.templates import Templates
from server.control.archives.uploads import Uploads
from server.control.audit import DEFINITION as AUDIT
from server.control.context import ControlContext, Days
from server.control.definitions.push import Pushing
from server.control.delivery import Delivery, TenantPost, sender_from
from server.control.setup import SetupCode
from server.http.door import lane_of
from server.http.guard import AccessLog
from server.logs import configure_logs
from server.outbound import Outbound
from server.process import set_up_process, tenants_open
from server.public import public_app, tenant_routes
from server.serving import Fairness, Listener, serve
from server.settings import Settings
from tenancy.lifecycle.allowances import Allowances
from tenancy.lifecycle.seed import definition
from tenancy.lifecycle.tenants import Tenants
from tenancy.lifecycle.works import Works, works_of
from tenancy.model.limits import UNLIMITED
from tenancy.model.slug import TenantId
from tenancy.operations.runner import Runner
from tenancy.ports import DocumentStore, SessionStore
from tenancy.registry.ledger import Ledger
from tenancy.registry.opening import Around, Folders
from tenancy.registry.plans import Plans
from tenancy.registry.pool import Pool
from tenancy.registry.quarantine import Quarantine
from tenancy.registry.registry import DEFINITION as TENANTS
from tenancy.registry.registry import Registry
from tenancy.registry.spots import DATABASE, Spot
from tenancy.shares import Shares
from tenancy.stores.embedded.create import create_database
from tenancy.stores.embedded.engine import EmbeddedDocuments
from tenancy.stores.embedded.layout import limit_page_memory
from tenancy.stores.embedded.memory import Memory
from tenancy.stores.embedded.workers import Workers
from tenancy.stores.mongo.driver import Mongo
from tenancy.stores.sessions.documents import DEFINITION as SESSIONS
from tenancy.stores.sessions.documents import DocumentSessions
from tenancy.stores.sessions.redis import SessionServer
from tenancy.work import Gates, Work

CONTROL = object()
"""Whose work the control plane's is: no tenant's."""
_THREADS = 16
log = structlog.get_logger("server")


@dataclass(frozen=True, slots=True)
class Ready:
    """A server that listens: the two addresses, the set-up code while there is no administrator, and the tenant of the
    archive that it was started with."""

    public_url: str
    admin_url: str
    setup_code: str | None
    opened: Opened | None = None


def run(settings: Settings, announce: Callable[[Ready], None], archive: Path | None = None) -> None:
    """Serve until a signal; `announce` is called once the server listens.

    Raises:
        OSError: an address or the data folder cannot be used.
        BackpackError: no tenant can be made of the archive.
    """
    configure_logs(settings.log_format)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(settings, announce, archive))


async def _serve(settings: Settings, announce: Callable[[Ready], None], archive: Path | None) -> None:
    async with AsyncExitStack() as stack:
        context = await open_control(settings, stack)
        opened = await context.archives.open(archive) if archive is not None else None
        listeners = listeners_for(settings, context)
        set_up_process()
        started = asyncio.Event()
        announcing = asyncio.create_task(_announce(context, listeners, started, announce, opened))
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
        tenant_routes(context.version, context.quarantine.shares, context.outbound),
        base_domain=settings.base_domain,
        address_of=context.address.of,
        scheme=context.public_url.partition(":")[0],
        access_log=access_log,
        count=context.ledger.count,
    )
    lanes = partial(lane_of, context.tenants.registry.directory, settings.base_domain)
    fair = Fairness(lanes, context.quarantine.shares)
    names = frozenset(name.strip().lower() for name in settings.admin_names.split(",") if name.strip())
    scheme = "https" if settings.admin_https else "http"
    admin = admin_app(context, scheme=scheme, names=names, access_log=access_log)
    return (
        Listener(public, settings.host, settings.port, settings.stop_s, fair),
        Listener(admin, settings.admin_host, settings.admin_port, settings.stop_s),
    )


async def _announce(
    context: ControlContext,
    listeners: tuple[Listener, Listener],
    started: asyncio.Event,
    announce: Callable[[Ready], None],
    opened: Opened | None,
) -> None:
    await started.wait()
    public, admin = listeners
    code = context.setup.text if await setup_required(context) else None
    context.address.port_is(public.port)
    host = "localhost" if admin.host in {"127.0.0.1", "0.0.0.0", "::1", "::"} else admin.host  # noqa: S104
    if opened is not None:
        opened = opened._replace(url=context.tenant_url(opened.name))
    announce(Ready(context.public_url, f"http://{host}:{admin.port}", code, opened))


def _access_log(settings: Settings) -> AccessLog:
    if settings.access_log == "auto":
        return "all" if sys.stderr.isatty() else "errors"
    return settings.access_log


async def open_control(settings: Settings, stack: AsyncExitStack) -> ControlContext:
    """Open the control plane's store and what tenants need; closed by the stack."""
    executor = ThreadPoolExecutor(_THREADS, thread_name_prefix="backpack")
    stack.callback(executor.shutdown)
    limits = settings.limits
    shares = Shares()
    workers, memory = Workers(shares), Memory(settings.cache)
    limit_page_memory(settings.page_cache)
    stack.callback(workers.close)
    documents = await asyncio.to_thread(_prepare, settings.data)
    stack.enter_context(_only_server_of(settings.data))
    opened = EmbeddedDocuments(documents, executor, workers.of(CONTROL), memory, UNLIMITED)
    stack.push_async_callback(opened.aclose)
    mongo = Mongo(settings.mongo_url) if settings.mongo_url else None
    if mongo is not None:
        stack.push_async_callback(mongo.aclose)
    plans, gates = Plans(opened, limits), Gates(shares)
    address = Address(settings.public_url or f"http://{settings.base_domain}:{settings.port}")
    delivery = Delivery(opened, sender_from(settings.smtp_url, settings.mail_from))
    around = Around(address.of, partial(TenantPost, delivery), _sessions(settings, stack))
    folders = Folders(settings.data / "tenants", executor, workers, memory, gates, plans.limits_of, around, mongo)
    registry = Registry(opened, rest_days=settings.name_rest_days, lead_days=settings.rename_days)
    known, capacity = registry.directory.known, tenants_open(settings.open_tenants)
    pool = await stack.enter_async_context(Pool(folders.open, known, capacity=capacity, idle_s=settings.tenant_idle_s))
    operations = Runner(opened)
    await operations.journal.prepare()
    tenants = Tenants(
        registry, Allowances(registry, plans, pool), folders, pool, operations, grace_days=settings.delete_days
    )
    works = works_of(tenants, settings.schedule, settings.prove_hours)
    operations.know(*works.kinds)
    pushing = Pushing(tenants, works.snapshots, settings.data / "work")
    operations.know(pushing.kind)
    archives = await _archives(settings, tenants, works, Work(gates, CONTROL))
    stack.push_async_callback(operations.aclose)
    await tenants.start()
    stack.push_async_callback(tenants.aclose)
    works.backups.start()
    stack.push_async_callback(works.backups.aclose)
    stack.push_async_callback(delivery.aclose)
    await delivery.start(pool, registry.directory)
    ledger = await stack.enter_async_context(Ledger(opened))
    outbound = Outbound(settings.outbound)
    stack.push_async_callback(outbound.aclose)
    quarantine = await stack.enter_async_context(Quarantine(shares, folders.set_apart))
    return ControlContext(
        opened, DocumentSessions(opened), Work(gates, CONTROL), tenants, works, archives, pushing, limits, ledger,
        quarantine, SetupCode(settings.setup_code), version("backpack"), settings.base_domain, address, outbound,
        Days(settings.delete_days, settings.rename_days, settings.name_rest_days),
    )  # fmt: skip


async def _archives(settings: Settings, tenants: Tenants, works: Works, work: Work) -> Archives:
    """Tenants as files; what a process before has left of such is removed, but for what an operation needs."""
    uploads = Uploads(settings.data / "work")
    templates = Templates(settings.data / "templates", settings.max_archive)
    works.building.sources[FROM] = ArchiveSource(uploads, work, settings.max_archive)
    works.building.sources[TEMPLATE] = TemplateSource(templates, settings.max_archive)
    needed = {str(one.input.get(FROM)) for one in await tenants.operations.journal.unfinished()}
    await uploads.sweep(needed)
    return Archives(tenants, works, uploads, templates, settings.max_archive, version("backpack"))


def _sessions(settings: Settings, stack: AsyncExitStack) -> Callable[[Spot, DocumentStore], SessionStore]:
    """Where the sessions of tenants are kept."""
    if not settings.redis_url:
        return lambda spot, documents: DocumentSessions(documents)
    server = SessionServer(settings.redis_url)
    stack.push_async_callback(server.aclose)
    return lambda spot, documents: server.sessions_of(TenantId(spot.name))


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
        create_database(path, [definition(ADMINS), definition(AUDIT), definition(TENANTS), definition(SESSIONS)])
    return path
