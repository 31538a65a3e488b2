"""What a loan comes to by plain arithmetic, day by day: an oracle that shares no code with the engine.

``verifying`` rebuilds a loan with the functions that kept it, so a fault of these functions is invisible to it. Here the
same figures are worked out from contract and stored events alone, slowly and plainly, and compared with what is stored.

* **Fixed schedules.** Dates and principal of the instalments are agreed facts. Each night bears the principal not yet
  fallen due, times the rate in force on that day, times the day's part of a year. Money ahead of its day changes nothing.
* **Loans that follow the balance.** Each night bears the principal really outstanding; money counts from its rest day.
* **Free** are days in an interest hold, free instalments and the time of a free payment holiday. Interest that is only
  deferred, or a long first period's, is earned when the money is used, whenever it falls due.
* **A pay-off** is all principal, interest earned less interest paid (what was paid ahead is given back: 民法典 677), unpaid
  fees, the charge for repaying early where one is agreed, late interest, less what is overpaid.

Interest is kept exact; the engine rounds every instalment, and every segment of one where the rate or the balance
changes. So two cents an instalment (``TOLERANCE``) are agreement: half a cent for each of up to four such cuts.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

from django.db.models import Sum

from core.money import CENT, round_money
from loans.models import Accrual, Loan
from loans.proof.oracle_claims import charged_back_to
from loans.proof.oracle_early import early_charge
from loans.proof.oracle_interest import SMALL_REMAINDER, borne_by_each, earned_before_acts, interest_by
from loans.proof.oracle_late import late_interest
from loans.proof.oracle_periods import MOVING
from loans.proof.oracle_reading import NOTHING, Facts, Row, read
from loans.proof.oracle_rests import NotFollowed, called_in_on, rest_day

TOLERANCE = 2 * CENT
NO_INTEREST = Fraction(0)
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class OracleDifference:
    """A stored figure of a loan on a day that arithmetic does not bear out; amounts in currency units."""

    loan_number: str
    on: date
    figure: str
    stored: object
    oracle: object


def differences(loan: Loan) -> list[OracleDifference]:
    """Everything stored of ``loan`` that the oracle sees otherwise; what it cannot follow it leaves out."""
    return differences_of(loan, read(loan))


def differences_of(loan: Loan, facts: Facts) -> list[OracleDifference]:
    """The same of facts that were read of ``loan``."""
    found = [*laws_broken(facts), *_falling(loan, facts)]
    for check in (_late_interest, _earned, _agreed_interest):
        try:
            found += check(facts)
        except NotFollowed:
            continue
    return found


def laws_broken(facts: Facts) -> list[OracleDifference]:
    """What no loan may ever show, whatever its interest: owed beside overpaid, money lost, or late by other days."""
    return [*_never_both(facts), *_money(facts), *_lateness(facts)]


def not_followed(loan: Loan) -> str:
    """What of the loan the oracle cannot retell, in a few words; empty where it follows all of it."""
    return not_followed_of(read(loan))


def not_followed_of(facts: Facts) -> str:
    """The same of facts that were read."""
    try:
        interest_by(facts, facts.stored.as_of)
        late_interest(facts, facts.stored.as_of)
    except NotFollowed as why:
        return str(why)
    return ""


def pay_off(loan: Loan, on: date) -> Decimal:
    """What settles the loan on ``on``, not before its last event, in cents; less than nothing is given back.

    Raises NotFollowed.
    """
    return pay_off_of(read(loan), on)


def pay_off_of(facts: Facts, on: date) -> Decimal:
    """The same of facts that were read. Raises NotFollowed."""
    until = rest_day(facts, on) if facts.contract.follows_balance else on
    interest = cents(interest_by(facts, until, called_in=True)) - _paid(facts).interest_paid
    charged_late = late_interest(facts, on)
    late = charged_late - _paid(facts).late_interest_paid
    fees = sum((row.fee - row.fee_paid for row in facts.rows), NOTHING)
    fees += early_charge(facts, on, cents(interest_by(facts, on)), charged_late)
    return outstanding(facts) + interest + fees + late - facts.stored.overpaid


def kept(loan: Loan, on: date) -> Decimal:
    """What the books, and so a pay-off, may have more than ``earned`` on ``on``: see ``earned_before_acts``."""
    return kept_of(read(loan), on)


def kept_of(facts: Facts, on: date) -> Decimal:
    """The same of facts that were read."""
    return cents(earned_before_acts(facts, on))


def earned(loan: Loan, on: date) -> Decimal:
    """Interest earned by the end of ``on``, paid or not, in cents: for the days the money was used. Raises NotFollowed."""
    return cents(interest_by(read(loan), on))


def cents(amount: Fraction) -> Decimal:
    """Half a cent and more is a cent."""
    return round_money(Decimal(amount.numerator) / Decimal(amount.denominator))


def outstanding(facts: Facts) -> Decimal:
    """All principal not paid yet."""
    return sum((row.principal - row.principal_paid for row in facts.rows), NOTHING)


# --- what is stored, held against it -------------------------------------------------------------------------------
def _tell(facts: Facts, figure: str, stored: object, right: object) -> OracleDifference:
    return OracleDifference(facts.contract.number, facts.stored.as_of, figure, stored, right)


def _never_both(facts: Facts) -> Iterator[OracleDifference]:
    """Nobody owes and has overpaid at once."""
    if facts.stored.status == "written_off":
        return
    owed = sum((row.agreed_owed for row in facts.rows), NOTHING)
    if owed and facts.stored.overpaid:
        right = max(facts.stored.overpaid - owed, NOTHING)
        yield _tell(facts, f"overpaid beside {owed} owed", facts.stored.overpaid, right)


def _money(facts: Facts) -> Iterator[OracleDifference]:
    """All that came in, less what went back, is what it paid and what is overpaid.

    What the lender or a merchant paid in the borrower's place counts like money, and so does a discount. Money for a loan
    that was written off pays no instalment and is left out.
    """
    receipts = [money for money in facts.money if not money.is_recovery]
    came = sum((money.amount for money in receipts), NOTHING)
    for kind, figure in (
        ("goodwill_credit", "credited"),
        ("merchant_refund", "refunded"),
        ("settled_for_less", "given_up"),
        (SMALL_REMAINDER, "closed"),
    ):
        came += sum((act.amount(figure) for act in facts.of(kind)), NOTHING)
    went = sum((Decimal(act.asked["amount"]) for act in facts.of("refund", "charge_back")), NOTHING)
    lent = sum((amount for _on, amount in facts.contract.lent), NOTHING)
    lent += sum((Decimal(act.asked["amount"]) for act in facts.of("drawn_down")), NOTHING)
    paid = _paid(facts)
    charges = paid.interest_paid + paid.fee_paid + paid.late_interest_paid
    over = facts.stored.overpaid - sum((x.overpaid for x in facts.money if x.is_recovery), NOTHING)
    used = lent - outstanding(facts) + charges + over
    if came - went != used:
        yield _tell(facts, "paid and overpaid in all", used, came - went)


@dataclass(frozen=True, slots=True)
class _Paid:
    interest_paid: Decimal
    fee_paid: Decimal
    late_interest_paid: Decimal


def _paid(facts: Facts) -> _Paid:
    rows = facts.rows
    return _Paid(
        sum((row.interest_paid for row in rows), NOTHING),
        sum((row.fee_paid for row in rows), NOTHING),
        sum((row.late_interest_paid for row in rows), NOTHING),
    )


def _lateness(facts: Facts) -> Iterator[OracleDifference]:
    """Days late from the oldest due date with something unpaid, and the principal that is overdue."""
    if facts.stored.status != "active":
        return
    late = [row for row in facts.rows if row.due_on < facts.stored.as_of and row.agreed_owed]
    days = (facts.stored.as_of - min(map(_since, [(facts, row) for row in late]))).days if late else 0
    if days != facts.stored.days_past_due:
        yield _tell(facts, "days past due", facts.stored.days_past_due, days)
    overdue = sum((row.principal - row.principal_paid for row in late), NOTHING)
    if overdue != facts.stored.overdue_principal:
        yield _tell(facts, "overdue principal", facts.stored.overdue_principal, overdue)


def _since(late: tuple[Facts, Row]) -> date:
    """The day from which an instalment is late: its due date, or that of a charge-back which alone is unpaid of it."""
    facts, row = late
    back = [
        act for act in facts.of("charge_back") if act.on > row.due_on and charged_back_to(facts.rows, act) == row.number
    ]
    if back and row.agreed_owed <= sum((act.amount("owed_again") for act in back), NOTHING):
        return min(act.on for act in back)
    return row.due_on


def _falling(loan: Loan, facts: Facts) -> Iterator[OracleDifference]:
    """Interest earned never falls from one day to the next without something done on one of the two."""
    acts = (*facts.acts, *facts.undone)
    if acts or facts.has_reversed_money or any(money.told_on > money.on or money.settles for money in facts.money):
        return  # any of them may take back what was earned, on its own day
    shares = Accrual.objects.filter(loan_id=loan.pk).values("first_on", "accrued_on").annotate(earned=Sum("interest"))
    told = {money.on for money in facts.money}
    for share in shares.order_by("accrued_on"):
        first, last = share["first_on"], share["accrued_on"]
        if share["earned"] < 0 and not any(first <= on <= last + ONE_DAY for on in told):
            yield OracleDifference(loan.number, last, "interest earned by days alone", share["earned"], NOTHING)


def _late_interest(facts: Facts) -> Iterator[OracleDifference]:
    if facts.stored.status != "active":
        return
    right = late_interest(facts, facts.stored.as_of)
    if abs(right - facts.stored.late_interest_accrued) > TOLERANCE * len(facts.rows):
        yield _tell(facts, "late interest", facts.stored.late_interest_accrued, right)


def _earned(facts: Facts) -> Iterator[OracleDifference]:
    """Interest in the books of a running loan: what was earned by its days, and what was paid of later instalments."""
    on = facts.stored.as_of
    if facts.stored.status != "active":
        return
    if facts.contract.spreads_first_period and _is_paid_ahead(facts, on):
        raise NotFollowed("which part of a spread first period was paid ahead")
    if any(act.asked["interest"] == "spread" for act in facts.of("payment_holiday")) and _is_paid_ahead(facts, on):
        raise NotFollowed("which part of the price of a holiday was paid ahead")
    due = sum((row.interest for row in facts.rows if row.due_on <= on), NOTHING)
    all_due = called_in_on(facts)  # by then interest runs to the rest day
    left = cents(interest_by(facts, on if all_due is None else max(on, rest_day(facts, all_due)))) - due
    right, begun = due, 1
    each = _each_ones_own(facts, on)
    for row in (row for row in facts.rows if row.due_on > on):
        part = min(max(left, NOTHING) if each is None else cents(each.get(row.number, NO_INTEREST)), row.interest)
        left -= part
        right += max(part, row.interest_paid)
        begun += row.starts_on < on
    right += max(left, NOTHING)
    begun += sum(row.due_on <= on for row in facts.rows)
    if left < -TOLERANCE * begun:
        yield _tell(facts, "interest of instalments fallen due", due, due + left)
    elif not -TOLERANCE * begun <= facts.stored.interest_accrued - right <= TOLERANCE * begun + kept_of(facts, on):
        yield _tell(facts, "interest earned", facts.stored.interest_accrued, right)


def _each_ones_own(facts: Facts, on: date) -> dict[int, Fraction] | None:
    """What the days bore of each instalment, where money paid ahead went to other days than those that come first; None
    where the instalments earn in the order in which they fall due. Raises NotFollowed."""
    contract = facts.contract
    in_order = not contract.deferred_instalments or contract.follows_balance or contract.is_flat
    return None if in_order or not facts.of(*MOVING) or not _is_paid_ahead(facts, on) else borne_by_each(facts, on)


def _is_paid_ahead(facts: Facts, on: date) -> bool:
    return any(row.interest_paid for row in facts.rows if row.due_on > on)


def _agreed_interest(facts: Facts) -> Iterator[OracleDifference]:
    """Interest of all instalments together: to the last due date, or to the day on which the loan was settled early.

    Where interest follows the balance it is not agreed beforehand, so only what an ended loan bore is compared.
    """
    ended, rows = called_in_on(facts), [row for row in facts.rows if row.interest or row.starts_on < row.due_on]
    if facts.contract.is_flat or facts.stored.status == "written_off" or (facts.contract.follows_balance and not ended):
        return
    closed = facts.of(SMALL_REMAINDER)  # what was to come fell due that day, and its interest was not earned any more
    to_come = [version for version in facts.versions if version.until in (None, *(act.on for act in closed))]
    last = max(row.due_on for version in to_come for row in version.rows)
    last = max([last, *(act.on for act in facts.of("interest_waived", "merchant_refund"))])  # also once all is due
    right = cents(interest_by(facts, last if ended is None else max(last, rest_day(facts, ended))))
    agreed = sum((row.interest for row in rows), NOTHING)
    agreed += sum((act.amount("not_earned") for act in closed), NOTHING)
    if abs(agreed - right) > TOLERANCE * (len(rows) + 1):
        yield _tell(facts, "interest agreed in all" if ended is None else "interest of the days used", agreed, right)
