"""Full-text search: which words a document's text fields have. One definition of a word serves index and matcher.

A word is a run of letters and digits, in lower case and without accents; an ideograph or a kana is a word by itself. A
search asks for all of its words, in any field and order. `"hot drink"` is a phrase, `cof*` the beginning of a word,
`-decaf` a word that must not occur.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Final

from tenancy.errors import BadFilter
from tenancy.model.collection import Collection
from tenancy.model.json import Json, JsonObject
from tenancy.query.tree import And, FieldPath, Filter, Term, Text
from tenancy.query.values import opened

MAX_SEARCH: Final = 200
MAX_TERMS: Final = 20
MAX_WORD: Final = 64
_CJK: Final = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af"
_WORD: Final = re.compile(rf"[{_CJK}]|(?:(?![{_CJK}])[^\W_])+")
_PART: Final = re.compile(r'(-?)(?:"([^"]*)"|(\S+))')


class BadSearchError(Exception):
    """The text asks for nothing, or for too much; the message says which."""


def words_of(text: str) -> list[str]:
    """The words of a text in order; of a very long one its first 64 characters."""
    if not text.isascii():
        decomposed = unicodedata.normalize("NFKD", text.casefold())
        text = "".join(char for char in decomposed if not unicodedata.combining(char))
        text = unicodedata.normalize("NFC", text)
    return [word[:MAX_WORD] for word in _WORD.findall(text.lower())]


def parse_search(text: str) -> Text:
    """Read a search.

    Raises:
        BadSearchError: longer than 200 characters, more than 20 terms, or no word to look for.
    """
    if len(text) > MAX_SEARCH:
        raise BadSearchError(f"has more than {MAX_SEARCH} characters")
    wanted: list[Term] = []
    without: list[Term] = []
    for minus, phrase, single in _PART.findall(text):
        words = tuple(words_of(phrase or single))
        if words:
            (without if minus else wanted).append(Term(words, not phrase and single.endswith("*")))
    if not wanted or len(wanted) + len(without) > MAX_TERMS:
        raise BadSearchError(f"must name 1 to {MAX_TERMS} words, at least one without a minus")
    return Text(tuple(wanted), tuple(without))


def bind_text(filter: Filter, collection: Collection | None) -> Filter:
    """The filter, whose search looks at the fields of the collection's text index.

    Raises:
        BadFilter: it searches, and there is no text index.
    """
    if isinstance(filter, Text):
        index = next((index for index in collection.indexes if index.text), None) if collection is not None else None
        if index is None:
            hint = 'Declare one: {"fields": ["title", "body"], "text": true} in the collection\'s indexes.'
            raise BadFilter("$text needs a text index.", hint=hint)
        return replace(filter, fields=tuple(tuple(path.split(".")) for path, _ in index.fields))
    if isinstance(filter, And) and any(isinstance(part, Text) for part in filter.parts):
        return And(tuple(bind_text(part, collection) for part in filter.parts))
    return filter


def compile_text(search: Text) -> Callable[[JsonObject], bool]:
    """The search as a function of a document.

    Raises:
        BadFilter: it is not bound to fields.
    """
    fields = search.fields
    if fields is None:
        raise BadFilter("$text can only stand at the beginning, where a collection's text index is known.")

    def matches(document: JsonObject) -> bool:
        texts = [words_of(text) for path in fields for text in _texts(document, path)]
        return all(_occurs(term, texts) for term in search.terms) and not any(
            _occurs(term, texts) for term in search.without
        )

    return matches


def tokens(document: JsonObject, fields: tuple[FieldPath, ...]) -> list[str]:
    """The distinct words of the fields."""
    return list(dict.fromkeys(word for path in fields for text in _texts(document, path) for word in words_of(text)))


def _texts(document: JsonObject, path: FieldPath) -> Iterator[str]:
    found: Json
    for found in opened(document, path):  # type: ignore[assignment]
        if isinstance(found, str):
            yield found


def _occurs(term: Term, texts: list[list[str]]) -> bool:
    *before, last = term.words
    size = len(term.words)
    for words in texts:
        for at in range(size - 1, len(words)):
            word = words[at]
            if (word.startswith(last) if term.prefix else word == last) and words[at - size + 1 : at] == before:
                return True
    return False
