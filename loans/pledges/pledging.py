"""A policy pledged for a loan: pledged, its cash values kept, released. What happens as debt grows is in
``loans.pledges.pledge_review``."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from borrowers.fingerprints import plain, written
from core.calendars import add_months
from core.context import acting_for
from core.encryption import blind_index
from core.errors import DomainError, Invalid
from core.money import MOST_MONEY
from core.rules import rule
from core.strict import require_plain
from loans.account.policy_cover import CashValue, Growth, anniversary_after, cash_value_on
from loans.bookkeeping import lifecycle, positions
from loans.models import (
    LIVE_PLEDGES,
    Instalment,
    Loan,
    LoanPosition,
    LoanStatus,
    PledgeStatus,
    PolicyCashValue,
    PolicyPledge,
)
from loans.pledges import pledge_lifecycle
from loans.pledges.pledge_reading import debt_of
from loans.schedules.schedule import build_schedule
from staff.models import User

RULE = "policy_loan"
_SEPARATORS = re.compile(r"[\s\-]")


class PolicyNumberRefused(Invalid):
    code = "policy_number_invalid"
    field = "policy_number"
    message = _("A policy number has 6 to 40 characters.")


class PolicyNameMissing(Invalid):
    code = "policy_name_missing"
    message = _("Give the name as it stands in the policy.")


class PolicyAlreadyPledged(DomainError):
    code = "policy_already_pledged"
    message = _("This policy is already pledged for another loan. It must be released there first.")


class LoanHasPolicy(DomainError):
    code = "loan_has_policy"
    message = _("Loan %(number)s already has a pledged policy.")


class CashValuesRefused(Invalid):
    code = "cash_values_invalid"
    field = "cash_values"
    message = _("Give cash values of at least zero, one a day, the first one from %(on)s or earlier.")


class LessCashValue(DomainError):
    code = "cash_value_lowered"
    field = "cash_values"
    message = _("The insurer would state less cash value than before: a second person agrees before it counts.")


class LentTooMuch(DomainError):
    code = "policy_lent_too_much"
    message = _("%(lent)s is lent; the policy carries at most %(most)s on this day.")


class TermTooLong(DomainError):
    code = "policy_term_too_long"
    message = _("The loan ends on %(ends_on)s; a loan on a policy ends by %(latest)s.")


class PolicyBeginsLater(Invalid):
    code = "policy_begins_later"
    field = "policy_since"
    message = _("The policy must be in force when it is pledged.")


class StillOwed(DomainError):
    code = "pledge_still_owed"
    message = _("%(owed)s is still owed; the policy is released when the loan is settled.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """The policy as its papers state it. ``insured_name`` and ``number`` are personal data and stored sealed."""

    insurer: str
    number: str
    insured_name: str
    since: date
    growth: str = Growth.LINEAR.value


def policy_index(insurer: str, number: str) -> str:
    """The keyed fingerprint by which a policy of an insurer is found."""
    return blind_index(f"{plain(insurer).casefold()}:{_plain_number(number)}", "policy")


def _plain_number(number: str) -> str:
    return _SEPARATORS.sub("", plain(number)).upper()


def pledge_policy(
    *,
    loan_id: int,
    policy: Policy,
    cash_values: Sequence[CashValue],
    on: date,
    by: User | None = None,
    agreed_by: User | None = None,
) -> PolicyPledge:
    """Pledge ``policy`` for a loan that waits for its money or runs; the same policy again returns the pledge.

    Until a second person, ``agreed_by``, agreed that there is such a policy, it is pledged to nobody else and otherwise
    nothing follows from it (``loans.pledges.agreeing``).

    Raises PolicyNumberRefused, PolicyNameMissing, TextNotPlain, PolicyBeginsLater, CashValuesRefused, LentTooMuch,
    TermTooLong, LoanHasPolicy, PolicyAlreadyPledged, LoanNotInState.
    """
    with acting_for(by):
        try:
            with transaction.atomic():
                return _pledge(loan_id, policy, cash_values, on, by, agreed_by)
        except IntegrityError as clash:
            # Two calls pledged the policy at once: the first one stands.
            raise PolicyAlreadyPledged() from clash


def _pledge(
    loan_id: int,
    policy: Policy,
    cash_values: Sequence[CashValue],
    on: date,
    by: User | None,
    agreed_by: User | None,
) -> PolicyPledge:
    loan, index = Loan.objects.locked(loan_id), policy_index(policy.insurer, policy.number)
    known = PolicyPledge.objects.filter(loan=loan).first()
    if known is not None and known.policy_index == index:
        return known
    if known is not None:
        raise LoanHasPolicy(number=loan.number)
    lifecycle.require(loan, LoanStatus.PENDING_DISBURSEMENT, LoanStatus.ACTIVE)
    if PolicyPledge.objects.filter(policy_index=index, status__in=LIVE_PLEDGES).exists():
        raise PolicyAlreadyPledged()
    _require_possible(policy, cash_values, on)
    worth = cash_value_on(cash_values, on, Growth(policy.growth))
    lent = _require_lawful(loan, worth, on)
    pledge = PolicyPledge.objects.create(
        loan=loan,
        insurer=written(policy.insurer, "insurer"),
        policy_number=_plain_number(policy.number),
        policy_index=index,
        last4=_plain_number(policy.number)[-4:],
        insured_name=written(policy.insured_name, "insured_name"),
        policy_since=policy.since,
        pledged_on=on,
        growth=policy.growth,
        lent=lent,
        cash_value=worth,
        most_share=Decimal(terms_of_market(on)["most_share"]),
        next_anniversary_on=anniversary_after(policy.since, on),
        recorded_by=by,
        agreed_by=agreed_by,
        agreed_on=on if agreed_by else None,
    )
    _keep(pledge, cash_values)
    return pledge


def terms_of_market(on: date) -> Mapping[str, Any]:
    """The rule on loans on policies in force on ``on``."""
    return rule(RULE, on)


def _require_possible(policy: Policy, cash_values: Sequence[CashValue], on: date) -> None:
    if not 6 <= len(_plain_number(policy.number)) <= 40:
        raise PolicyNumberRefused()
    require_plain(policy.number, field="policy_number")
    if not plain(policy.insurer) or not plain(policy.insured_name):
        raise PolicyNameMissing(field="insured_name" if plain(policy.insurer) else "insurer")
    if policy.since > on:
        raise PolicyBeginsLater()
    _require_values(cash_values, on)
    if min(row.on for row in cash_values) > on:
        raise CashValuesRefused(on=on.isoformat())


def _require_values(cash_values: Sequence[CashValue], on: date) -> None:
    days = [row.on for row in cash_values]
    if not days or len(set(days)) < len(days) or any(not 0 <= row.amount <= MOST_MONEY for row in cash_values):
        raise CashValuesRefused(on=on.isoformat())


def _require_lawful(loan: Loan, worth: Decimal, on: date) -> Decimal:
    """What is lent on the policy. Raises LentTooMuch and TermTooLong by the rule of the market."""
    market = terms_of_market(on)
    lent, ends_on = _lent_until(loan, on)
    most = worth * Decimal(market["most_share"])
    if lent > most:
        raise LentTooMuch(lent=f"{lent:,.2f}", most=f"{most:,.2f}")
    latest = add_months(loan.disbursed_on or on, market["most_months"])
    if ends_on > latest:
        raise TermTooLong(ends_on=ends_on.isoformat(), latest=latest.isoformat())
    return lent


def _lent_until(loan: Loan, on: date) -> tuple[Decimal, date]:
    if loan.status == LoanStatus.PENDING_DISBURSEMENT:
        return loan.principal, build_schedule(loan.terms(on)).instalments[-1].due_on
    account = positions.load(loan, LoanPosition.objects.get(pk=loan.pk))
    current = Instalment.objects.filter(loan=loan, superseded_on__isnull=True)
    return debt_of(account, on), max(current.values_list("due_on", flat=True))


@transaction.atomic
def record_cash_values(
    *, pledge_id: int, cash_values: Sequence[CashValue], on: date, by: User | None = None, approved: bool = False
) -> PolicyPledge:
    """Keep what the insurer stated; a day already known gets the new amount. Less cash value on any day takes two people
    once two agreed to the policy: ``approved`` says that they did.

    Raises CashValuesRefused, LessCashValue.
    """
    pledge = locked(pledge_id)
    _require_values(cash_values, on)
    if pledge.is_agreed and not approved and _is_less(pledge, cash_values):
        raise LessCashValue()
    with acting_for(by):
        _keep(pledge, cash_values)
    return pledge


def _is_less(pledge: PolicyPledge, cash_values: Iterable[CashValue]) -> bool:
    """Whether there would be less on some day: both tables are straight from each day of either to the next."""
    growth, before = Growth(pledge.growth), {row.on: CashValue(row.on, row.amount) for row in pledge.cash_values.all()}
    after = before | {value.on: value for value in cash_values}
    was, will_be = list(before.values()), list(after.values())
    return any(cash_value_on(will_be, day, growth) < cash_value_on(was, day, growth) for day in after)


def _keep(pledge: PolicyPledge, cash_values: Iterable[CashValue]) -> None:
    known = {row.on: row for row in pledge.cash_values.all()}
    for value in cash_values:
        row = known.get(value.on) or PolicyCashValue(pledge=pledge, on=value.on)
        if row.pk is None or row.amount != value.amount:
            row.amount = value.amount
            row.save()


def locked(pledge_id: int) -> PolicyPledge:
    """The pledge, held with its loan until the transaction ends; the loan is locked first."""
    Loan.objects.locked(PolicyPledge.objects.values_list("loan_id", flat=True).get(pk=pledge_id))
    return PolicyPledge.objects.select_for_update(of=("self",)).select_related("loan").get(pk=pledge_id)


@transaction.atomic
def release(*, pledge_id: int, on: date, reason: str = "") -> PolicyPledge:
    """Give the policy back once nothing is owed on the loan; a released one stays released.

    A loan that was cancelled before it was paid out owes nothing. Raises StillOwed, PledgeTransitionRefused.
    """
    pledge = locked(pledge_id)
    if pledge.status == PledgeStatus.RELEASED:
        return pledge
    if pledge.loan.status not in (LoanStatus.SETTLED, LoanStatus.CANCELLED):
        position = LoanPosition.objects.filter(pk=pledge.loan_id).first()
        owed = position.outstanding_total + position.recoverable if position else pledge.loan.principal
        raise StillOwed(owed=f"{owed:,.2f}")
    pledge_lifecycle.advance(pledge, PledgeStatus.RELEASED, reason=reason, released_on=on, notice_ends_on=None)
    return pledge
