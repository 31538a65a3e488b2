"""Income and debts elsewhere."""

from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from audit.approvals import ReasonMissing
from borrowers.means import (
    AmountRefused,
    DebtSourceUnknown,
    IncomeProved,
    IncomeSourceUnknown,
    RecorderVerifies,
    receive_external_debt,
    verify_income,
)
from borrowers.models import Income
from borrowers.onboarding import record_external_debt, record_income
from borrowers.queries import borrower_file
from staff.models import AccountTie, User
from tests.borrowers.factories import ON, ExternalDebtFactory, IncomeFactory, LinFactory
from tests.partners.factories import ApiKeyFactory
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


class TestVerifying:
    """Who verifies an income is somebody else than who recorded it, in a hand of their own."""

    def declared(self, **facts: Any) -> Income:
        return IncomeFactory(
            borrower=LinFactory(), told_by="declared", recorded_by=UserFactory(username="olga"), **facts
        )

    def test_another_person_proves_it_by_evidence(self) -> None:
        income, uwe = self.declared(), UserFactory(username="uwe")

        verify_income(income_id=income.pk, evidence="Pay slip of May, in the file", on=ON, by=uwe)

        income.refresh_from_db()
        assert (income.verified, income.verified_by, income.verified_on) == (True, uwe, ON)
        assert income.evidence == "Pay slip of May, in the file"
        assert income.history.latest().verified_by == uwe

    def test_who_recorded_it_does_not(self) -> None:
        income = self.declared()

        with pytest.raises(RecorderVerifies):
            verify_income(income_id=income.pk, evidence="I saw it", on=ON, by=User.objects.get(username="olga"))

    def test_nor_an_account_that_the_recorder_made(self) -> None:
        income, second = self.declared(), UserFactory(username="second-account")
        AccountTie.objects.create(account=second, by=User.objects.get(username="olga"), what="made")

        with pytest.raises(RecorderVerifies):
            verify_income(income_id=income.pk, evidence="I saw it", on=ON, by=second)

    def test_nor_who_made_the_key_by_which_a_program_recorded_it(self) -> None:
        maker = UserFactory(username="maker")
        key = ApiKeyFactory(created_by=maker)
        income = IncomeFactory(borrower=LinFactory(), told_by="declared", recorded_by=key.client.acts_as)

        with pytest.raises(RecorderVerifies):
            verify_income(income_id=income.pk, evidence="I saw it", on=ON, by=maker)
        verify_income(income_id=income.pk, evidence="Pay slip", on=ON, by=UserFactory(username="another"))

    def test_without_evidence_nothing_is_proved(self) -> None:
        with pytest.raises(ReasonMissing) as refusal:
            verify_income(income_id=self.declared().pk, evidence="  ", on=ON, by=UserFactory())

        assert refusal.value.field == "evidence"

    def test_twice_by_one_is_once_and_by_two_is_refused(self) -> None:
        income, uwe = self.declared(), UserFactory(username="uwe")
        for _again in range(2):
            verify_income(income_id=income.pk, evidence="Pay slip", on=ON, by=uwe)

        with pytest.raises(IncomeProved):
            verify_income(income_id=income.pk, evidence="Pay slip", on=ON, by=UserFactory())

    @pytest.mark.parametrize(
        "change",
        [
            "verified_by_id = recorded_by_id, verified_on = '2026-06-15', evidence = 'x'",
            "verified_by_id = {other}, verified_on = '2026-06-15'",
            "verified_on = '2026-06-15', evidence = 'x'",
            "told_by = 'payroll'",
            "recorded_by_id = NULL",
            "told_by = 'neighbour', recorded_by_id = NULL",
        ],
    )
    def test_the_database_refuses_it_too(self, change: str) -> None:
        income, other = self.declared(), UserFactory(username="other")

        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"UPDATE borrowers_income SET {change.format(other=other.pk)} WHERE id = %s", [income.pk])


class TestOwedElsewhere:
    def owed(self, *told: tuple[str, str, int, int]) -> Decimal:
        """What is paid a month by these debts to one lender: source, system or person, balance and payment, in order."""
        borrower = LinFactory()
        for source, by, balance, payment in told:
            facts = {"balance": Decimal(balance), "monthly_payment": Decimal(payment), "as_of": ON}
            if by == "system":
                receive_external_debt(borrower_id=borrower.pk, lender="Harbour Bank", **facts)
            else:
                ExternalDebtFactory(borrower=borrower, lender="harbour  bank", source=source, **facts)
        return borrower_file(borrower, ON).read().total_debt_payment

    def test_of_a_lender_the_larger_figure_counts_and_once(self) -> None:
        assert self.owed(("bureau", "system", 5_000, 400), ("declared", "person", 6_000, 500)) == 500

    def test_a_declared_zero_takes_nothing_away_from_the_bureau(self) -> None:
        assert self.owed(("bureau", "system", 5_000, 400), ("declared", "person", 0, 0)) == 400

    def test_nor_does_a_bureau_figure_that_a_person_typed(self) -> None:
        assert self.owed(("bureau", "system", 5_000, 400), ("bureau", "person", 0, 0)) == 400

    def test_what_each_told_last_replaces_what_they_told_before(self) -> None:
        assert self.owed(("bureau", "system", 5_000, 400), ("bureau", "system", 0, 0)) == 0

    def test_only_the_bureau_records_by_nobodys_hand(self) -> None:
        debt = ExternalDebtFactory(borrower=LinFactory())

        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("UPDATE borrowers_externaldebt SET recorded_by_id = NULL WHERE id = %s", [debt.pk])

    def test_a_source_nobody_knows_is_refused(self) -> None:
        with pytest.raises(DebtSourceUnknown):
            ExternalDebtFactory(borrower=LinFactory(), source="the neighbour")
