"""What one tenant may use: every limit once, with its default, its bounds and its meaning.

The server's settings, the fields of plans and tenants in the API, and the documentation come from here. A limit is
found so: what the tenant has of its own, else what its plan says, else the server's setting.
"""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from tenancy.errors import Invalid, Place
from tenancy.model.json import JsonObject

MIB: Final = 1024 * 1024
_DAY_S: Final = 24 * 3600
_MOST: Final = 2**53
"""The largest integer that JSON's readers agree on."""


class Bounds(NamedTuple):
    """What a limit means and what it may be; `whole`: an integer."""

    meaning: str
    least: int
    whole: bool


def _limit(default: float, meaning: str, *, least: int = 0) -> Any:
    return dataclasses.field(default=default, metadata={"bounds": Bounds(meaning, least, isinstance(default, int))})


@dataclass(slots=True)
class Limits:
    """What one tenant may use now. An open tenant's own is changed in place by `become`, so it counts at once."""

    max_rate: float = _limit(0.0, "Requests a second to one tenant; 0 for any number.")
    max_concurrent: int = _limit(
        1000, "Requests of one tenant under way at once; more wait a moment, then are refused.", least=1
    )
    max_body: int = _limit(MIB, "Bytes of a JSON body.", least=1024)
    max_members: int = _limit(100_000, "Keys and elements in a JSON body, or in a line of an import.", least=100)
    max_held: int = _limit(
        64 * MIB, "Bytes of JSON bodies above 64 KiB of one tenant that are under way at once.", least=MIB
    )
    max_file: int = _limit(100 * MIB, "Bytes of an uploaded file.", least=1024)
    max_site: int = _limit(100 * MIB, "Bytes of a site's archive.", least=1024)
    max_import: int = _limit(1024 * MIB, "Bytes of an import.", least=1024)
    max_documents: int = _limit(0, "Documents that one tenant may have; 0 for any number.")
    max_data: int = _limit(0, "Bytes of a tenant's database; 0 for any number.")
    max_storage: int = _limit(0, "Bytes of a tenant's files and site together; 0 for any number.")
    max_collections: int = _limit(1000, "Collections that one tenant may have.", least=1)
    max_examined: int = _limit(100_000, "Documents that one query may examine.", least=100)
    max_sockets: int = _limit(1000, "Open WebSockets of one tenant.", least=1)
    max_subscriptions: int = _limit(10_000, "Subscriptions of all WebSockets of one tenant together.", least=1)
    max_channels: int = _limit(10_000, "Channels of one tenant that have a member.", least=1)
    max_frames: float = _limit(0.0, "Frames a second from all WebSockets of one tenant together; 0 for any number.")
    session_days: int = _limit(30, "Days after which a session is over.", least=1)
    changes_kept: int = _limit(10_000, "Changes that a tenant's log keeps for clients that reconnect.", least=100)

    @property
    def session_s(self) -> int:
        """Seconds for which a session is good."""
        return self.session_days * _DAY_S

    def with_(self, values: Mapping[str, float]) -> "Limits":
        """The same, but for these."""
        return dataclasses.replace(self, **values)  # type: ignore[arg-type]

    def become(self, other: "Limits") -> None:
        """Take over the other's."""
        for name in NAMES:
            setattr(self, name, getattr(other, name))

    def to_json(self) -> JsonObject:
        """All of them, as the API shows them."""
        return {NAMES[name]: getattr(self, name) for name in NAMES}


UNLIMITED: Final = Limits(max_collections=_MOST)
"""For what a tenant has already, when it is copied."""


def _json_name(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(map(str.capitalize, others))


BOUNDS: Final[Mapping[str, Bounds]] = {field.name: field.metadata["bounds"] for field in dataclasses.fields(Limits)}
NAMES: Final[Mapping[str, str]] = {name: _json_name(name) for name in BOUNDS}
"""From a limit's name to the one in JSON."""
_FIELDS: Final = {in_json: name for name, in_json in NAMES.items()}


def read_limits(given: Mapping[str, object]) -> dict[str, float | None]:
    """Limits by their names, from the API; None takes one away.

    Raises:
        Invalid: an unknown one, or a value that it cannot have.
    """
    read: dict[str, float | None] = {}
    places: list[Place] = []
    for in_json, value in given.items():
        name = _FIELDS.get(in_json)
        if name is None:
            places.append(Place(f"/limits/{in_json}", f"is no limit; there are {', '.join(_FIELDS)}"))
        elif wrong := _wrong(BOUNDS[name], value):
            places.append(Place(f"/limits/{in_json}", wrong))
        else:
            read[name] = value  # type: ignore[assignment]
    if places:
        raise Invalid("The limits are not valid.", places=places)
    return read


def _wrong(bounds: Bounds, value: object) -> str | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int if bounds.whole else int | float):
        return "must be a whole number" if bounds.whole else "must be a number"
    if not bounds.least <= value <= _MOST:
        return f"must be {bounds.least} or more" if value < bounds.least else f"must be {_MOST} or less"
    return None


def set_ones(values: Mapping[str, float | None]) -> dict[str, float]:
    """Without those that are taken away."""
    return {name: value for name, value in values.items() if value is not None}


def shown(values: Mapping[str, float]) -> JsonObject:
    """Some limits, as the API shows them."""
    return {NAMES[name]: value for name, value in values.items()}
