"""Who took an application, and so neither decides on it nor proves an income for it; neither does an account of theirs."""

from datetime import date

from django.utils.translation import gettext_lazy as _

from audit.deciding import require_other_hand
from core.errors import NotAllowed
from loans.models import Application
from staff.models import User


class TakerDecides(NotAllowed):
    code = "taker_decides"
    message = _("You took this application, or whoever did is tied to your account. Another person must decide on it.")


def takers_of(application: Application) -> frozenset[int]:
    """The numbers of the users who took it: who saved or submitted it, and the program that submitted it, which is in the
    hands of whoever made its keys (``audit.deciding``)."""
    takers, key = {application.submitted_by_id}, application.submitted_via
    if key is not None:
        takers.add(key.client.acts_as_id)
    return frozenset(taker for taker in takers if taker is not None)


def require_not_taker(application: Application, by: User | None, on: date) -> None:
    """Raise TakerDecides where ``by`` counts as one person with who took the application, or made a key of its program."""
    require_other_hand(by, takers_of(application), TakerDecides(), on)
