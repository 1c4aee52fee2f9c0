"""What is asked of a `DocumentStore` that changes something, and what comes of it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol, TypeAlias

from tenancy.model.change import Op, Seq
from tenancy.model.json import Json, JsonObject
from tenancy.query.tree import EVERYTHING, FieldPath, Filter
from tenancy.query.update import Operation


class Judge(Protocol):
    """Decides about a change with both documents in sight."""

    def keep(self, old: JsonObject, new: JsonObject) -> JsonObject:
        """The fields of a document that overwrites another, with those that are not the writer's to leave out."""
        ...

    def accept(self, old: JsonObject, named: Sequence[FieldPath]) -> None:
        """Accept a change that names these fields, whatever becomes of them.

        Raises:
            Forbidden: one is hidden from the writer. Whether it changes would tell what it is.
        """
        ...

    def check(self, old: JsonObject | None, new: JsonObject) -> None:
        """Accept the document after the change; there may be none before.

        Raises:
            Forbidden: a rule does not allow it.
        """
        ...


@dataclass(frozen=True, slots=True)
class Create:
    """Make a document. `check`: what it must look like, `AlreadyExists` when the id is taken. `judge`: is asked too."""

    collection: str
    id: str
    fields: JsonObject
    owner: str | None = None
    check: Filter = EVERYTHING
    judge: Judge | None = None


@dataclass(frozen=True, slots=True)
class Update:
    """Change a document.

    `fields` is merged (RFC 7396), or takes the place of all the client's fields when `overwrite` is set; then the
    `operations` are done. `where`: what the document must look like before (else it counts as absent), `check`: and
    after (else `Forbidden`). `judge` sees both. `etags`: those that it may have before (else `PreconditionFailed`);
    None for any. `otherwise` is done instead when there is no such document at all; without it `DocumentNotFound`.
    """

    collection: str
    id: str
    fields: JsonObject = field(default_factory=dict[str, Json])
    overwrite: bool = False
    operations: Sequence[Operation] = ()
    where: Filter = EVERYTHING
    check: Filter = EVERYTHING
    judge: Judge | None = None
    etags: frozenset[str] | None = None
    otherwise: Create | None = None


@dataclass(frozen=True, slots=True)
class Delete:
    """Remove a document. `where` and `etags` as in `Update`; with `optional` it need not be there.

    `empty` is for definitions: only while the collection has no documents (else `Conflict`), decided where they are
    written, so that none comes in between.
    """

    collection: str
    id: str
    where: Filter = EVERYTHING
    etags: frozenset[str] | None = None
    optional: bool = False
    empty: bool = False


Write: TypeAlias = Create | Update | Delete


class Written(NamedTuple):
    """What one write came to: the document's text afterwards, None when it is gone. `op` is None: nothing changed.

    `seq`: where the change stands in the change log.
    """

    op: Op | None
    id: str
    text: bytes | None
    seq: Seq | None = None


@dataclass(frozen=True, slots=True)
class Receipt:
    """Makes a commit happen once: `key` names it for 24 hours, `mark` is the same for the same request alone."""

    key: str
    mark: str
