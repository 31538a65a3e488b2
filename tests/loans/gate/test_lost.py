"""What of a person was lost is still bound, and every channel either proves itself or is a word."""

import pytest

from core import business_date
from loans.acts.performing import perform
from loans.gate.commitments import CommitmentKind
from loans.models import (
    WITHOUT_BANK_LINE,
    Loan,
    RepaymentChannel,
)
from tests.loans.acts.test_acts import wish
from tests.loans.doing import vouched, write_off
from tests.loans.factories import ON, ApplicantFactory, LoanFactory
from tests.loans.gate.test_by_word import bound, said

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _the_day() -> None:
    business_date.move_to(ON)


def test_every_channel_either_proves_itself_or_is_a_word() -> None:
    """A new channel has to say which of both it is."""
    proves_itself = {"bank_file", "direct_debit", "import"}

    assert set(RepaymentChannel.values) == proves_itself | set(WITHOUT_BANK_LINE)
    assert not proves_itself & set(WITHOUT_BANK_LINE)


class TestLost:
    """What was lost of a person is still bound: a write-off makes no room under the cap."""

    @pytest.fixture
    def loan(self) -> Loan:
        return LoanFactory(active=True, borrower=ApplicantFactory(), disbursed_on=ON)

    def test_a_write_off_binds_as_the_debt_did(self, loan: Loan) -> None:
        before = bound(loan)

        write_off(loan_id=loan.pk, on=ON, reason="gone")

        (row,) = bound(loan).rows
        assert (row.kind, row.amount, row.loan_id) == (CommitmentKind.WRITTEN_OFF, loan.principal, loan.pk)
        assert row.payment == pytest.approx(before.payment, abs=1)

    def test_so_does_a_charge_off(self, loan: Loan) -> None:
        perform(wish(loan, "charged_off", ON, cause="overdue"), approved=True)

        assert bound(loan).amount == loan.principal

    def test_what_came_back_binds_no_more_once_it_is_proved(self, loan: Loan) -> None:
        write_off(loan_id=loan.pk, on=ON, reason="gone")

        said(loan, "2000.00", "bank_file")
        assert bound(loan).amount == loan.principal - 2_000
        said(loan, "3000.00")
        assert bound(loan).amount == loan.principal - 2_000
        vouched(loan, ON)
        assert bound(loan).amount == loan.principal - 5_000
        said(loan, loan.principal - 5_000, "bank_file")
        assert bound(loan).rows == ()
