"""What a clone does not take over: personal values of documents, replaced as a mask says.

    {"users": {"email": "email", "name": "hash", "address": "remove"}, "orders": {"note": "redact", "paid": {"set": 0}}}

The same value becomes the same under `hash` and `email` everywhere in one clone, so that what belonged together still
does, and differs from clone to clone: the key is made for each and kept nowhere.
"""

import hashlib
import hmac
import secrets
from collections.abc import Callable, Mapping
from typing import Final, Literal, NamedTuple

import msgspec

from tenancy.errors import AlreadyExists, Conflict, Invalid, Place
from tenancy.model.collection import check_collection_name
from tenancy.model.json import Json, JsonObject, dumps, trusted
from tenancy.model.system import CREDENTIALS, FILES, USERS
from tenancy.stores.embedded.offline import Offline

Word = Literal["remove", "null", "hash", "email", "redact"]
_SERVERS: Final = frozenset({"id", "createdAt", "updatedAt", "version", "owner"})
_FILES: Final = "files"
_MOST: Final = 200


class Set(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Every value becomes this one."""

    set: Json


Rule = Word | Set
Mask = Mapping[str, Mapping[str, Rule]]


def read_mask(given: object) -> Mask:
    """A mask: by collection (`files` for what is known of files) and by path, what becomes of values.

    Raises:
        Invalid: not of the form.
    """
    try:
        mask = msgspec.convert(given, dict[str, dict[str, Word | dict[str, object]]])
    except msgspec.ValidationError as error:
        words = '"remove", "null", "hash", "email", "redact" or {"set": value}'
        form = f"must say by collection and path {words}: {error}"
        raise Invalid("The mask is not valid.", places=[Place("/mask", form)]) from None
    if sum(map(len, mask.values())) > _MOST:
        raise Invalid("The mask is not valid.", places=[Place("/mask", f"may have {_MOST} paths")])
    return {name: {path: _rule(name, path, rule) for path, rule in paths.items()} for name, paths in mask.items()}


def _rule(collection: str, path: str, rule: Word | dict[str, object]) -> Rule:
    at = f"/mask/{collection}/{path}"
    check_collection_name(collection, f"/mask/{collection}")
    if not path or any(not name for name in path.split(".")) or path.partition(".")[0] in _SERVERS:
        raise Invalid(
            "The mask is not valid.", places=[Place(at, "must be a dotted path of a field that clients have")]
        )
    if not isinstance(rule, dict):
        return rule
    if set(rule) != {"set"}:
        raise Invalid("The mask is not valid.", places=[Place(at, 'must be a word or {"set": value}')])
    return Set(rule["set"])  # type: ignore[arg-type]


class _Path(NamedTuple):
    name: str
    path: list[str]
    rule: Rule


class Masking:
    """Applies a mask to a copy."""

    def __init__(self, mask: Mask) -> None:
        """With a new key."""
        self._mask = mask
        self.replaced = {f"{name}.{path}": 0 for name, paths in mask.items() for path in paths}
        """How many values each path has had."""
        self._key = secrets.token_bytes(32)

    def apply(self, changed: Offline, advance: Callable[[float], None]) -> None:
        """Replace values, and tell how far that is. Who is masked cannot sign in as before; the change log and
        receipts, which would tell, go.

        Raises:
            Invalid: a collection is not there: a mask that masks nothing would be worse than none.
            Conflict: a unique index does not take what comes of it.
            CancelledByRequestError: whoever is told wants it to end.
        """
        there, looked_at = changed.counts(), 0
        for name in self._mask:
            if _collection(name) not in there:
                raise Invalid("The mask is not valid.", places=[Place(f"/mask/{name}", "is no collection here")])
        total = max(sum(there[_collection(name)] for name in self._mask), 1)
        for name, paths in self._mask.items():
            collection = _collection(name)
            rules = [_Path(f"{name}.{path}", path.split("."), rule) for path, rule in paths.items()]
            for batch in changed.texts(collection):
                advance(looked_at / total)
                for text in batch:
                    self._apply_to(changed, collection, text, rules)
                looked_at += len(batch)
        if USERS in self._mask:
            changed.clear(CREDENTIALS)
        changed.forget_changes()
        changed.forget_receipts()

    def _apply_to(
        self, changed: Offline, collection: str, text: bytes, rules: "list[_Path]"
    ) -> None:  # fmt: skip
        document = trusted(text)
        for one in rules:
            self.replaced[one.name] += self._replace(document, one.path, one.rule)
        masked = dumps(document)
        if masked == text:
            return
        try:
            changed.put(collection, masked)
        except AlreadyExists as error:
            hint = 'A unique value has to stay unique: use "hash" or "email".'
            raise Conflict(
                f"The mask makes two documents of {collection} the same where they must differ.", hint=hint
            ) from error

    def _replace(self, value: Json, path: list[str], rule: Rule) -> int:
        """Replace what is at a path; in lists, of every element. How many values there were."""
        if isinstance(value, list):
            return sum(self._replace(element, path, rule) for element in value)
        if not isinstance(value, dict) or path[0] not in value:
            return 0
        if len(path) > 1:
            return self._replace(value[path[0]], path[1:], rule)
        if rule == "remove":
            del value[path[0]]
        else:
            value[path[0]] = self._replaced(value[path[0]], rule)
        return 1

    def _replaced(self, value: Json, rule: Rule) -> Json:
        if isinstance(rule, Set):
            return rule.set
        if value is None or rule == "null":
            return None
        makers: dict[str, Callable[[Json], Json]] = {
            "hash": self._hash, "email": self._email, "redact": _redacted,
        }  # fmt: skip
        return makers[rule](value)

    def _hash(self, value: Json) -> str:
        text = value if isinstance(value, str) else dumps(value).decode()
        return hmac.new(self._key, text.encode(), hashlib.sha256).hexdigest()[:20]

    def _email(self, value: Json) -> str:
        """However it is spelled."""
        return f"{self._hash(value.strip().lower() if isinstance(value, str) else value)}@masked.invalid"


def _collection(name: str) -> str:
    return FILES if name == _FILES else name


def _redacted(value: Json) -> Json:
    """As long, and of the same kind, but says nothing."""
    if isinstance(value, str):
        return "x" * len(value)
    if isinstance(value, bool):
        return False
    if isinstance(value, int | float):
        return 0
    if isinstance(value, list):
        return [_redacted(one) for one in value]
    return {name: _redacted(one) for name, one in value.items()} if isinstance(value, dict) else None


def shown(mask: Mask) -> JsonObject:
    """A mask as it was given."""
    return {
        name: {path: {"set": rule.set} if isinstance(rule, Set) else rule for path, rule in paths.items()}
        for name, paths in mask.items()
    }
