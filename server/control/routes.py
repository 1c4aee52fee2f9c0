"""The control plane over HTTP."""

from contextlib import aclosing
from typing import Any

import msgspec

from server.control import admins, limits, tenants
from server.control.context import ControlContext
from server.control.life_routes import flag
from server.hosting.routes import ZIP_TYPES
from server.http.call import Call
from server.http.cookies import session_cookie
from server.http.response import Answer, json, no_content
from server.http.routes import Parameter, Route
from server.openapi.forms import NUMBER
from tenancy.errors import (
    AlreadyExists,
    Conflict,
    Forbidden,
    Invalid,
    OperationRunning,
    PlanNotFound,
    TemplateNotFound,
    TenantNotFound,
    TooLarge,
    UnsupportedMedia,
    WrongCredentials,
)
from tenancy.model.schedule import Schedule, check_schedule

AdminCall = Call[ControlContext]
_TENANT = "/v1/tenants/{name}"
_PLAN = "/v1/plans/{name}"
_DAYS = 30
_MOST_DIGITS = 15


class FirstAdmin(msgspec.Struct, forbid_unknown_fields=True):
    """The body of POST /v1/admins."""

    email: str
    password: str
    setup_code: str = msgspec.field(name="setupCode")


class SignIn(msgspec.Struct, forbid_unknown_fields=True):
    """The body of POST /v1/sessions."""

    email: str
    password: str


class NewTenant(msgspec.Struct, forbid_unknown_fields=True):
    """The body of POST /v1/tenants. `ttl`: seconds after which the tenant is removed again. `template`: what it begins
    with."""

    name: str
    plan: str | None = None
    limits: dict[str, Any] = {}
    ttl: float | None = None
    template: str | None = None


class ChangedTenant(msgspec.Struct, forbid_unknown_fields=True):
    """The body of PATCH /v1/tenants/{name}: what is left out stays. A limit that is null is the plan's again."""

    plan: str | None | msgspec.UnsetType = msgspec.UNSET
    limits: dict[str, Any] | msgspec.UnsetType = msgspec.UNSET
    snapshots: Schedule | None | msgspec.UnsetType = msgspec.UNSET


class NewPlan(msgspec.Struct, forbid_unknown_fields=True):
    """The body of PUT /v1/plans/{name}."""

    limits: dict[str, Any]


def routes() -> list[Route[ControlContext]]:
    """The routes below /v1."""
    return [
        Route("GET", "/v1/status", _status, "open", "Whether the server is set up"),
        Route(
            "POST",
            "/v1/admins",
            _create_admin,
            "open",
            "Make the first administrator",
            FirstAdmin,
            (201, "The administrator and a token"),
            (Invalid, Forbidden, Conflict),
        ),
        Route("GET", "/v1/admins/me", _me, "key", "The signed-in administrator"),
        Route(
            "POST",
            "/v1/sessions",
            _sign_in,
            "open",
            "Sign in",
            SignIn,
            (201, "The administrator and a token"),
            (Invalid, WrongCredentials),
        ),
        Route("DELETE", "/v1/sessions/current", _sign_out, "key", "Sign out", answer=(204, "Signed out")),
        Route(
            "GET",
            "/v1/tenants",
            _tenants,
            "key",
            "All tenants",
            errors=(Invalid,),
            parameters={"deleted": Parameter("`1`: those that were deleted and can be had back.")},
        ),
        Route(
            "POST",
            "/v1/tenants",
            _create_tenant,
            "key",
            "Create a tenant",
            NewTenant,
            (201, "The tenant with its first API key"),
            (Invalid, AlreadyExists, TemplateNotFound, OperationRunning),
        ),
        Route("GET", _TENANT, _tenant, "key", "One tenant with its usage", errors=(TenantNotFound,)),
        Route(
            "PATCH",
            _TENANT,
            _change_tenant,
            "key",
            "Change a tenant's plan, limits and schedule of snapshots",
            ChangedTenant,
            errors=(TenantNotFound, Invalid),
        ),
        Route(
            "GET",
            _TENANT + "/usage",
            _usage,
            "key",
            "What a tenant uses, may use and was asked for by day",
            errors=(TenantNotFound, Invalid),
            parameters={"days": Parameter("How many of the last days, 30 by default.", NUMBER)},
        ),
        Route("GET", "/v1/plans", _plans, "key", "All plans, and the limits of tenants without one"),
        Route("GET", _PLAN, _plan, "key", "One plan", errors=(PlanNotFound,)),
        Route("PUT", _PLAN, _put_plan, "key", "Make or change a plan", NewPlan, errors=(Invalid,)),
        Route(
            "DELETE",
            _PLAN,
            _delete_plan,
            "key",
            "Remove a plan that no tenant has",
            answer=(204, "Gone"),
            errors=(PlanNotFound, Conflict),
        ),
        Route(
            "POST",
            _TENANT + "/site",
            _publish,
            "key",
            "Publish a tenant's site",
            "application/zip",
            (201, "The release"),
            (TenantNotFound, Invalid, TooLarge, UnsupportedMedia),
        ),
    ]


async def _status(call: AdminCall) -> Answer:
    context, days = call.context, call.context.days
    return json(
        {
            "version": context.version, "setupRequired": await admins.setup_required(context),
            "baseDomain": context.base_domain, "publicUrl": context.public_url,
            "days": {"delete": days.delete, "rename": days.rename, "nameRest": days.name_rest},
        }
    )  # fmt: skip


async def _create_admin(call: AdminCall) -> Answer:
    body = await call.read(FirstAdmin)
    return _signed_in(call, await admins.create_first(call.context, body.email, body.password, body.setup_code))


async def _sign_in(call: AdminCall) -> Answer:
    body = await call.read(SignIn)
    return _signed_in(call, await admins.sign_in(call.context, body.email, body.password))


def _signed_in(call: AdminCall, done: admins.SignedIn) -> Answer:
    session = done.session
    if call.origin.same:
        call.extra_headers.append(session_cookie(call.cookie, session.token, session.lifetime_s))
    return json({"admin": done.admin, "token": session.token, "expiresAt": session.expires_at}, 201)


async def _me(call: AdminCall) -> Answer:
    return json({"admin": await admins.shown(call.context, call.principal.id or "")})


async def _sign_out(call: AdminCall) -> Answer:
    await call.context.sessions.remove(call.principal.session or "")
    return no_content(session_cookie(call.cookie, "", 0))


async def _tenants(call: AdminCall) -> Answer:
    return json(tenants.everyone(call.context, deleted=flag(call.query("deleted"), "deleted")))


async def _create_tenant(call: AdminCall) -> Answer:
    body = await call.read(NewTenant)
    if body.template is None:
        made = await tenants.create(call.context, call.principal, body.name, body.plan, body.limits, body.ttl)
    else:
        made = await tenants.create_from(
            call.context, call.principal, body.template, body.name, body.plan, body.limits, body.ttl
        )
    return json(made, 201, (b"location", f"/v1/tenants/{made['name']}".encode()))


async def _tenant(call: AdminCall) -> Answer:
    return json(await tenants.shown(call.context, tenants.find(call.context, call.params["name"])))


async def _change_tenant(call: AdminCall) -> Answer:
    body = await call.read(ChangedTenant)
    if isinstance(body.snapshots, Schedule):
        check_schedule(body.snapshots)
    changed = await limits.change(call.context, call.principal, call.params["name"], body.plan, body.limits)
    if body.snapshots is not msgspec.UNSET:
        await tenants.set_schedule(call.context, call.principal, call.params["name"], body.snapshots)
    return json(changed)


async def _usage(call: AdminCall) -> Answer:
    days = call.query("days").get("days", str(_DAYS))
    return json(await limits.usage(call.context, call.params["name"], _days(days)))


def _days(text: str) -> int:
    """A number of days; 0, which is none, for what cannot be one: `int` does not take thousands of digits."""
    return int(text) if text.isdecimal() and len(text) <= _MOST_DIGITS else 0


async def _plans(call: AdminCall) -> Answer:
    return json(limits.plans(call.context))


async def _plan(call: AdminCall) -> Answer:
    return json(limits.plan(call.context, call.params["name"]))


async def _put_plan(call: AdminCall) -> Answer:
    body = await call.read(NewPlan)
    plan, new = await limits.put_plan(call.context, call.params["name"], body.limits)
    return json(plan, 201 if new else 200)


async def _delete_plan(call: AdminCall) -> Answer:
    await call.context.tenants.allowances.remove_plan(call.params["name"])
    return no_content()


async def _publish(call: AdminCall) -> Answer:
    kind = (call.header(b"content-type") or "").partition(";")[0].strip().lower()
    if kind not in ZIP_TYPES:
        raise UnsupportedMedia("The body must be a zip file, application/zip.")
    tenant = tenants.find(call.context, call.params["name"])
    most = call.context.tenants.allowances.plans.limits_of(tenant).max_site
    async with aclosing(call.stream(most)) as body:
        return json(await tenants.publish_site(call.context, call.principal, call.params["name"], body), 201)
