"""What is measured in turns: a server started for one figure, one answer checked, then load."""

import json
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Any, NamedTuple

import httpx

from bench.errors import BenchmarkError, answer
from bench.load import CONNECTIONS, Figures, Request, run_load
from bench.peers.peer import Target
from bench.progress import tell


class Timing(NamedTuple):
    """Seconds of load that are measured, and before them; how often each figure is taken."""

    seconds: int = 8
    warm_up: int = 2
    rounds: int = 3


QUICK = Timing(seconds=1, warm_up=0, rounds=1)


class Trial(NamedTuple):
    """A server to run, the requests to send to it, and what a good answer to the first of them looks like."""

    name: str
    running: Callable[[], AbstractContextManager[Target]]
    requests: Sequence[Request]
    check: Callable[[Target, Request, Any], bool]
    connections: int = CONNECTIONS


def in_turns(title: str, trials: Sequence[Trial], timing: Timing) -> list[list[Figures]]:
    """The figures of each trial, one a round; who goes first changes from round to round.

    Raises:
        BenchmarkError: an answer was not what was asked for.
    """
    runs: list[list[Figures]] = [[] for _ in trials]
    for number in range(timing.rounds):
        turns = list(zip(trials, runs, strict=True))
        for trial, figures in turns if number % 2 == 0 else reversed(turns):
            figures.append(_measured(title, trial, timing))
            tell(f"{title}: {trial.name} {figures[-1].rate:,.0f}/s, p99 {figures[-1].p99_ms:.1f} ms")
    return runs


def ratio(ours: Sequence[Figures], theirs: Sequence[Figures]) -> str:
    """The median of the rounds' ratios of rates, then the lowest and the highest where there are several."""
    ratios = sorted(one.rate / other.rate for one, other in zip(ours, theirs, strict=True))
    middle = f"{ratios[len(ratios) // 2]:.2f}"
    return middle if len(ratios) == 1 else f"{middle} ({ratios[0]:.2f} to {ratios[-1]:.2f})"


def _measured(title: str, trial: Trial, timing: Timing) -> Figures:
    with trial.running() as target:
        _probe(title, trial, target)
        if timing.warm_up:
            run_load(target.url, target.headers, trial.requests, timing.warm_up, trial.connections)
        return run_load(target.url, target.headers, trial.requests, timing.seconds, trial.connections)


def _probe(title: str, trial: Trial, target: Target) -> None:
    """Errors are not measured, nor are answers that are empty or wrong."""
    request = trial.requests[0].numbered()
    found = ask(target, request)
    if not trial.check(target, request, found):
        raise BenchmarkError(f"{title}: not the answer to {request}: {json.dumps(found)[:1000]}")


def ask(target: Target, request: Request) -> Any:
    """One request, and the JSON of its answer.

    Raises:
        BenchmarkError: the answer is no 2xx.
    """
    return answer(httpx.request(
        request.method, target.url + request.path, headers={**target.headers, **dict(request.headers)},
        content=request.body or None, timeout=30, trust_env=False,
    ))  # fmt: skip
