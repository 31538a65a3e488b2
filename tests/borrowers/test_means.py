"""Income and debts elsewhere."""

from decimal import Decimal

import pytest

from borrowers.means import AmountRefused, IncomeSourceUnknown
from borrowers.onboarding import record_external_debt, record_income
from borrowers.queries import borrower_file
from tests.borrowers.factories import ON, LinFactory
from tests.staff.factories import UserFactory

pytestmark = pytest.mark.django_db

SALARY = Decimal("8200.00")


def test_an_income_is_a_figure_with_source_and_day() -> None:
    borrower = LinFactory()

    officer = UserFactory(username="officer")

    record_income(borrower_id=borrower.pk, source="salary", monthly_amount=SALARY, as_of=ON, by=officer)

    (income,) = borrower_file(borrower, ON).read().incomes
    assert (income.source, income.monthly_amount, income.as_of) == ("salary", SALARY, ON)
    assert (income.told_by, income.recorded_by, income.verified) == ("declared", officer, False)


@pytest.mark.parametrize("amount", [Decimal(0), Decimal("-1.00")])
def test_an_income_must_be_positive(amount: Decimal) -> None:
    with pytest.raises(AmountRefused) as refusal:
        record_income(borrower_id=LinFactory().pk, source="salary", monthly_amount=amount, as_of=ON, by=UserFactory())

    assert refusal.value.field == "monthly_amount"


def test_an_unknown_source_of_income_is_refused() -> None:
    with pytest.raises(IncomeSourceUnknown):
        record_income(borrower_id=LinFactory().pk, source="lottery", monthly_amount=SALARY, as_of=ON, by=UserFactory())


def test_a_debt_elsewhere_may_be_paid_off_but_not_negative() -> None:
    borrower = LinFactory()
    debt = {"borrower_id": borrower.pk, "lender": " 示例 银行 ", "as_of": ON, "source": "bureau", "by": UserFactory()}

    stored = record_external_debt(balance=Decimal(0), monthly_payment=Decimal(0), **debt)
    assert (stored.lender, stored.source) == ("示例 银行", "bureau")

    with pytest.raises(AmountRefused) as refusal:
        record_external_debt(balance=Decimal(1), monthly_payment=Decimal(-1), **debt)
    assert refusal.value.field == "monthly_payment"
