"""Who a request acts for."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

Scope = Literal["read", "write", "admin"]


class Kind(StrEnum):
    """What kind of caller."""

    ANONYMOUS = "anonymous"
    USER = "user"
    KEY = "key"


@dataclass(frozen=True, slots=True)
class Principal:
    """The caller within one tenant (or, on the admin listener, an administrator).

    `id` is the user's or key's id, None for anonymous. `session` is the id of the session when there is one. `user`:
    the text of the user's document, where the tenant's rules ask for more of it than its id. `scope` and
    `collections`: what a key is for; None for all collections. `by`: the administrator who acts as the user.
    """

    kind: Kind
    id: str | None = None
    session: str | None = None
    user: bytes | None = field(default=None, compare=False, repr=False)
    scope: Scope = "admin"
    collections: frozenset[str] | None = None
    by: str = ""

    @property
    def trusted(self) -> bool:
        """Whether rules do not bind this caller."""
        return self.kind is Kind.KEY

    @property
    def owner(self) -> str | None:
        """The user that a document made by this caller belongs to."""
        return self.id if self.kind is Kind.USER else None


ANONYMOUS = Principal(Kind.ANONYMOUS)
