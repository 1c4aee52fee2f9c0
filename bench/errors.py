"""What ends a benchmark."""

from typing import Any

import httpx


class BenchmarkError(Exception):
    """A server or a tool did not do what is measured, so there is nothing to report."""


def answer(response: httpx.Response) -> Any:
    """The JSON of a good answer, None where there is no body.

    Raises:
        BenchmarkError: the answer is no 2xx.
    """
    if not response.is_success:
        request = response.request
        raise BenchmarkError(f"{request.method} {request.url}: {response.status_code} {response.text[:500]}")
    return response.json() if response.content else None
