"""A policy is pledged once, for what its cash value carries, and given back when nothing is owed."""

from datetime import date
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction

from core.rules import forget_cached_rules
from loans.account.policy_cover import CashValue, Growth, cash_value_on
from loans.models import PledgeStatus, PolicyPledge
from loans.pledges.pledge_lifecycle import PledgeTransitionRefused, advance
from loans.pledges.pledge_reading import cover_of, outlook, table_of, with_cover
from loans.pledges.pledging import (
    CashValuesRefused,
    LentTooMuch,
    LoanHasPolicy,
    PolicyAlreadyPledged,
    PolicyBeginsLater,
    PolicyNumberRefused,
    StillOwed,
    TermTooLong,
    pledge_policy,
    record_cash_values,
    release,
)
from loans.servicing.settling import settle_early
from tests.core.factories import rule_says
from tests.loans.books import close_until
from tests.loans.factories import CASH_VALUES, DISBURSED, LoanFactory, PolicyFactory, PolicyPledgeFactory

pytestmark = pytest.mark.django_db


def test_a_pledge_keeps_the_policy_sealed_and_what_was_lent() -> None:
    pledge = PolicyPledgeFactory(policy__number="pl 2020-990001", policy__since=date(2020, 7, 1))

    pledge.refresh_from_db()
    assert (pledge.policy_number, pledge.masked_number) == ("PL2020990001", "**** 0001")
    assert (pledge.lent, pledge.cash_value, pledge.status) == (Decimal("8000.00"), Decimal("10000.00"), "pledged")
    assert pledge.next_anniversary_on == date(2026, 7, 1)
    with connection.cursor() as cursor:
        cursor.execute("SELECT policy_number, insured_name FROM loans_policypledge")
        assert "PL2020990001" not in str(cursor.fetchall()) and "林小雨" not in str(cursor.fetchall())


def test_the_same_policy_again_is_the_same_pledge_and_another_is_refused() -> None:
    loan, policy = LoanFactory(active=True, bullet=True), PolicyFactory()
    first = pledge_policy(loan_id=loan.pk, policy=policy, cash_values=CASH_VALUES, on=DISBURSED)

    assert pledge_policy(loan_id=loan.pk, policy=policy, cash_values=CASH_VALUES, on=DISBURSED).pk == first.pk
    with pytest.raises(LoanHasPolicy):
        PolicyPledgeFactory(loan=loan)
    with pytest.raises(PolicyAlreadyPledged):
        pledge_policy(
            loan_id=LoanFactory(active=True, bullet=True).pk, policy=policy, cash_values=CASH_VALUES, on=DISBURSED
        )


def test_no_more_than_the_markets_share_of_cash_value_is_lent() -> None:
    with pytest.raises(LentTooMuch) as refused:
        PolicyPledgeFactory(cash_values=(CashValue(date(2026, 1, 1), Decimal("9999.99")),))
    assert "7,999.99" in refused.value.detail

    rule_says("policy_loan", {"most_share": "0.90", "most_months": 12})
    forget_cached_rules()
    assert PolicyPledgeFactory(cash_values=(CashValue(date(2026, 1, 1), Decimal("9999.99")),)).most_share == Decimal(
        "0.90"
    )


def test_a_loan_on_a_policy_ends_within_the_markets_term() -> None:
    with pytest.raises(TermTooLong):
        PolicyPledgeFactory(loan__instalment_count=13)


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"policy__number": "A-1"}, PolicyNumberRefused),
        ({"policy__since": date(2026, 1, 16)}, PolicyBeginsLater),
        ({"cash_values": (CashValue(date(2026, 1, 16), Decimal("20000")),)}, CashValuesRefused),
        ({"cash_values": ()}, CashValuesRefused),
        ({"cash_values": (CASH_VALUES[0], CASH_VALUES[0])}, CashValuesRefused),
    ],
)
def test_what_cannot_be_pledged(changes: dict[str, object], refusal: type[Exception]) -> None:
    with pytest.raises(refusal):
        PolicyPledgeFactory(**changes)


def test_a_waiting_loan_may_be_pledged_before_its_money_goes_out() -> None:
    pledge = PolicyPledgeFactory(loan=LoanFactory(bullet=True))

    assert pledge.lent == Decimal("8000.00") and cover_of(pledge, DISBURSED).percent == Decimal("80.00")
    assert outlook(pledge, DISBURSED) is None


def test_the_database_refuses_a_second_live_pledge_and_too_large_a_share() -> None:
    pledge, other = PolicyPledgeFactory(), PolicyPledgeFactory()
    for changes in ({"policy_index": other.policy_index}, {"lent": Decimal("8000.01")}, {"status": "lapse_notified"}):
        with pytest.raises(IntegrityError), transaction.atomic():
            PolicyPledge.objects.filter(pk=pledge.pk).update(**changes)


def test_a_policy_is_released_only_when_nothing_is_owed() -> None:
    pledge = PolicyPledgeFactory()
    with pytest.raises(StillOwed):
        release(pledge_id=pledge.pk, on=DISBURSED)
    settle_early(loan_id=pledge.loan_id, on=DISBURSED, channel="counter", idempotency_key="s")

    released = release(pledge_id=pledge.pk, on=DISBURSED)

    assert (released.status, released.released_on) == (PledgeStatus.RELEASED, DISBURSED)
    assert release(pledge_id=pledge.pk, on=DISBURSED).pk == pledge.pk
    with pytest.raises(PledgeTransitionRefused):
        advance(released, PledgeStatus.WARNED)
    again = PolicyFactory(number=released.policy_number)
    assert pledge_policy(
        loan_id=LoanFactory(active=True, bullet=True).pk, policy=again, cash_values=CASH_VALUES, on=DISBURSED
    ).is_live


def test_cash_values_told_later_take_their_day() -> None:
    pledge = PolicyPledgeFactory()
    told = [CashValue(date(2026, 1, 1), Decimal("11000.00")), CashValue(date(2027, 1, 1), Decimal("12000.00"))]

    record_cash_values(pledge_id=pledge.pk, cash_values=told, on=DISBURSED)

    assert table_of(PolicyPledge.objects.get(pk=pledge.pk)) == told
    with pytest.raises(CashValuesRefused):
        record_cash_values(pledge_id=pledge.pk, cash_values=[], on=DISBURSED)


@pytest.mark.parametrize("growth", list(Growth))
def test_the_list_reads_in_sql_what_the_page_reads_of_one(growth: Growth) -> None:
    values = (CashValue(date(2026, 1, 1), Decimal("10000.00")), CashValue(date(2026, 10, 8), Decimal("12345.67")))
    pledge = PolicyPledgeFactory(cash_values=values, policy__growth=growth.value)
    for on in (DISBURSED, date(2026, 3, 3), date(2026, 10, 7), date(2026, 10, 8), date(2027, 2, 1)):
        close_until(on)
        row = with_cover(PolicyPledge.objects.all(), on).get()
        cover = cover_of(pledge, on)
        assert (row.worth, row.owed, row.used) == (cover.cash_value, cover.debt, cover.percent)
        assert row.worth == cash_value_on(values, on, growth)


def test_the_outlook_finds_the_day_on_which_debt_reaches_cash_value() -> None:
    pledge = PolicyPledgeFactory(loan__annual_rate=Decimal("0.36"), loan__late_annual_rate=Decimal("0.36"))

    ahead = outlook(pledge, DISBURSED)

    assert ahead is not None and ahead.exhausted_on == date(2026, 9, 14)
    assert ahead.points[0].debt == Decimal("8000.00") and ahead.points[-1].debt > Decimal("16000.00")
