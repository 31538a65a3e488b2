"""Random lives of loans: every kind of product the form offers, and whatever people do to a loan, on small worlds."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from core.day_counts import DayCount
from core.money import ZERO, round_money
from core.working_days import STEPPING
from loans.acts.performing import perform
from loans.acts.undoing import undo
from loans.models import Loan, LoanAct, Repayment
from loans.night.closing import accrue_and_age
from loans.schedules.conventions import (
    BusinessDayRoll,
    Compounding,
    EmiRule,
    FirstPeriod,
    InterestBy,
    LevelFrom,
    MonthEnd,
    Prepayment,
    Residue,
    Rest,
    RoundingMode,
)
from loans.servicing.guarding import Excess
from loans.servicing.repayments import record_repayment, reverse_repayment
from loans.servicing.settling import settle_early
from tests.loans.acts.test_acts import wish
from tests.loans.doing import account_of
from tests.loans.factories import DISBURSED

PRINCIPAL, COUNT = Decimal("1200.00"), 4
Settings = dict[str, Any]
Step = tuple[int, str, int, int]  # days that pass before; what is done; which of several, or how long ago; per cent


def _of(kind: Any) -> st.SearchStrategy[str]:
    return st.sampled_from([member.value for member in kind])


METHODS: list[Settings] = [
    {"method": "equal_instalments"},
    {"method": "equal_principal"},
    {"method": "interest_only"},
    {"method": "bullet"},
    {"method": "stages", "stages": [[2, 0.3], [2, 0.7]]},
    {"method": "balloon", "balloon_rate": Decimal("0.30")},
    {"method": "custom", "amounts": ["350.00", "350.00", "350.00"]},
]
RHYTHMS: list[Settings] = [
    {"frequency": "month"},
    {"frequency": "month", "every": 2},
    {"frequency": "week", "every": 2},
    {"frequency": "day", "every": 20},
]
INTEREST: list[Settings] = [
    {"annual_rate": Decimal("0.18")},
    {"annual_rate": Decimal("0.18")},
    {"annual_rate": Decimal("0.0725")},
    {"annual_rate": ZERO, "late_annual_rate": Decimal("0.12"), "late_rate_multiplier": None},
    {"interest_type": "flat"},
    {"flat_charge": Decimal("96.00"), "annual_rate": ZERO},
]
BEGINNINGS: list[Settings] = [
    {},
    {},
    {"first_due_on": date(2026, 3, 2)},
    {"first_due_on": date(2026, 2, 1)},
    {"schedule_start_on": date(2026, 1, 10)},
    {"down_payment_rate": Decimal("0.20")},
    {"grace_on_principal": 1},
    {"grace_on_interest_payment": 2},
    {"grace_on_interest_charged": 1},
    {"drawdowns": [[DISBURSED.isoformat(), "500.00"]]},
    {"line_open_months": 3},
    {"rate_steps": [["2026-03-01", "0.12"]]},
]
FEES: list[Settings] = [
    {},
    {"fee_total": Decimal("24.00"), "fee_due": "spread"},
    {"fee_total": Decimal("24.00"), "fee_due": "first"},
]
REMAINDERS: list[Settings] = [{}, {}, {"remainder_tolerance": Decimal("5.00")}]
REPAID_EARLY: list[Settings] = [
    {},
    {},
    {},
    {},
    {"early_charge_rate": Decimal("0.01")},
    {"early_charge_rate": Decimal("0.03"), "early_charge_months": 2, "early_charge_cost_cap": Decimal("0.24")},
]
FOLLOWING = st.fixed_dictionaries(
    {
        "recalculates": st.just(True),
        "rest": _of(Rest),
        "compounding": _of(Compounding),
        "prepayment": _of(Prepayment),
    }
)
CONVENTIONS = st.fixed_dictionaries(
    {
        "interest_by": _of(InterestBy),
        "day_count": _of(DayCount),
        "month_end": _of(MonthEnd),
        "first_period": _of(FirstPeriod),
        "level_from": _of(LevelFrom),
        "rounding_mode": _of(RoundingMode),
        "emi_rounding": _of(EmiRule),
        "residue": _of(Residue),
        "round_each_segment": st.booleans(),
        "grace_days": st.sampled_from([0, 5]),
        "late_interest_compounds": st.booleans(),
        "refund_gives_interest_back": st.booleans(),
        "charge_off_makes_all_due": st.booleans(),
        "late_interest_most": st.sampled_from([None, Decimal("20.00")]),
    }
)
CALENDARS = st.one_of(
    st.just({}), st.fixed_dictionaries({"business_day_roll": _of(BusinessDayRoll), "business_calendar": st.just("CN")})
)


@st.composite
def products(draw: st.DrawFn) -> Settings:
    """The terms of a small loan on some product."""
    parts = [
        st.sampled_from(choices) for choices in (METHODS, RHYTHMS, INTEREST, BEGINNINGS, FEES, REMAINDERS, REPAID_EARLY)
    ]
    drawn = [draw(part) for part in (*parts, CONVENTIONS, CALENDARS)]
    terms = {name: value for settings in drawn for name, value in settings.items()}
    terms = terms if can_be_agreed(terms) else terms | {"business_day_roll": BusinessDayRoll.FOLLOWING.value}
    is_flat = "interest_type" in terms or "flat_charge" in terms  # no product lets flat interest follow the balance
    terms = terms if is_flat else terms | draw(st.one_of(st.just({}), st.just({}), FOLLOWING))
    if terms.get("recalculates"):
        terms.pop("line_open_months", None)  # only a fixed schedule is drawn again
    return terms


def can_be_agreed(settings: Settings) -> bool:
    """Whether instalments may be left out or merged on days off, where the settings say so."""
    if settings.get("business_day_roll") not in STEPPING:
        return True
    by_days = settings["frequency"] != "month" and settings["method"] != "bullet"
    charged = settings["first_period"] == FirstPeriod.CHARGED and "down_payment_rate" not in settings
    return by_days and charged and settings["day_count"] != DayCount.ACT_ACT_ICMA


@dataclass
class Life:
    """A loan on the day it is told of; ``done`` counts, so that every deed has a key of its own."""

    loan: Loan
    today: date = DISBURSED
    done: int = 0
    told: list[str] = field(default_factory=list)

    def sleep(self, days: int) -> None:
        """Let days pass, the last of them closed by its night."""
        if days:
            self.today += timedelta(days=days)
            accrue_and_age(self.loan.pk, self.loan.pk, self.today - timedelta(days=1))

    def do(self, step: Step) -> None:
        """Do what the step says. Raises the named refusal of whatever was tried."""
        _days, deed, which, percent = step
        self.done += 1
        self.told.append(deed)
        amount = max(round_money(PRINCIPAL / COUNT * percent / 100), Decimal("0.01"))
        ago = which % 12 if which % 3 == 0 else 0
        DEEDS[deed](self, which, amount, max(self.today - timedelta(days=ago), DISBURSED))

    def act(self, kind: str, on: date, **values: Any) -> None:
        """An act as if whoever has to agree did."""
        asked = wish(self.loan, kind, on, recorded_on=self.today, key=f"{self.loan.pk}:{self.done}", **values)
        perform(asked, approved=True)

    def take_everything_back(self) -> None:
        """Undo the acts that stand, the latest first, and reverse the receipts. Raises the refusal of any of it."""
        for act in self.loan.acts.filter(status="standing").order_by("-id"):
            undo(act_id=act.pk, reason="never was", on=self.today, approved=True)
        for receipt in self.loan.repayments.filter(status="posted").order_by("-id"):
            reverse_repayment(repayment_id=receipt.pk, reason="never was", reversed_on=self.today)


Deed = Callable[[Life, int, Decimal, date], None]


def _pay(life: Life, which: int, amount: Decimal, on: date) -> None:
    record_repayment(
        loan_id=life.loan.pk,
        amount=amount,
        received_on=on,
        recorded_on=life.today,
        channel="import",
        idempotency_key=f"{life.loan.pk}:{life.done}",
        recorded_by=None,
        excess=Excess.CREDITED if which % 2 else Excess.PAID_AHEAD,
        allow_repeat=True,
    )


def _settle(life: Life, which: int, amount: Decimal, on: date) -> None:
    key = f"{life.loan.pk}:{life.done}"
    settle_early(loan_id=life.loan.pk, on=on, recorded_on=life.today, channel="import", idempotency_key=key)


def _reverse(life: Life, which: int, amount: Decimal, on: date) -> None:
    receipts = list(Repayment.objects.filter(loan=life.loan).order_by("id"))
    if receipts:
        receipt = receipts[which % len(receipts)]
        reverse_repayment(repayment_id=receipt.pk, reason="bounced", reversed_on=life.today)


def _undo(life: Life, which: int, amount: Decimal, on: date) -> None:
    acts = list(LoanAct.objects.filter(loan=life.loan).order_by("id"))
    if acts:
        undo(act_id=acts[which % len(acts)].pk, reason="wrong", on=life.today, approved=True)


def _charge_back(life: Life, which: int, amount: Decimal, on: date) -> None:
    receipts = list(Repayment.objects.filter(loan=life.loan).order_by("id"))
    if receipts:
        receipt = receipts[which % len(receipts)]
        life.act("charge_back", on, amount=min(amount, receipt.amount), receipt=receipt.number)


def _redate(life: Life, which: int, amount: Decimal, on: date) -> None:
    receipts = list(Repayment.objects.filter(loan=life.loan).order_by("id"))
    if receipts:
        receipt = receipts[which % len(receipts)]
        life.act("receipt_redated", life.today, receipt=receipt.number, received_on=on - timedelta(days=which % 5))


def _due(life: Life, which: int) -> date:
    rows = life.loan.instalments.filter(superseded_on=None).order_by("number")
    return list(rows)[which % len(rows)].due_on


def _rescheduled(life: Life, which: int, amount: Decimal, on: date) -> None:
    due, kinds = _due(life, which), ("new_due_on", "extra_count", "annual_rate")
    values = {"new_due_on": due + timedelta(days=which), "extra_count": 1 + which % 2, "annual_rate": _rate(which)}
    kind = kinds[which % 3]
    life.act("rescheduled", on, from_due_on=due, **{kind: values[kind]})


def _rate(which: int) -> Decimal:
    return Decimal(which % 30) / 100


def _one(kind: str, values: Callable[[int, Decimal, date], Settings]) -> Deed:
    """An act that asks for nothing of the loan; ``values`` by a number, an amount and the day."""
    return lambda life, which, amount, on: life.act(kind, on, **values(which, amount, on))


STOPS = ("late_interest", "interest", "everything", "notice", "messages")
DEEDS: dict[str, Deed] = {
    "pay": _pay,
    "settle": _settle,
    "reverse": _reverse,
    "undo": _undo,
    "charge_back": _charge_back,
    "receipt_redated": _redate,
    "rescheduled": _rescheduled,
    "rate_changed": _one("rate_changed", lambda which, amount, on: {"annual_rate": _rate(which)}),
    "extension": _one("extension", lambda which, amount, on: {"days": 1 + which}),
    "due_day_changed": _one("due_day_changed", lambda which, amount, on: {"day": 1 + which % 28}),
    "payment_holiday": _one(
        "payment_holiday",
        lambda which, amount, on: {"count": 1 + which % 2, "interest": ("free", "first", "spread")[which % 3]},
    ),
    "reamortised": _one(
        "reamortised", lambda which, amount, on: {"count": 2 + which % 4, "capitalised": which % 4 == 0}
    ),
    "overdue_spread": _one("overdue_spread", lambda which, amount, on: {"priced": which % 2 == 0}),
    "overdue_reaged": _one(
        "overdue_reaged", lambda which, amount, on: {"count": 1 + which % 3, "priced": which % 2 == 0}
    ),
    "interest_capitalised": _one("interest_capitalised", lambda which, amount, on: {}),
    "drawn_down": _one("drawn_down", lambda which, amount, on: {"amount": amount}),
    "merchant_refund": _one("merchant_refund", lambda which, amount, on: {"amount": amount}),
    "goodwill_credit": _one("goodwill_credit", lambda which, amount, on: {"amount": amount}),
    "interest_waived": _one("interest_waived", lambda which, amount, on: {"amount": amount / 100}),
    "refund": lambda life, which, amount, on: life.act("refund", on, amount=amount, to_account=account_of(life.loan)),
    "fee_added": _one("fee_added", lambda which, amount, on: {"amount": Decimal("5.00")}),
    "fee_raised": _one(
        "fee_raised", lambda which, amount, on: {"instalment": 1 + which % 4, "amount": Decimal("3.00")}
    ),
    "fee_lowered": _one(
        "fee_lowered", lambda which, amount, on: {"instalment": 1 + which % 4, "amount": Decimal("1.00")}
    ),
    "penalty_added": _one("penalty_added", lambda which, amount, on: {"amount": Decimal("5.00")}),
    "waiver": _one(
        "waiver",
        lambda which, amount, on: {"component": ("fee", "late_interest")[which % 2], "amount": Decimal("0.25")},
    ),
    "hold_placed": _one(
        "hold_placed",
        lambda which, amount, on: {"stops": STOPS[which % 5], "until": on + timedelta(days=which % 20)},
    ),
    "hold_ended": _one("hold_ended", lambda which, amount, on: {"stops": STOPS[which % 5]}),
    "late_multiplier_changed": _one(
        "late_multiplier_changed", lambda which, amount, on: {"multiplier": Decimal("1.30")}
    ),
    "settled_for_less": _one("settled_for_less", lambda which, amount, on: {"at_most": Decimal("5000.00")}),
    "line_closed": _one("line_closed", lambda which, amount, on: {}),
    "charged_off": _one("charged_off", lambda which, amount, on: {"cause": "fraud"}),
    "write_off": _one("write_off", lambda which, amount, on: {}),
}
OFTEN = {"pay": 10, "reverse": 3, "undo": 3, "settle": 2, "rate_changed": 2, "extension": 2, "hold_placed": 2}
steps = st.lists(
    st.tuples(
        st.integers(0, 40),
        st.sampled_from([deed for deed in DEEDS for _ in range(OFTEN.get(deed, 1))]),
        st.integers(0, 29),
        st.integers(1, 250),
    ),
    min_size=1,
    max_size=5,
)
