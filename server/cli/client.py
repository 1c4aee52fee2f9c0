"""The command's way to a running server: its HTTP API, nothing else."""

import json
import os
import stat
from pathlib import Path
from typing import Any, Final

import click
import httpx2

from server.cli.output import private_file
from server.cli.words import hint_of, told

DEFAULT_URL: Final = "http://127.0.0.1:8001"
_TIMEOUT_S: Final = 60
_OF_OTHERS: Final = frozenset({"wrong_host", "bad_host", "route_not_found"})
"""Codes with which a listener answers that is not the admin's: all that we ask is there."""


class CommandError(click.ClickException):
    """What went wrong, and what to do next. Exit code 1."""

    def __init__(self, message: str, hint: str = "") -> None:
        """Take both."""
        super().__init__(f"{message}\n{hint}" if hint else message)


def credentials_file() -> Path:
    """Where `backpack login` keeps tokens: readable by its user alone."""
    base = os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config"
    return Path(base) / "backpack" / "credentials.json"


def server_url() -> str:
    """The admin listener's address."""
    return os.environ.get("BACKPACK_URL", DEFAULT_URL).rstrip("/")


def saved_token(url: str) -> str | None:
    """The token for a server, if somebody logged in there."""
    try:
        tokens: dict[str, str] = json.loads(credentials_file().read_text())
    except (OSError, ValueError):
        return None
    return tokens.get(url)


def save_token(url: str, token: str | None) -> None:
    """Keep or forget the token for a server."""
    path = credentials_file()
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        tokens: dict[str, str] = json.loads(path.read_text())
    except (OSError, ValueError):
        tokens = {}
    tokens.pop(url, None)
    if token is not None:
        tokens[url] = token
    temporary = path.with_suffix(".new")
    temporary.touch(mode=stat.S_IRUSR | stat.S_IWUSR)
    temporary.write_text(json.dumps(tokens))
    temporary.replace(path)


class Client:
    """Calls the control plane."""

    def __init__(self, timeout_s: float | None = _TIMEOUT_S) -> None:
        """Use BACKPACK_URL and BACKPACK_TOKEN, or what `login` saved; wait so long for an answer, None for ever."""
        self.url = server_url()
        token = os.environ.get("BACKPACK_TOKEN") or saved_token(self.url)
        headers = {"authorization": f"Bearer {token}"} if token else {}
        self._http = httpx2.Client(base_url=self.url, headers=headers, timeout=timeout_s)

    def call(self, method: str, path: str, **options: Any) -> Any:
        """The answer's JSON, None where there is none.

        Raises:
            CommandError: the server is not there, or refuses.
        """
        try:
            response = self._http.request(method, path, **options)
        except httpx2.TransportError as error:
            hint = "Is it running? Start it with: backpack serve. BACKPACK_URL names another one."
            raise CommandError(f"No server answers at {self.url} ({error}).", hint) from None
        if response.is_error:
            raise self._refusal(response)
        try:
            return response.json() if response.content else None
        except ValueError:
            raise self._elsewhere("it answers with something else than JSON") from None

    def download(self, path: str, target: Path) -> int:
        """Have an answer in a file, whole or not at all; its bytes.

        Raises:
            CommandError: the server is not there, refuses, or breaks off.
        """
        temporary = target.with_name(target.name + ".part")
        try:
            with self._http.stream("GET", path) as response, private_file(temporary) as file:
                if response.is_error:
                    response.read()
                    raise self._refusal(response)
                for piece in response.iter_bytes():
                    file.write(piece)
        except httpx2.TransportError as error:
            raise CommandError(f"The server broke off: {error}.", "Try again; its log says why.") from None
        except OSError as error:
            raise CommandError(f"{target} cannot be written: {error.strerror}.") from None
        else:
            temporary.replace(target)
        finally:
            temporary.unlink(missing_ok=True)
        return target.stat().st_size

    def _refusal(self, response: httpx2.Response) -> CommandError:
        try:
            problem = response.json()
        except ValueError:
            return self._elsewhere(f"it answers {response.status_code}")
        if problem.get("code") in _OF_OTHERS and "admin_names" not in problem.get("hint", ""):
            return self._elsewhere(f"it says: {problem['detail'].rstrip('.')}")
        if response.status_code == httpx2.codes.UNAUTHORIZED:
            return CommandError(problem["detail"], "Sign in with: backpack login EMAIL (or set BACKPACK_TOKEN).")
        return CommandError(told(problem), hint_of(problem))

    def _elsewhere(self, why: str) -> CommandError:
        """The address is somebody else's, such as that of the public listener."""
        hint = (
            f"`backpack serve` says the right one beside Panel; it is {DEFAULT_URL} by default. Set BACKPACK_URL to it."
        )
        return CommandError(f"{self.url} is not the admin listener of a server: {why}.", hint)
