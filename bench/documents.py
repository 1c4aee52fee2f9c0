"""The documents that are measured with: the same at every run."""

import random
from collections.abc import Iterator, Mapping
from typing import Final

Document = Mapping[str, str | int | list[str]]

BRANDS: Final = tuple(f"brand-{number:02}" for number in range(50))
_WORDS: Final = (
    "river", "stone", "amber", "quiet", "folding", "carbon", "winter", "harbour", "copper", "signal", "meadow",
    "paper", "lantern", "orbit", "velvet", "granite", "compass", "timber", "hollow", "breeze", "silver", "anchor",
    "mosaic", "thunder",
)  # fmt: skip
_TEXT_LENGTH: Final = 150


def make_documents(count: int) -> list[Document]:
    """So many documents of about 300 bytes of JSON."""
    return list(each_document(count))


def each_document(count: int) -> Iterator[Document]:
    """The same, one after the other."""
    chance = random.Random(20_000)
    return (_document(chance, number) for number in range(count))


def _document(chance: random.Random, number: int) -> Document:
    words = " ".join(chance.choices(_WORDS, k=_TEXT_LENGTH // 4))
    return {
        "brand": BRANDS[number % len(BRANDS)],
        "price": chance.randrange(1, 100_000),
        "name": f"{chance.choice(_WORDS)} {chance.choice(_WORDS)} {number}",
        "text": words[:_TEXT_LENGTH],
        "tags": chance.sample(_WORDS, 3),
    }
