"""From the documents that an engine found to what is answered."""

import time

from tenancy.answers import Explanation, Page
from tenancy.model.change import Seq
from tenancy.model.json import dumps, trusted
from tenancy.query.cursor import make_cursor
from tenancy.query.order import order_key
from tenancy.query.project import compile_projection
from tenancy.query.tree import Query
from tenancy.stores.common.plan import Plan
from tenancy.stores.common.suggest import suggestion


def page_of(
    epoch: str, collection: str, query: Query, items: list[bytes], total: int | None, seq: Seq | None,
    *, cut: bool = False,
) -> Page:  # fmt: skip
    """The page whose documents are `items`, one more than the limit where there are more; `cut`: one more than fits."""
    following = None
    if cut or len(items) > query.limit:
        items.pop()
        if items:
            last = order_key(trusted(items[-1]), query.total_order)
            following = make_cursor(epoch, collection, query, last)
    if query.fields is not None:
        shown = compile_projection(query.fields)
        items = [dumps(shown(trusted(text))) for text in items]
    return Page(items, following, total, seq)


def explanation_of(plan: Plan, query: Query, examined: int, returned: int, begun: float) -> Explanation:
    """What was done since a moment of `time.perf_counter`."""
    name = plan.index.index.name if plan.index is not None else None
    return Explanation(
        name, plan.ordered, plan.exact, 1 if plan.index is None else len(plan.ranges), examined, returned,
        round((time.perf_counter() - begun) * 1000, 3), suggestion(query, plan, examined, returned),
    )  # fmt: skip
