"""What a borrower lives from: stated, changed with a trace, and never guessed."""

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from audit.context import acting_for
from borrowers.models import Borrower, Occupation
from core.errors import Invalid
from staff.models import User


class OccupationUnknown(Invalid):
    """Not one of the occupations."""

    code = "occupation_unknown"
    field = "occupation"
    message = _("“%(occupation)s” is not one of the occupations.")


def require_occupation(occupation: str) -> None:
    """Raises OccupationUnknown; empty says that it is not known."""
    if occupation and occupation not in Occupation.values:
        raise OccupationUnknown(occupation=occupation)


@transaction.atomic
def state_occupation(*, borrower_id: int, occupation: str, changed_by: User | None = None) -> Borrower:
    """What the borrower lives from, from now on; what was stated before stays in the history. Raises OccupationUnknown."""
    require_occupation(occupation)
    borrower = Borrower.objects.select_for_update().get(pk=borrower_id)
    if borrower.occupation != occupation:
        borrower.occupation = occupation
        with acting_for(changed_by):
            borrower.save()
    return borrower
