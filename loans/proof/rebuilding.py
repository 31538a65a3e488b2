"""Every loan once more from contract and events, held against each stored column, a range of ids at a time.

Rows are read as tuples and compared as tuples: a million loans have twelve million instalments, and an object for each
would cost more than the engine that rebuilds them. What is the same for loans of one contract (terms, schedule, the account
on its first day) is kept while it is in use.
"""

import json
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from operator import attrgetter, itemgetter
from typing import Any, NamedTuple

from django.db import connection

from core import rows
from core.day_counts import DayCountRefused
from core.working_days import CalendarRefused
from loans.account.account import Account, age
from loans.account.changes.base import EventImpossible
from loans.account.payment_order import PaymentOrder
from loans.account.replay import Event, replay
from loans.bookkeeping import positions
from loans.events.stored import events_of, order_of, paid
from loans.models import ActStatus, Instalment, Loan, LoanAct, RepaymentStatus
from loans.schedules.schedule import Schedule, build_schedule
from loans.schedules.terms import TermsRefused

Row = tuple[Any, ...]
Found = tuple[str, str, object, object]  # whose, which figure, what is stored, what it should be

_FIGURES = (
    "principal_outstanding",
    "interest_accrued",
    "interest_paid",
    "fee_accrued",
    "fee_paid",
    "late_interest_accrued",
    "late_interest_paid",
    "overdue_principal",
    "overdue_interest",
    "overdue_fee",
    "due_today",
    "late_by_day",
    "oldest_due_on",
    "next_due_on",
    "next_due_amount",
    "days_past_due",
    "overpaid",
    "merchant_refunded",
    "bucket",
    "risk_class",
    "written_off_amount",
    "recovered",
    "suspended_interest",
    "suspended_late_interest",
    "charged_off_on",
    "charged_off_amount",
    "memo_interest",
    "memo_late_interest",
    "memo_fee",
)
_LISTS = ("holds", "late_rates", "rate_steps", "plan")  # JSON
_COLUMNS = (*_FIGURES, *_LISTS)
_figures_of = itemgetter(*_FIGURES)
_lists_of = itemgetter(*_LISTS)

# Of a contract only these say who, not what: all else decides schedule and account.
_OF_THE_LOAN_ALONE = (
    "id", "public_id", "number", "borrower_id", "application_id", "product_version_id", "status", "annualised_cost",
    "settled_on", "officer_id", "created_at", "merchant_id", "goods", "price", "down_payment",
    "allocation_order",  # a list: taken in by its items
)  # fmt: skip
_LOAN_COLUMNS = [field.column for field in Loan._meta.concrete_fields]
_terms_of = itemgetter(*(place for place, name in enumerate(_LOAN_COLUMNS) if name not in _OF_THE_LOAN_ALONE))
_ID, _NUMBER, _ORDER = map(_LOAN_COLUMNS.index, ("id", "number", "allocation_order"))
_SIGNED_COLUMNS = ("number", *positions.SIGNED)
_ROW_COLUMNS = ("number", *positions.AGREED, *positions.MOVING)
_row_of = attrgetter(*_ROW_COLUMNS)

_LOANS = (
    f"SELECT {rows.columns(Loan, 'l')}, p.as_of, {', '.join(f'p.{name}' for name in _COLUMNS)} "
    "FROM loans_loan l JOIN loans_loanposition p ON p.loan_id = l.id "
    "WHERE l.id BETWEEN %(lo)s AND %(hi)s AND p.loan_id BETWEEN %(lo)s AND %(hi)s ORDER BY l.id"
)
_INSTALMENTS = (
    f"SELECT loan_id, version, superseded_on, curve, {', '.join(_ROW_COLUMNS)} FROM loans_instalment "
    "WHERE loan_id BETWEEN %(lo)s AND %(hi)s AND (version = 1 OR superseded_on IS NULL) "
    "ORDER BY loan_id, version, number"
)
_VERSION, _SUPERSEDED, _CURVE, _FIRST = 1, 2, 3, 4
_RECEIPTS = (
    "SELECT loan_id, amount, received_on, is_recovery, settles_early, channel FROM loans_repayment "
    f"WHERE loan_id BETWEEN %(lo)s AND %(hi)s AND status = '{RepaymentStatus.POSTED.value}' "
    "ORDER BY loan_id, received_on, recorded_at"
)
_REFUSALS = (EventImpossible, TermsRefused, DayCountRefused, CalendarRefused)


class _Receipt(NamedTuple):
    loan_id: int
    amount: Decimal
    received_on: date
    is_recovery: bool
    settles_early: bool
    channel: str


@dataclass(frozen=True, slots=True)
class _Contract:
    """What follows from the terms of a contract alone."""

    schedule: Schedule
    signed: list[Row]
    opened: Account
    order: PaymentOrder
    written_off_on: date | None


class Contracts:
    """The contracts in use, by their terms: many loans share them, above all those of one day. Some kilobytes each."""

    MOST = 5_000

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._known: dict[Row, _Contract] = {}

    def of(self, found: Row) -> _Contract:
        """The contract of a stored loan. Raises what ``build_schedule`` raises."""
        terms = (*_terms_of(found), *found[_ORDER])
        known = self._known.get(terms)
        if known is None:
            if len(self._known) >= self._most:
                self._known.clear()
            known = self._known[terms] = _contract(rows.made(Loan, found))
        return known


def _contract(loan: Loan) -> _Contract:
    schedule = build_schedule(loan.terms())
    opened = positions.account_as_signed(loan, schedule)
    return _Contract(
        schedule, [tuple(row) for row in schedule.instalments], opened, order_of(loan), loan.written_off_on
    )


@dataclass(frozen=True, slots=True)
class _Range:
    """What the database knows of the loans of a range, read in a number of statements that does not grow with them."""

    loans: list[Row]
    schedules: dict[int, list[Row]]
    receipts: dict[int, list[_Receipt]]
    events: dict[int, list[Event]]  # of loans with acts

    @classmethod
    def read(cls, lo: int, hi: int) -> "_Range":
        span = {"lo": lo, "hi": hi}
        with connection.cursor() as cursor:
            cursor.execute(_LOANS, span)
            loans = cursor.fetchall()
            schedules: dict[int, list[Row]] = {loan[_ID]: [] for loan in loans}
            cursor.execute(_INSTALMENTS, span)
            for row in cursor.fetchall():
                if row[0] in schedules:
                    schedules[row[0]].append(row)
            receipts: dict[int, list[_Receipt]] = {}
            cursor.execute(_RECEIPTS, span)
            for receipt in map(_Receipt._make, cursor.fetchall()):
                receipts.setdefault(receipt.loan_id, []).append(receipt)
        acts = LoanAct.objects.filter(loan__gte=lo, loan__lte=hi, status=ActStatus.STANDING)
        changed = set(acts.values_list("loan_id", flat=True))
        return cls(loans, schedules, receipts, events_of([rows.made(Loan, x) for x in _loans(loans, changed)]))


def _loans(loans: Iterable[Row], ids: Collection[int]) -> list[Row]:
    return [loan[: len(_LOAN_COLUMNS)] for loan in loans if loan[_ID] in ids]


def differences(lo: int, hi: int, contracts: Contracts | None = None) -> Iterator[Found]:
    """Every difference of the loans with ids from ``lo`` to ``hi`` between what is stored and what contract and events
    make of them. ``contracts`` keeps what several ranges have in common."""
    contracts = contracts or Contracts()
    stored = _Range.read(lo, hi)
    for loan in stored.loans:
        try:
            yield from _loan(loan, stored, contracts)
        except _REFUSALS as refusal:
            yield loan[_NUMBER], "events cannot be replayed", str(refusal), None


def _loan(found: Row, stored: _Range, contracts: Contracts) -> Iterator[Found]:
    number, loan_id, of_loan = found[_NUMBER], found[_ID], found[: len(_LOAN_COLUMNS)]
    contract = contracts.of(of_loan)
    schedule = stored.schedules[loan_id]
    first = [row for row in schedule if row[_VERSION] == 1]
    opened = contract.opened
    differing = list(_as_signed(number, first, contract))
    if differing:
        yield from differing
        opened = positions.agreed_account(rows.made(Loan, of_loan), map(_instalment, first))
    events = stored.events.get(loan_id) or _paid(contract, stored.receipts.get(loan_id, ()))
    account, _outcomes = replay(opened, events)
    as_of, *columns = found[len(_LOAN_COLUMNS) :]
    account = account if account.is_settled else age(account, as_of)
    yield from _position(number, columns, account)
    yield from _instalments(number, [row for row in schedule if row[_SUPERSEDED] is None], account)


def _paid(contract: _Contract, receipts: Sequence[_Receipt]) -> list[Event]:
    events: list[Event] = [paid(receipt, contract.order, contract.written_off_on) for receipt in receipts]
    return sorted(events, key=attrgetter("on")) if contract.written_off_on is not None else events


def _as_signed(number: str, first: Sequence[Row], contract: _Contract) -> Iterator[Found]:
    """The first schedule is the one the contract's terms make."""
    signed, curves = contract.signed, contract.schedule.curves
    if len(first) != len(signed):
        yield number, "instalments as signed", len(first), len(signed)
    for row, agreed in zip(first, signed, strict=False):
        if row[_FIRST : _FIRST + len(_SIGNED_COLUMNS)] != agreed:
            yield from _unequal(number, f"instalment {row[_FIRST]} as signed: ", _SIGNED_COLUMNS, row[_FIRST:], agreed)
        if row[_CURVE] is not None or agreed[0] in curves:
            curve = positions.curve_as_json(curves.get(agreed[0], ()))
            yield from _curve(number, f"instalment {row[_FIRST]} as signed: ", row[_CURVE], curve)


def _position(number: str, columns: Sequence[Any], account: Account) -> Iterator[Found]:
    fresh = positions.figures_of(account)
    figures, lists = _figures_of(fresh), _lists_of(fresh)
    stored = tuple(columns[: len(_FIGURES)])
    if stored != figures:
        yield from _unequal(number, "", _FIGURES, stored, figures)
    kept = tuple(map(_json, columns[len(_FIGURES) :]))
    if kept != lists:
        yield from _unequal(number, "", _LISTS, kept, lists)


def _instalments(number: str, current: Sequence[Row], account: Account) -> Iterator[Found]:
    if len(current) != len(account.instalments):
        yield number, "instalments", len(current), len(account.instalments)
    for row, rebuilt in zip(current, account.instalments, strict=False):
        fresh = _row_of(rebuilt)
        if row[_FIRST:] != fresh:
            yield from _unequal(number, f"instalment {row[_FIRST]}: ", _ROW_COLUMNS, row[_FIRST:], fresh)
        if row[_CURVE] is not None or rebuilt.curve:
            yield from _curve(
                number, f"instalment {row[_FIRST]}: ", row[_CURVE], positions.curve_as_json(rebuilt.curve)
            )


def _curve(number: str, prefix: str, stored: str | None, fresh: list[list[str]] | None) -> Iterator[Found]:
    kept = _json(stored)
    if kept != fresh:
        yield number, f"{prefix}curve", kept, fresh


def _unequal(number: str, prefix: str, names: Sequence[str], stored: Row, fresh: Row) -> Iterator[Found]:
    for name, old, new in zip(names, stored, fresh, strict=False):
        if old != new:
            yield number, f"{prefix}{name}", old, new


def _instalment(row: Row) -> Instalment:
    curve = _json(row[_CURVE])
    return Instalment(loan_id=row[0], version=1, curve=curve, **dict(zip(_ROW_COLUMNS, row[_FIRST:], strict=True)))


def _json(kept: str | None) -> Any:
    """A JSON column, which the driver gives as text."""
    return None if kept is None else _NOTHING if kept == "[]" else json.loads(kept)


_NOTHING: list[object] = []
