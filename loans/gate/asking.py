"""Asking the gate: the one way to bind the house. Every door that does comes through ``require``."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from django.utils.translation import gettext_lazy as _

from core.currencies import currency_of
from core.errors import DomainError
from loans.gate.facts import Standing, facts_for, facts_for_limits
from loans.gate.gate import BindingAct, Finding, Verdict, gate
from loans.gate.known_facts import Facts
from loans.gate.subjects import Subject
from loans.gate.telling import told_to_partner
from loans.gate.words import sentences
from loans.models import GateVerdict
from staff.models import User


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the gate answered, to which facts, about what."""

    subject: Subject
    facts: Facts
    verdict: Verdict

    def overriding(self, codes: frozenset[str]) -> "Answer":
        """The answer once the soft checks ``codes`` are overridden as well."""
        facts = replace(self.facts, overridden=self.facts.overridden | codes)
        return replace(self, facts=facts, verdict=gate(facts, self.verdict.at))

    def store(self, *, by: User | None) -> GateVerdict:
        """Keep the answer."""
        verdict = self.row(by=by)
        verdict.save(force_insert=True)
        return verdict

    def row(self, *, by: User | None) -> GateVerdict:
        """The answer as it is kept."""
        subject = self.subject
        return GateVerdict(
            borrower_id=subject.borrower_id,
            application=subject.application,
            loan=subject.loan,
            act=self.verdict.at.value,
            binds=self.verdict.binds,
            amount=subject.amount,
            findings=[found.as_json() for found in self.verdict.findings],
            facts=self.facts.as_json(),
            on=self.facts.on,
            asked_by=by,
        )


class NotBound(DomainError):
    """The gate did not let an act pass. ``checks`` names what stopped it."""

    answer: Answer
    asked_by: User | None
    stopped: tuple[Finding, ...]

    def __init__(self, answer: Answer, found: Iterable[Finding], by: User | None) -> None:
        stopped = tuple(found)
        super().__init__(
            checks=[one.code for one in stopped], why=sentences(stopped, currency_of(answer.subject.market))
        )
        self.answer, self.asked_by, self.stopped = answer, by, stopped

    def told_outside(self) -> DomainError:
        """Without what the record of the borrower holds (``loans.gate.telling``)."""
        return told_to_partner(self.stopped, self.answer.subject.borrower_id)

    def leave_behind(self) -> None:
        """Keep the refusal, unless the last answer to the same question was the same one."""
        subject, findings = self.answer.subject, [found.as_json() for found in self.answer.verdict.findings]
        said = GateVerdict.objects.filter(borrower_id=subject.borrower_id, act=self.answer.verdict.at.value)
        last = said.filter(application=subject.application, loan=subject.loan).order_by("-id").first()
        if last is None or last.binds or last.amount != subject.amount or last.findings != findings:
            self.answer.store(by=self.asked_by)


class GateRefused(NotBound):
    """A hard check does not pass: nobody may bind the house now."""

    code = "gate_refused"
    message = _("This is not possible now. %(why)s.")


class OverrideNeeded(NotBound):
    """A soft check does not pass: it needs a second person, shown what is overridden."""

    code = "gate_override_needed"
    message = _("This needs an override by a second person. %(why)s.")


def ask(subject: Subject, at: BindingAct, on: date, standing: Standing | None = None) -> Answer:
    """What the gate says now. Locks the borrower; ``standing`` is how they stand as the caller read it under that lock."""
    facts = facts_for(subject, at, on, standing)
    return Answer(subject=subject, facts=facts, verdict=gate(facts, at))


def ask_limits(limits: Mapping[int, Decimal], market: str, on: date) -> dict[int, Answer]:
    """What the gate says to raising many limits at once, by the number of the borrower. Locks the borrowers."""
    at = BindingAct.LIMIT_RAISE
    return {
        number: Answer(subject=subject, facts=facts, verdict=gate(facts, at))
        for number, (subject, facts) in facts_for_limits(limits, market, on).items()
    }


def require_possible(answer: Answer, *, by: User | None = None) -> None:
    """Raise GateRefused where a hard check does not pass."""
    if answer.verdict.stopped_by:
        raise GateRefused(answer, answer.verdict.stopped_by, by)


def require_bound(answer: Answer, *, by: User | None = None) -> GateVerdict:
    """The stored verdict. Raises GateRefused, OverrideNeeded where it does not let the act pass."""
    require_possible(answer, by=by)
    if answer.verdict.to_override:
        raise OverrideNeeded(answer, answer.verdict.to_override, by)
    return answer.store(by=by)


def require(subject: Subject, at: BindingAct, on: date, *, by: User | None = None) -> GateVerdict:
    """Ask and require in one: the verdict that lets the act pass, stored with its facts.

    Raises GateRefused, OverrideNeeded.
    """
    return require_bound(ask(subject, at, on), by=by)
