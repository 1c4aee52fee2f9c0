"""A tenant's use and limits, for whoever has its API key."""

from server.http.call import Call
from server.http.response import Answer, json
from server.http.routes import Content, Route
from server.openapi.forms import NUMBER, closed
from server.usage.now import used_now
from tenancy.context import TenantContext
from tenancy.model.json import Json
from tenancy.model.limits import NAMES

_USED = (
    "documents", "collections", "databaseBytes", "files", "fileBytes",
    "requests", "bodyBytes", "sockets", "subscriptions", "channels",
)  # fmt: skip
_LIMIT: Json = {"type": "number", "minimum": 0}
_RESULT = Content(
    closed(
        {
            "now": closed(dict.fromkeys(_USED, NUMBER)),
            "limits": closed(dict.fromkeys(NAMES.values(), _LIMIT)),
        }
    )
)


def routes() -> list[Route[TenantContext]]:
    """The routes below /api/usage."""
    return [Route("GET", "/api/usage", _usage, "key", "What the tenant uses now, and what it may", result=_RESULT)]


async def _usage(call: Call[TenantContext]) -> Answer:
    return json({"now": await used_now(call.context), "limits": call.context.limits.to_json()})
