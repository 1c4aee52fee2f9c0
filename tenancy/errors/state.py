"""What is there, and what is not."""

from collections.abc import Sequence

from tenancy.errors.base import BackpackError, Refused


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


class PlanNotFound(NotFound):
    """No plan has this name."""

    code, title = "plan_not_found", "There is no such plan"
    hint = "See the plans with: backpack plan list"


class TenantNotFound(NotFound):
    """No tenant has this name."""

    code, title = "tenant_not_found", "There is no such tenant"
    hint = "Check the name, or make the tenant with: backpack tenant create NAME"


class OperationNotFound(NotFound):
    """No operation has this id, or it has ended."""

    code, title = "operation_not_found", "There is no such operation"
    hint = "See the operations with: backpack operation list"


class SnapshotNotFound(NotFound):
    """The tenant has no snapshot with this id."""

    code, title = "snapshot_not_found", "There is no such snapshot"
    hint = "See a tenant's snapshots with: backpack tenant snapshots NAME"


class TenantMoved(Refused):
    """The tenant has another name now; the answer leads there."""

    status, code, title = 308, "tenant_moved", "The tenant has another name"
    hint = "Use the address in Location from now on."

    def __init__(self, location: str = "") -> None:
        """Take where it is now: origin, path and query."""
        super().__init__()
        self.location = location


class TemplateNotFound(NotFound):
    """No template has this name."""

    code, title = "template_not_found", "There is no such template"
    hint = "See the templates with: backpack template list"


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


class AccountExists(Conflict):
    """There is an account with the address already, and nothing proves that it is the caller's."""

    code, title = "account_exists", "There is an account with this address"
    hint = "Sign in as before, then link the provider to the account."


class KeyReused(Conflict):
    """The Idempotency-Key was sent with another request before."""

    code, title = "idempotency_key_reused", "The Idempotency-Key belongs to another request"
    hint = "Make a new key for each new request; repeat a key only with the very same request."


class OperationRunning(Conflict):
    """An operation works on the tenant, or on one of this name."""

    code, title = "operation_running", "An operation is under way"
    hint = "Wait for its end, or cancel it, then try again."


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


class TenantSuspended(Refused):
    """The operator has suspended the tenant: all of it is as if it were not there."""

    status, code, title = 503, "tenant_suspended", "The tenant is suspended"
    hint = "Ask its operator, who can resume it."


class OverQuota(Refused):
    """The tenant has as much of something as it may."""

    status, code, title = 507, "over_quota", "The tenant has as much as it may"
    hint = "Delete something, or ask the operator for a higher limit."


class OutOfSpace(BackpackError):
    """The disk is full."""

    status, code, title = 507, "out_of_space", "There is no space left"
    hint = "Ask the operator for more space."
