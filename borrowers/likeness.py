"""Whether somebody known by another document than a resident ID may be a person the house knows already.

No number ties a passport to a resident ID. What does is name and birth date, a name that sounds alike with the same birth
date and sex, a mobile number, or an account that the bank said is theirs. One person alone does not say of such a borrower
that they are somebody else (``borrowers.standing``), and whenever a document, a name or a mobile comes it is asked again.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_noop

from borrowers.fingerprints import sound_indexes
from borrowers.models import BankAccount, Borrower, ContactKind, ContactPoint, NameSound, Sex
from borrowers.occupations import STUDENT

Ids = QuerySet[Any, tuple[int]]
# What makes two borrowers alike and what bars one of them from loans, in words that a request keeps.
SAME_PERSON, SAME_SOUND, SAME_MOBILE, SAME_ACCOUNT = (
    gettext_noop("name and birth date"),
    gettext_noop("name as it sounds, birth date and sex"),
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


def remember_sounds(borrower: Borrower, name: str) -> None:
    """Keep how ``name``, told of the borrower, sounds; what is kept already stays."""
    rows = [NameSound(borrower=borrower, sound_index=index) for index in sorted(sound_indexes(name))]
    NameSound.objects.bulk_create(rows, ignore_conflicts=True)


def alike_people(borrower: Borrower) -> set[int]:
    """The ids of the other borrowers of the house whom this one is like. One statement."""
    first, *more = (ids for ways in _alike(borrower).values() for ids in ways)
    return {row[0] for row in first.union(*more)} - {borrower.pk}


def likenesses(borrower: Borrower) -> list[Likeness]:
    """The other borrowers of the house, whoever brought them, whom this one is like; the oldest first."""
    found: dict[int, list[str]] = {}
    for what, ways in _alike(borrower).items():
        for number in {row[0] for ids in ways for row in ids} - {borrower.pk}:
            if not (what == SAME_SOUND and SAME_PERSON in found.get(number, ())):
                found.setdefault(number, []).append(what)
    others = Borrower.objects.filter(pk__in=found).order_by("pk")
    return [Likeness(other, tuple(found[other.pk]), _bars_of(other)) for other in others]


def _alike(borrower: Borrower) -> dict[str, list[Ids]]:
    """By what they are alike, and the look-ups of who is, each of one column with the id of a borrower."""
    indexes = borrower.bank_accounts.order_by().values("account_index")
    accounts = BankAccount.objects.filter(account_index__in=indexes, verified_on__isnull=False)
    return {
        SAME_PERSON: [
            _of(Borrower.objects.filter(name_index=borrower.name_index, birth_date=borrower.birth_date), "pk")
        ]
        if borrower.birth_date
        else [],
        SAME_SOUND: [_of(_sounding(borrower), "borrower_id")] if borrower.birth_date else [],
        SAME_MOBILE: _with_mobile_of(borrower),
        SAME_ACCOUNT: [_of(accounts, "borrower_id")],
    }


def _of(rows: QuerySet[Any], column: str) -> Ids:
    return rows.order_by().values_list(column)


def _sounding(borrower: Borrower) -> QuerySet[NameSound]:
    sounds = NameSound.objects.filter(borrower=borrower).values("sound_index")
    heard = NameSound.objects.filter(sound_index__in=sounds, borrower__birth_date=borrower.birth_date)
    known = borrower.sex != Sex.UNKNOWN
    return heard.filter(borrower__sex__in=(borrower.sex, Sex.UNKNOWN)) if known else heard


def _with_mobile_of(borrower: Borrower) -> list[Ids]:
    own = borrower.contact_points.filter(kind=ContactKind.MOBILE).order_by().values("value_index")
    points = ContactPoint.objects.filter(kind=ContactKind.MOBILE)
    told = [own, [borrower.phone_index]] if borrower.phone_index else [own]
    callers = Borrower.objects.exclude(phone_index="")
    return [
        ids
        for mobiles in told
        for ids in (
            _of(points.filter(value_index__in=mobiles), "borrower_id"),
            _of(callers.filter(phone_index__in=mobiles), "pk"),
        )
    ]


def _bars_of(borrower: Borrower) -> tuple[str, ...]:
    known = (
        "" if borrower.is_active else _NOT_ACTIVE,
        _STUDENT if borrower.occupation == STUDENT else "",
        *(told(borrower.pk) for told in _bars),
    )
    return tuple(bar for bar in known if bar)
