"""Personal data at rest: AES-256-GCM with a rotating key ring, and a keyed index for exact search.

A ciphertext reads ``<key number>:<base64(nonce + sealed text)>``. The newest key seals, every key of the ring opens, so
keys can be rotated without a stop. The index is HMAC-SHA256 under a key of its own with the purpose mixed in: equal
texts meet only within one purpose, and the column tells nothing without the key.

Files are sealed in chunks, each authenticated with its place, whether it is the last, and the name the file is kept under:
``LDE1``, the number of the key, a salt, and the chunks under a key of their own, made of the ring's key and the salt. What
was cut, joined, moved or taken for another file does not open.
"""

import base64
import hashlib
import hmac
import os
from collections.abc import Iterable, Iterator
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

_NONCE_BYTES = 12
_MAGIC, _SALT_BYTES, _TAG_BYTES = b"LDE1", 32, 16
CHUNK_BYTES = 64 * 1024


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


def seal_bytes(parts: Iterable[bytes], name: str) -> Iterator[bytes]:
    """The bytes of ``parts`` sealed under the newest key, to be kept under ``name``; holds a chunk at a time."""
    number, salt = len(settings.DATA_ENCRYPTION_KEYS) - 1, os.urandom(_SALT_BYTES)
    head = _MAGIC + number.to_bytes(2, "big") + salt
    key, bound = _file_key(number, salt), head + name.encode()
    yield head
    stream, place = _Ahead(parts), 0
    chunk = stream.take(CHUNK_BYTES)
    while following := stream.take(CHUNK_BYTES):
        yield key.encrypt(_place(place, last=False), chunk, bound)
        place, chunk = place + 1, following
    yield key.encrypt(_place(place, last=True), chunk, bound)


def open_bytes(parts: Iterable[bytes], name: str) -> Iterator[bytes]:
    """What ``seal_bytes`` sealed, a chunk at a time.

    Raises cryptography's InvalidTag when it was altered, cut or kept under another name, or the key is gone.
    """
    stream = _Ahead(parts)
    head = stream.take(len(_MAGIC) + 2 + _SALT_BYTES)
    number, salt = int.from_bytes(head[4:6], "big"), head[6:]
    if head[:4] != _MAGIC or len(salt) != _SALT_BYTES or number >= len(settings.DATA_ENCRYPTION_KEYS):
        raise InvalidTag
    key, bound, place = _file_key(number, salt), head + name.encode(), 0
    chunk = stream.take(CHUNK_BYTES + _TAG_BYTES)
    while True:
        following = stream.take(CHUNK_BYTES + _TAG_BYTES)
        yield key.decrypt(_place(place, last=not following), chunk, bound)
        if not following:
            return
        place, chunk = place + 1, following


def _file_key(number: int, salt: bytes) -> AESGCM:
    ring_key = hashlib.sha256(settings.DATA_ENCRYPTION_KEYS[number].encode()).digest()
    return AESGCM(hmac.new(ring_key, b"file" + salt, hashlib.sha256).digest())


def _place(place: int, *, last: bool) -> bytes:
    """The nonce of a chunk: a key is used for one file, so its place is one nowhere else."""
    return place.to_bytes(_NONCE_BYTES - 1, "big") + bytes([last])


class _Ahead:
    """The bytes of ``parts`` in pieces of the size asked for, the last one shorter."""

    def __init__(self, parts: Iterable[bytes]) -> None:
        self.parts, self.left = iter(parts), bytearray()

    def take(self, size: int) -> bytes:
        while len(self.left) < size:
            part = next(self.parts, None)
            if part is None:
                break
            self.left += part
        taken = bytes(self.left[:size])
        del self.left[:size]
        return taken
