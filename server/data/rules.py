"""Why a request would be allowed or refused: the same rules on the same documents, and nothing is written."""

from typing import Any, Final, Literal

import msgspec

from server.data.rights import ruled, seen
from tenancy.context import TenantContext
from tenancy.errors import BackpackError, DocumentNotFound, Forbidden, Invalid, Place, Unauthenticated
from tenancy.model.clock import now_text
from tenancy.model.collection import Action, Collection, check_collection_name, rule_to_json
from tenancy.model.document import client_fields, client_part, merge_patch
from tenancy.model.ids import new_id
from tenancy.model.json import Json, JsonObject, trusted
from tenancy.model.principal import ANONYMOUS, Kind, Principal
from tenancy.model.system import USERS
from tenancy.query.apply import apply_update
from tenancy.query.match import compile_filter
from tenancy.query.tree import is_nothing
from tenancy.query.unparse import to_json
from tenancy.query.update import has_operators, parse_update
from tenancy.rules.bind import bind, rule_of
from tenancy.rules.explain import reasons
from tenancy.rules.known import known_of
from tenancy.rules.parse import USES, rule_from
from tenancy.rules.terms import changed_fields, terms
from tenancy.rules.tree import Root

_DONE: Final = {"list": 200, "read": 200, "create": 201, "update": 200, "delete": 204}


class Question(msgspec.Struct, forbid_unknown_fields=True):
    """The body of POST /api/rules/explain. `user`: whose request, null for an anonymous one."""

    collection: str
    action: Literal["list", "read", "create", "update", "delete"]
    user: str | None = None
    id: str | None = None
    data: Any = None


class _Case:
    """A question with what it is about."""

    def __init__(self, definition: Collection | None, action: Action, principal: Principal) -> None:
        self.definition = definition
        self.action = action
        self.principal = principal
        self.old: JsonObject | None = None
        self.new: JsonObject | None = None

    def decide(self) -> int:
        """The status that the request would have.

        Raises:
            Unauthenticated, Forbidden, DocumentNotFound: it would be refused so.
        """
        filter = bind(self.definition, self.action, self.principal)
        if is_nothing(filter):
            raise Forbidden if self.principal.owner is not None else Unauthenticated
        if self.action == "list":
            return 200
        if self.action != "create" and (self.old is None or not compile_filter(filter)(self.old)):
            raise DocumentNotFound
        if self.action in {"create", "update"}:
            self._decide_change()
        return _DONE[self.action]

    def _decide_change(self) -> None:
        assert self.new is not None
        held = terms(self.definition, self.action, self.principal)
        if not compile_filter(held.check)(self.new):
            raise Forbidden("The collection's rules do not allow a document like this.")
        if held.judge is not None:
            held.judge.check(self.old, self.new)

    def conditions(self) -> list[Json]:
        """Each condition of a rule that is a filter."""
        rule = rule_of(self.definition, self.action)
        if not isinstance(rule, bytes):
            return []
        known: dict[Root, JsonObject | None] = known_of(self.principal)
        document = self.new if self.action == "create" else self.old
        if document is not None:
            known["document"] = document
        if self.new is not None:
            known |= {"old": self.old, "new": self.new, "changed": {"changed": changed_fields(self.old, self.new)}}
        found = reasons(rule_from(rule, USES[self.action]), known)
        return [{"path": one.place, "holds": one.holds, "because": one.because} for one in found]


async def explain_rule(context: TenantContext, question: Question) -> JsonObject:
    """What would become of a request, and which rule decides it.

    Answers `{"allowed", "status", "code", "detail", "rule", "from", "filter", "conditions", "hiddenFields"}`.

    Raises:
        Invalid: no such user; an id or data is missing where the action needs it.
    """
    check_collection_name(question.collection)
    definition = ruled(context, question.collection)
    case = _Case(definition, question.action, await _principal(context, question.user))
    await _look_up(context, question, case)
    kept = context.documents.collections().get(question.collection)
    own = kept is not None and question.action in kept.rules
    unseen = seen(context, question.collection, case.principal)
    filter = bind(definition, question.action, case.principal)
    hidden: list[Json] = [".".join(path) for path in sorted(unseen.paths)] if unseen is not None else []
    return {
        **_outcome(case), "rule": rule_to_json(rule_of(definition, question.action)),
        "from": "the collection" if own else "the default", "filter": None if is_nothing(filter) else to_json(filter),
        "conditions": case.conditions(), "hiddenFields": hidden,
    }  # fmt: skip


def _outcome(case: _Case) -> JsonObject:
    try:
        return {"allowed": True, "status": case.decide(), "code": None, "detail": None}
    except BackpackError as error:
        return {"allowed": False, "status": error.status, "code": error.code, "detail": error.detail}


async def _principal(context: TenantContext, user: str | None) -> Principal:
    if user is None:
        return ANONYMOUS
    text = await context.documents.get(USERS, user)
    if text is None:
        raise Invalid("There is no such user.", places=[Place("/user", "is no user's id")])
    return Principal(Kind.USER, user, None, text)


async def _look_up(context: TenantContext, question: Question, case: _Case) -> None:
    """The document before, and the one after."""
    if question.action in {"read", "update", "delete"}:
        if question.id is None:
            raise Invalid("The question is not complete.", places=[Place("/id", f"is required to {question.action}")])
        text = await context.documents.get(question.collection, question.id)
        case.old = trusted(text) if text is not None else None
    if question.action == "create":
        now, fields = now_text(), client_fields(question.data if question.data is not None else {})
        head: JsonObject = {"id": question.id or new_id(), "createdAt": now, "updatedAt": now, "version": 1}
        case.new = {**head, "owner": case.principal.owner, **fields}
    elif question.action == "update" and case.old is not None:
        case.new = _changed(case.old, question.data if question.data is not None else {})


def _changed(old: JsonObject, body: Json) -> JsonObject:
    fields = client_part(old)
    if has_operators(body):
        assert isinstance(body, dict)
        changed: Json = apply_update(fields, parse_update(body))
    else:
        changed = merge_patch(fields, client_fields(body))
    assert isinstance(changed, dict)
    return {**{name: value for name, value in old.items() if name not in fields}, **changed}
