"""Rebuilds positions from contract and events, asks the books, and names every difference to what is stored."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date

from core.money import ZERO
from loans.bookkeeping import positions
from loans.models import Loan, LoanPosition, LoanStatus
from loans.proof import book_checks, oracle, rebuilding
from loans.proof.oracle_reading import read
from loans.proof.oracle_rests import NotFollowed
from loans.proof.rebuilding import Contracts
from loans.proof.shares import unproved
from loans.servicing.payoffs import quote_of

CHUNK = 2_000  # loans a part: about a second, so that what a part reads is one short moment
SAMPLED = 100  # of so many loans one is held against the oracle, which takes some hundredths of a second each;
MOST_SAMPLED = 500  # of a large book fewer, so that there are no more than these
_EACH_BY_ORACLE = 50  # loans a part, where the oracle is asked of all
LOANS, ORACLE, NIGHTS, SUMS = "loans", "oracle", "by_nights", "sums"
OF_LOANS = "receivables"  # asked of the same loans at the same moment as they are rebuilt
_ENTRIES_A_PART = 50_000
Progress = Callable[[str, int, int], object]


@dataclass(frozen=True, slots=True)
class Difference:
    """A figure that does not agree with what events or books say; ``loan_number`` names the loan, or else what is wrong."""

    loan_number: str
    figure: str
    stored: object
    rebuilt: object


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a verification that is right or wrong by itself: a check over a range of ids, both ends included."""

    code: str
    lo: int
    hi: int

    @property
    def is_whole(self) -> bool:
        """Asked once of the whole book, so that it takes longer than others."""
        return (self.lo, self.hi) == book_checks.ALL


def parts_of_book(*, chunk: int = CHUNK, every: int = 0, on: date = date.min, with_sums: bool = False) -> list[Part]:
    """All that is to be verified: loan by loan, then the books. ``every``: of so many loans one by the oracle, and night by
    night another one, which day by day is the next (``on``); 0 for none.

    ``with_sums`` adds the ranges of entries whose sums ``book_checks.closed_sums`` gives.
    """
    found = [Part(LOANS, lo, hi) for lo, hi in book_checks.ranges(book_checks.POSITIONS, chunk)]
    for check in book_checks.CHECKS:
        if check.code != OF_LOANS:
            spans = book_checks.ranges(check.over, check.size) if check.over else [book_checks.ALL]
            found += [Part(check.code, lo, hi) for lo, hi in spans]
    if with_sums:
        found += [Part(SUMS, lo, hi) for lo, hi in book_checks.ranges(book_checks.ENTRIES, _ENTRIES_A_PART)]
    return [*found, *_sampled(every), *_by_nights(every, on)]


def _sampled(every: int) -> list[Part]:
    """Each ``every``-th loan in the order of their ids, the same ones each time, so that a difference is found again."""
    if every == 1:
        return _all_loans(ORACLE)
    step, loans = _every_so_many(every)
    return [Part(ORACLE, loan_id, loan_id) for loan_id in loans[step - 1 :: step]]


def _by_nights(every: int, on: date) -> list[Part]:
    """Each ``every``-th loan, from another one on each day: shares that are kept never change again, so what one day's
    verification has proved of them the next need not prove, and after ``every`` days each loan has had its turn."""
    if every == 1:
        return _all_loans(NIGHTS)
    step, loans = _every_so_many(every)
    return [Part(NIGHTS, loan_id, loan_id) for loan_id in loans[on.toordinal() % step :: step]]


def _all_loans(code: str) -> list[Part]:
    return [Part(code, lo, hi) for lo, hi in book_checks.ranges(book_checks.POSITIONS, _EACH_BY_ORACLE)]


def _every_so_many(every: int) -> tuple[int, list[int]]:
    """Of how many loans of the book one is taken, and the ids of all; no ids where none is to be."""
    if not every:
        return 1, []
    loans = list(LoanPosition.objects.order_by("pk").values_list("pk", flat=True))
    return max(every, len(loans) // MOST_SAMPLED), loans


def found_in(part: Part, *, contracts: Contracts | None = None, since: date = date.min) -> Iterator[Difference]:
    """Every difference in ``part``. Its statements must see one moment: see ``core.snapshots``.

    ``contracts`` keeps what loans of several parts have in common; ``since`` is the last day that closed books hold.
    """
    if part.code == LOANS:
        yield from _loans(part.lo, part.hi, contracts or Contracts())
    elif part.code == ORACLE:
        for loan in Loan.objects.filter(pk__range=(part.lo, part.hi), position__isnull=False).order_by("id"):
            yield from against_oracle(loan)
    elif part.code == NIGHTS:
        loans = Loan.objects.select_related("position", "product_version").filter(position__isnull=False)
        for loan in loans.filter(pk__range=(part.lo, part.hi)).order_by("id"):
            yield from night_by_night(loan)
    elif part.code != SUMS:
        check = book_checks.BY_CODE[part.code]
        yield from (Difference(*row) for row in book_checks.broken(check, part.lo, part.hi, since))


def verify(progress: Progress | None = None, *, chunk: int = CHUNK) -> Iterator[Difference]:
    """Every difference there is, loan by loan and then over the whole books, as the caller's transaction sees them.

    ``progress`` is told what is looked at, how much of it is done and how much there is. Memory holds one chunk of loans.
    """
    contracts, parts = Contracts(), parts_of_book(chunk=chunk)
    for done, part in enumerate(parts):
        _tell(progress, part.code, done, len(parts))
        yield from found_in(part, contracts=contracts)
    _tell(progress, "done", len(parts), len(parts))


def _tell(progress: Progress | None, what: str, done: int, total: int) -> None:
    if progress is not None:
        progress(what, done, total)


def compare(loan: Loan) -> list[Difference]:
    """Every difference between what is stored of one loan and its contract, its events and the books."""
    checks = [check for check in book_checks.CHECKS if check.of_loans and check.code != OF_LOANS]
    found = list(_loans(loan.pk, loan.pk, Contracts()))
    return found + [Difference(*row) for check in checks for row in book_checks.broken(check, loan.pk, loan.pk)]


def compare_income() -> list[Difference]:
    """Every accrual entry whose income is not the sum of its loans' shares; it is named in place of a loan."""
    return [Difference(*row) for row in book_checks.broken(book_checks.BY_CODE["income"])]


def by_oracle(every: int = SAMPLED) -> Iterator[Difference]:
    """What plain arithmetic sees otherwise (``loans.proof.oracle``), of each ``every``-th loan in the order of their ids."""
    for part in _sampled(every):
        yield from found_in(part)


def night_by_night(loan: Loan) -> Iterator[Difference]:
    """Each kept share of one loan that its nights, worked out again as they were known then, do not add up to."""
    for last_on, figure, kept, worked_out in unproved(loan):
        yield Difference(loan.number, f"{figure} of the nights until {last_on}", kept, worked_out)


def against_oracle(loan: Loan) -> Iterator[Difference]:
    """What of one loan arithmetic sees otherwise: its stored figures, and its pay-off where it runs."""
    facts = read(loan)
    for found in oracle.differences_of(loan, facts):
        yield Difference(found.loan_number, f"{found.figure} on {found.on}", found.stored, found.oracle)
    if loan.status != LoanStatus.ACTIVE or oracle.not_followed_of(facts):
        return
    quote = quote_of(positions.load(loan, loan.position), loan.position.as_of)
    try:
        asked, right = max(quote.total, ZERO), max(oracle.pay_off_of(facts, quote.on), ZERO)
    except NotFollowed:
        return
    agreement = oracle.TOLERANCE * (loan.instalment_count + 1)
    if not -agreement <= asked - right <= agreement + oracle.kept_of(facts, quote.on):
        yield Difference(loan.number, f"pay-off on {quote.on}", asked, right)


def _loans(lo: int, hi: int, contracts: Contracts) -> Iterator[Difference]:
    """Of the loans in the range: contract and events against what is stored, then that against the books."""
    yield from (Difference(*row) for row in rebuilding.differences(lo, hi, contracts))
    yield from (Difference(*row) for row in book_checks.broken(book_checks.BY_CODE[OF_LOANS], lo, hi))
