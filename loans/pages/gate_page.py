"""What the gate said, as pages show it; what the house is bound to for a person; and how often checks were overridden."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from core.currencies import currency_of
from loans.gate.commitments import Commitment, CommitmentKind, commitments_of
from loans.gate.gate import Finding, Result, Severity
from loans.gate.words import CHECKS, ShownResult, figures, sentence
from loans.models import GateOverride, GateVerdict, LoanPosition

KINDS: dict[CommitmentKind, str | Promise] = {
    CommitmentKind.OUTSTANDING: _("Outstanding"),
    CommitmentKind.UNDRAWN: _("May still be drawn"),
    CommitmentKind.ACCEPTED: _("Accepted, not paid out"),
    CommitmentKind.OFFERED: _("Offered"),
    CommitmentKind.WAITING: _("Waits for a second person"),
}


@dataclass(frozen=True)
class ShownFinding:
    """One check of a verdict in words."""

    label: str | Promise
    result: ShownResult
    facts: str


@dataclass(frozen=True)
class ShownVerdict:
    """One verdict in words. ``why`` says what stopped it; ``can_be_overridden``: only soft checks did."""

    verdict: GateVerdict
    rows: list[ShownFinding]
    why: list[str]
    can_be_overridden: bool
    to_be_drawn: Decimal | None


def shown(verdict: GateVerdict, position: LoanPosition | None = None) -> ShownVerdict:
    """The stored ``verdict`` in the active language; of a running loan by its ``position`` with what was to be drawn."""
    drawn = None if position is None or verdict.amount is None else verdict.amount - position.principal_outstanding
    findings = [_finding(stored) for stored in verdict.findings]
    stopping = [found for found in findings if not found.passes]
    return ShownVerdict(
        verdict=verdict,
        rows=[
            ShownFinding(CHECKS[found.code], ShownResult(found.result.value), figures(found.facts.items()))
            for found in findings
        ],
        why=[sentence(found) for found in stopping],
        can_be_overridden=bool(stopping) and all(found.severity is Severity.SOFT for found in stopping),
        to_be_drawn=drawn,
    )


def last_verdict(**about: Any) -> ShownVerdict | None:
    """What the gate said last of an application or a loan."""
    verdict = GateVerdict.objects.filter(**about).order_by("-id").first()
    return None if verdict is None else shown(verdict)


def _finding(stored: dict[str, Any]) -> Finding:
    return Finding(
        code=stored["code"],
        severity=Severity(stored["severity"]),
        result=Result(stored["result"]),
        facts=dict(stored["facts"]),
    )


@dataclass(frozen=True)
class ShownCommitment:
    """One commitment in words."""

    label: str | Promise
    row: Commitment


@dataclass(frozen=True)
class CommitmentsShown:
    """What the house is bound to for a person, by market: each with its rows and sums."""

    market: str
    rows: list[ShownCommitment]
    amount: Decimal
    payment: Decimal

    @property
    def currency(self) -> str:
        """ISO 4217, from the market."""
        return currency_of(self.market)


def commitments_shown(borrower_id: int, on: date) -> list[CommitmentsShown]:
    """All of them, as a page lists them."""
    found = commitments_of(borrower_id, on)
    shown_by_market = []
    for market in sorted({row.market for row in found.rows}):
        part = found.of_market(market)
        rows = [ShownCommitment(KINDS[row.kind], row) for row in part.rows]
        shown_by_market.append(CommitmentsShown(market, rows, part.amount, part.payment))
    return shown_by_market


@dataclass(frozen=True)
class Tally:
    """How often something was overridden, or by whom."""

    label: str
    count: int
    share: int  # per cent of all overrides


def tallies(overrides: Iterable[GateOverride]) -> dict[str, list[Tally]]:
    """Overrides counted by check, by who asked and by who agreed, the most first."""
    found = list(overrides)
    counted = {
        "checks": Counter(str(CHECKS[code]) for override in found for code in override.checks),
        "asked": Counter(str(override.asked_by) for override in found),
        "agreed": Counter(str(override.agreed_by) for override in found),
    }
    return {
        name: [Tally(label, count, count * 100 // len(found)) for label, count in counts.most_common()]
        for name, counts in counted.items()
    }


def checks_in_words(override: GateOverride) -> str:
    """The checks that an override covers, in words."""
    return ", ".join(str(CHECKS[code]) for code in override.checks)
