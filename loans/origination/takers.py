"""Who took an application, and so neither decides on it nor proves an income for it."""

from datetime import date

from django.utils.translation import gettext_lazy as _

from core.errors import NotAllowed
from loans.models import Application
from partners.people_behind import people_behind, require_independent
from staff.models import User


class TakerDecides(NotAllowed):
    code = "taker_decides"
    message = _("You took this application. Another person must decide on it.")


def takers_of(application: Application) -> frozenset[int]:
    """The numbers of the users who took it: who saved or submitted it, and the program that submitted it, which is in the
    hands of whoever made its keys (``partners.people_behind``)."""
    takers, key = {application.submitted_by_id}, application.submitted_via
    if key is not None:
        takers.add(key.client.acts_as_id)
    return frozenset(taker for taker in takers if taker is not None)


def require_not_taker(application: Application, person: User | None, on: date) -> None:
    """Raise TakerDecides, or AccountsNotIndependent of an account tied to a taker's."""
    takers = takers_of(application)
    if person is None or not takers:
        return
    if person.pk in takers | people_behind(takers):
        raise TakerDecides()
    require_independent(person, takers, on)
