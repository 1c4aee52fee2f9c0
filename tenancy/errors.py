"""Every error that the kernel raises on purpose.

    BackpackError
    ├── Refused                    the caller has to change something
    │   ├── Invalid                400  a value is not what it must be; carries places
    │   │   ├── BadJson            400
    │   │   ├── BadFilter          400
    │   │   ├── BadSort            400
    │   │   ├── BadCursor          400
    │   │   ├── BadUpdate          400
    │   │   ├── BadPipeline        400
    │   │   ├── SchemaViolated     400
    │   │   └── QueryTooExpensive  400
    │   ├── BadHost                400
    │   ├── Unauthenticated        401
    │   │   ├── SessionInvalid     401
    │   │   └── WrongCredentials   401
    │   ├── Forbidden              403
    │   │   └── WrongOrigin        403
    │   ├── NotFound               404  DocumentNotFound, CollectionNotFound, FileNotFound, SiteNotFound,
    │   │                               TenantNotFound, RouteNotFound
    │   ├── MethodNotAllowed       405
    │   ├── Conflict               409
    │   │   ├── AlreadyExists      409
    │   │   └── KeyReused          409
    │   ├── HistoryGone            410
    │   ├── PreconditionFailed     412
    │   ├── TooLarge               413
    │   ├── UnsupportedMedia       415
    │   ├── RangeNotSatisfiable    416
    │   ├── WrongHost              421
    │   └── HeadersTooLarge        431
    ├── TooMany                    429
    ├── Unavailable                503
    └── OutOfSpace                 507

Anything else that escapes is a defect: it is answered as 500 `internal_error`, and its details are only in the log.
"""

from collections.abc import Sequence
from typing import Any, ClassVar, NamedTuple


class Place(NamedTuple):
    """Where in the caller's input something is wrong: a JSON pointer or a parameter's name, and what is wrong there."""

    path: str
    message: str


class BackpackError(Exception):
    """Base of all errors that are answered to a caller.

    Args:
        detail: what happened, in one sentence, without other tenants' or engines' words.
        hint: what to do next; the class's own hint by default.
        places: the places in the input that are wrong.
    """

    status: ClassVar[int] = 500
    code: ClassVar[str] = "internal_error"
    title: ClassVar[str] = "Something went wrong on the server"
    hint: ClassVar[str] = "Report the request id to the operator; the server's log holds the details under it."

    def __init__(self, detail: str = "", *, hint: str | None = None, places: Sequence[Place] = ()) -> None:
        """Take the message's parts."""
        super().__init__(detail or self.title)
        self.detail = detail or self.title
        self.next_step = hint if hint is not None else self.hint
        self.places = tuple(places)
        self.number: int | None = None
        """Which of several writes was refused, from 0."""

    def __reduce__(self) -> tuple[Any, ...]:
        """Come back whole from another process."""
        return _again, (type(self), dict(self.__dict__), self.args)


def _again(kind: type[BackpackError], state: dict[str, Any], arguments: tuple[Any, ...]) -> BackpackError:
    error = kind.__new__(kind, *arguments)
    error.args = arguments
    error.__dict__.update(state)
    return error


class Refused(BackpackError):
    """The caller has to change something; nothing was changed here."""


class Invalid(Refused):
    """A value has the wrong type, form or size."""

    status, code, title = 400, "invalid_request", "The request is not valid"
    hint = "Correct the places listed in errors."


class BadJson(Invalid):
    """The body is not JSON in UTF-8, or is nested too deeply."""

    code, title = "bad_json", "The body is not valid JSON"
    hint = "Send one JSON value in UTF-8 with Content-Type: application/json."


class BadFilter(Invalid):
    """The filter uses something outside the query language."""

    code, title = "bad_filter", "The filter is not valid"
    hint = "The operators are those of docs/query-language.md; the place of the mistake is in errors."


class BadSort(Invalid):
    """The sort is not a list of paths."""

    code, title = "bad_sort", "The sort is not valid"
    hint = "Write field names separated by commas, with - before a descending one: -price,brand."


class BadCursor(Invalid):
    """The cursor was not made for this collection, filter and sort."""

    code, title = "bad_cursor", "The cursor is not valid here"
    hint = "Use a cursor only with the same collection, filter and sort, or start again without one."


class BadUpdate(Invalid):
    """The update uses something outside the operators, or does not fit the document."""

    code, title = "bad_update", "The update is not valid"
    hint = (
        "Operators: $set $unset $inc $mul $min $max $rename $push $addToSet $pull $pullAll $pop $currentDate; "
        "a body without them is merged."
    )


class BadPipeline(Invalid):
    """The pipeline uses something outside the stages and expressions, or does not fit the documents."""

    code, title = "bad_pipeline", "The pipeline is not valid"
    hint = "Stages: $match $group $sort $project $limit $skip $unwind $count $lookup."


class SchemaViolated(Invalid):
    """The document is not what the collection's schema asks for; carries places in the document."""

    code, title = "schema_violated", "The document does not fit the collection's schema"
    hint = "Correct the places listed in errors, or change the collection's schema."


class QueryTooExpensive(Invalid):
    """The query would examine more documents than the limit."""

    code, title = "query_too_expensive", "The query examines too many documents"
    hint = "Declare an index on the fields that you filter and sort by."


class BadHost(Refused):
    """The Host header is missing, doubled or malformed."""

    status, code, title = 400, "bad_host", "The Host header is not valid"
    hint = "Send exactly one Host header with the tenant's name."


class Unauthenticated(Refused):
    """The request needs a signed-in user or a key."""

    status, code, title = 401, "authentication_required", "Sign in first"
    hint = "Log in at /api/auth/login and send the token as Authorization: Bearer TOKEN."


class SessionInvalid(Unauthenticated):
    """The credential is unknown, over, or of another tenant."""

    code, title = "session_invalid", "The session or key is not valid"
    hint = "Log in again; an API key is only good at the tenant that it was made with."


class WrongCredentials(Unauthenticated):
    """E-mail or password is wrong; which of them is never said."""

    code, title = "wrong_credentials", "E-mail or password is wrong"
    hint = "Check both, or register first."


class Forbidden(Refused):
    """The caller is known and may not do this."""

    status, code, title = 403, "forbidden", "This is not allowed"
    hint = "The collection's rules decide this; an API key passes them."


class WrongOrigin(Forbidden):
    """A cookie-authenticated write came from another origin."""

    code, title = "wrong_origin", "A cookie is only accepted from the tenant's own origin"
    hint = "From another origin, send the session token as Authorization: Bearer TOKEN instead of the cookie."


class NotFound(Refused):
    """There is no such thing, or the caller may not know of it."""

    status, code, title = 404, "not_found", "There is nothing here"
    hint = "Check the path."


class RouteNotFound(NotFound):
    """No route has this path."""

    code, title = "route_not_found", "There is no such route"
    hint = "See /api/openapi.json for the routes that exist."


class DocumentNotFound(NotFound):
    """No visible document has this id."""

    code, title = "document_not_found", "There is no such document"
    hint = "Check the id; a document that the collection's rules hide counts as absent."


class CollectionNotFound(NotFound):
    """No collection has this name."""

    code, title = "collection_not_found", "There is no such collection"
    hint = "Collections are made by their first write or by POST /api/collections."


class FileNotFound(NotFound):
    """No visible file has this id."""

    code, title = "file_not_found", "There is no such file"
    hint = "Check the id; a file that you may not see counts as absent."


class SiteNotFound(NotFound):
    """The tenant has no site, or the site has no such file."""

    code, title = "site_not_found", "There is no such page"
    hint = "Publish a site with: backpack deploy DIR --tenant NAME"


class TenantNotFound(NotFound):
    """No tenant has this name."""

    code, title = "tenant_not_found", "There is no such tenant"
    hint = "Check the name, or make the tenant with: backpack tenant create NAME"


class MethodNotAllowed(Refused):
    """The route exists and has no such method."""

    status, code, title = 405, "method_not_allowed", "The route does not have this method"
    hint = "See the Allow header for the methods that it has."

    def __init__(self, allowed: Sequence[str] = ()) -> None:
        """Take the methods that the route has."""
        super().__init__(f"The route has {', '.join(allowed)}." if allowed else "")
        self.allowed = tuple(allowed)


class Conflict(Refused):
    """The state does not allow this."""

    status, code, title = 409, "conflict", "The current state does not allow this"
    hint = "Read the current state and try again."


class AlreadyExists(Conflict):
    """The id, name or unique value is taken."""

    code, title = "already_exists", "This exists already"
    hint = "Choose another value, or change the existing one."


class KeyReused(Conflict):
    """The Idempotency-Key was sent with another request before."""

    code, title = "idempotency_key_reused", "The Idempotency-Key belongs to another request"
    hint = "Make a new key for each new request; repeat a key only with the very same request."


class HistoryGone(Refused):
    """The change log does not reach back that far."""

    status, code, title = 410, "history_gone", "The history does not reach back that far"
    hint = "The setting changes_kept says how many changes a tenant keeps."


class PreconditionFailed(Refused):
    """The document is not the version that If-Match or If-None-Match asks for."""

    status, code, title = 412, "precondition_failed", "The document has changed"
    hint = "Read the document again and repeat the change on its new version."


class TooLarge(Refused):
    """One body, file or frame is over its limit."""

    status, code, title = 413, "too_large", "The body is too large"
    hint = "Send less at once."


class UnsupportedMedia(Refused):
    """The body has a content type that the route does not take."""

    status, code, title = 415, "unsupported_media_type", "The content type is not supported here"
    hint = "Send Content-Type: application/json, or what the route documents."


class RangeNotSatisfiable(Refused):
    """The requested range lies outside the file."""

    status, code, title = 416, "range_not_satisfiable", "The range lies outside the file"
    hint = "Ask for a range within the size given in Content-Range."


class WrongHost(Refused):
    """The host is not one of this server's."""

    status, code, title = 421, "wrong_host", "This server does not serve that host"
    hint = "Use NAME.<base domain>; the setting base_domain says which."


class HeadersTooLarge(Refused):
    """The request's headers are over their limit."""

    status, code, title = 431, "headers_too_large", "The request's headers are too large"
    hint = "Send fewer or smaller headers."


class TooMany(BackpackError):
    """A rate or count limit is reached."""

    status, code, title = 429, "too_many", "Too many at once"
    hint = "Wait as long as Retry-After says, or close some first."

    def __init__(self, detail: str = "", *, retry_after_s: int = 1) -> None:
        """Take the seconds after which another try makes sense."""
        super().__init__(detail)
        self.retry_after_s = retry_after_s


class Unavailable(BackpackError):
    """Something that the request needs is not there now."""

    status, code, title = 503, "unavailable", "Not available at the moment"
    hint = "Try again in a moment."

    def __init__(self, detail: str = "", *, retry_after_s: int = 1) -> None:
        """Take the seconds after which another try makes sense."""
        super().__init__(detail)
        self.retry_after_s = retry_after_s


class OutOfSpace(BackpackError):
    """The disk or the tenant's quota is full."""

    status, code, title = 507, "out_of_space", "There is no space left"
    hint = "Delete something, or ask the operator for more space."


def all_errors() -> list[type[BackpackError]]:
    """Every class of the tree that has a code of its own, in the order of the table in docs/errors.md."""
    found: dict[str, type[BackpackError]] = {}
    queue: list[type[BackpackError]] = [BackpackError]
    while queue:
        error = queue.pop(0)
        found.setdefault(error.code, error)
        queue.extend(error.__subclasses__())
    return sorted(found.values(), key=lambda error: (error.status, error.code))
