"""`backpack serve` and `backpack config`."""

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from server.cli.client import CommandError
from server.cli.output import as_json, print_json
from server.settings import Settings, SettingsError, environment_name, load_settings
from tenancy.errors import BackpackError

if TYPE_CHECKING:
    from server.control.archives.archives import Opened


def _flags(command: Any) -> Any:
    """A flag for each setting, so that there is one list of settings."""
    for name, field in reversed(Settings.model_fields.items()):
        kind: Any = str
        if field.annotation in {int, float, bool}:
            kind = field.annotation
        text = f"{field.description} [{environment_name(name)}]"
        command = click.option(f"--{name.replace('_', '-')}", name, type=kind, default=None, help=text)(command)
    return command


def _load(flags: dict[str, object]) -> Settings:
    try:
        return load_settings(**flags)
    except SettingsError as error:
        raise CommandError(str(error), "See all settings with: backpack config") from None


@click.command()
@click.argument("archive", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@_flags
def serve(archive: Path | None, **flags: object) -> None:
    """Serve all tenants from this process. Of ARCHIVE (`shop.backpack`) a tenant is made first, unless it is there."""
    settings = _load(flags)
    from server.main import Ready, run  # noqa: PLC0415 - the other commands start faster without the server

    def announce(ready: Ready) -> None:
        click.echo(f"Tenants   {ready.public_url.replace('://', '://NAME.')}", err=True)
        click.echo(f"Panel     {ready.admin_url}", err=True)
        if ready.opened is not None:
            click.echo(f"Tenant    {ready.opened.url}", err=True)
            for line in _opened(ready.opened, archive, settings.data):
                click.echo(f"          {line}", err=True)
        if ready.setup_code is not None:
            click.echo(f"Set-up    {ready.admin_url}/#code={ready.setup_code}", err=True)
            click.echo("          There is no administrator yet: open this address, or run", err=True)
            click.echo(f"          backpack admin create EMAIL --code {ready.setup_code}", err=True)

    try:
        run(settings, announce, archive)
    except OSError as error:
        raise CommandError(f"The server cannot start: {error}", "Check the folder and the ports.") from None
    except BackpackError as error:
        raise CommandError(f"{archive} cannot be served: {error.detail}", error.next_step) from None


def _opened(opened: "Opened", archive: Path | None, data: Path) -> list[str]:
    """What has become of the file that the server was started with."""
    if opened.api_key:
        return [
            f"It is made of {archive}. Its data is in {_place(data)} from now on; the file stays as it is.",
            f"Its first API key (shown this once): {opened.api_key}",
        ]
    return [
        f"The tenant {opened.name} is there already, in {_place(data)}: {archive} was not taken in.",
        f"Put it in its place with: backpack push {archive} {opened.name}",
    ]


def _place(data: Path) -> str:
    return str(data) if data.is_absolute() else f"./{data}"


@click.command()
@_flags
@as_json
def config(as_json: bool, **flags: object) -> None:
    """Show every setting with its value, meaning and environment variable."""
    settings = _load(flags)
    values = settings.model_dump()
    if settings.setup_code is not None:
        values["setup_code"] = "***"
    for name in ("mongo_url", "redis_url", "smtp_url"):
        values[name] = re.sub(r"//[^@/]*@", "//***@", values[name])
    shown = {name: str(value) if isinstance(value, Path) else value for name, value in values.items()}
    if as_json:
        print_json(shown)
        return
    for name, field in Settings.model_fields.items():
        click.echo(f"{name} = {shown[name]!r}")
        click.echo(f"    {field.description}")
        click.echo(f"    {environment_name(name)}, --{name.replace('_', '-')}")
