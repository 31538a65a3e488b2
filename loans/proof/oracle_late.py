"""Late interest day by day, for the oracle: on overdue principal, actual/365, after the grace days, outside holds.

A late day is the one that has passed: money of a day lessens what the next one bears. Each day of an instalment is kept
to eight decimals and the instalment is owed in cents, as the contract says.
"""

from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal

from core.money import round_money, round_rate
from loans.proof.oracle_claims import charged_back_to, without_charge_backs
from loans.proof.oracle_periods import RESHAPING, Reign, reigns
from loans.proof.oracle_rates import late_rate_on
from loans.proof.oracle_reading import NOTHING, Act, Dated, Facts, Row
from loans.proof.oracle_rests import NotFollowed, called_in_on

ONE_DAY = timedelta(days=1)
STOPPING = ("late_interest", "notice", "everything")


@dataclass
class _Charged:
    """What each instalment was charged so far, by its number."""

    of: dict[int, Decimal] = field(default_factory=dict)

    @property
    def in_cents(self) -> Decimal:
        return sum((round_money(amount) for amount in self.of.values()), NOTHING)

    def add(self, number: int, amount: Decimal, most: Decimal | None) -> None:
        """Charge an instalment, but in all no more than ``most``."""
        before = self.of.get(number, NOTHING)
        room = None if most is None else most - self.in_cents
        if room is not None and room <= 0:
            return
        more = round_money(before + amount) - round_money(before)
        fits = room is None or more <= room
        self.of[number] = before + amount if fits else round_money(before) + (room or NOTHING)

    def lessen(self, amount: Decimal) -> None:
        """Give ``amount`` up, oldest instalment first."""
        for number in sorted(self.of):
            part = min(amount, round_money(self.of[number]))
            self.of[number] -= part
            amount -= part


def late_interest(facts: Facts, on: date) -> Decimal:
    """Late interest and penalties charged by the end of ``on``, paid or not, in cents. Raises NotFollowed."""
    lessening = facts.of("goodwill_credit", "merchant_refund", "interest_waived", "fee_lowered")
    held = [act for act in facts.of("hold_placed") if act.asked["stops"] in ("interest", "everything")]
    if facts.contract.late_compounds and (lessening or held):
        raise NotFollowed("what late interest on overdue interest was charged on")
    if facts.contract.is_flat and facts.contract.late_compounds and called_in_on(facts):
        raise NotFollowed("late interest on flat interest that was cut when all fell due")
    if any(act.amount("credit_used") for act in facts.acts):
        raise NotFollowed("what a credit balance paid of what was late")
    if facts.contract.follows_balance and facts.of(*RESHAPING):
        raise NotFollowed("which instalments stood before the plan was changed")
    given_up = min((act.on for act in facts.of("settled_for_less")), default=None)
    found, charged = reigns(facts), _Charged()
    day = facts.contract.start_on
    last = min([on, *(act.on for act in facts.of("write_off"))])
    _acts_of(facts, day, charged)
    while day < last:
        day += ONE_DAY
        _charge(facts, found, day, charged, has_ended=given_up is not None and day > given_up)
        _acts_of(facts, day, charged)
    return charged.in_cents


def _charge(facts: Facts, found: list[Reign], day: date, charged: _Charged, *, has_ended: bool) -> None:
    """What ``day`` bears. Once the rest was given up only what was charged back since is owed, and late."""
    if _is_held(facts, day):
        return
    rate = late_rate_on(facts, day)
    reign = [reign for reign in found if reign.told < day or reign is found[0]][-1]
    anew = max((act.on for act in facts.of("reamortised") if act.on < day), default=date.min)  # a plan of what was left
    credit = sum((amount for on, amount in _paid_without_money(facts, found) if anew <= on < day), NOTHING)
    for row in _rows(facts, reign, day):
        if row.due_on + facts.contract.grace_days * ONE_DAY >= day:
            continue
        back = sum((act.amount("owed_again") for act in _back(facts, row, day)), NOTHING)
        is_claim = facts.contract.follows_balance and row.starts_on == row.due_on
        base = back if has_ended and not is_claim else max(_base(facts, row, day) + back, NOTHING)
        part = min(credit, base)
        credit -= part
        amount = round_rate((base - part) * rate / 365)
        if amount:
            charged.add(row.number, amount, facts.contract.late_most)


def _paid_without_money(facts: Facts, found: list[Reign]) -> list[Dated]:
    """Principal that the lender or the merchant paid of what was overdue, by day; what goods given back take off the
    instalments ahead is no longer among these."""
    paid = [(act.on, act.amount("principal")) for act in facts.of("goodwill_credit")]
    for place, act in enumerate(facts.of(*RESHAPING)):
        if act.kind == "merchant_refund" and place + 1 < len(found):
            before, after = (sum((row.principal for row in reign.rows), NOTHING) for reign in found[place : place + 2])
            paid.append((act.on, max(act.amount("principal") - (before - after), NOTHING)))
    return paid


def _rows(facts: Facts, reign: Reign, day: date) -> tuple[Row, ...]:
    """The instalments as they stood before ``day``, and those that a charge-back after the last due date has made.

    What stands now is asked where interest follows the balance, so that principal is laid out anew without an act, and once
    all has fallen due.
    """
    called_in = called_in_on(facts)
    if facts.contract.follows_balance:
        return facts.rows
    if called_in is not None and called_in < day:
        return without_charge_backs(facts)
    known, back = {row.number for row in reign.rows}, facts.of("charge_back")
    made = {charged_back_to(facts.rows, act) for act in back} - known
    claims = [replace(row, principal=NOTHING, interest=NOTHING) for row in facts.rows if row.number in made]
    return (*reign.rows, *claims)


def _base(facts: Facts, row: Row, day: date) -> Decimal:
    """What of ``row`` bears late interest on ``day``: principal unpaid when it began, and interest where agreed."""
    lines = [line for money in facts.money if money.on < day for line in money.lines if line.number == row.number]
    base = row.principal - sum((line.principal for line in lines), NOTHING)
    if facts.contract.late_compounds:
        base += row.interest - sum((line.interest for line in lines), NOTHING)
    return base


def _back(facts: Facts, row: Row, day: date) -> list[Act]:
    """Charge-backs owed with ``row`` and late on ``day``: from their own day, where the due date was past before.

    Where interest follows the balance they are instalments of their own.
    """
    if facts.contract.follows_balance:
        return []
    grace = facts.contract.grace_days * ONE_DAY
    acts = [act for act in facts.of("charge_back") if charged_back_to(facts.rows, act) == row.number]
    return [act for act in acts if max(act.on, row.due_on) + grace < day]


def _is_held(facts: Facts, day: date) -> bool:
    ends = facts.of("hold_ended")
    for act in facts.of("hold_placed"):
        stops, last = act.asked["stops"], date.fromisoformat(act.asked["until"])
        ended = [end.on - ONE_DAY for end in ends if end.asked["stops"] == stops and act.on <= end.on <= last]
        if stops in STOPPING and act.on <= day <= min([last, *ended]):
            return True
    return False


def _acts_of(facts: Facts, day: date, charged: _Charged) -> None:
    """Penalties and waivers of the day, which come after what it bears."""
    for act in facts.of("penalty_added", "waiver"):
        if act.on != day:
            continue
        if act.kind == "penalty_added":
            charged.of[0] = charged.of.get(0, NOTHING) + act.amount("penalty_added")
        elif act.asked["component"] == "late_interest":
            charged.lessen(act.amount("waived"))
