"""What the gate said, as pages show it; what the house is bound to for a person; and how often checks were overridden."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Count, Func, QuerySet, TextField
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from core.currencies import currency_of
from loans.events.unproved import principal_by_word
from loans.gate.commitments import Commitment, CommitmentKind, commitments_of
from loans.gate.gate import Finding, Result, Severity
from loans.gate.words import CHECKS, ShownResult, figures, next_steps, sentence
from loans.models import GateOverride, GateVerdict, LoanPosition
from staff.models import User

KINDS: dict[CommitmentKind, str | Promise] = {
    CommitmentKind.OUTSTANDING: _("Outstanding"),
    CommitmentKind.WRITTEN_OFF: _("Written off, to recover"),
    CommitmentKind.UNPROVED: _("Repaid by word or given up by one person, not vouched for yet"),
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
    """One verdict in words. ``why`` says what stopped it, ``next_steps`` what can be done about it; ``can_be_overridden``:
    only soft checks did."""

    verdict: GateVerdict
    rows: list[ShownFinding]
    why: list[str]
    next_steps: list[str | Promise]
    can_be_overridden: bool
    to_be_drawn: Decimal | None


def shown(verdict: GateVerdict, currency: str, position: LoanPosition | None = None) -> ShownVerdict:
    """The stored ``verdict`` in the active language, its amounts in ``currency`` (ISO 4217); of a running loan by its
    ``position`` with what was to be drawn."""
    drawn = None
    if position is not None and verdict.amount is not None:
        drawn = verdict.amount - position.principal_outstanding - principal_by_word(position.pk)
    findings = [_finding(stored) for stored in verdict.findings]
    stopping = [found for found in findings if not found.passes]
    return ShownVerdict(
        verdict=verdict,
        rows=[
            ShownFinding(CHECKS[found.code], ShownResult(found.result.value), figures(found.facts.items(), currency))
            for found in findings
        ],
        why=[sentence(found, currency) for found in stopping],
        next_steps=next_steps(stopping),
        can_be_overridden=bool(stopping) and all(found.severity is Severity.SOFT for found in stopping),
        to_be_drawn=drawn,
    )


def last_verdict(currency: str, **about: Any) -> ShownVerdict | None:
    """What the gate said last of an application or a loan in ``currency`` (ISO 4217)."""
    verdict = GateVerdict.objects.filter(**about).order_by("-id").first()
    return None if verdict is None else shown(verdict, currency)


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


@dataclass(frozen=True)
class Tallies:
    """Overrides counted in all, by check, by who asked and by who agreed, the most first."""

    count: int
    checks: list[Tally]
    asked: list[Tally]
    agreed: list[Tally]


def tallies(overrides: QuerySet[GateOverride]) -> Tallies:
    """All of ``overrides`` counted; two people of one name are two."""
    rows = overrides.order_by()
    count = rows.count()
    by_check = rows.annotate(checked=Func("checks", function="jsonb_array_elements_text", output_field=TextField()))
    checks, asked, agreed = (
        dict(of.values_list(key).annotate(times=Count("pk")))
        for of, key in ((by_check, "checked"), (rows, "asked_by"), (rows, "agreed_by"))
    )
    people = User.objects.in_bulk({*asked, *agreed})

    def told(counts: Mapping[Any, int], labels: Mapping[Any, object]) -> list[Tally]:
        found = [Tally(str(labels[key]), times, times * 100 // count) for key, times in counts.items()]
        return sorted(found, key=lambda tally: (-tally.count, tally.label))

    return Tallies(count, told(checks, CHECKS), told(asked, people), told(agreed, people))


def checks_in_words(override: GateOverride) -> str:
    """The checks that an override covers, in words."""
    return ", ".join(str(CHECKS[code]) for code in override.checks)
