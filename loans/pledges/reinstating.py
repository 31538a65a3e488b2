"""A lapsed policy reinstated by two people, where more was received than one person may say alone.

What settles the whole debt is seldom small. Who took it at the counter asks; a second person agrees that it was received,
and the policy comes back with the debt as it was on the day of the money.
"""

from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext_lazy as _

from audit import approvals
from audit.models import Approval
from core.aftermath import whole
from loans.acts.kinds.money import REPAYMENT
from loans.acts.vouching import confirmed
from loans.models import PledgeStatus, PolicyPledge, Repayment
from loans.pledges.pledge_review import reinstate
from loans.pledges.pledging import locked
from loans.servicing.proving import ReceiptNeedsSecondPerson, said_alone
from staff.models import User

KIND = "policy.reinstatement"


def declare_request() -> None:
    """Tell the audit app of the request; called when Django starts."""
    approvals.register(
        KIND,
        _agreed,
        permission=REPAYMENT.approve_permission,
        label=_("Policy reinstated"),
        asked_with=REPAYMENT.permission,
        threshold=said_alone,
        confirmed=confirmed,
    )


@whole()
def reinstate_or_ask(
    *,
    pledge_id: int,
    amount: Decimal,
    on: date,
    channel: str,
    idempotency_key: str,
    by: User | None = None,
    allow_repeat: bool = False,
) -> Repayment | Approval:
    """Reinstate the policy within what one person may say was received; above it ask a second person.

    The same key returns what was done or asked for the first time. Raises what ``reinstate`` raises but
    ReceiptNeedsSecondPerson, and ApprovalAlreadyPending where another request waits.
    """
    pledge = locked(pledge_id)
    asked = approvals.about(KIND, pledge).filter(idempotency_key=idempotency_key).first()
    if asked is not None:
        return asked
    facts: dict[str, Any] = {
        "amount": amount,
        "channel": channel,
        "idempotency_key": idempotency_key,
        "allow_repeat": allow_repeat,
    }
    try:
        return reinstate(pledge_id=pledge_id, on=on, by=by, **facts)
    except ReceiptNeedsSecondPerson as beyond:
        return _ask(pledge, on, by, reason=beyond.asked_because, **facts)


def _ask(
    pledge: PolicyPledge,
    on: date,
    by: User | None,
    *,
    reason: str,
    amount: Decimal,
    channel: str,
    idempotency_key: str,
    allow_repeat: bool,
) -> Approval:
    return approvals.request(
        kind=KIND,
        obj=pledge,
        payload={
            "amount": str(amount),
            "channel": channel,
            "received_on": on.isoformat(),
            "allow_repeat": allow_repeat,
        },
        before={"status": pledge.status},
        after={
            "status": PledgeStatus.REINSTATED.value,
            "loan": pledge.loan.number,
            "received_on": on.isoformat(),
            "channel": channel,
        },
        amount=amount,
        reason=reason,
        requested_by=by,
        on=on,
        idempotency_key=idempotency_key,
    )


def _agreed(approval: Approval, on: date) -> None:
    """Raises what ``reinstate`` raises: another event on the loan since leaves another sum to be asked for anew."""
    wanted = approval.payload
    reinstate(
        pledge_id=int(approval.object_id),
        amount=Decimal(wanted["amount"]),
        on=on,
        received_on=date.fromisoformat(wanted["received_on"]),
        channel=wanted["channel"],
        idempotency_key=approval.idempotency_key or "",
        by=approval.requested_by,
        allow_repeat=wanted["allow_repeat"],
        approved=True,
        agreed_by=approval.second_person,
    )
