"""Bugs that would let one tenant see or change another, as patches: the suite has to see each of them.

They live here and nowhere in the product. Each is a mistake that was made somewhere, or is easily made.
"""

from collections.abc import Callable
from typing import Any, Final

import pytest

from server.data import aggregate, documents, history, rights, transfer, writes
from server.files import access
from server.hosting.site import Site
from server.http import dispatch, door, host
from server.http.credentials import Credential, Origin, read_session
from server.http.dispatch import Dispatcher
from server.http.headers import Headers
from server.identity import accounts
from server.identity.principals import identify
from tenancy.context import TenantContext
from tenancy.model.principal import Kind, Principal
from tenancy.model.system import KEYS
from tenancy.query.tree import EVERYTHING
from tenancy.registry.directory import Directory
from tenancy.registry.pool import Pool
from tenancy.stores.embedded.cache import DocumentCache, PageCache
from tenancy.stores.sessions.documents import DocumentSessions
from tenancy.work import Work
from tests.isolation.world import World

Patch = pytest.MonkeyPatch
Bug = Callable[[Patch, World], None]


def _host_from(name: bytes, read: Callable[[bytes], bytes] = lambda value: value) -> Bug:
    def bug(patch: Patch, world: World) -> None:
        def host_header(headers: Headers) -> bytes:
            other = headers.get(name)
            return read(other) if other is not None else host.host_header(headers)

        patch.setattr(door, "host_header", host_header)

    return bug


def _two_hosts(patch: Patch, world: World) -> None:
    patch.setattr(door, "host_header", lambda headers: headers.all(b"host")[-1])


def _host_label(keep: Callable[[bytes], bytes]) -> Bug:
    """The label of the tenant is cut out of the header's value."""

    def bug(patch: Patch, world: World) -> None:
        def parse_host(value: bytes, base_domain: str) -> host.Host:
            label = keep(value).partition(b":")[0].lower().partition(b".")[0].decode("latin-1")
            return host.Host(label, value.decode("latin-1"))

        patch.setattr(door, "parse_host", parse_host)

    return bug


def _unknown_is_first(patch: Patch, world: World) -> None:
    find = Directory.find
    patch.setattr(Directory, "find", lambda self, label: find(self, label) or find(self, world.people[0].name))


def _sessions_shared(patch: Patch, world: World) -> None:
    known: dict[str, Any] = {}
    find = DocumentSessions.find

    async def shared(self: DocumentSessions, id: str) -> Any:
        found = await find(self, id) or known.get(id)
        return known.setdefault(id, found) if found is not None else None

    patch.setattr(DocumentSessions, "find", shared)


def _identities_by_token(patch: Patch, world: World) -> None:
    known: dict[str, Principal] = {}

    async def cached(context: TenantContext, credential: Credential) -> Principal | None:
        if credential.token not in known:
            principal = await identify(context, credential)
            if principal is None:
                return None
            known[credential.token] = principal
        return known[credential.token]

    _identify(patch, world, cached)


def _identify(patch: Patch, world: World, by: Callable[[TenantContext, Credential], Any]) -> None:
    authenticate = Dispatcher._authenticate

    async def patched(self: Any, call: Any, route: Any, method: str) -> None:
        self._identify = by if isinstance(call.context, TenantContext) else self._identify
        await authenticate(self, call, route, method)

    patch.setattr(Dispatcher, "_authenticate", patched)


def _hash_is_a_token(patch: Patch, world: World) -> None:
    async def by_hash(context: TenantContext, credential: Credential) -> Principal | None:
        session = await context.sessions.find(credential.token)
        if session is not None:
            return Principal(Kind.USER, session.user, session.id)
        return await identify(context, credential)

    _identify(patch, world, by_hash)


def _hash_is_a_key(patch: Patch, world: World) -> None:
    async def by_hash(context: TenantContext, credential: Credential) -> Principal | None:
        hashed = credential.token.removeprefix("bpk_")
        if await context.documents.get(KEYS, hashed) is not None:
            return Principal(Kind.KEY, hashed[:12])
        return await identify(context, credential)

    _identify(patch, world, by_hash)


def _keys_of_anybody(patch: Patch, world: World) -> None:
    async def anybodys(context: TenantContext, credential: Credential) -> Principal | None:
        for person in world.people:
            async with world.context.tenants.pool.use(person.tenant) as other:
                principal = await identify(other, credential)
            if principal is not None and principal.kind is Kind.KEY:
                return principal
        return await identify(context, credential)

    _identify(patch, world, anybodys)


def _administrators_are_keys(patch: Patch, world: World) -> None:
    async def by_control(context: TenantContext, credential: Credential) -> Principal | None:
        session = await world.context.sessions.find(credential.hashed)
        return Principal(Kind.KEY, "admin") if session is not None else await identify(context, credential)

    _identify(patch, world, by_control)


def _log_out_ends_nothing(patch: Patch, world: World) -> None:
    async def remove(self: DocumentSessions, id: str) -> None:
        return

    patch.setattr(DocumentSessions, "remove", remove)


def _documents_by_name(patch: Patch, world: World) -> None:
    texts: dict[tuple[str, str], bytes] = {}
    patch.setattr(DocumentCache, "get", lambda self, collection, id: texts.get((collection, id)))
    patch.setattr(DocumentCache, "put", lambda self, name, id, text: texts.__setitem__((name, id), text))


def _pages_by_query(patch: Patch, world: World) -> None:
    pages: dict[tuple[str, str], Any] = {}

    def get(self: PageCache, collection: str, query: Any) -> Any:
        return pages.get((collection, query.mark)) if world.under_attack else None

    def put(self: PageCache, collection: str, query: Any, page: Any) -> None:
        if world.under_attack:
            pages[collection, query.mark] = page

    patch.setattr(PageCache, "get", get)
    patch.setattr(PageCache, "put", put)


def _sites_by_place(patch: Patch, world: World) -> None:
    found: dict[int, Any] = {}
    small = Site.small

    async def cached(self: Site, context: TenantContext, file: Any) -> Any:
        if file.entry.offset not in found:
            found[file.entry.offset] = await small(self, context, file)
        return found[file.entry.offset]

    patch.setattr(Site, "small", cached)


def _one_site_for_all(patch: Patch, world: World) -> None:
    contexts: list[TenantContext] = []
    find, small = Site.find, Site.small

    async def find_first(self: Site, context: TenantContext, path: str) -> Any:
        contexts.append(context)
        return await find(self, contexts[0], path)

    async def small_first(self: Site, context: TenantContext, file: Any) -> Any:
        return await small(self, contexts[0], file)

    patch.setattr(Site, "find", find_first)
    patch.setattr(Site, "small", small_first)


def _tenants_by_first_letter(patch: Patch, world: World) -> None:
    acquire, first = Pool.acquire_open, dict[str, Any]()

    def alike(self: Pool, tenant: Any) -> Any:
        return acquire(self, first.setdefault(tenant.slug[0], tenant) if world.under_attack else tenant)

    patch.setattr(Pool, "acquire_open", alike)


def _no_rule(module: Any) -> Bug:
    def bug(patch: Patch, world: World) -> None:
        patch.setattr(module, "allowed", lambda context, collection, action, principal: EVERYTHING)

    return bug


def _no_rule_behind_a_cursor(patch: Patch, world: World) -> None:
    find = documents.find

    async def first_page_alone(caller: Any, collection: str, query: Any) -> Any:
        if query.after is not None:
            return await caller.context.documents.find(collection, query)
        return await find(caller, collection, query)

    patch.setattr(documents, "find", first_page_alone)


def _imports_by_anybody(patch: Patch, world: World) -> None:
    patch.setattr(transfer, "_check_rights", lambda caller, collection, on_conflict: None)
    patch.setattr(writes, "allowed", lambda context, collection, action, principal: EVERYTHING)


def _policy_forgotten(patch: Patch, world: World) -> None:
    async def lenient(self: Any, call: Any, route: Any, method: str) -> None:
        if route.policy != "key":
            await authenticate(self, call, route, method)

    authenticate = Dispatcher._authenticate
    patch.setattr(Dispatcher, "_authenticate", lenient)


def _head_is_open(patch: Patch, world: World) -> None:
    async def lenient(self: Any, call: Any, route: Any, method: str) -> None:
        if method != "HEAD":
            await authenticate(self, call, route, method)

    authenticate = Dispatcher._authenticate
    patch.setattr(Dispatcher, "_authenticate", lenient)


def _cookies_from_everywhere(patch: Patch, world: World) -> None:
    read = read_session

    def trusting(headers: Headers, method: str, origin: Origin, cookie: bytes) -> Credential | None:
        return read(headers, method, Origin(origin.own, origin.own), cookie)

    patch.setattr(dispatch, "read_session", trusting)


def _private_files_are_public(patch: Patch, world: World) -> None:
    patch.setattr(access, "_visible", lambda principal: EVERYTHING)


def _system_collections_have_names(patch: Patch, world: World) -> None:
    patch.setattr(rights, "check_collection_name", lambda name: name)


def _any_password(patch: Patch, world: World) -> None:
    async def verify(work: Work, kept: str | None, password: str) -> bool:
        return kept is not None

    patch.setattr(accounts, "verify_password", verify)


BUGS: Final[dict[str, Bug]] = {
    "the tenant is read from X-Forwarded-Host": _host_from(b"x-forwarded-host"),
    "the tenant is read from Forwarded": _host_from(b"forwarded", lambda value: value.removeprefix(b"host=")),
    "the tenant is read from Origin": _host_from(b"origin", lambda value: value.rpartition(b"/")[2]),
    "of two Host headers the last counts": _two_hosts,
    "any domain below any other is the tenant's": _host_label(lambda value: value),
    "of a list of hosts the last counts": _host_label(lambda value: value.rpartition(b",")[2]),
    "a user before the host is cut off": _host_label(lambda value: value.rpartition(b"@")[2]),
    "a name that nobody has is the first tenant's": _unknown_is_first,
    "sessions are cached for all tenants": _sessions_shared,
    "identities are cached by token": _identities_by_token,
    "the hash of a session is a token": _hash_is_a_token,
    "the hash of a key is a key": _hash_is_a_key,
    "a key of one tenant is good at all": _keys_of_anybody,
    "an administrator's session is a key": _administrators_are_keys,
    "an ended session goes on": _log_out_ends_nothing,
    "documents are cached by collection and id": _documents_by_name,
    "pages are cached by collection and query": _pages_by_query,
    "files of sites are cached by their place": _sites_by_place,
    "all sites are the first one": _one_site_for_all,
    "open tenants are found by part of their name": _tenants_by_first_letter,
    "lists have no rule": _no_rule(documents),
    "lists have a rule for the first page alone": _no_rule_behind_a_cursor,
    "a document's history has no rule": _no_rule(history),
    "exports have no rule": _no_rule(transfer),
    "pipelines have no rule": _no_rule(aggregate),
    "everybody may import": _imports_by_anybody,
    "routes for keys look at no credential": _policy_forgotten,
    "HEAD looks at no credential": _head_is_open,
    "a cookie counts from every page": _cookies_from_everywhere,
    "private files are public": _private_files_are_public,
    "the server's own collections have names": _system_collections_have_names,
    "every password fits": _any_password,
}
