"""Names for objects: prefixed ULIDs for partners, running numbers for people."""

import re
import unicodedata
from datetime import date

from ulid import ULID

from core import sending

_GIVEN = re.compile(r"([A-Z]{2})[-\s_]?([0-9]{4})[-\s_]?([0-9]{1,10})", re.IGNORECASE)
# As next_number prints it: six digits, more only once six no longer hold it. A digit that follows makes it no number.
_PRINTED = r"{prefix}[-\s_]?([0-9]{{4}})[-\s_]?(0[0-9]{{5}}|[1-9][0-9]{{5,9}})(?![0-9])"


def new_id(prefix: str) -> str:
    """A public identifier such as ``loan_01JD…``: sortable by time, safe in URLs, telling its kind."""
    return f"{prefix}_{ULID()}"


def next_number(prefix: str, on: date) -> str:
    """The next running number of the kind, such as ``LN-2026-000418``; one PostgreSQL sequence a prefix.

    Numbers are unique and rising, and grow beyond six digits from the millionth on; a rolled-back transaction leaves a
    gap, as any sequence does.
    """
    return _written(prefix, str(on.year), sending.next_number(sequence_of(prefix)))


def sequence_of(prefix: str) -> str:
    """The PostgreSQL sequence behind the running numbers of a kind."""
    return f"core_number_{prefix.lower()}"


def number_given(text: str, *prefixes: str) -> str:
    """The running number that all of ``text`` is, as people type it: ``ln 2026 418`` is LN-2026-000418.

    Empty when it is none, or of no kind among ``prefixes`` where some are named. Full-width digits count as digits.
    """
    found = _GIVEN.fullmatch(unicodedata.normalize("NFKC", text).strip())
    if found is None or (prefixes and found[1].upper() not in prefixes):
        return ""
    return _written(found[1].upper(), found[2], int(found[3]))


def number_within(text: str, prefix: str) -> str:
    """The first running number of a kind anywhere in ``text``, such as the remark of a payment; empty when there is none.

    Only a number with all its digits counts, and one that other digits follow is none: money goes by it.
    """
    pattern = _PRINTED.format(prefix=prefix)
    found = re.search(pattern, unicodedata.normalize("NFKC", text), re.IGNORECASE)
    return _written(prefix, found[1], int(found[2])) if found else ""


def _written(prefix: str, year: str, value: int) -> str:
    return f"{prefix}-{year}-{value:06d}"
