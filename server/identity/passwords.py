"""Passwords: argon2id with the parameters that OWASP recommends, in threads, in fair turns among tenants.

19 MiB, 2 passes, 1 lane: about 40 ms of one core.
Source: https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html
"""

from functools import partial
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from tenancy.errors import Invalid, Place
from tenancy.work import Work

MIN_LENGTH: Final = 8
MAX_LENGTH: Final = 200
_hasher: Final = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
_DECOY: Final = "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$GpZ3sK/oH9p7VIiV56G/64Zo/8GaUw434IimaPqxwCo"


async def hash_password(work: Work, password: str) -> str:
    """The hash to keep, with its salt and parameters in it.

    Raises:
        TooMany: too many of the tenant's people wait for theirs.
    """
    return await work.do("password", partial(_hasher.hash, password))


async def verify_password(work: Work, kept: str | None, password: str) -> bool:
    """Whether it is the password. Takes as long when there is none to compare with (None).

    Raises:
        TooMany: too many of the tenant's people wait for theirs.
    """
    fits = await work.do("password", partial(_verify, kept or _DECOY, password))
    return fits and kept is not None


def _verify(kept: str, password: str) -> bool:
    try:
        return _hasher.verify(kept, password)
    except (VerificationError, InvalidHashError):
        return False


def check_password(password: str, least: int = MIN_LENGTH, place: str = "/password") -> None:
    """Accept a new password.

    Raises:
        Invalid: shorter than 8 characters, or as many as the tenant wants, or longer than 200.
    """
    if not least <= len(password) <= MAX_LENGTH:
        message = f"must have {least} to {MAX_LENGTH} characters"
        raise Invalid("The password is not accepted.", places=[Place(place, message)])
