"""The messages a borrower gets when something happened to an application or a loan; reminders are in ``reminders.py``."""

from datetime import date, datetime, time
from decimal import Decimal

from django.utils import timezone
from django.utils.translation import gettext as _

from loans.events.act_kinds import act_kind
from loans.models import (
    Application,
    DecisionSource,
    Loan,
    LoanAct,
    LoanStatus,
    Offer,
    Repayment,
    RepaymentChannel,
)
from messaging.outbox import queue


def offer_ready(application: Application, offer: Offer, on: date) -> None:
    """Tell the borrower that an offer waits and until when; not what was agreed elsewhere long ago."""
    if application.decision_source == DecisionSource.IMPORTED:
        return
    queue(
        borrower_id=application.borrower_id,
        template_code="offer_ready",
        context={
            "application_number": application.number,
            "amount": str(offer.principal),
            "currency": offer.currency,
            "term_count": offer.term_count,
            "valid_until": offer.expires_on.isoformat(),
        },
        dedupe_key=f"offer_ready:{offer.public_id}",
        due_at=_beginning_of(on),
        purpose="service",
        reference=application.number,
    )


def loan_disbursed(loan: Loan, amount: Decimal, on: date) -> None:
    """Tell the borrower that the money is on its way; not for contracts that came in with an import."""
    if loan.application is None or loan.application.decision_source == DecisionSource.IMPORTED:
        return
    queue(
        borrower_id=loan.borrower_id,
        template_code="loan_disbursed",
        context={
            "loan_number": loan.number,
            "amount": str(amount),
            "currency": loan.currency,
            "disbursed_on": on.isoformat(),
        },
        dedupe_key=f"loan_disbursed:{loan.public_id}",
        due_at=_beginning_of(on),
        purpose="service",
        reference=loan.number,
    )


def money_received(loan: Loan, repayment: Repayment, on: date) -> None:
    """Confirm a payment, or say that it settled the loan; payments of an imported history were confirmed long ago."""
    if repayment.channel == RepaymentChannel.IMPORT:
        return
    if loan.status == LoanStatus.SETTLED and loan.settled_on is not None:
        code, when = "loan_settled", {"settled_on": loan.settled_on.isoformat()}
    else:
        when = {
            "amount": str(repayment.amount),
            "currency": loan.currency,
            "received_on": repayment.received_on.isoformat(),
        }
        code = "repayment_received"
    queue(
        borrower_id=loan.borrower_id,
        template_code=code,
        context={"loan_number": loan.number, **when},
        dedupe_key=f"{code}:{repayment.public_id}",
        due_at=_beginning_of(on),
        purpose="service",
        reference=loan.number,
    )


def remainder_closed(loan: Loan, remainder: LoanAct, on: date) -> None:
    """Say that the loan is settled, where no payment closed its small remainder."""
    assert loan.settled_on is not None
    queue(
        borrower_id=loan.borrower_id,
        template_code="loan_settled",
        context={"loan_number": loan.number, "settled_on": loan.settled_on.isoformat()},
        dedupe_key=f"loan_settled:{remainder.public_id}",
        due_at=_beginning_of(on),
        purpose="service",
        reference=loan.number,
    )


def extension_granted(loan: Loan, extension: LoanAct, *, next_due_on: date, on: date) -> None:
    """Tell the borrower the new date."""
    queue(
        borrower_id=loan.borrower_id,
        template_code="extension_granted",
        context={"loan_number": loan.number, "days": extension.parameters["days"], "due_on": next_due_on.isoformat()},
        dedupe_key=f"extension_granted:{extension.public_id}",
        due_at=_beginning_of(on),
        purpose="service",
        reference=loan.number,
    )


def extension_reversed(loan: Loan, extension: LoanAct, on: date) -> None:
    """Tell the borrower that the dates of before hold again."""
    queue(
        borrower_id=loan.borrower_id,
        template_code="loan_changed",
        context={"loan_number": loan.number, "change": _("extension undone")},
        dedupe_key=f"extension_reversed:{extension.public_id}",
        due_at=_beginning_of(on),
        purpose="service",
        reference=loan.number,
    )


def loan_changed(loan: Loan, act: LoanAct, on: date) -> None:
    """Tell the borrower what was changed, by the name of the act."""
    queue(
        borrower_id=loan.borrower_id,
        template_code="loan_changed",
        context={"loan_number": loan.number, "change": str(act_kind(act.kind).label)},
        dedupe_key=f"loan_changed:{act.public_id}",
        due_at=_beginning_of(on),
        purpose="service",
        reference=loan.number,
    )


def _beginning_of(on: date) -> datetime:
    return timezone.make_aware(datetime.combine(on, time.min))
