"""Structured logs: text on a terminal, JSON elsewhere, to standard error."""

import io
import logging
import re
import sys
from typing import Any, Final, Literal, TextIO

import structlog

# What would move a terminal's cursor, colour what follows, turn its direction or begin another line.
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


def configure_logs(style: Literal["auto", "json", "text"]) -> None:
    """Set up logging for the process."""
    text = style == "text" or (style == "auto" and sys.stderr.isatty())
    shared: list[structlog.typing.Processor] = [
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    final: list[structlog.typing.Processor] = (
        [_in_one_line, structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=_traceback)]
        if text
        else [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
    )
    structlog.configure(
        processors=[*shared, *final],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processors=[
        structlog.stdlib.ProcessorFormatter.remove_processors_meta, *final,
    ]))  # fmt: skip
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.WARNING)


def _in_one_line(_logger: Any, _method: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """An event's names and texts as they can be shown: what clients send is among them. JSON escapes by itself."""
    return {_shown(name): _shown(value) if isinstance(value, str) else value for name, value in event.items()}


def _shown(text: str) -> str:
    return _CONTROL.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


def _traceback(into: TextIO, error: structlog.typing.ExcInfo) -> None:
    """Write a traceback, every line of it indented: an error's text cannot begin one that looks like an event."""
    plain = io.StringIO()
    structlog.dev.plain_traceback(plain, error)
    for line in plain.getvalue().split("\n"):
        into.write(f"\n  {_shown(line)}" if line else "")
