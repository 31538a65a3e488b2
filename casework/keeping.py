"""Where the bytes of evidence lie: in the storage ``evidence`` of the settings, sealed, under a random key.

The storage is Django's: a folder by default, any other by setting. Nobody but this module reads or writes it.
"""

import logging
import re
import secrets
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import IO

from django.core.files.base import ContentFile
from django.core.files.storage import Storage, storages
from django.utils.translation import gettext_lazy as _

from core.encryption import CHUNK_BYTES, open_bytes, seal_bytes
from core.errors import DomainError

_KEY = re.compile("[0-9a-f]{64}")
log = logging.getLogger(__name__)


class EvidenceMissing(DomainError):
    """The row says it is kept, and the storage has nothing that opens. Whoever runs the storage must look."""

    code = "evidence_missing"
    status = 503
    message = _("What was kept of this evidence cannot be read. Tell whoever runs the system its number.")


def storage() -> Storage:
    return storages["evidence"]


def keep(parts: Iterable[bytes]) -> str:
    """Seal and store; returns the key under which it lies."""
    key = secrets.token_hex(32)
    stored = storage().save(_path(key), ContentFile(b"".join(seal_bytes(parts, key))))
    if stored != _path(key):  # the storage found another file there, which a random key rules out
        storage().delete(stored)
        raise RuntimeError("the storage of evidence does not keep names")
    return key


def kept(key: str) -> Iterator[bytes]:
    """What lies under the key, a chunk at a time. Raises EvidenceMissing."""
    try:
        with storage().open(_path(key), "rb") as file:
            yield from open_bytes(_read(file), key)
    except Exception as error:  # each storage has errors of its own
        log.exception("evidence not read")
        raise EvidenceMissing from error


def require_there(key: str) -> None:
    """Raises EvidenceMissing where nothing lies under the key."""
    try:
        found = storage().exists(_path(key))
    except Exception as error:  # each storage has errors of its own
        log.exception("evidence not looked for")
        raise EvidenceMissing from error
    if not found:
        raise EvidenceMissing


def drop(key: str) -> None:
    """Remove what lies under the key; again is the same."""
    storage().delete(_path(key))


def older_than(moment: datetime) -> Iterator[str]:
    """The keys of what was stored before ``moment``; nothing where nothing was stored yet."""
    try:
        folders = storage().listdir("")[0]
    except FileNotFoundError:
        return
    for folder in folders:
        for name in storage().listdir(folder)[1]:
            if _KEY.fullmatch(name) and storage().get_modified_time(f"{folder}/{name}") < moment:
                yield name


def _read(file: IO[bytes]) -> Iterator[bytes]:
    while chunk := file.read(CHUNK_BYTES):
        yield chunk


def _path(key: str) -> str:
    return f"{key[:2]}/{key}"
