"""A loan on the conventions a published case states; they are settings of a product, read here from the case's words."""

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from borrowers.models import Borrower
from borrowers.onboarding import register_borrower
from core.calendars import DayCount
from core.identifiers import next_number
from core.models import Rule
from core.money import CENT
from core.rules import forget_cached_rules
from loans.disbursement.activation import activate
from loans.models import Loan, Product, ProductVersion, VersionStatus
from loans.schedules.terms import (
    Compounding,
    EmiRule,
    Frequency,
    InterestBy,
    InterestType,
    LevelFrom,
    LevelOn,
    Method,
    MonthEnd,
    OverdueBears,
    Prepayment,
    Residue,
    Rest,
    RoundingMode,
)

ANY_MARKET = "ZZ"
ANY_DAY = date(2024, 1, 1)  # for a case that counts its days from the day its test ran
FREQUENCIES = {"MONTHS": Frequency.MONTH, "WEEKS": Frequency.WEEK, "DAYS": Frequency.DAY}
METHODS = {"equal installments": Method.EQUAL_INSTALMENTS, "equal principal": Method.EQUAL_PRINCIPAL}
DAY_COUNTS = {
    "360": DayCount.ACT_360,
    "364": DayCount.ACT_364,
    "365": DayCount.ACT_365F,
    "ACTUAL": DayCount.ACT_ACT_YEAR_END,
}
RESTS = {
    "daily": Rest.DAILY,
    "weekly": Rest.WEEKLY,
    "monthly": Rest.MONTHLY,
    "same as repayment period": Rest.SAME_AS_REPAYMENT,
    "same as repayment": Rest.SAME_AS_REPAYMENT,
}
# What is compounded and when, in the words of a case: “interest, monthly on day 1”, or each in a field of its own. Unpaid
# interest bears interest from its due date, or from the day of the month that is named.
COMPOUNDED = (
    (re.compile(r"\bboth\b|\binterest and fees?\b"), Compounding.BOTH),
    (re.compile(r"\binterest\b"), Compounding.INTEREST),
    (re.compile(r"\bfees?\b"), Compounding.FEE),
    (re.compile(r"\bnone\b"), Compounding.NONE),
)
COMPOUNDING_FIELDS = ("compounding", "compounding_frequency", "compounding_on_day", "compounding_day")
COMPOUNDING_WORDS = frozenset(
    "none both interest and fee fees daily monthly same as repayment period "
    "on the day of each every month interval frequency".split()
)
ADJUSTS_LAST = "adjust last, unpaid period"  # the strategy of the source's newer generator
STRATEGIES = {
    "reduce emi": Prepayment.REDUCE_INSTALMENT,
    "reduce emi amount": Prepayment.REDUCE_INSTALMENT,
    "reduce number of installments": Prepayment.REDUCE_NUMBER,
    "reduce number": Prepayment.REDUCE_NUMBER,
    "reschedule next repayments": Prepayment.LESSEN_NEXT,
    "reschedule next": Prepayment.LESSEN_NEXT,
    ADJUSTS_LAST: Prepayment.NEXT_INSTALMENTS,
}
FUTURES = {
    "NEXT_INSTALLMENT": Prepayment.NEXT_INSTALMENTS,
    "LAST_INSTALLMENT": Prepayment.LAST_FIRST,
    "REAMORTIZATION": Prepayment.REAMORTISE,
}
# What the cases say in a sentence: “segments summed before rounding”, not “each segment rounded before summing”;
# “principal rounded to a multiple of 10” where the multiple of an instalment is one of equal parts of principal too.
SUMMED_FIRST = re.compile(
    r"\b(?:sum|add)\w*\b[^;]*?\b(?:before|then|and)\b[^;]*?\bround|\brounded (?:once|after)|\bunrounded", re.IGNORECASE
)
ROUNDED_FIRST = re.compile(r"\bround\w*\b[^;]*?\b(?:before|then)\b[^;]*?\b(?:sum|add)", re.IGNORECASE)
PRINCIPAL_IN_MULTIPLES = re.compile(r"\bprincipal\b(?:(?! not )[^.;])*\bmultiples?\b", re.IGNORECASE)
# Words of the cases for what a payment pays, and for when
COMPONENTS = {"penalty": "late_interest", "fee": "fee", "interest": "interest", "principal": "principal"}


def a_loan(case: Mapping[str, Any]) -> Loan:
    """The loan of ``case``, paid out on its day."""
    on = disbursed_on(case)
    version = _version(case, on)
    loan = Loan(
        number=next_number("LN", on),
        borrower=_borrower(on),
        product_version=version,
        principal=_principal(case),
        annual_rate=version.annual_rate,
        fee_total=Decimal(0),
        method=version.method,
        frequency=version.frequency,
        every=version.every,
        instalment_count=case["number_of_repayments"],
        day_count=version.day_count,
        allocation_order=version.allocation_order,
        schedule_start_on=schedule_starts_on(case),
        drawdowns=_first_drawdown(case),
        **version.settings_for_booking(),
    )
    loan.save(force_insert=True)
    return activate(loan_id=loan.pk, disbursed_on=on)


def disbursed_on(case: Mapping[str, Any]) -> date:
    """The day the money goes out."""
    try:
        return date.fromisoformat(case["disbursement_date"])
    except ValueError:
        return ANY_DAY


def schedule_starts_on(case: Mapping[str, Any]) -> date | None:
    """The day the first period begins, where it is not the day the money goes out."""
    text = case.get("schedule_start_date")
    return date.fromisoformat(text) if text else None


def _principal(case: Mapping[str, Any]) -> Decimal:
    return Decimal(str(case["principal"]))


def _drawn(case: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [event for event in case.get("events", ()) if event["type"] == "disbursement"]


def _first_drawdown(case: Mapping[str, Any]) -> list[list[str]] | None:
    drawn = _drawn(case)
    return [[drawn[0]["on"], str(drawn[0]["amount"])]] if drawn else None


def _borrower(on: date) -> Borrower:
    known = Borrower.objects.filter(source="conformity").first()
    return known or register_borrower(
        name="Conformity",
        identity_kind="other",
        identity_number="conformity",
        phone="",
        on=on,
        language="en",
        external_id="conformity",
        source="conformity",
    )


def _version(case: Mapping[str, Any], on: date) -> ProductVersion:
    product = Product.objects.create(
        code=f"conformity-{Product.objects.count()}", name=str(case["id"])[:80], market=_market()
    )
    count = case["number_of_repayments"]
    return ProductVersion.objects.create(
        product=product,
        version=1,
        status=VersionStatus.LIVE,
        effective_from=on,
        method=METHODS[case["amortization"]],
        frequency=FREQUENCIES[case["repay_frequency"]],
        every=case["repay_every"],
        min_count=count,
        max_count=count,
        min_amount=Decimal(1),
        max_amount=_principal(case),
        annual_rate=Decimal(str(case["annual_rate_percent"])) / 100,
        late_rate_multiplier=Decimal(0),
        allocation_order=["late_interest", "fee", "interest", "principal"],
        **_conventions(case),
        **_rounding(case),
        **_servicing(case),
    )


def _market() -> str:
    """A market that caps no cost: the cases come from many, and their fees are none of our law's business."""
    Rule.objects.get_or_create(
        code="cost_cap",
        market=ANY_MARKET,
        effective_from=date(1970, 1, 1),
        defaults={
            "data": {"annual_rate": None},
            "source": "Published cases of other markets: no cap is tested on them.",
        },
    )
    forget_cached_rules()
    return ANY_MARKET


def is_classic(case: Mapping[str, Any]) -> bool:
    """Whether the source's older, cumulative generator made the case: it levels over the first period."""
    if "interest_recalculation" in case:
        return bool(case["interest_recalculation"].get("strategy") != ADJUSTS_LAST)
    return str(case["day_count"]["days_in_year"]).startswith("ACTUAL (")


def _conventions(case: Mapping[str, Any]) -> dict[str, Any]:
    by, day_count = _interest_by(case)
    first_of_next = case.get("month_end_strategy") == "FIRST_DAY_OF_NEXT_MONTH"
    free = case.get("grace_on_interest_charged_periods") or 0
    return {
        "interest_by": by,
        "day_count": day_count,
        "interest_type": InterestType.FLAT if case["interest_type"] == "flat" else InterestType.DECLINING,
        "month_end": MonthEnd.FIRST_OF_NEXT if first_of_next else MonthEnd.CLAMP,
        "grace_on_principal": case.get("grace_on_principal_periods") or 0,
        "grace_on_interest_payment": case.get("grace_on_interest_payment_periods") or 0,
        "grace_on_interest_charged": free,
        "down_payment_rate": Decimal(str(case.get("down_payment_percent") or 0)) / 100,
        "level_from": LevelFrom.FIRST_PERIOD if is_classic(case) and by is InterestBy.DAY else LevelFrom.EVERY_PERIOD,
        "level_on": LevelOn.APPROVED if is_classic(case) else LevelOn.OUTSTANDING,
    }


def _interest_by(case: Mapping[str, Any]) -> tuple[InterestBy, DayCount]:
    in_year, in_month = (str(case["day_count"][name]) for name in ("days_in_year", "days_in_month"))
    if case["interest_calculation_period"] == "same as repayment":
        return InterestBy.EVEN, DayCount.ACT_365F
    if in_month == "30":
        return InterestBy.THIRTY, DayCount.THIRTY_360 if in_year == "360" else DAY_COUNTS.get(
            in_year, DayCount.ACT_365F
        )
    return InterestBy.DAY, DAY_COUNTS.get(in_year, DayCount.ACT_365F)


def _rounding(case: Mapping[str, Any]) -> dict[str, Any]:
    multiple = case.get("installment_amount_multiple_of")
    words = f"{case.get('rounding_notes', '')}; {case.get('reproduction', '')}"
    return {
        "rounding_mode": RoundingMode.HALF_EVEN,
        "rounding_step": _smallest_sum(case),
        "instalment_multiple": None if multiple is None else Decimal(str(multiple)),
        "multiple_for_principal": bool(PRINCIPAL_IN_MULTIPLES.search(words)),
        "emi_rounding": EmiRule.ITERATE if multiple is None else EmiRule.NEAREST,
        "residue": Residue.LAST,
        "round_each_segment": _rounds_each_segment(words, is_classic(case)),
    }


def _rounds_each_segment(words: str, classic: bool) -> bool:
    """Where both ways are spoken of, the first is the case's own and the other what it is set against.

    Where neither is, the source's older generator rounds each part of a period and its newer one their sum.
    """
    summed, rounded = SUMMED_FIRST.search(words), ROUNDED_FIRST.search(words)
    if summed is None and rounded is None:
        return classic
    return summed is None or (rounded is not None and rounded.start() < summed.start())


def _smallest_sum(case: Mapping[str, Any]) -> Decimal:
    """A currency without decimals may be paid in multiples only; for one that has some the source ignores multiples."""
    places = case.get("currency_decimal_places")
    if places:
        return Decimal(1).scaleb(-places)
    multiple = case.get("currency_in_multiples_of")
    if places is None and not multiple:
        return CENT
    return Decimal(str(multiple or 1))


def _servicing(case: Mapping[str, Any]) -> dict[str, Any]:
    settings = case.get("interest_recalculation")
    future = case.get("future_installment_allocation")
    kinds = {event["type"] for event in case.get("events", ())}
    if settings is None and not kinds & {"daily close", "payoff"}:
        return {"prepayment": FUTURES[future] if future else Prepayment.NEXT_INSTALMENTS, **_order(case)}
    settings = settings or {}
    until_rest = "rest" in str(case.get("pre_closure_interest", ""))
    as_told = is_classic(case) and "daily close" not in kinds
    return {
        "recalculates": True,
        "rest": Rest.SAME_AS_REPAYMENT if until_rest else RESTS[str(settings.get("rest", "daily")).casefold()],
        "overdue_bears": OverdueBears.ON_RECEIPT if as_told else OverdueBears.EVERY_DAY,
        **_compounding(settings),
        "prepayment": _prepayment(str(settings.get("strategy", ADJUSTS_LAST)).casefold(), future),
        **_order(case),
    }


def _prepayment(strategy: str, future: str | None) -> Prepayment:
    """The newer generator changes no amounts for money paid ahead; what it pays is told apart, where it is told."""
    return FUTURES[future] if future and strategy == ADJUSTS_LAST else STRATEGIES[strategy]


def _compounding(settings: Mapping[str, Any]) -> dict[str, Any]:
    """What is compounded, and on which day of the month (0: its due date). Raises ValueError for words not known."""
    told = " ".join(str(settings[name]).casefold() for name in COMPOUNDING_FIELDS if settings.get(name) is not None)
    words = re.findall(r"[a-z]+|\d+", told) or ["none"]
    days = [int(word) for word in words if word.isdigit()]
    unknown = {word for word in words if not word.isdigit()} - COMPOUNDING_WORDS - {"st", "nd", "rd", "th"}
    kind = next((kind for pattern, kind in COMPOUNDED if pattern.search(" ".join(words))), None)
    if unknown or kind is None:
        raise ValueError(f"no product compounds “{told}”")
    return {"compounding": kind, "compounding_day": days[-1] if days else 0}


def _order(case: Mapping[str, Any]) -> dict[str, Any]:
    """“due …, then in advance …” is an order by timing; a plain list is the same for every timing."""
    due, found, ahead = str(case.get("payment_order", "")).partition("in advance")
    if not found:
        return {}
    now, later = _components(due), _components(ahead)
    steps = [f"{timing}:{name}" for timing in ("past_due", "due") for name in now]
    return {"payment_order": {"default": {"steps": [*steps, *(f"in_advance:{name}" for name in later)]}}}


def _components(text: str) -> list[str]:
    words = text.replace(",", " ").split()
    return [COMPONENTS[word] for word in words if word in COMPONENTS]
