"""Who took an application decides nothing about it, neither does an account of theirs."""

from datetime import date

from django.utils.translation import gettext_lazy as _

from audit.deciding import require_other_hand
from core.errors import NotAllowed
from loans.models import Application
from staff.models import User


class TakerDecides(NotAllowed):
    code = "taker_decides"
    message = _("You took this application, or whoever did is tied to your account. Another person must decide on it.")


def require_not_taker(application: Application, by: User | None, on: date) -> None:
    """Raise TakerDecides where ``by`` counts as one person with whoever took the application."""
    require_other_hand(by, application.submitted_by_id, TakerDecides(), on)
