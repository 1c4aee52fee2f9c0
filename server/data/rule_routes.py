"""Rules over HTTP: why they allow or refuse, and what there is to look at."""

from server.data.lint import lint
from server.data.rules import Question, explain_rule
from server.data.special_rules import change_special_rules, special_rules
from server.http.call import Call
from server.http.response import Answer, json
from server.http.routes import Content, Route
from server.openapi.forms import ANY_OBJECT, NUMBER, TEXT, closed, form, many, optional
from tenancy.context import TenantContext
from tenancy.errors import BadUpdate, Invalid

_REASON = closed({"path": TEXT, "holds": {"type": ["boolean", "null"]}, "because": TEXT})
_EXPLAINED = closed(
    {"allowed": {"type": "boolean"}, "status": NUMBER, "code": optional(TEXT), "detail": optional(TEXT),
     "rule": {"oneOf": [TEXT, ANY_OBJECT]}, "from": TEXT, "filter": optional(ANY_OBJECT),
     "conditions": many(_REASON), "hiddenFields": many(TEXT)}
)  # fmt: skip
_FINDING = form({"severity": TEXT, "collection": TEXT, "action": TEXT, "says": TEXT})


def routes() -> list[Route[TenantContext]]:
    """The routes below /api/rules."""
    return [
        Route(
            "POST", "/api/rules/explain", _explain, "key", "Why a request would be allowed or refused", Question,
            (200, "The rule, and each of its conditions"), (Invalid, BadUpdate), result=Content(_EXPLAINED),
        ),
        Route(
            "GET", "/api/rules", _special, "key", "The rules of files and channels",
            answer=(200, "By action; null where nothing was set"), result=Content(ANY_OBJECT),
        ),
        Route(
            "PATCH", "/api/rules", _change_special, "key", "Change rules of files and channels", Content(ANY_OBJECT),
            (200, "All of them"), (Invalid,), result=Content(ANY_OBJECT),
        ),
        Route(
            "GET", "/api/rules/lint", _lint, "key", "Who can read or change what, in words",
            answer=(200, "What to look at"), result=Content(closed({"items": many(_FINDING)})),
        ),
    ]  # fmt: skip


async def _explain(call: Call[TenantContext]) -> Answer:
    return json(await explain_rule(call.context, await call.read(Question)))


async def _special(call: Call[TenantContext]) -> Answer:
    return json(special_rules(call.context))


async def _change_special(call: Call[TenantContext]) -> Answer:
    return json(await change_special_rules(call.context, await call.json()))


async def _lint(call: Call[TenantContext]) -> Answer:
    return json({"items": lint(call.context)})
