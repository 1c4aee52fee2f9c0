"""Passwords: argon2id with the parameters that OWASP recommends, in threads, a few at a time.

19 MiB, 2 passes, 1 lane: about 40 ms of one core. More at once than cores would only slow everybody down.
Source: https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html
"""

import asyncio
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from tenancy.errors import Invalid, Place

MIN_LENGTH: Final = 8
MAX_LENGTH: Final = 200
_hasher: Final = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
_DECOY: Final = "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$GpZ3sK/oH9p7VIiV56G/64Zo/8GaUw434IimaPqxwCo"


class Passwords:
    """Hashes and checks, `at_once` in parallel for the whole process."""

    def __init__(self, at_once: int = 2) -> None:
        """Allow so many at once."""
        self._gate = asyncio.Semaphore(at_once)

    async def hash(self, password: str) -> str:
        """The hash to keep, with its salt and parameters in it."""
        async with self._gate:
            return await asyncio.to_thread(_hasher.hash, password)

    async def verify(self, kept: str | None, password: str) -> bool:
        """Whether it is the password. Takes as long when there is none to compare with (None)."""
        async with self._gate:
            fits = await asyncio.to_thread(_verify, kept or _DECOY, password)
        return fits and kept is not None


def _verify(kept: str, password: str) -> bool:
    try:
        return _hasher.verify(kept, password)
    except (VerificationError, InvalidHashError):
        return False


def check_password(password: str) -> None:
    """Accept a new password.

    Raises:
        Invalid: shorter than 8 or longer than 200 characters.
    """
    if not MIN_LENGTH <= len(password) <= MAX_LENGTH:
        message = f"must have {MIN_LENGTH} to {MAX_LENGTH} characters"
        raise Invalid("The password is not accepted.", places=[Place("/password", message)])
