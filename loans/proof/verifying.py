"""Rebuilds positions from contract and events, asks the books, and names every difference to what is stored."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from core.money import ZERO
from loans.account.account import Account, age
from loans.account.changes.base import EventImpossible
from loans.account.replay import Event, replay
from loans.bookkeeping import positions
from loans.events.stored import events_of
from loans.models import Instalment, Loan, LoanPosition, LoanStatus
from loans.proof import book_checks, oracle
from loans.proof.oracle_rests import NotFollowed
from loans.schedules.schedule import build_schedule
from loans.servicing.payoffs import quote_of

CHUNK = 500
SAMPLED = 100  # of so many loans one is held against the oracle
_COLUMNS = (
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
    "holds",
    "late_rates",
    "rate_steps",
    "late_by_day",
    "plan",
    "oldest_due_on",
    "next_due_on",
    "next_due_amount",
    "days_past_due",
    "overpaid",
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
Progress = Callable[[str, int, int], object]


@dataclass(frozen=True, slots=True)
class Difference:
    """A figure that does not agree with what events or books say; ``loan_number`` names the loan, or else what is wrong."""

    loan_number: str
    figure: str
    stored: object
    rebuilt: object


@dataclass(frozen=True, slots=True)
class _Chunk:
    """What the database knows of some loans, read in a number of queries that does not grow with them."""

    events: dict[int, list[Event]]
    schedules: dict[int, list[Instalment]]


def verify(progress: Progress | None = None, *, chunk: int = CHUNK) -> Iterator[Difference]:
    """Every difference there is, loan by loan and then over the whole books.

    ``progress`` is told what is looked at, how much of it is done and how much there is. Memory holds one chunk of loans.
    """
    spans = book_checks.ranges(chunk)
    whole = [check for check in book_checks.CHECKS if not check.by_range]
    total = len(spans) + len(whole)
    for done, (lo, hi) in enumerate(spans):
        _tell(progress, "loans", done, total)
        loans = Loan.objects.filter(pk__range=(lo, hi), position__isnull=False)
        yield from _compare_all(list(loans.select_related("position").order_by("id")))
        yield from _against_books(lo, hi)
    for done, check in enumerate(whole, start=len(spans)):
        _tell(progress, check.code, done, total)
        yield from (Difference(*row) for row in book_checks.broken(check))
    _tell(progress, "done", total, total)


def _tell(progress: Progress | None, what: str, done: int, total: int) -> None:
    if progress is not None:
        progress(what, done, total)


def compare(loan: Loan) -> list[Difference]:
    """Every difference between what is stored of one loan and its contract, its events and the books."""
    return [*_compare_all([loan]), *_against_books(loan.pk, loan.pk)]


def compare_income() -> list[Difference]:
    """Every accrual entry whose income is not the sum of its loans' shares; it is named in place of a loan."""
    (income,) = (check for check in book_checks.CHECKS if check.code == "income")
    return [Difference(*row) for row in book_checks.broken(income)]


def by_oracle(every: int = SAMPLED, progress: Progress | None = None) -> Iterator[Difference]:
    """What plain arithmetic sees otherwise (``loans.proof.oracle``), of each ``every``-th loan in the order of their ids.

    The same loans each time, so that a difference found is found again. It takes some hundredths of a second a loan.
    """
    loans = Loan.objects.filter(position__isnull=False).order_by("id").values_list("id", flat=True)
    chosen = list(loans)[every - 1 :: every]
    for done, loan_id in enumerate(chosen):
        _tell(progress, "oracle", done, len(chosen))
        yield from against_oracle(Loan.objects.get(pk=loan_id))


def against_oracle(loan: Loan) -> Iterator[Difference]:
    """What of one loan arithmetic sees otherwise: its stored figures, and its pay-off where it runs."""
    for found in oracle.differences(loan):
        yield Difference(found.loan_number, f"{found.figure} on {found.on}", found.stored, found.oracle)
    if loan.status != LoanStatus.ACTIVE or oracle.not_followed(loan):
        return
    quote = quote_of(positions.load(loan, loan.position), loan.position.as_of)
    try:
        asked, right = max(quote.total, ZERO), max(oracle.pay_off(loan, quote.on), ZERO)
    except NotFollowed:
        return
    agreement = oracle.TOLERANCE * (loan.instalment_count + 1)
    if not -agreement <= asked - right <= agreement + oracle.kept(loan, quote.on):
        yield Difference(loan.number, f"pay-off on {quote.on}", asked, right)


def _against_books(lo: int, hi: int) -> Iterator[Difference]:
    for check in book_checks.CHECKS:
        if check.by_range:
            yield from (Difference(*row) for row in book_checks.broken(check, lo, hi))


def _compare_all(loans: Sequence[Loan]) -> Iterator[Difference]:
    chunk = _read(loans)
    for loan in loans:
        yield from _as_signed(loan, chunk)
        try:
            rebuilt = _rebuilt(loan, chunk)
        except EventImpossible as refusal:
            yield Difference(loan.number, "events cannot be replayed", str(refusal), None)
            continue
        yield from _position(loan, rebuilt)
        yield from _instalments(loan, rebuilt, chunk)


def _read(loans: Sequence[Loan]) -> _Chunk:
    schedules: dict[int, list[Instalment]] = {loan.pk: [] for loan in loans}
    for row in Instalment.objects.filter(loan__in=loans).order_by("loan_id", "version", "number"):
        if row.version == 1 or row.superseded_on is None:
            schedules[row.loan_id].append(row)
    return _Chunk(events_of(loans), schedules)


def _first(rows: Iterable[Instalment]) -> list[Instalment]:
    return [row for row in rows if row.version == 1]


def _as_signed(loan: Loan, chunk: _Chunk) -> Iterator[Difference]:
    """The first schedule is the one the contract's terms make."""
    rows = _first(chunk.schedules[loan.pk])
    signed = build_schedule(loan.terms()).instalments
    if len(rows) != len(signed):
        yield Difference(loan.number, "instalments as signed", len(rows), len(signed))
    for row, agreed in zip(rows, signed, strict=False):
        yield from _unequal(loan, f"instalment {row.number} as signed: ", row, agreed, positions.SIGNED)


def _rebuilt(loan: Loan, chunk: _Chunk) -> Account:
    account, _outcomes = replay(positions.agreed_account(loan, _first(chunk.schedules[loan.pk])), chunk.events[loan.pk])
    return account if account.is_settled else age(account, loan.position.as_of)


def _position(loan: Loan, rebuilt: Account) -> Iterator[Difference]:
    stored = loan.position
    fresh = LoanPosition(loan_id=loan.pk, bucket=stored.bucket, risk_class=stored.risk_class)
    positions.fill(fresh, rebuilt)
    yield from _unequal(loan, "", stored, fresh, _COLUMNS)


def _instalments(loan: Loan, rebuilt: Account, chunk: _Chunk) -> Iterator[Difference]:
    rows = [row for row in chunk.schedules[loan.pk] if row.superseded_on is None]
    if len(rows) != len(rebuilt.instalments):
        yield Difference(loan.number, "instalments", len(rows), len(rebuilt.instalments))
    for row, fresh in zip(rows, rebuilt.instalments, strict=False):
        columns = ("number", *positions.AGREED, *positions.MOVING)
        yield from _unequal(loan, f"instalment {row.number}: ", row, fresh, columns)
        if row.curve != (curve := positions.curve_as_json(fresh.curve)):
            yield Difference(loan.number, f"instalment {row.number}: curve", row.curve, curve)


def _unequal(loan: Loan, prefix: str, stored: object, fresh: object, columns: Iterable[str]) -> Iterator[Difference]:
    for name in columns:
        old, new = getattr(stored, name), getattr(fresh, name)
        if old != new:
            yield Difference(loan.number, f"{prefix}{name}", old, new)
