"""Loans on life insurance policies in the demo: one whose cash value carries it easily, one in warning because its
insurer lowers the cash value after a part of the policy was paid out."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from core.calendars import add_months
from core.context import acting
from loans.account.policy_cover import CashValue
from loans.disbursement import disbursing
from loans.models import Application, PolicyPledge
from loans.origination import origination
from loans.pledges.pledging import Policy, pledge_policy, record_cash_values
from staff.models import User

LENT_BEFORE, LOWERED_BEFORE = 30, 10  # days before the last day of the load
AMOUNT = 8000
_TABLE_MONTHS, _POLICY_AGE = 12, 60
_LOWERED = Decimal(9200)  # 8,000 and interest are beyond the first warning level of it


@dataclass(frozen=True, slots=True)
class Paper:
    """A policy as its papers state it: cash value on the day of the loan and a year later."""

    insurer: str
    number: str
    cash_value: Decimal
    a_year_later: Decimal


CALM = Paper("海港人寿", "HG-2021-880001", Decimal(15000), Decimal(15800))
LOW = Paper("长堤人寿", "CD-2021-770002", Decimal(10000), Decimal(10500))


def lend_on_policies(apply: Callable[[], Application], team: dict[str, User], on: date) -> None:
    """Two borrowers pledge their policies and get their money; ``apply`` brings a new application with an offer."""
    for paper in (CALM, LOW):
        offer = apply().offers.get(status="open")
        loan = origination.accept_offer(offer_id=offer.pk, on=on, accepted_via="web")
        with acting(actor=team["operations"], channel="web"):
            pledge_policy(
                loan_id=loan.pk,
                policy=_policy(paper, offer.application.borrower.name, on),
                cash_values=_table(paper, on),
                on=on,
                by=team["operations"],
                agreed_by=team["checker"],
            )
        disbursing.disburse(loan_id=loan.pk, on=on)


def _policy(paper: Paper, name: str, on: date) -> Policy:
    since = add_months(on, -_POLICY_AGE)
    return Policy(insurer=paper.insurer, number=paper.number, insured_name=name, since=since)


def _table(paper: Paper, on: date) -> list[CashValue]:
    return [CashValue(on, paper.cash_value), CashValue(add_months(on, _TABLE_MONTHS), paper.a_year_later)]


def state_lower_value(team: dict[str, User], on: date) -> None:
    """The insurer of the second policy states less; the night that follows warns its borrower."""
    pledge = PolicyPledge.objects.get(insurer=LOW.insurer)
    lower = [CashValue(on, _LOWERED), CashValue(add_months(on, _TABLE_MONTHS), _LOWERED)]
    with acting(actor=team["operations"], channel="web", reason="部分领取后，保险公司出具新的现金价值"):
        record_cash_values(pledge_id=pledge.pk, cash_values=lower, on=on, by=team["operations"], approved=True)
