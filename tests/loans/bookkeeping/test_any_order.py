"""Whatever happens to a loan, and in whatever order the office hears of it, the books agree with contract and events."""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import DomainError
from core.money import ZERO
from ledger.queries import difference
from loans.acts.performing import perform
from loans.acts.undoing import undo
from loans.models import Loan, LoanAct, LoanPosition, Repayment
from loans.night.closing import accrue_and_age
from loans.proof.verifying import compare
from loans.servicing.guarding import Excess
from loans.servicing.repayments import record_repayment, reverse_repayment
from loans.servicing.settling import settle_early
from tests.examples import lives
from tests.loans.acts.test_acts import wish
from tests.loans.acts.test_undoing import take_back
from tests.loans.books import OF_THE_WAY
from tests.loans.doing import extend, refund_overpayment, waive, write_off
from tests.loans.factories import DISBURSED, LoanFactory

pytestmark = pytest.mark.django_db
LAST_DAY = 150
METHODS = st.sampled_from(["equal_instalments", "equal_principal", "interest_only", "bullet"])
RATES = st.sampled_from([ZERO, Decimal("0.18")])
ACTS = {"pay": 6, "reverse": 3, "extend": 1, "waive": 2, "settle": 1, "refund": 2, "write_off": 1, "take_back": 2}
ACTS |= {"goodwill": 1, "interest_waived": 1, "rate": 1, "charge_back": 1, "penalty": 1, "charge_off": 2, "undo": 1}
ACTS |= {"fee": 1, "late_multiplier": 1, "redate": 2}
MONEY = {"principal_outstanding", "interest_paid", "fee_paid", "late_interest_paid", "overpaid"}

steps = st.lists(
    st.tuples(
        st.integers(0, 25),  # days closed before
        st.sampled_from([name for name, weight in ACTS.items() for _ in range(weight)]),
        st.integers(0, 90),  # how long ago the money came, days more, or which receipt
        st.integers(1, 1_000_000),  # cents
    ),
    max_size=12,
)
FIXED: dict[str, Any] = {}
FOLLOWS_BALANCE = st.fixed_dictionaries(
    {
        "recalculates": st.just(True),
        "rest": st.sampled_from(["daily", "weekly", "monthly", "same_as_repayment"]),
        "compounding": st.sampled_from(["none", "interest", "both"]),
        "compounding_day": st.sampled_from([0, 10]),
        "overdue_bears": st.sampled_from(["every_day", "on_receipt"]),
        "prepayment": st.sampled_from(
            ["next_instalments", "last_first", "reamortise", "reduce_instalment", "reduce_number", "lessen_next"]
        ),
    }
)
terms = st.fixed_dictionaries(
    {
        "method": METHODS,
        "annual_rate": RATES,
        "fee_total": st.sampled_from([ZERO, Decimal("99.99")]),
        "grace_days": st.sampled_from([0, 5]),
        "late_interest_compounds": st.booleans(),
        "late_interest_most": st.sampled_from([None, Decimal("40.00")]),
        "allocation_order": st.permutations(["fee", "late_interest", "interest", "principal"]).map(list),
        "servicing": st.one_of(st.just(FIXED), FOLLOWS_BALANCE),
    }
).map(lambda facts: {**facts, **facts["servicing"]})
often = lives(30)


def a_loan(**changes: Any) -> Loan:
    facts = {name: value for name, value in changes.items() if name != "servicing"}
    return LoanFactory(active=True, instalment_count=4, late_rate_multiplier=Decimal("1.50"), **facts)


def pay(loan: Loan, key: object, cents: int, received_on: date, recorded_on: date) -> Repayment:
    return record_repayment(
        loan_id=loan.pk,
        amount=Decimal(cents).scaleb(-2),
        received_on=received_on,
        channel="import",
        idempotency_key=f"{loan.pk}:{key}",
        recorded_by=None,
        recorded_on=recorded_on,
        excess=Excess.CREDITED if cents % 2 else Excess.PAID_AHEAD,
        allow_repeat=True,
    )


def about_a_receipt(loan: Loan, act: str, receipt: Repayment, came_on: date, today: date) -> Callable[[], Any]:
    """The receipt reversed, or moved to another day."""
    if act == "reverse":
        return lambda: reverse_repayment(repayment_id=receipt.pk, reason="bounced", reversed_on=today)
    values = {"receipt": receipt.number, "received_on": came_on}
    return lambda: perform(wish(loan, "receipt_redated", today, **values), approved=True)


def an_act(loan: Loan, key: int, act: str, number: int, cents: int, today: date) -> Callable[[], Any]:
    """The verb that ``act`` names, with arguments that people might give."""
    amount = Decimal(cents).scaleb(-2)
    receipts = list(Repayment.objects.filter(loan=loan).order_by("id"))
    acts = list(LoanAct.objects.filter(loan=loan).order_by("id").values_list("id", flat=True))
    overpaid = LoanPosition.objects.get(pk=loan.pk).overpaid
    granted = list(loan.acts.filter(kind__in=("waiver", "extension", "refund")).order_by("id"))
    came_on = max(today - timedelta(days=number if number % 2 else 0), DISBURSED)
    facts: dict[str, Any] = {"loan_id": loan.pk, "on": today}
    match act:
        case "reverse" | "redate" if receipts:
            return about_a_receipt(loan, act, receipts[number % len(receipts)], came_on, today)
        case "extend":
            return lambda: extend(**facts, days=number or 1, reason="illness", approved=True)
        case "waive":
            component = "fee" if number % 2 else "late_interest"
            return lambda: waive(**facts, component=component, amount=min(amount, Decimal("1.50")), reason="goodwill")
        case "settle":
            facts["on"] = came_on
            return lambda: settle_early(
                **facts, recorded_on=today, channel="import", idempotency_key=f"{loan.pk}:{key}"
            )
        case "take_back" if granted:
            row = granted[number % len(granted)]
            return lambda: take_back(row, on=today)
        case "refund" if overpaid:
            return lambda: refund_overpayment(**facts, amount=min(amount, overpaid), idempotency_key=f"{loan.pk}:{key}")
        case "goodwill":
            values = {"amount": amount}
            return lambda: perform(wish(loan, "goodwill_credit", came_on, recorded_on=today, **values), approved=True)
        case "interest_waived":
            return lambda: perform(wish(loan, act, came_on, recorded_on=today, amount=amount), approved=True)
        case "fee":
            kind = "fee_raised" if number % 3 else "fee_lowered"
            values = {"instalment": 1 + number % 4, "amount": min(amount, Decimal("9.99"))}
            return lambda: perform(wish(loan, kind, came_on, recorded_on=today, **values))
        case "late_multiplier":
            values = {"multiplier": Decimal(130 + number % 21) / 100}
            return lambda: perform(wish(loan, "late_multiplier_changed", came_on, recorded_on=today, **values))
        case "penalty":
            return lambda: perform(wish(loan, "penalty_added", came_on, recorded_on=today, amount=amount))
        case "rate":
            rate = Decimal(number) / 500
            return lambda: perform(
                wish(loan, "rate_changed", came_on, recorded_on=today, annual_rate=rate), approved=True
            )
        case "charge_back" if receipts:
            receipt = receipts[number % len(receipts)]
            taken = min(amount, receipt.amount)
            parts = {"interest": min(taken, receipt.interest)} if number % 3 == 0 and receipt.interest else {}
            values = {"amount": taken, "receipt": receipt.number, **parts}
            return lambda: perform(wish(loan, "charge_back", came_on, recorded_on=today, **values))
        case "charge_off":
            return lambda: perform(wish(loan, "charged_off", came_on, recorded_on=today, cause="fraud"), approved=True)
        case "undo" if acts:
            return lambda: undo(act_id=acts[number % len(acts)], reason="wrong", on=today)
        case "write_off" if number > 60:
            return lambda: write_off(**facts, reason="no prospect")
    return lambda: pay(loan, key, cents, came_on, today)


def assert_credit_is_used(loan: Loan) -> None:
    """Nothing is owed, due or not, beside what was overpaid; only a loan written off stands still with both."""
    overpaid = loan.position.overpaid
    assert overpaid >= 0
    owed = sum((row.still_owed for row in loan.instalments.filter(superseded_on=None)), ZERO)
    assert not overpaid or not owed or loan.status == "written_off"


def assert_all_money_is_somewhere(loan: Loan) -> None:
    """What was ever paid or credited, less what was given back, paid something or is overpaid."""
    if loan.status == "written_off":
        return
    came = sum((receipt.amount for receipt in loan.repayments.filter(status="posted")), ZERO)
    for act in loan.acts.filter(status="standing"):
        figures = {name: Decimal(figure) for name, figure in act.figures.items()}
        came += figures["credited"] if act.kind == "goodwill_credit" else ZERO
        came -= figures["refunded"] - figures.get("owed_again", ZERO) if act.kind == "refund" else ZERO
    paid = sum((row.paid for row in loan.instalments.filter(superseded_on=None)), ZERO)
    assert came == paid + loan.position.overpaid


@often
@given(terms=terms, steps=steps)
def test_the_books_agree_after_any_story(terms: dict[str, Any], steps: list[tuple[int, str, int, int]]) -> None:
    """Payments late told of, reversals, extensions, waivers, early settlements, refunds, a write-off, and nights between.

    A verb may refuse, but by name only.
    """
    loan = a_loan(**terms)
    today = DISBURSED
    for key, (days, act, number, cents) in enumerate(steps):
        for _ in range(min(days, 3)):  # three nights, the last one making up for the nights left out
            accrue_and_age(loan.pk, loan.pk, today)
            today += timedelta(days=1)
        if days > 3:
            today += timedelta(days=days - 3)
            accrue_and_age(loan.pk, loan.pk, today - timedelta(days=1))
        try:
            an_act(loan, key, act, number, cents, today)()
        except DomainError:
            continue
        told = Loan.objects.select_related("position").get(pk=loan.pk)
        assert compare(told) == [], (act, number, cents)
        assert_credit_is_used(told)
        assert_all_money_is_somewhere(told)
        assert (told.status == "settled") == (told.settled_on is not None)
    assert difference() == ZERO


payments = st.lists(
    st.tuples(st.integers(1, LAST_DAY), st.integers(1, 400_000)), min_size=1, max_size=5, unique_by=lambda p: p[0]
)


@often
@given(terms=terms, payments=payments, order=st.randoms(use_true_random=False), closed=st.integers(0, LAST_DAY))
def test_told_in_any_order_the_loan_stands_where_date_order_leaves_it(
    terms: dict[str, Any], payments: list[tuple[int, int]], order: Any, closed: int
) -> None:
    told = list(payments)
    order.shuffle(told)
    in_order, any_order = a_loan(**terms), a_loan(**terms)
    end = DISBURSED + timedelta(days=LAST_DAY)

    for day, cents in sorted(payments):
        on = DISBURSED + timedelta(days=day)
        accrue_and_age(in_order.pk, in_order.pk, on - timedelta(days=1))
        pay(in_order, day, cents, on, on)
    for place, (day, cents) in enumerate(told):
        if place == len(told) // 2:
            accrue_and_age(any_order.pk, any_order.pk, DISBURSED + timedelta(days=closed))
        pay(any_order, day, cents, DISBURSED + timedelta(days=day), end)
    for loan in (in_order, any_order):
        accrue_and_age(loan.pk, loan.pk, end)

    stands = [
        {name: value for name, value in row.items() if name not in OF_THE_WAY}
        for row in LoanPosition.objects.filter(pk__in=[in_order.pk, any_order.pk]).order_by("pk").values()
    ]
    assert stands[0] == stands[1]
    ends = Loan.objects.filter(pk__in=[in_order.pk, any_order.pk]).values_list("status", "settled_on")
    assert ends[0] == ends[1]
