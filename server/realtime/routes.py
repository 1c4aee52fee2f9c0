"""Realtime over WebSocket."""

from server.http.call import Call
from server.http.response import Answer, Response
from server.http.routes import Route
from server.realtime.connection import serve_socket
from tenancy.context import TenantContext
from tenancy.errors import RouteNotFound, TooMany


def routes() -> list[Route[TenantContext]]:
    """The realtime routes."""
    return [
        Route(
            "WEBSOCKET",
            "/api/realtime",
            _socket,
            "anyone",
            "Live queries and channels",
            answer=(101, "A WebSocket"),
            errors=(TooMany,),
        ),
        Route(
            "GET", "/api/realtime", _plain, "open", "Answers that a WebSocket is needed", answer=(426, "Upgrade needed")
        ),
    ]


async def _socket(call: Call[TenantContext]) -> Answer:
    await serve_socket(call)
    return Response(101)


async def _plain(call: Call[TenantContext]) -> Answer:
    raise RouteNotFound("Realtime is a WebSocket.", hint="Connect with the SDK, or with a WebSocket client.")
