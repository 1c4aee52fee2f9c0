"""Every error that the kernel raises on purpose.

    BackpackError
    ├── Refused                    the caller has to change something
    │   ├── TenantMoved            308
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
    │   │   ├── WrongCredentials   401
    │   │   └── SecondFactorRequired 401
    │   ├── TokenInvalid           400
    │   ├── SignInCancelled        400
    │   ├── Forbidden              403
    │   │   ├── FieldHidden        403
    │   │   ├── NotVerified        403
    │   │   ├── AccountDisabled    403
    │   │   ├── SignUpClosed       403
    │   │   └── WrongOrigin        403
    │   ├── NotFound               404  DocumentNotFound, CollectionNotFound, FileNotFound, SiteNotFound,
    │   │                               TenantNotFound, PlanNotFound, OperationNotFound, SnapshotNotFound,
    │   │                               TemplateNotFound,
    │   │                               RouteNotFound
    │   ├── MethodNotAllowed       405
    │   ├── Conflict               409
    │   │   ├── AlreadyExists      409
    │   │   ├── AccountExists      409
    │   │   ├── OperationRunning   409
    │   │   └── KeyReused          409
    │   ├── HistoryGone            410
    │   ├── PreconditionFailed     412
    │   ├── TooLarge               413
    │   ├── UnsupportedMedia       415
    │   ├── RangeNotSatisfiable    416
    │   ├── WrongHost              421
    │   ├── HeadersTooLarge        431
    │   ├── TenantSuspended        503
    │   └── OverQuota              507
    ├── TooMany                    429
    ├── ProviderFailed             502
    ├── Unavailable                503
    └── OutOfSpace                 507

Anything else that escapes is a defect: it is answered as 500 `internal_error`, and its details are only in the log.
"""

from tenancy.errors.access import (
    AccountDisabled,
    BadHost,
    FieldHidden,
    Forbidden,
    HeadersTooLarge,
    NotVerified,
    ProviderFailed,
    SecondFactorRequired,
    SessionInvalid,
    SignInCancelled,
    SignUpClosed,
    TokenInvalid,
    Unauthenticated,
    WrongCredentials,
    WrongHost,
    WrongOrigin,
)
from tenancy.errors.base import BackpackError, Place, Refused
from tenancy.errors.input import (
    BadCursor,
    BadFilter,
    BadJson,
    BadPipeline,
    BadSort,
    BadUpdate,
    Invalid,
    QueryTooExpensive,
    SchemaViolated,
)
from tenancy.errors.state import (
    AccountExists,
    AlreadyExists,
    CollectionNotFound,
    Conflict,
    DocumentNotFound,
    FileNotFound,
    HistoryGone,
    KeyReused,
    MethodNotAllowed,
    NotFound,
    OperationNotFound,
    OperationRunning,
    OutOfSpace,
    OverQuota,
    PlanNotFound,
    PreconditionFailed,
    RangeNotSatisfiable,
    RouteNotFound,
    SiteNotFound,
    SnapshotNotFound,
    TemplateNotFound,
    TenantMoved,
    TenantNotFound,
    TenantSuspended,
    TooLarge,
    TooMany,
    Unavailable,
    UnsupportedMedia,
)

__all__ = [
    "AccountDisabled", "AccountExists", "AlreadyExists", "BackpackError", "BadCursor", "BadFilter", "BadHost",
    "BadJson", "BadPipeline", "BadSort", "BadUpdate", "CollectionNotFound", "Conflict", "DocumentNotFound",
    "FieldHidden", "FileNotFound", "Forbidden", "HeadersTooLarge", "HistoryGone", "Invalid", "KeyReused",
    "MethodNotAllowed", "NotFound", "NotVerified", "OperationNotFound", "OperationRunning", "OutOfSpace", "OverQuota",
    "Place", "PlanNotFound", "PreconditionFailed", "ProviderFailed", "QueryTooExpensive", "RangeNotSatisfiable",
    "Refused", "RouteNotFound", "SchemaViolated", "SecondFactorRequired", "SessionInvalid", "SignInCancelled",
    "SignUpClosed", "SiteNotFound", "SnapshotNotFound", "TemplateNotFound", "TenantMoved", "TenantNotFound",
    "TenantSuspended",
    "TokenInvalid", "TooLarge", "TooMany", "Unauthenticated", "Unavailable", "UnsupportedMedia", "WrongCredentials",
    "WrongHost", "WrongOrigin", "all_errors",
]  # fmt: skip


def all_errors() -> list[type[BackpackError]]:
    """Every class of the tree that has a code of its own, in the order of the table in docs/errors.md."""
    found: dict[str, type[BackpackError]] = {}
    queue: list[type[BackpackError]] = [BackpackError]
    while queue:
        error = queue.pop(0)
        found.setdefault(error.code, error)
        queue.extend(error.__subclasses__())
    return sorted(found.values(), key=lambda error: (error.status, error.code))
