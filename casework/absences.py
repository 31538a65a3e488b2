"""Who is away, and who covers: the tasks of the one stand in the inbox of the other, for the days of the absence.

Cover is not passed on, and it is no right: who covers does what their own roles may do.
"""

from datetime import date

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from audit.deciding import same_account
from casework.models import Absence
from casework.words import kept_words
from core.context import acting_for
from core.errors import DomainError, Invalid, NotAllowed, NotFound
from staff.models import User
from staff.roles import roles_of

ASSIGN = "casework.assign_task"


class AbsenceDatesWrong(Invalid):
    code = "absence_dates_wrong"
    field = "last_day"
    message = _("An absence begins today or later and ends on its first day or later.")


class AbsenceTwice(DomainError):
    code = "absence_twice"
    message = _("%(person)s is away from %(first)s to %(last)s already. Take that absence back first.")


class CoverUnfit(Invalid):
    code = "cover_unfit"
    field = "cover"
    message = _("%(person)s cannot cover: it takes another active person with a role in common.")


class CoverAway(Invalid):
    code = "cover_away"
    field = "cover"
    message = _("%(person)s is away on some of these days. Choose somebody else.")


class AbsenceOfCover(DomainError):
    code = "absence_of_cover"
    message = _("%(person)s covers for %(other)s on some of these days. Have somebody else cover first.")


class AbsenceNotFound(NotFound):
    code = "absence_not_found"
    message = _("This absence does not exist, or it is over.")


class AbsenceOfAnother(NotAllowed):
    code = "absence_of_another"
    message = _("Only the person who is away, or who gives out their tasks, changes this absence.")


def away_on(on: date) -> QuerySet[Absence]:
    """The absences of the day."""
    return Absence.objects.filter(first_day__lte=on, last_day__gte=on)


def covered_people(cover: User, on: date) -> QuerySet[Absence, int]:
    """The keys of the people for whom ``cover`` does tasks on the day."""
    return away_on(on).filter(cover=cover).values_list("person_id", flat=True)


def covered_by(cover: User, person_id: int, on: date) -> bool:
    """Whether ``cover`` does the tasks of the person on the day."""
    return covered_people(cover, on).filter(person_id=person_id).exists()


@transaction.atomic
def plan(*, person: User, first_day: date, last_day: date, cover: User, by: User, on: date, note: str = "") -> Absence:
    """Note that ``person`` is away from ``first_day`` through ``last_day`` and that ``cover`` does their tasks.

    Raises AbsenceOfAnother, AbsenceDatesWrong, AbsenceTwice, AbsenceOfCover, CoverUnfit, CoverAway, TextNotPlain,
    WordsTooLong.
    """
    _require_own(person, by)
    note = kept_words(note, most=200)
    if not on <= first_day <= last_day:
        raise AbsenceDatesWrong()
    # Both rows are held, so that two do not at the same moment promise to cover for each other.
    both = {one.pk: one for one in User.objects.select_for_update().filter(pk__in=[person.pk, cover.pk]).order_by("pk")}
    person, cover = both[person.pk], both[cover.pk]
    standing = _within(person, first_day, last_day).first()
    if standing is not None:
        raise AbsenceTwice(person=str(person), first=standing.first_day.isoformat(), last=standing.last_day.isoformat())
    covers = _on_days(Absence.objects.filter(cover=person), first_day, last_day).select_related("person").first()
    if covers is not None:
        raise AbsenceOfCover(person=str(person), other=str(covers.person))
    if (
        same_account(cover.pk, person.pk)
        or not cover.is_active
        or not {*roles_of(cover)}.intersection(roles_of(person))
    ):
        raise CoverUnfit(person=str(cover))
    if _within(cover, first_day, last_day).exists():
        raise CoverAway(person=str(cover))
    with acting_for(by):
        return Absence.objects.create(person=person, first_day=first_day, last_day=last_day, cover=cover, note=note)


@transaction.atomic
def take_back(*, absence_id: int, by: User, on: date) -> None:
    """End an absence: one that has not begun is taken away, one that has begun ends with the day before ``on``.

    Raises AbsenceNotFound, AbsenceOfAnother.
    """
    found = Absence.objects.select_for_update().filter(pk=absence_id, last_day__gte=on).first()
    if found is None:
        raise AbsenceNotFound()
    _require_own(found.person, by)
    with acting_for(by):
        if found.first_day >= on:
            found.delete()
        else:
            found.last_day = date.fromordinal(on.toordinal() - 1)
            found.save()


def _within(person: User, first_day: date, last_day: date) -> QuerySet[Absence]:
    return _on_days(Absence.objects.filter(person=person), first_day, last_day)


def _on_days(rows: QuerySet[Absence], first_day: date, last_day: date) -> QuerySet[Absence]:
    return rows.filter(first_day__lte=last_day, last_day__gte=first_day)


def _require_own(person: User, by: User) -> None:
    shares = {*roles_of(by)}.intersection(roles_of(person))
    if not same_account(by.pk, person.pk) and not (by.has_perm(ASSIGN) and shares):
        raise AbsenceOfAnother()
