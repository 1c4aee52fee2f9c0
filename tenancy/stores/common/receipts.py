"""How the results of commits with an Idempotency-Key are kept for 24 hours."""

from collections.abc import Sequence
from typing import Final, cast

from tenancy.model.change import Op
from tenancy.model.json import Json, dumps, trusted
from tenancy.writes import Written

KEPT_MS: Final = 24 * 3600 * 1000


def result_text(written: Sequence[Written]) -> bytes:
    """What a commit came to, as it is kept."""
    results: list[Json] = [[one.op, one.id, one.text.decode() if one.text is not None else None] for one in written]
    return dumps({"results": results})


def result_from(text: bytes) -> Sequence[Written]:
    """What a commit came to, from what was kept."""
    results = cast("list[list[str | None]]", trusted(text)["results"])
    return [
        Written(cast("Op | None", op), str(id), after.encode() if after is not None else None)
        for op, id, after in results
    ]
