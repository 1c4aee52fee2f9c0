"""What the server says, in the words of the command: it speaks of requests, and we of commands."""

import re
from typing import Any, Final

_WORDS: Final = [
    (r"/v1/operations/([\w-]+)", r"backpack operation show \1"),
    (r"\bGET /v1/tenants\?deleted=1\b", "backpack tenant list --deleted"),
    (r"\bGET /v1/tenants/([\w-]+)/snapshots\b", r"backpack tenant snapshots \1"),
    (r"\bwith POST /v1/sessions\b", "with: backpack login EMAIL"),
    (r"\bsend keep for those that\b", "let those stay with --keep-existing that"),
    (r"\b(With|with) existing=keep\b", r"\1 --keep-existing"),
    (r"\bthe places listed in errors\b", "the places named above"),
    (r"\b1 (byte|change|collection|document|file|limit|tenant|value)s\b", r"1 \1"),
]
_SAID_BY_US: Final = re.compile(r"[\w-]+ (has its other state|is what .* now)\.")


def in_words(text: str) -> str:
    """A sentence of the server for somebody who types commands."""
    for said, ours in _WORDS:
        text = re.sub(said, ours, text)
    return text


def line_in_words(line: str) -> str:
    """A line of an operation's output; nothing when the command says the same at the end, and better."""
    return "" if _SAID_BY_US.fullmatch(line) else in_words(line)


def told(problem: Any) -> str:
    """A problem in words, with the places that it names."""
    places = [f"  {place['path']} {place['message']}" for place in problem.get("errors", [])]
    return in_words("\n".join([problem["detail"], *places]))


def hint_of(problem: Any) -> str:
    """What a problem says to do next."""
    return in_words(problem.get("hint", ""))
