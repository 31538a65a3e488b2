"""Looking people up by what somebody types: the one way in for pages and the admin, which counts before it answers.

``borrowers.queries`` finds whoever it is asked for; nothing that a person types goes there but through here
(``tests/borrowers/test_lookups.py`` walks the doors).
"""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import cast

from django.utils.translation import gettext_lazy as _

from audit import events, lookups
from audit.lookups import Typed
from borrowers import queries
from borrowers.fingerprints import document_signs, identity_index, name_index, plain
from borrowers.identity import resident_id_in
from borrowers.models import Borrower, BorrowerQuerySet
from borrowers.phones import PhoneInvalid, normalise_phone
from core.aftermath import whole
from core.encryption import blind_index
from core.errors import NotFound
from core.identifiers import number_given
from core.masking import mask_id_number, mask_phone
from staff.models import User
from staff.visibility import Kind, seen

# A passport or permit: so many letters and digits, so many digits among them. What is longer is a reference of a bank.
_SIGNS, _DIGITS_AT_LEAST = range(5, 19), 4
_NOTHING_LEFT = "****"


class PapersUnknown(NotFound):
    """Nobody on file has this document and this name."""

    code = "papers_unknown"
    message = _("Nobody on file has this identity number and this name. Compare both with the document.")


def find(text: str, *, by: User) -> BorrowerQuerySet:
    """``queries.find`` for a person, within their reach. Raises LookupQuotaReached."""
    lookups.record(list(typed_in(text)), by=by)
    return cast(BorrowerQuerySet, seen(queries.find(text), by, Kind.BORROWER))


def count(*texts: str, by: User) -> None:
    """Count what is looked up by other means than ``find``. Raises LookupQuotaReached."""
    lookups.record([one for text in texts for one in typed_in(text)], by=by)


def typed_in(text: str) -> Iterator[Typed]:
    """The phone, identity number or e-mail address that a text is; nothing for a name and for numbers of the house."""
    wanted = plain(text)
    if not wanted or number_given(wanted):
        return
    if resident := resident_id_in(wanted):
        yield _typed("identity_number", resident.number, mask_id_number(resident.number))
        return
    with suppress(PhoneInvalid):
        phone = normalise_phone(wanted)
        yield _typed("phone", phone, mask_phone(phone))
        return
    if "@" in wanted:
        yield _typed("email", wanted.casefold(), "")  # many people share what the mask of an address leaves
        return
    signs = document_signs(wanted)
    if "_" not in wanted and len(signs) in _SIGNS and _is_number(signs):
        yield _typed("identity_number", signs, mask_id_number(signs))


def _is_number(signs: Iterable[str]) -> bool:
    digits = [sign.isdigit() for sign in signs]
    return sum(digits) >= _DIGITS_AT_LEAST


def _typed(kind: str, value: str, shown: str) -> Typed:
    return Typed(kind, "" if shown == _NOTHING_LEFT else shown, blind_index(value, "looked_up"))


@whole()
def by_papers(*, identity_number: str, name: str, by: User) -> Borrower:
    """Whoever stands at the counter with a document, also beyond the reach of ``by``: anybody may come to any counter.

    Both the whole number and the whole name have to be those on file, so that neither is tried out with the other unknown;
    it is counted as a lookup and noted at the borrower. Raises PapersUnknown, LookupQuotaReached.
    """
    count(identity_number, by=by)
    found = Borrower.objects.filter(identity_index=identity_index(identity_number), name_index=name_index(name)).first()
    if found is None:
        raise PapersUnknown
    if not seen(Borrower.objects.filter(pk=found.pk), by, Kind.BORROWER).exists():
        events.record("papers_shown", found, actor=by)
    return found
