"""Realtime over WebSocket."""

from server.http.call import Call
from server.http.response import Answer, Response
from server.http.routes import Route
from server.realtime.connection import serve_socket
from tenancy.context import TenantContext
from tenancy.errors import TooMany


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
    ]


async def _socket(call: Call[TenantContext]) -> Answer:
    await serve_socket(call)
    return Response(101)
