"""An authenticator in software that answers as a browser does, and can be made to lie in every part of an answer.

Source: https://www.w3.org/TR/webauthn-2/#sctn-authenticator-data, https://www.w3.org/TR/webauthn-2/#sctn-generating-an-attestation-object
"""

import base64
import hashlib
import json
import secrets
from dataclasses import dataclass, field
from typing import Any

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

USER_PRESENT, USER_VERIFIED, ATTESTED = 0x01, 0x04, 0x40


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


@dataclass
class Authenticator:
    """One passkey. What is changed is what is lied about; None of an option means the truth."""

    origin: str
    host: str
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    id: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    user: bytes = b""
    count: int = 0
    flags: int = USER_PRESENT | USER_VERIFIED
    kind: str | None = None

    def make(self, options: dict[str, Any]) -> dict[str, Any]:
        """Answer to options for a new passkey."""
        padded = options["user"]["id"] + "=" * (-len(options["user"]["id"]) % 4)
        self.user = base64.urlsafe_b64decode(padded)
        numbers = self.key.public_key().public_numbers()
        public = {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")}
        attested = bytes(16) + len(self.id).to_bytes(2, "big") + self.id + cbor2.dumps(public)
        data = self._data(ATTESTED) + attested
        response = {
            "clientDataJSON": b64(self._client(options, "webauthn.create")),
            "attestationObject": b64(cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})),
        }
        return self._credential(response)

    def answer(self, options: dict[str, Any]) -> dict[str, Any]:
        """Answer to options for signing in."""
        client, data = self._client(options, "webauthn.get"), self._data()
        signature = self.key.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(hashes.SHA256()))
        response = {
            "clientDataJSON": b64(client), "authenticatorData": b64(data), "signature": b64(signature),
            "userHandle": b64(self.user),
        }  # fmt: skip
        return self._credential(response)

    def _credential(self, response: dict[str, str]) -> dict[str, Any]:
        return {
            "id": b64(self.id), "rawId": b64(self.id), "type": "public-key", "response": response,
            "clientExtensionResults": {},
        }  # fmt: skip

    def _client(self, options: dict[str, Any], kind: str) -> bytes:
        said = {"type": self.kind or kind, "challenge": options["challenge"], "origin": self.origin}
        return json.dumps({**said, "crossOrigin": False}).encode()

    def _data(self, more: int = 0) -> bytes:
        return hashlib.sha256(self.host.encode()).digest() + bytes([self.flags | more]) + self.count.to_bytes(4, "big")
