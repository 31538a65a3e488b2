"""What the columns of a tape mean. A new shape of tape is a new entry here, nothing else."""

from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from core.errors import NotFound


class ProfileUnknown(NotFound):
    code = "tape_profile_unknown"
    message = _("There is no profile %(profile)s. Known: %(known)s.")


@dataclass(frozen=True, slots=True)
class Profile:
    """Column names by fact, and how the loans of the tape were made.

    A loan whose term is one of ``single_due_terms`` is due once, on its first due date; the others are due in equal
    parts of ``part_days`` beginning there. Borrowers are known by the lender's own number, not by a document.
    """

    code: str
    market: str
    loan_key: str
    borrower_key: str
    applied_at: str
    approved_at: str
    first_due_on: str
    first_paid_at: str
    closed_at: str
    principal: str
    total_due: str
    term_days: str
    sequence: str
    single_due_terms: tuple[int, ...]
    part_terms: tuple[int, ...]
    part_days: int

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns a tape must have, in the order in which a line is checked."""
        return (
            self.loan_key,
            self.borrower_key,
            self.sequence,
            self.applied_at,
            self.approved_at,
            self.principal,
            self.total_due,
            self.term_days,
            self.first_due_on,
            self.first_paid_at,
            self.closed_at,
        )

    @property
    def terms(self) -> tuple[int, ...]:
        return (*self.single_due_terms, *self.part_terms)

    def parts(self, term_days: int) -> int:
        """How many instalments a loan of this term has."""
        return 1 if term_days in self.single_due_terms else term_days // self.part_days


PROFILES = {
    "repeat-loans": Profile(
        code="repeat-loans",
        market="NG",
        loan_key="systemloanid",
        borrower_key="customerid",
        sequence="loannumber",
        applied_at="creationdate",
        approved_at="approveddate",
        first_due_on="firstduedate",
        first_paid_at="firstrepaiddate",
        closed_at="closeddate",
        principal="loanamount",
        total_due="totaldue",
        term_days="termdays",
        single_due_terms=(15, 30),
        part_terms=(60, 90),
        part_days=30,
    )
}


def profile_named(code: str) -> Profile:
    if code not in PROFILES:
        raise ProfileUnknown(profile=code, known=", ".join(PROFILES))
    return PROFILES[code]
