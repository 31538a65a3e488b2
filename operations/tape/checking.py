"""One line of a tape becomes the facts of one past loan, or a refusal that names the column and the reason.

Nothing is guessed: a value that cannot be read is refused. All problems of a line are told at once; the refusal is
filed under the first of them.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from core.strict import flaw_of, is_decimal
from operations.tape.profiles import Profile
from operations.tape.reading import Line

EARLIEST = date(1990, 1, 1)  # older dates are typing errors, and each would add a day to close
LONGEST_BEFORE_FIRST_DUE = timedelta(days=366)
# A day, or a day with a time of the lender's own clock: nothing else of ISO 8601, and digits of no other script.
_MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?)?")
LARGEST_AMOUNT = Decimal("9999999999.99")

REASONS: dict[str, str | Promise] = {
    "columns": _("The line does not have the columns of the first line."),
    "encoding": _("The value is not UTF-8 text."),
    "missing": _("A value is missing."),
    "text_not_plain": _("The text holds a sign that cannot be seen or that turns the direction of reading."),
    "too_long": _("The value is too long."),
    "bad_date": _("This is not a date."),
    "date_out_of_range": _("The date lies too far back or in the future."),
    "bad_number": _("This is not a number."),
    "not_positive": _("The amount must be greater than zero."),
    "too_precise": _("An amount has at most two decimals."),
    "too_large": _("The amount is too large."),
    "less_than_principal": _("The total due is less than the amount lent."),
    "unknown_term": _("No loan of this profile has this term."),
    "applied_after_approval": _("The application is dated after the approval."),
    "due_before_approval": _("The first due date does not lie after the approval."),
    "due_too_late": _("The first due date lies too long after the approval."),
    "closed_before_approval": _("The loan is closed before it was approved."),
    "duplicate": _("A line before this one has the same number."),
}


@dataclass(frozen=True, slots=True)
class LoanFacts:
    """What the tape says about one past loan. ``closed_at`` is empty for a loan that was never repaid."""

    line: int
    loan_key: str
    borrower_key: str
    applied_at: datetime
    approved_at: datetime
    closed_at: datetime | None
    first_due_on: date
    term_days: int
    principal: Decimal
    total_due: Decimal


@dataclass(frozen=True, slots=True)
class Problem:
    column: str
    reason: str
    value: str = ""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A line that is not taken, and everything that is wrong with it."""

    line: int
    text: str
    problems: tuple[Problem, ...]


class Checker:
    """Checks the lines of one tape in order; remembers the loan numbers it has accepted."""

    def __init__(self, profile: Profile, *, today: date) -> None:
        self.profile = profile
        self.today = today
        self._accepted: set[str] = set()

    def check(self, line: Line) -> LoanFacts | Refusal:
        reading = _Reading(line, self.profile, self.today)
        facts = reading.facts()
        if facts is None:
            return Refusal(line.number, line.text, tuple(reading.problems))
        if facts.loan_key in self._accepted:
            twice = Problem(self.profile.loan_key, "duplicate", facts.loan_key)
            return Refusal(line.number, line.text, (twice,))
        self._accepted.add(facts.loan_key)
        return facts


def check_lines(lines: tuple[Line, ...], profile: Profile, *, today: date) -> Iterator[LoanFacts | Refusal]:
    checker = Checker(profile, today=today)
    return (checker.check(line) for line in lines)


class _Reading:
    """The reading of one line: collects problems instead of stopping at the first."""

    def __init__(self, line: Line, profile: Profile, today: date) -> None:
        self.line, self.profile, self.today = line, profile, today
        self.problems: list[Problem] = []

    def facts(self) -> LoanFacts | None:
        if not self.line.cells:
            self._refuse("", "columns")
            return None
        facts = self._read()
        if facts:
            self._compare(facts)
        return None if self.problems else facts

    def _read(self) -> LoanFacts | None:
        profile = self.profile
        loan_key, borrower_key = self._text(profile.loan_key), self._text(profile.borrower_key)
        self._text(profile.sequence)
        applied_at, approved_at = self._moment(profile.applied_at), self._moment(profile.approved_at)
        principal, total_due = self._amount(profile.principal), self._amount(profile.total_due)
        term_days = self._term()
        first_due_at = self._moment(profile.first_due_on, may_be_ahead=True)
        closed_at = self._moment(profile.closed_at) if self._cell(profile.closed_at) else None
        if self._cell(profile.first_paid_at):
            self._moment(profile.first_paid_at)
        if self.problems or not (applied_at and approved_at and first_due_at and principal and total_due and term_days):
            return None
        return LoanFacts(
            line=self.line.number,
            loan_key=loan_key,
            borrower_key=borrower_key,
            applied_at=applied_at,
            approved_at=approved_at,
            closed_at=closed_at,
            first_due_on=first_due_at.date(),
            term_days=term_days,
            principal=principal,
            total_due=total_due,
        )

    def _compare(self, facts: LoanFacts) -> None:
        profile, approved_on = self.profile, facts.approved_at.date()
        if facts.applied_at > facts.approved_at:
            self._refuse(profile.applied_at, "applied_after_approval")
        if facts.total_due < facts.principal:
            self._refuse(profile.total_due, "less_than_principal")
        if facts.first_due_on <= approved_on:
            self._refuse(profile.first_due_on, "due_before_approval")
        if facts.first_due_on > approved_on + LONGEST_BEFORE_FIRST_DUE:
            self._refuse(profile.first_due_on, "due_too_late")
        if facts.closed_at and facts.closed_at < facts.approved_at:
            self._refuse(profile.closed_at, "closed_before_approval")

    def _cell(self, column: str) -> str:
        return self.line.cells[column]

    def _refuse(self, column: str, reason: str) -> None:
        value = self.line.cells.get(column, "")
        self.problems.append(Problem(column, reason, printable(value)[:200]))

    def _text(self, column: str) -> str:
        text = self._cell(column)
        if not text:
            self._refuse(column, "missing")
        elif not _is_utf8(text):
            self._refuse(column, "encoding")
        elif len(text) > 80:
            self._refuse(column, "too_long")
        elif flaw_of(text) is not None:
            self._refuse(column, "text_not_plain")
        return text

    def _moment(self, column: str, *, may_be_ahead: bool = False) -> datetime | None:
        text = self._text(column)
        if not text:
            return None
        try:
            moment = datetime.fromisoformat(text) if _MOMENT.fullmatch(text) else None
        except ValueError:
            moment = None
        if moment is None:
            self._refuse(column, "bad_date")
            return None
        if moment.date() < EARLIEST or (moment.date() > self.today and not may_be_ahead):
            self._refuse(column, "date_out_of_range")
        return moment

    def _amount(self, column: str) -> Decimal | None:
        text = self._text(column)
        if not text:
            return None
        try:
            amount = Decimal(text)
        except InvalidOperation:
            amount = Decimal("NaN")
        if not amount.is_finite():
            self._refuse(column, "bad_number")
            return None
        if problem := _amount_problem(amount):
            self._refuse(column, problem)
        elif not is_decimal(text):  # with an exponent, a plus or digits of another script
            self._refuse(column, "bad_number")
        return amount

    def _term(self) -> int | None:
        column = self.profile.term_days
        text = self._text(column)
        if text and text not in {str(term) for term in self.profile.terms}:
            self._refuse(column, "unknown_term")
            return None
        return int(text) if text else None


def _amount_problem(amount: Decimal) -> str:
    if amount <= 0:
        return "not_positive"
    if amount > LARGEST_AMOUNT:
        return "too_large"
    exponent = amount.normalize().as_tuple().exponent
    return "too_precise" if isinstance(exponent, int) and exponent < -2 else ""


def _is_utf8(text: str) -> bool:
    return not any("\udc80" <= character <= "\udcff" for character in text)


def printable(text: str) -> str:
    """The text with what is not UTF-8 made visible, so that it can be stored and printed."""
    return text.encode("utf-8", errors="surrogateescape").decode("utf-8", errors="replace").replace("\0", "\ufffd")
