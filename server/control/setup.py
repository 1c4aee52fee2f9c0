"""The code that makes the first administrator: whoever can read the server's output may be it."""

import secrets
import string

_ALPHABET = string.ascii_uppercase.replace("O", "").replace("I", "") + "23456789"


class SetupCode:
    """Valid until there is an administrator."""

    def __init__(self, fixed: str | None = None) -> None:
        """A random code of 12 characters (60 bits), or the one that a script wants."""
        groups = ("".join(secrets.choice(_ALPHABET) for _ in range(4)) for _ in range(3))
        self.text = fixed or "-".join(groups)

    def fits(self, given: str) -> bool:
        """Whether this is the code, whatever the case; takes as long when it is not."""
        return secrets.compare_digest(self.text.upper().encode(), given.strip().upper().encode())
