"""What one person gives up or takes back alone is one sum a day over all loans; who took cash does not take it back."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from audit.models import Approval
from core import business_date
from core.rules import forget_cached_rules
from loans.acts.asking import perform_or_ask, undo_or_ask
from loans.acts.performing import perform
from loans.acts.receipts import reverse_or_ask
from loans.models import Loan, LoanAct, Repayment
from staff.models import User
from tests.loans.acts.test_acts import wish
from tests.loans.books import close_until
from tests.loans.factories import LoanFactory, RepaymentFactory
from tests.loans.night.test_concurrency import at_once
from tests.loans.pricing.test_cost_caps import set_rule
from tests.staff.factories import UserFactory, second_account_of

pytestmark = pytest.mark.django_db
ON = date(2026, 3, 20)
StaffMember = Callable[..., User]


@pytest.fixture
def loans() -> list[Loan]:
    made = [LoanFactory(active=True, principal=Decimal("12000.00")) for _ in range(4)]
    close_until(ON - timedelta(days=1))
    business_date.move_to(ON)
    set_rule(
        "alone_in_a_day",
        ON,
        {"given_up": {"person": "1000", "program": "0"}, "taken_back": {"person": "2500", "program": "0"}},
    )
    forget_cached_rules()
    return made


def credited(loan: Loan, by: User, amount: str = "500", on: date = ON) -> object:
    return perform_or_ask(replace(wish(loan, "goodwill_credit", on, amount=Decimal(amount)), by=by))


def said(loan: Loan, by: User, amount: str = "1000") -> Repayment:
    receipt = perform_or_ask(replace(wish(loan, "repayment", ON, amount=Decimal(amount)), by=by))
    assert isinstance(receipt, Repayment)
    return receipt


def reversed_by(receipt: Repayment, by: User) -> object:
    return reverse_or_ask(repayment_id=receipt.pk, reason="typed on the wrong loan", on=ON, by=by)


class TestGivenUp:
    def test_it_is_one_sum_over_all_loans(self, loans: list[Loan], staff_member: StaffMember) -> None:
        clerk = staff_member("collector")

        outcomes = [type(credited(loan, clerk)) for loan in loans]

        assert outcomes == [LoanAct, LoanAct, Approval, Approval]

    def test_another_person_has_a_day_of_their_own(self, loans: list[Loan], staff_member: StaffMember) -> None:
        clerk = staff_member("collector")
        for loan in loans[:2]:
            credited(loan, clerk)

        assert isinstance(credited(loans[2], staff_member("collector", username="another")), LoanAct)

    def test_so_has_the_next_day(self, loans: list[Loan], staff_member: StaffMember) -> None:
        clerk = staff_member("collector")
        for loan in loans[:2]:
            credited(loan, clerk)
        close_until(ON)
        tomorrow = ON + timedelta(days=1)
        business_date.move_to(tomorrow)

        assert isinstance(credited(loans[2], clerk, on=tomorrow), LoanAct)

    def test_by_whatever_acts(self, loans: list[Loan], staff_member: StaffMember) -> None:
        clerk = staff_member("operations")
        credited(loans[0], staff_member("collector"))
        first = perform_or_ask(replace(wish(loans[1], "payment_holiday", ON, count=3, interest="free"), by=clerk))
        assert isinstance(first, LoanAct) and Decimal(first.figures["interest_forgone"]) > 400

        seconds = [
            perform_or_ask(replace(wish(loan, "payment_holiday", ON, count=3, interest="free"), by=clerk))
            for loan in loans[2:]
        ]

        assert Approval in {type(second) for second in seconds}

    def test_charges_taken_back_by_undoing_count(self, loans: list[Loan], staff_member: StaffMember) -> None:
        """Put there by somebody else before, so that it is no mistake of one's own."""
        clerk, other = staff_member("collector"), staff_member("operations")
        penalties = [
            perform_or_ask(replace(wish(loan, "penalty_added", ON, amount=Decimal("300")), by=other)) for loan in loans
        ]

        outcomes = [
            type(undo_or_ask(act_id=act.pk, reason="a favour", on=ON, by=clerk))  # type: ignore[union-attr]
            for act in penalties
        ]

        assert outcomes == [LoanAct, LoanAct, LoanAct, Approval]


class TestTakenBack:
    def test_cash_is_taken_back_by_another_hand(self, loans: list[Loan], staff_member: StaffMember) -> None:
        clerk = staff_member("operations")
        receipt = said(loans[0], clerk)

        assert isinstance(reversed_by(receipt, clerk), Approval)
        receipt.refresh_from_db()
        assert receipt.stands

    def test_nor_charged_back_by_who_took_it(self, loans: list[Loan], staff_member: StaffMember) -> None:
        clerk = staff_member("operations")
        receipt = said(loans[0], clerk)

        asked = perform_or_ask(
            replace(wish(loans[0], "charge_back", ON, amount=Decimal("1000"), receipt=receipt.number), by=clerk)
        )

        assert isinstance(asked, Approval)

    def test_another_hand_takes_so_much_back_in_a_day(self, loans: list[Loan], staff_member: StaffMember) -> None:
        receipts = [said(loan, staff_member("operations")) for loan in loans[:1]]
        receipts += [
            RepaymentFactory(loan=loan, amount=Decimal("1000.00"), received_on=ON, recorded_on=ON) for loan in loans[1:]
        ]
        another = staff_member("collector")

        outcomes = [type(reversed_by(receipt, another)) for receipt in receipts]

        assert outcomes == [Repayment, Repayment, Approval, Approval]


@pytest.mark.django_db(transaction=True)
def test_neither_one_person_nor_two_accounts_of_theirs_give_up_more_at_once() -> None:
    """Each would see only itself, if they did not come one by one."""
    clerk = UserFactory()
    hands = [clerk, second_account_of(clerk)]
    loans = [LoanFactory(active=True, principal=Decimal("12000.00")) for _ in range(6)]
    close_until(date(2026, 2, 14))
    on = date(2026, 2, 15)
    set_rule("alone_in_a_day", on, {"given_up": {"person": "600"}, "taken_back": {}})
    forget_cached_rules()
    asked = [
        replace(wish(loan, "goodwill_credit", on, amount=Decimal("400"), key=str(loan.pk)), by=hands[number % 2])
        for number, loan in enumerate(loans)
    ]

    answers = at_once([lambda one=one: perform(one) for one in asked])

    assert sorted(type(answer).__name__ for answer in answers) == ["BeyondAuthority"] * 5 + ["LoanAct"]
