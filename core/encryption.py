"""Personal data at rest: AES-256-GCM with a rotating key ring, and a keyed index for exact search.

A ciphertext reads ``<key number>:<base64(nonce + sealed text)>``. The newest key seals, every key of the ring opens, so
keys can be rotated without a stop. The index is HMAC-SHA256 under a key of its own with the purpose mixed in: equal
texts meet only within one purpose, and the column tells nothing without the key.
"""

import base64
import hashlib
import hmac
import os
from functools import lru_cache

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

_NONCE_BYTES = 12


@lru_cache(maxsize=8)
def _ring(keys: tuple[str, ...]) -> tuple[AESGCM, ...]:
    return tuple(AESGCM(hashlib.sha256(key.encode()).digest()) for key in keys)


def _current_ring() -> tuple[AESGCM, ...]:
    return _ring(tuple(settings.DATA_ENCRYPTION_KEYS))


def encrypt(text: str) -> str:
    """Seal ``text`` under the newest key (the last of DATA_ENCRYPTION_KEYS)."""
    ring = _current_ring()
    nonce = os.urandom(_NONCE_BYTES)
    sealed = ring[-1].encrypt(nonce, text.encode(), None)
    return f"{len(ring) - 1}:{base64.b64encode(nonce + sealed).decode()}"


def decrypt(token: str) -> str:
    """Open what ``encrypt`` sealed. Raises cryptography's InvalidTag when it was altered or the key is gone."""
    number, _, body = token.partition(":")
    raw = base64.b64decode(body)
    return _current_ring()[int(number)].decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], None).decode()


def blind_index(text: str, purpose: str) -> str:
    """The keyed fingerprint of ``text`` for exact search; callers normalise the text first."""
    key = hmac.new(settings.DATA_INDEX_KEY.encode(), purpose.encode(), hashlib.sha256).digest()
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
