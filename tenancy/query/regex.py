"""Regular expressions of callers: RE2 alone, which takes time linear in the text and cannot be made to explode.

Syntax: https://github.com/google/re2/wiki/Syntax. Backreferences and look-around do not exist there.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Final

import re2

MAX_PATTERN: Final = 256
FLAGS: Final = "ims"
_MAX_MEMORY: Final = 1024 * 1024
_PLAIN: Final = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 _-@:/,;#%&='\"<>~`!")


class BadPatternError(Exception):
    """Not an expression that RE2 takes; the text says why."""


@lru_cache(maxsize=1024)
def compile_pattern(pattern: str, flags: str) -> Callable[[str], bool]:
    """Whether the pattern is found anywhere in a text.

    Args:
        pattern: at most 256 bytes of UTF-8.
        flags: of `i` (any case), `m` (^ and $ at each line), `s` (the dot matches a line's end).

    Raises:
        BadPatternError: not an expression of RE2, or one that needs more than 1 MiB.
    """
    if len(pattern.encode("utf-8", "surrogatepass")) > MAX_PATTERN:
        raise BadPatternError(f"is longer than {MAX_PATTERN} bytes")
    options = re2.Options()
    options.max_mem = _MAX_MEMORY
    options.log_errors = False
    try:
        compiled = re2.compile(f"(?{flags}){pattern}" if flags else pattern, options)
    except re2.error as error:
        said = error.args[0].decode() if isinstance(error.args[0], bytes) else str(error)
        raise BadPatternError(f"is not an expression of RE2: {said}") from None
    return lambda text: compiled.search(text) is not None


def literal_prefix(pattern: str, flags: str) -> str:
    """What every match begins with: the plain characters after `^`, "" where nothing can be said."""
    if flags or not pattern.startswith("^"):
        return ""
    end = 1
    while end < len(pattern) and pattern[end] in _PLAIN:
        end += 1
    if "|" in pattern:
        return ""
    if end < len(pattern) and pattern[end] in "*?{+":
        end -= 1
    return pattern[1:end]
