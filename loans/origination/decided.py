"""What follows from a decision: the columns that say how an application was decided, and the offer made."""

from dataclasses import dataclass
from datetime import date
from typing import TypedDict

from core import rows
from loans.gate.facts import Standing
from loans.gate.gate import Verdict
from loans.models import Application, GateVerdict, Offer, Outcome, ProductVersion
from loans.models import ApplicationStatus as S
from loans.notices import notices
from loans.origination import application_lifecycle as lifecycle
from loans.origination.decisions import Decision, reasons_of
from staff.models import User


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadForRules:
    """What the rules read for one decision, with application and borrower held: how the borrower stands, and what the
    product sells. Handed on within the transaction, so that nothing is read twice; never kept."""

    standing: Standing
    version: ProductVersion


class Decided(TypedDict):
    """The columns of an application that say how it was decided; whoever had claimed it lets go."""

    outcome: str
    decision_reasons: list[str]
    decision_note: str
    decision_source: str
    decided_on: date
    decided_by: User | None
    grade: str
    claimed_by: None
    claimed_at: None


def decided(decision: Decision, on: date, by: User | None) -> Decided:
    return {
        "outcome": decision.outcome,
        "decision_reasons": list(decision.reasons),
        "decision_note": decision.note,
        "decision_source": decision.source,
        "decided_on": on,
        "decided_by": by,
        "grade": decision.grade,
        "claimed_by": None,
        "claimed_at": None,
    }


def make_offer(
    application: Application, decision: Decision, offer: Offer, verdict: GateVerdict | None, on: date, by: User | None
) -> Application:
    """The offer, with the verdict that let it pass; None for what was agreed elsewhere."""
    lifecycle.require_step(application, S.OFFERED)
    offer.made_by, offer.verdict = by, verdict
    rows.insert(offer)
    lifecycle.advance(application, S.OFFERED, **decided(decision, on, by))
    notices.offer_ready(application, offer, on)
    return application


def referred(decision: Decision, verdict: Verdict) -> Decision:
    """What the rules would have offered, handed to a person for what the gate found."""
    return Decision(
        outcome=Outcome.REFER,
        reasons=reasons_of(found for found in verdict.findings if not found.passes),
        source=decision.source,
        grade=decision.grade,
    )
