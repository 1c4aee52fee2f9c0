"""Values of limits as they are typed."""

from collections.abc import Sequence

import click

_UNITS = {"k": 1024, "m": 1024**2, "g": 1024**3}


def limits_from(given: Sequence[str]) -> dict[str, float | None]:
    """`maxBody=2m` and the like: numbers with k, m or g for KiB, MiB and GiB; nothing for the plan's.

    Raises:
        click.UsageError: it is not of this form.
    """
    read: dict[str, float | None] = {}
    for text in given:
        name, equals, value = text.partition("=")
        if not name or not equals:
            raise click.UsageError(f"{text!r} is not of the form LIMIT=VALUE, such as maxBody=2m.")
        read[name] = _number(name, value.strip().lower())
    return read


def _number(name: str, value: str) -> float | None:
    if not value:
        return None
    unit = _UNITS.get(value[-1])
    try:
        number = float(value[:-1] if unit else value)
    except ValueError:
        raise click.UsageError(f"{name}: {value!r} is not a number, or one with k, m or g.") from None
    number *= unit or 1
    return int(number) if number == int(number) else number
