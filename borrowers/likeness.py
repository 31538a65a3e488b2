"""Whether somebody known by another document than a resident ID may be a person the house knows already.

No number ties a passport to a resident ID. What does is name and birth date, a mobile number, or an account that the bank
said is theirs. One person alone does not say of such a borrower that they are somebody else (``borrowers.standing``).
"""

from collections.abc import Callable
from dataclasses import dataclass

from django.utils.translation import gettext_noop

from borrowers.models import BankAccount, Borrower, ContactKind, ContactPoint
from borrowers.occupations import STUDENT

# What makes two borrowers alike and what bars one of them from loans, in words that a request keeps.
SAME_PERSON, SAME_MOBILE, SAME_ACCOUNT = (
    gettext_noop("name and birth date"),
    gettext_noop("mobile"),
    gettext_noop("bank account"),
)
_NOT_ACTIVE, _STUDENT = gettext_noop("died, or erased"), gettext_noop("student")

# What apps above know that bars a borrower from loans, in words; empty where nothing does.
_bars: list[Callable[[int], str]] = []


def told_of_bars(told: Callable[[int], str]) -> None:
    """Have ``told(borrower_id)`` asked what bars a borrower from loans; called when Django starts."""
    _bars.append(told)


@dataclass(frozen=True, slots=True)
class Likeness:
    """Another borrower, by what they are alike, and what bars them from loans; both untranslated."""

    other: Borrower
    by: tuple[str, ...]
    bars: tuple[str, ...]

    @property
    def is_barred_person(self) -> bool:
        """Barred, with the same name and birth date: nobody agrees that they are two people."""
        return bool(self.bars) and SAME_PERSON in self.by


def likenesses(borrower: Borrower) -> list[Likeness]:
    """The other borrowers of the house, whoever brought them, whom this one is like; the oldest first."""
    found: dict[int, list[str]] = {}
    for what, people in _alike(borrower).items():
        for number in people - {borrower.pk}:
            found.setdefault(number, []).append(what)
    others = Borrower.objects.filter(pk__in=found).order_by("pk")
    return [Likeness(other, tuple(found[other.pk]), _bars_of(other)) for other in others]


def _alike(borrower: Borrower) -> dict[str, set[int]]:
    namesakes = Borrower.objects.filter(name_index=borrower.name_index, birth_date=borrower.birth_date)
    mobiles = set(borrower.contact_points.filter(kind=ContactKind.MOBILE).values_list("value_index", flat=True))
    mobiles = (mobiles | {borrower.phone_index}) - {""}
    points = ContactPoint.objects.filter(kind=ContactKind.MOBILE, value_index__in=mobiles)
    callers = Borrower.objects.filter(phone_index__in=mobiles)
    indexes = list(borrower.bank_accounts.values_list("account_index", flat=True))
    accounts = BankAccount.objects.filter(account_index__in=indexes, verified_on__isnull=False)
    return {
        SAME_PERSON: set(namesakes.values_list("pk", flat=True)) if borrower.birth_date else set(),
        SAME_MOBILE: set(points.values_list("borrower_id", flat=True)) | set(callers.values_list("pk", flat=True)),
        SAME_ACCOUNT: set(accounts.values_list("borrower_id", flat=True)),
    }


def _bars_of(borrower: Borrower) -> tuple[str, ...]:
    known = (
        "" if borrower.is_active else _NOT_ACTIVE,
        _STUDENT if borrower.occupation == STUDENT else "",
        *(told(borrower.pk) for told in _bars),
    )
    return tuple(bar for bar in known if bar)
