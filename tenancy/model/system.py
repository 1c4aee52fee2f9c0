"""The names of a tenant's own collections, and its secrets.

Collections whose names begin with `_` cannot be reached by clients.
"""

import hashlib
import secrets
from typing import Final

USERS: Final = "users"
DEFINITIONS: Final = "_collections"
CREDENTIALS: Final = "_credentials"
SESSIONS: Final = "_sessions"
KEYS: Final = "_keys"
FILES: Final = "_files"
FILE_BLOBS: Final = "files/"
"""What the keys of their bytes begin with; the id follows."""
CHANNELS: Final = "_channels"
"""No documents: its definition has the rules of channels."""
SITE: Final = "_site"
SETTINGS: Final = "_settings"
SETTINGS_ID: Final = "settings"
TOKENS: Final = "_tokens"
OUTBOX: Final = "_outbox"
TEMPLATES: Final = "_templates"
PROVIDERS: Final = "_providers"
LOGGED: Final = frozenset({DEFINITIONS, FILES, SITE, SETTINGS, TEMPLATES})
"""The server's own collections without secrets: the change log keeps what was in them, so that it can be had back."""
POSTED: Final = "_posted"
"""Of the control plane: the tenants that have mail to send."""
KEY_PREFIX: Final = "bpk_"
PUBLISHABLE_PREFIX: Final = "bpk_pub_"


def new_key(prefix: str = KEY_PREFIX) -> str:
    """A new API key: 256 bits, recognisable in logs and by secret scanners."""
    return prefix + secrets.token_urlsafe(32)


def secret_hash(secret: str) -> str:
    """How a token or key is kept: SHA-256 in hex (they are random, so no salt and no slow hash is needed)."""
    return hashlib.sha256(secret.encode()).hexdigest()
