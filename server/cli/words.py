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
]


def in_words(text: str) -> str:
    """A sentence of the server for somebody who types commands."""
    for said, ours in _WORDS:
        text = re.sub(said, ours, text)
    return text


def told(problem: Any) -> str:
    """A problem in words, with the places that it names."""
    places = [f"  {place['path']} {place['message']}" for place in problem.get("errors", [])]
    return in_words("\n".join([problem["detail"], *places]))


def hint_of(problem: Any) -> str:
    """What a problem says to do next."""
    return in_words(problem.get("hint", ""))
