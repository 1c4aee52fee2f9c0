"""A tenant's settings and the texts of its mails over HTTP; for API keys."""

import msgspec

from server.http.call import Call
from server.http.response import Answer, json, no_content
from server.http.routes import Content, Route
from server.identity.setting import change_settings, shown_settings
from server.mail.outbox import own_template
from server.mail.templates import DEFAULTS, VARIABLES, Kind, MailTemplate, checked_template
from server.openapi.forms import ANY_OBJECT, TEXT, closed, many
from tenancy.context import TenantContext
from tenancy.errors import DocumentNotFound, Invalid
from tenancy.model.json import Json, JsonObject
from tenancy.model.system import TEMPLATES
from tenancy.writes import Create, Delete, Update

TenantCall = Call[TenantContext]
_TEMPLATE = closed({"subject": TEXT, "text": TEXT, "html": TEXT}, {"own": {"type": "boolean"}, "variables": many(TEXT)})
_ONE = "/api/settings/mails/{kind}"


class NewTemplate(msgspec.Struct, forbid_unknown_fields=True):
    """The body of PUT /api/settings/mails/{kind}. Without `html` the mail is text alone."""

    subject: str
    text: str
    html: str = ""


def routes() -> list[Route[TenantContext]]:
    """The routes below /api/settings."""
    return [
        Route(
            "GET", "/api/settings", _get, "key", "The tenant's settings", answer=(200, "All of them"),
            result=Content(ANY_OBJECT),
        ),
        Route(
            "PATCH", "/api/settings", _change, "key", "Merge into the tenant's settings", Content(ANY_OBJECT),
            (200, "All of them"), (Invalid,), result=Content(ANY_OBJECT),
        ),
        Route(
            "GET", "/api/settings/mails", _templates, "key", "The texts of mails", answer=(200, "By kind"),
            result=Content({"type": "object", "additionalProperties": _TEMPLATE}),
        ),
        Route(
            "PUT", _ONE, _put, "key", "Have texts of one's own for a mail", NewTemplate, (200, "The texts"),
            (Invalid, DocumentNotFound), result=Content(_TEMPLATE),
        ),
        Route(
            "DELETE", _ONE, _reset, "key", "Have the default texts again", answer=(204, "Done"),
            errors=(DocumentNotFound,),
        ),
    ]  # fmt: skip


async def _get(call: TenantCall) -> Answer:
    return json(shown_settings(call.context))


async def _change(call: TenantCall) -> Answer:
    return json(await change_settings(call.context, await call.json()))


async def _templates(call: TenantCall) -> Answer:
    shown: JsonObject = {kind: await _shown(call.context, kind) for kind in DEFAULTS}
    return json(shown)


async def _shown(context: TenantContext, kind: Kind) -> JsonObject:
    own = await own_template(context, kind)
    variables: list[Json] = [*VARIABLES[kind]]
    return {**(own or DEFAULTS[kind])._asdict(), "own": own is not None, "variables": variables}


def _kind(call: TenantCall) -> Kind:
    for kind in DEFAULTS:
        if kind == call.params["kind"]:
            return kind
    raise DocumentNotFound(f"There is no such mail; there are {', '.join(DEFAULTS)}.")


async def _put(call: TenantCall) -> Answer:
    body = await call.read(NewTemplate)
    kind = _kind(call)
    fields: JsonObject = {**checked_template(kind, MailTemplate(body.subject, body.text, body.html))._asdict()}
    write = Update(TEMPLATES, kind, fields, overwrite=True, otherwise=Create(TEMPLATES, kind, fields))
    await call.context.documents.commit([write])
    return json(await _shown(call.context, kind))


async def _reset(call: TenantCall) -> Answer:
    await call.context.documents.commit([Delete(TEMPLATES, _kind(call), optional=True)])
    return no_content()
