"""What a file is called: its last part alone, in signs that are seen."""

import re
import unicodedata

from casework.examining.refusals import EvidenceNameRefused
from core.strict import flaw_of

MOST = 120
# What the file systems people save to take of a name, in UTF-8.
_MOST_BYTES = 255
# Windows opens a device instead of a file that is called so, whatever its ending.
_DEVICE = re.compile(r"(?i)(?:CON|PRN|AUX|NUL|(?:COM|LPT)[0-9¹²³])(?=\.|$)")
_FORBIDDEN = re.compile(r'[<>:"|?*]')


def cleaned_name(given: str) -> str:
    """``given`` without folders, unseen signs and what file systems take for something else.

    Raises EvidenceNameRefused where nothing is left of it, or too much.
    """
    last = unicodedata.normalize("NFC", given).replace("\\", "/").rpartition("/")[2]
    seen = "".join(sign for sign in last if flaw_of(sign) is None)
    name = " ".join(_FORBIDDEN.sub("", seen).split()).strip(" .")
    if not name or not any(sign.isalnum() for sign in name) or len(name) > MOST:
        raise EvidenceNameRefused(most=MOST)
    if _DEVICE.match(name):
        name = f"_{name}"
    if len(name.encode()) > _MOST_BYTES:
        raise EvidenceNameRefused(most=len(name) * _MOST_BYTES // len(name.encode()))
    return name
