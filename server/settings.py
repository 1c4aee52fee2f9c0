"""Every setting once: its name, type, default, unit and meaning. Environment, file, flags and docs all come from here.

The command line wins over the environment, the environment over the file (TOML), the file over the default.
"""

import difflib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, Literal

from pydantic import AliasChoices, Field, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource

from tenancy.model.limits import BOUNDS, MIB, NAMES, Limits
from tenancy.model.schedule import Keep, Schedule

PREFIX: Final = "BACKPACK_"
_SECRET: Final = frozenset({"setup_code", "mongo_url", "redis_url", "smtp_url"})
"""Never repeated in an error, which goes to the log."""
_PLAIN: Final = {"host": "HOST", "port": "PORT"}
_DEFAULT_LIMITS: Final = Limits()


class SettingsError(Exception):
    """A setting is unknown or has a value that it cannot have; the text says which and what to do."""


def _port(default: int, description: str, **more: Any) -> Any:
    return Field(default, ge=0, le=65535, description=description, **more)


def _limit(name: str) -> Any:
    """A limit of tenants that have none of their own, nor one of a plan."""
    bounds = BOUNDS[name]
    return Field(getattr(_DEFAULT_LIMITS, name), ge=bounds.least, description=bounds.meaning)


class Settings(BaseSettings):
    """The settings of one server process. Read once, then handed on."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="forbid", frozen=True, populate_by_name=True)

    data: Path = Field(Path("data"), description="Folder that holds everything the server keeps.")
    host: str = Field(
        "127.0.0.1", validation_alias=AliasChoices("HOST", "BACKPACK_HOST", "host"),
        description="Address of the public listener.",
    )  # fmt: skip
    port: int = _port(
        8000, "Port of the public listener; 0 lets the system choose.",
        validation_alias=AliasChoices("PORT", "BACKPACK_PORT", "port"),
    )  # fmt: skip
    admin_host: str = Field("127.0.0.1", description="Address of the admin listener.")
    admin_port: int = _port(8001, "Port of the admin listener; 0 lets the system choose.")
    admin_names: str = Field(
        "", description="Host names, separated by commas, under which the admin listener is reached beside localhost."
    )
    admin_https: bool = Field(False, description="Whether browsers reach the admin listener by HTTPS (behind a proxy).")
    base_domain: str = Field(
        "localhost", pattern=r"^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$",
        description="Domain below which each tenant has its subdomain.",
    )  # fmt: skip
    public_url: str = Field(
        "", pattern=r"^(https?://[a-z0-9.-]+(:\d{1,5})?)?$",
        description="Origin of the base domain as browsers see it, such as https://example.com; by default HTTP on the "
        "public listener's port.",
    )  # fmt: skip
    setup_code: str | None = Field(None, min_length=6, description="Fixes the code for the first administrator.")
    log_format: Literal["auto", "json", "text"] = Field(
        "auto", description="How logs look; auto is text on a terminal and JSON elsewhere."
    )
    access_log: Literal["auto", "all", "errors"] = Field(
        "auto",
        description="Which requests are logged: all, or errors and those over a second; auto is all on a terminal.",
    )
    mongo_url: str = Field(
        "", pattern=r"^(mongodb(\+srv)?://\S+)?$",
        description="Connection string of a MongoDB server that keeps the documents of new tenants, such as "
        "mongodb://localhost:27017/?replicaSet=rs0; by default they are kept in the data folder.",
    )  # fmt: skip
    redis_url: str = Field(
        "", pattern=r"^((rediss?|unix)://\S+)?$",
        description="Redis server that keeps the sessions of users, such as redis://localhost:6379/0; by default they "
        "are kept with each tenant's documents.",
    )  # fmt: skip
    smtp_url: str = Field(
        "", pattern=r"^(smtps?://\S+)?$",
        description="Mail server, such as smtp://user:password@mail.example.com (587, STARTTLS) or smtps://… (465); "
        "without one mails stay in each tenant's outbox, where administrators read them.",
    )  # fmt: skip
    mail_from: str = Field(
        "", pattern=r"^(\S+@\S+)?$",
        description="Address that mails come from; no-reply at the mail server's name by default.",
    )  # fmt: skip
    outbound: Literal["public", "any"] = Field(
        "public", description="Which addresses the server calls for tenants (providers to sign in at): public ones by "
        "HTTPS, or any, for development and providers in one's own network.",
    )  # fmt: skip
    open_tenants: int = Field(1024, ge=1, description="How many tenants are kept open at once; six files each.")
    tenant_idle_s: float = Field(300, gt=0, description="Seconds after which an unused tenant is closed.")
    name_rest_days: int = Field(
        30, ge=0, description="Days for which the name of a tenant that is gone rests, and one that it had before."
    )
    rename_days: int = Field(30, ge=0, description="Days for which the old name of a renamed tenant leads to the new.")
    snapshot_hours: float = Field(
        24, ge=0, description="Hours after which a tenant that has changed gets a snapshot by itself; 0 for never."
    )
    snapshot_keep: str = Field(
        "last=3,daily=7,weekly=4", pattern=r"^((last|hourly|daily|weekly|monthly)=\d{1,3}(,|$))*$",
        description="How many of those snapshots stay: so many of the last, and the newest of so many hours, days, "
        "weeks and months.",
    )  # fmt: skip
    prove_hours: float = Field(
        24, ge=0, description="Hours after which the newest snapshot of a tenant is restored for trial; 0 for never."
    )
    delete_days: float = Field(
        7, ge=0, description="Days for which a deleted tenant can be had back; 0 removes it for good at once."
    )
    cache: int = Field(
        64 * MIB,
        ge=0,
        description="Bytes of memory for documents and pages that were read lately, of all tenants.",
    )
    page_cache: int = Field(
        256 * MIB, ge=0, description="Bytes of memory for pages of the databases of all tenants; 0 for any number."
    )
    max_rate: float = _limit("max_rate")
    max_concurrent: int = _limit("max_concurrent")
    max_body: int = _limit("max_body")
    max_members: int = _limit("max_members")
    max_held: int = _limit("max_held")
    max_file: int = _limit("max_file")
    max_site: int = _limit("max_site")
    max_import: int = _limit("max_import")
    max_documents: int = _limit("max_documents")
    max_data: int = _limit("max_data")
    max_storage: int = _limit("max_storage")
    max_collections: int = _limit("max_collections")
    max_examined: int = _limit("max_examined")
    max_sockets: int = _limit("max_sockets")
    max_subscriptions: int = _limit("max_subscriptions")
    max_channels: int = _limit("max_channels")
    max_frames: float = _limit("max_frames")
    session_days: int = _limit("session_days")
    changes_kept: int = _limit("changes_kept")
    max_archive: int = Field(
        10 * 1024 * MIB,
        ge=MIB,
        description="Bytes of an archive of a tenant that is imported, and of what comes out of it.",
    )
    stop_s: float = Field(10, gt=0, description="Seconds that open requests get to finish when the server stops.")

    @property
    def limits(self) -> Limits:
        """The limits of a tenant without a plan."""
        return Limits(**{name: getattr(self, name) for name in NAMES})

    @property
    def schedule(self) -> Schedule:
        """When tenants get snapshots that have no schedule of their own."""
        kept = {"last": 0, "hourly": 0, "daily": 0, "weekly": 0, "monthly": 0}
        for part in filter(None, self.snapshot_keep.split(",")):
            name, _, count = part.partition("=")
            kept[name] = int(count)
        return Schedule(self.snapshot_hours, Keep(**kept))

    @classmethod
    def settings_customise_sources(
        cls, settings_cls: type[BaseSettings], init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource, dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:  # fmt: skip
        """Flags, then environment, then file."""
        file = settings_file()
        toml = (TomlConfigSettingsSource(settings_cls, file),) if file is not None else ()
        return (init_settings, env_settings, *toml)


def settings_file() -> Path | None:
    """The settings' file: BACKPACK_CONFIG, or backpack.toml in the current folder."""
    named = os.environ.get(PREFIX + "CONFIG")
    path = Path(named) if named else Path("backpack.toml")
    if named and not path.is_file():
        raise SettingsError(f"The file {named}, named by BACKPACK_CONFIG, does not exist.")
    return path if path.is_file() else None


def environment_name(field: str) -> str:
    """The environment variable of a setting."""
    return _PLAIN.get(field, PREFIX + field.upper())


# Settings of the command itself, and those read by scripts that start it.
OTHERS: Final = ("BACKPACK_CONFIG", "BACKPACK_URL", "BACKPACK_TOKEN")


def _check_environment(environment: Mapping[str, str]) -> None:
    known = {PREFIX + name.upper() for name in Settings.model_fields} | set(OTHERS)
    for name in environment:
        if name.startswith(PREFIX) and name not in known:
            raise SettingsError(_unknown(name, known))


def _unknown(name: str, known: set[str]) -> str:
    near = difflib.get_close_matches(name, known, n=1)
    return f"{name} is not a setting." + (f" Did you mean {near[0]}?" if near else " See: backpack config")


def load_settings(**flags: object) -> Settings:
    """Read the settings from everywhere.

    Raises:
        SettingsError: an unknown setting, or a value that does not fit.
    """
    _check_environment(os.environ)
    given = {name: value for name, value in flags.items() if value is not None}
    try:
        return Settings(**given)  # type: ignore[arg-type]
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0]).lower() if first["loc"] else ""
        if first["type"] == "extra_forbidden":
            raise SettingsError(_unknown(name, set(Settings.model_fields))) from None
        got = "" if name in _SECRET else f" (got {first['input']!r})"
        raise SettingsError(f"{name}: {first['msg']}{got}") from None
    except ValueError as error:
        raise SettingsError(f"The settings cannot be read: {error}") from None
