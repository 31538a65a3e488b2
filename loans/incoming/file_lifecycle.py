"""The states of a statement file: it waits for a second person, is confirmed as the bank's, or is rejected."""

from django.utils.translation import gettext_lazy as _

from core.errors import DomainError
from core.lifecycle import Lifecycle
from loans.models import BankFile
from loans.models import BankFileStatus as S


class BankFileStepRefused(DomainError):
    code = "bank_file_step_refused"
    message = _("Statement “%(number)s” is “%(status)s”: it cannot become “%(to)s”.")


BANK_FILES = Lifecycle(
    model=BankFile,
    states=S,
    # What the bank's own connection brings needs nobody to confirm it.
    begins=frozenset({S.WAITING, S.CONFIRMED}),
    steps={
        S.WAITING: frozenset({S.CONFIRMED, S.REJECTED}),
        # Asked for again, or brought by the bank after all.
        S.REJECTED: frozenset({S.WAITING, S.CONFIRMED}),
        S.CONFIRMED: frozenset(),
    },
    step_refused=BankFileStepRefused,
    named_by="name",
)

advance = BANK_FILES.advance
