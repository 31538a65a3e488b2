"""Two people say that there is a policy, and that its insurer states less cash value.

From an agreed policy much follows by itself: interest becomes principal on its anniversaries, and where debt reaches cash
value the borrower is given notice and the policy lapses. One person alone, or a partner's program, could invent the policy
or its fall in value. So both are told of by one and agreed to by another, who looks at what the insurer wrote.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal

from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop, override

from audit import approvals
from audit.deciding import is_other_hand, require_other_hand
from audit.models import Approval
from core.aftermath import whole
from core.errors import NotAllowed
from loans.account.policy_cover import CashValue, anniversary_after
from loans.acts.kinds.money import REPAYMENT
from loans.acts.vouching import AMOUNT, LOAN
from loans.models import CashValueGrowth, PolicyPledge
from loans.pledges.pledge_reading import table_of
from loans.pledges.pledging import LessCashValue, Policy, locked, pledge_policy, record_cash_values
from staff.models import User

PLEDGE = "policy.pledge"
CASH_VALUES = "policy.cash_values"
_ASKED_WITH = "loans.manage_policypledge"
# What a request shows and why it was made, in words of the catalogue.
INSURER, POLICY, SINCE, GROWS, VALUES, VALUES_NOW = (
    gettext_noop("insurer"),
    gettext_noop("policy number"),
    gettext_noop("policy in force since"),
    gettext_noop("cash value grows"),
    gettext_noop("cash values"),
    gettext_noop("cash values now"),
)
PLEDGED_BECAUSE = gettext_noop("A policy was pledged: somebody else compares it with what the insurer wrote.")
LESS_BECAUSE = gettext_noop("The insurer states less: somebody else compares it with what the insurer wrote.")


class OwnPolicyAgreed(NotAllowed):
    code = "policy_recorded_by_you"
    message = _("You or an account tied to yours pledged this policy. Another person must agree to it.")


def declare_request() -> None:
    """Tell the audit app of the requests; called when Django starts."""
    for kind, agreed, outcome, label in (
        (PLEDGE, _agreed, _would_agree, _("Policy pledged")),
        (CASH_VALUES, _agreed_to_less, _would_be_worth, _("Less cash value of a policy")),
    ):
        approvals.register(
            kind,
            agreed,
            permission=REPAYMENT.approve_permission,
            label=label,
            asked_with=_ASKED_WITH,
            outcome=outcome,
            confirmed=_confirmed if kind == PLEDGE else _confirmed_less,
        )


@whole()
def pledge_and_ask(
    *, loan_id: int, policy: Policy, cash_values: Sequence[CashValue], on: date, by: User | None = None
) -> PolicyPledge:
    """Pledge the policy and ask a second person to agree to it, anew where nobody did in time.

    Raises what ``pledge_policy`` raises.
    """
    pledge = pledge_policy(loan_id=loan_id, policy=policy, cash_values=cash_values, on=on, by=by)
    waits = approvals.pending(PLEDGE, pledge)
    if pledge.is_live and not pledge.is_agreed and (waits is None or waits.expires_on < on):
        approvals.request(
            kind=PLEDGE,
            obj=pledge,
            outcome=_in_words(pledge),
            amount=pledge.lent,
            reason=PLEDGED_BECAUSE,
            requested_by=by,
            on=on,
        )
    return pledge


@whole()
def state_or_ask(
    *, pledge_id: int, cash_values: Sequence[CashValue], on: date, by: User | None = None
) -> PolicyPledge | Approval:
    """Keep what the insurer stated; where it is less than two people agreed to, ask a second person.

    Raises CashValuesRefused, and ApprovalAlreadyPending where another statement of less waits.
    """
    try:
        return record_cash_values(pledge_id=pledge_id, cash_values=cash_values, on=on, by=by)
    except LessCashValue:
        pledge = locked(pledge_id)
        return approvals.request(
            kind=CASH_VALUES,
            obj=pledge,
            payload={"cash_values": [[row.on.isoformat(), str(row.amount)] for row in cash_values]},
            outcome=_less_in_words(pledge, cash_values),
            reason=LESS_BECAUSE,
            requested_by=by,
            on=on,
        )


def _in_words(pledge: PolicyPledge) -> dict[str, str]:
    with override("en"):
        growth = str(CashValueGrowth(pledge.growth).label)
    return {
        LOAN: pledge.loan.number,
        INSURER: pledge.insurer,
        POLICY: pledge.masked_number,
        SINCE: pledge.policy_since.isoformat(),
        AMOUNT: str(pledge.lent),
        GROWS: growth,
        VALUES: _as_text(table_of(pledge)),
    }


def _less_in_words(pledge: PolicyPledge, cash_values: Iterable[CashValue]) -> dict[str, str]:
    return {
        LOAN: pledge.loan.number,
        INSURER: pledge.insurer,
        POLICY: pledge.masked_number,
        VALUES_NOW: _as_text(table_of(pledge)),
        VALUES: _as_text(sorted(cash_values)),
    }


def _as_text(table: Iterable[CashValue]) -> str:
    return "; ".join(f"{row.on.isoformat()} {row.amount:,.2f}" for row in table)


def _would_agree(approval: Approval, _on: date) -> approvals.Outcome:
    pledge = locked(int(approval.object_id))
    return approvals.Outcome(_in_words(pledge), pledge.lent)


def _would_be_worth(approval: Approval, _on: date) -> approvals.Outcome:
    return approvals.Outcome(_less_in_words(locked(int(approval.object_id)), _asked_for(approval)))


def _asked_for(approval: Approval) -> list[CashValue]:
    return [CashValue(date.fromisoformat(on), Decimal(amount)) for on, amount in approval.payload["cash_values"]]


def _agreed(approval: Approval, on: date) -> None:
    """Decided alone in an emergency it waits for the review of that. Raises OwnPolicyAgreed."""
    pledge = locked(int(approval.object_id))
    require_other_hand(approval.decided_by, pledge.recorded_by_id, OwnPolicyAgreed(), on)
    if approval.second_person is not None:
        _agree(pledge, approval.second_person, on)


def _agree(pledge: PolicyPledge, agreed_by: User, on: date) -> None:
    if pledge.is_agreed or not pledge.is_live:
        return
    pledge.agreed_by, pledge.agreed_on = agreed_by, on
    # Nothing is made up for: of an anniversary before nobody but who pledged it had said that there is one.
    pledge.next_anniversary_on = anniversary_after(pledge.policy_since, on)
    pledge.save(update_fields=["agreed_by", "agreed_on", "next_anniversary_on"])


def _agreed_to_less(approval: Approval, on: date) -> None:
    if approval.second_person is not None:
        _state(approval, on)


def _state(approval: Approval, on: date) -> None:
    record_cash_values(
        pledge_id=int(approval.object_id),
        cash_values=_asked_for(approval),
        on=on,
        by=approval.requested_by,
        approved=True,
    )


def _confirmed(approval: Approval, on: date) -> None:
    """The review of an emergency says that it was right: who decided alone is the second person."""
    pledge, decided_by = locked(int(approval.object_id)), approval.decided_by
    if decided_by is not None and is_other_hand(decided_by, {pledge.recorded_by_id}, on):
        _agree(pledge, decided_by, on)


def _confirmed_less(approval: Approval, on: date) -> None:
    _state(approval, on)
