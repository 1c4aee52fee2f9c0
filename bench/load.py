"""Load on a server: wrk with `requests.lua`, and its figures."""

import json
import statistics
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from itertools import count
from pathlib import Path
from typing import Final, NamedTuple

from bench.errors import BenchmarkError

CONNECTIONS: Final = 32
_SCRIPT: Final = Path(__file__).with_name("requests.lua")
_STEP: Final = 10_000_000
_numbers: Iterator[int] = count(_STEP, _STEP)


class Request(NamedTuple):
    """One request.

    `{n}` in the body becomes a number that differs each time. `headers` are sent instead of those of the same name
    that all requests have.
    """

    method: str
    path: str
    body: str = ""
    headers: tuple[tuple[str, str], ...] = ()

    def numbered(self) -> "Request":
        """The request as it is sent once."""
        return self._replace(body=self.body.replace("{n}", str(next(_numbers))))

    def line(self) -> str:
        """As `requests.lua` reads it."""
        return "\t".join((self.method, self.path, self.body, *(f"{name}: {value}" for name, value in self.headers)))


class Figures(NamedTuple):
    """What a run of wrk showed: requests a second, and milliseconds that a request took."""

    rate: float
    p50_ms: float
    p99_ms: float


def median(runs: Sequence[Figures]) -> Figures:
    """Of each figure by itself."""
    rates, p50s, p99s = zip(*runs, strict=True)
    return Figures(statistics.median(rates), statistics.median(p50s), statistics.median(p99s))


def run_load(
    url: str, headers: Mapping[str, str], requests: Sequence[Request], seconds: int, connections: int = CONNECTIONS
) -> Figures:
    """Send requests picked at random over all connections for some seconds.

    Raises:
        BenchmarkError: wrk is missing, or an answer was an error.
    """
    with tempfile.NamedTemporaryFile("w", suffix=".tsv", encoding="utf-8") as file:
        file.writelines(request.line() + "\n" for request in requests)
        file.flush()
        options = [part for name, value in headers.items() for part in ("-H", f"{name}: {value}")]
        command = [
            "wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "10s", "-s", str(_SCRIPT), *options, url,
            "--", file.name, str(next(_numbers)),
        ]  # fmt: skip
        try:
            output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        except FileNotFoundError:
            raise BenchmarkError("wrk is not installed.") from None
        except subprocess.CalledProcessError as error:
            raise BenchmarkError(f"wrk failed: {error.stdout}{error.stderr}") from None
    return _figures(output)


def _figures(output: str) -> Figures:
    line = next((line for line in output.splitlines() if line.startswith('{"requests"')), None)
    if line is None:
        raise BenchmarkError(f"wrk printed no figures: {output}")
    found: dict[str, int] = json.loads(line)
    if found["failed"] or not found["requests"]:
        raise BenchmarkError(f"{found['failed']} of {found['requests']} requests failed: {output}")
    rate = found["requests"] / (found["duration_us"] / 1e6)
    return Figures(rate, found["p50_us"] / 1000, found["p99_us"] / 1000)
