"""Keyed fingerprints: how encrypted personal data is still found by an exact match.

One function a kind of data, each with its own purpose, so that equal texts of different kinds never meet. Whoever
searches and whoever stores must bring the text into the same form first; both do it here.
"""

import re
import unicodedata

from borrowers.identity import resident_id_in
from borrowers.sounds import sounds_of
from core.encryption import blind_index
from core.strict import require_plain

_BLANKS = re.compile(r"\s+")
_SEPARATORS = re.compile(r"[\s\-]")
_NO_SIGN = re.compile(r"[\W_]")
# Capitals of other scripts that nobody can tell from a Latin one: Cyrillic above, Greek below.
_LIKE_LATIN = str.maketrans("АВЕЅІЈКМНОРСТУХԚԜΑΒΕΖΗΙΚΜΝΟΡΤΥΧϹ", "ABESIJKMHOPCTYXQWABEZHIKMNOPTYXC")


def plain(text: str) -> str:
    """Full-width characters become ordinary ones, outer blanks go, inner blanks become one."""
    return _BLANKS.sub(" ", unicodedata.normalize("NFKC", text)).strip()


def written(text: str, field: str) -> str:
    """A name as it is stored, ``plain``. Raises TextNotPlain, naming ``field``, for a sign that cannot stand in a name."""
    return plain(require_plain(text, field=field))


def document_signs(number: str) -> str:
    """What is compared of a number of another document than a resident ID: Latin capitals and digits, look-alikes of other
    scripts read as what they look like, without blanks, punctuation and accents."""
    return _NO_SIGN.sub("", unicodedata.normalize("NFKD", number).upper().translate(_LIKE_LATIN))


def name_index(name: str) -> str:
    """A name, whatever its case and spacing."""
    return blind_index(plain(name).casefold().replace(" ", ""), "name")


def sound_indexes(name: str) -> frozenset[str]:
    """Every way a name may sound, in whichever script and order it is written."""
    return frozenset(blind_index(sound, "name_sound") for sound in sounds_of(plain(name)))


def identity_index(number: str) -> str:
    """An identity number, whatever its case, punctuation and script; that of a resident ID however it is written, also the
    old one of fifteen digits, so that one person has one fingerprint over all kinds of document."""
    if resident := resident_id_in(number):
        return blind_index(resident.number, "identity")
    return blind_index(document_signs(number), "identity")


def account_index(number: str) -> str:
    """A bank account or card number."""
    return blind_index(_SEPARATORS.sub("", plain(number)), "bank_account")


def contact_index(kind: str, value: str) -> str:
    """A contact point in its stored form: phones as ``borrowers.phones`` writes them, addresses without case."""
    if kind == "mobile":
        return blind_index(value, "phone")
    return blind_index(plain(value).casefold(), kind)
