"""What becomes of a due date on a day off, in words: of a product or a loan, or as it was sealed with a contract."""

from collections.abc import Mapping

from django.utils.translation import gettext as _

from loans.models import Loan, ProductVersion
from loans.models.schedule_choices import WORDS
from loans.schedules.terms import BusinessDayRoll


def words_of(agreed: ProductVersion | Loan) -> str:
    """What becomes of such a date, and by whose calendar."""
    return _words(agreed.business_day_roll, agreed.business_calendar)


def words_of_contract(agreed: Mapping[str, str]) -> str:
    """The same from what was sealed with a contract."""
    return _words(agreed["due_date"], agreed["calendar"])


def _words(roll: str, calendar: str) -> str:
    said = str(WORDS[BusinessDayRoll][BusinessDayRoll(roll)])
    return (
        said if roll == BusinessDayRoll.NONE else _("%(moved)s (calendar %(code)s)") % {"moved": said, "code": calendar}
    )
