"""Realtime over WebSocket."""

from functools import partial

from server.http.call import Call
from server.http.response import Answer, Response
from server.http.routes import Route
from server.realtime.connection import serve_socket
from server.realtime.turns import Turns
from tenancy.context import TenantContext
from tenancy.errors import TooMany
from tenancy.shares import Shares


def routes(shares: Shares) -> list[Route[TenantContext]]:
    """The realtime routes; `shares` is told what frames cost."""
    return [
        Route(
            "WEBSOCKET",
            "/api/realtime",
            partial(_socket, Turns(shares)),
            "anyone",
            "Live queries and channels",
            answer=(101, "A WebSocket"),
            errors=(TooMany,),
        ),
    ]


async def _socket(turns: Turns, call: Call[TenantContext]) -> Answer:
    await serve_socket(call, turns)
    return Response(101)
