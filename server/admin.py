"""The admin listener: everything a request meets, in the order in which it meets it."""

from starlette.types import ASGIApp, Receive, Scope, Send

from server.control import archive_routes, copy_routes, definition_routes, inside_routes, life_routes, operation_routes
from server.control import routes as control
from server.control.admins import identify
from server.control.context import ControlContext
from server.control.panel import serve_panel
from server.http.call import Call
from server.http.dispatch import Dispatcher
from server.http.guard import AccessLog, Guard
from server.http.host import check_admin_host, host_header
from server.http.response import Answer, Header, json
from server.http.routes import Route, RouteTable
from server.openapi.document import document

_APART: tuple[Header, ...] = (
    (b"cross-origin-opener-policy", b"same-origin"), (b"cross-origin-resource-policy", b"same-origin"),
)  # fmt: skip
"""Pages of other origins, tenants' sites too, hold no window of the panel and embed none of its answers."""


def admin_routes(version: str) -> RouteTable[ControlContext]:
    """All routes of the admin listener."""

    async def openapi(call: Call[ControlContext]) -> Answer:
        described = document(table.routes, title="Backpack", server=call.origin.own, version=version, names={})
        return json(described)

    async def health(call: Call[ControlContext]) -> Answer:
        return json({"status": "ok"})

    table = RouteTable(
        [
            *control.routes(),
            *life_routes.routes(),
            *copy_routes.routes(),
            *archive_routes.routes(),
            *definition_routes.routes(),
            *operation_routes.routes(),
            *inside_routes.routes(),
            Route("GET", "/v1/openapi.json", openapi, "open", "This description"),
            Route("GET", "/healthz", health, "open", "Whether the server answers"),
        ]
    )
    return table


def admin_app(context: ControlContext, *, scheme: str, names: frozenset[str], access_log: AccessLog) -> ASGIApp:
    """The app of the admin listener: guard, host, routes; what has no route is the panel."""
    dispatcher = Dispatcher(
        admin_routes(context.version), identify, serve_panel,
        reserved=b"/v1", cookie="backpack-admin", scheme=scheme,
    )  # fmt: skip

    async def hosted(scope: Scope, receive: Receive, send: Send) -> Answer:
        scope["backpack.error_headers"] = _APART
        scope["backpack.host"] = check_admin_host(host_header(scope["backpack.headers"]), names)
        scope["backpack.context"] = context
        answer = await dispatcher(scope, receive, send)
        answer.headers = [*answer.headers, *_APART]
        return answer

    return Guard(hosted, access_log)
