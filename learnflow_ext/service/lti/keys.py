"""The key with which the service shows a learning platform who it is."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path
from typing import Any

import jwt
import msgspec
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from jwt.algorithms import RSAAlgorithm

ALGORITHM = "RS256"
"""The one that LTI asks for."""
SHORTEST_BITS = 2048


class SigningKey:
    """A private RSA key, and what the world may know of it."""

    def __init__(self, key: RSAPrivateKey) -> None:
        self._key = key
        found = RSAAlgorithm.to_jwk(key.public_key(), as_dict=True)
        self.kid = _thumbprint(found)
        self.public: dict[str, Any] = {
            "kty": found["kty"],
            "n": found["n"],
            "e": found["e"],
            "kid": self.kid,
            "alg": ALGORITHM,
            "use": "sig",
        }
        """As a JSON Web Key."""

    def sign(self, claims: dict[str, Any]) -> str:
        """`claims` as a signed token that names the key."""
        return jwt.encode(claims, self._key, algorithm=ALGORITHM, headers={"kid": self.kid})


def load_key(file: str) -> SigningKey:
    """The key in `file`. Blocks. ValueError, with a sentence that repeats nothing of it, where it is none."""
    try:
        key = load_pem_private_key(Path(file).read_bytes(), password=None)
    except OSError as error:
        raise ValueError(f"LearnFlowLti.key_file: {file} cannot be read: {error.strerror}.") from error
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise ValueError(
            f"LearnFlowLti.key_file: {file} holds no private key in PEM without a passphrase."
            " `openssl genrsa -out lti.pem 3072` makes one."
        ) from None
    if not isinstance(key, RSAPrivateKey) or key.key_size < SHORTEST_BITS:
        raise ValueError(
            f"LearnFlowLti.key_file: {file} must hold an RSA key of {SHORTEST_BITS} bits or more."
        )
    return SigningKey(key)


def _thumbprint(key: dict[str, Any]) -> str:
    """RFC 7638: the same key has the same name everywhere, and another one another."""
    told = msgspec.json.encode({"e": key["e"], "kty": key["kty"], "n": key["n"]})
    return base64.urlsafe_b64encode(hashlib.sha256(told).digest()).rstrip(b"=").decode()
