"""Pledged policies as partners send and see them. A policy's number and the insured person go in and never come out."""

from datetime import date
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from core import business_date
from loans.account.policy_cover import CashValue, Growth
from loans.api.currencies import currency_of_loan
from loans.models import CashValueGrowth, PledgeStatus, PolicyPledge
from loans.pledges import pledge_reading
from loans.pledges.pledging import Policy
from partners.api.fields import Constant, InItsCurrency, InstantField, LiveMode, MoneyField, RateField
from partners.api.schema import example, fen

MOST_VALUES = 200
DONE = ["capitalised", "warned", "notified", "lapsed", "cured", "released"]


class CashValueInput(serializers.Serializer[Any]):
    """What the insurer states for a day."""

    on = serializers.DateField(help_text="The day from which it holds.")
    amount = MoneyField(allow_zero=True)


def values_of(rows: list[dict[str, Any]]) -> list[CashValue]:
    """The cash values as the use cases take them."""
    return [CashValue(row["on"], row["amount"]) for row in rows]


@example(
    loan="loan_01JD0000000000000000000000",
    insurer="Harbour Life",
    policy_number="PL-2020-000123",
    insured_name="林小雨",
    policy_since="2020-07-01",
    growth="linear",
    cash_values=[{"on": "2026-01-01", "amount": fen(1_000_000)}, {"on": "2027-01-01", "amount": fen(1_080_000)}],
)
class PledgeInput(InItsCurrency):
    loan = serializers.CharField(max_length=40, help_text="The loan's id. It waits for its money or runs.")
    insurer = serializers.CharField(max_length=80)
    policy_number = serializers.CharField(
        max_length=60, help_text="6 to 40 characters; spaces and hyphens not counted."
    )
    insured_name = serializers.CharField(max_length=80)
    policy_since = serializers.DateField(help_text="The day the policy began; its anniversaries count from it.")
    growth = serializers.ChoiceField(
        CashValueGrowth.choices, default=Growth.LINEAR.value, help_text="How cash value goes from row to row."
    )
    cash_values = CashValueInput(  # type: ignore[call-arg]
        many=True, allow_empty=False, max_length=MOST_VALUES, help_text="The insurer's table, one row a day."
    )

    def currency_of_input(self, data: dict[str, Any]) -> str:
        return currency_of_loan(data.get("loan"))


def policy_of(given: dict[str, Any]) -> Policy:
    """The policy a body describes."""
    return Policy(
        insurer=given["insurer"],
        number=given["policy_number"],
        insured_name=given["insured_name"],
        since=given["policy_since"],
        growth=given["growth"],
    )


@example(cash_values=[{"on": "2026-07-01", "amount": fen(1_040_000)}])
class CashValuesInput(serializers.Serializer[Any]):
    cash_values = CashValueInput(  # type: ignore[call-arg]
        many=True, allow_empty=False, max_length=MOST_VALUES, help_text="A day already known gets the new amount."
    )


@example(reason="loan repaid")
class ReleaseInput(serializers.Serializer[Any]):
    reason = serializers.CharField(max_length=200, required=False, default="", allow_blank=True)


@example(amount=fen(1_034_512))
class ReinstatementInput(serializers.Serializer[Any]):
    amount = MoneyField(help_text="The total of the reinstatement quote of today.")
    allow_repeat = serializers.BooleanField(
        default=False,
        help_text="It is another payment, although one of this day and amount is recorded for the loan. Without it such a "
        "payment is refused with `payment_looks_repeated`.",
    )


class CashValueSerializer(serializers.Serializer[Any]):
    on = serializers.DateField()
    amount = MoneyField()


class CoverSerializer(serializers.Serializer[Any]):
    """Cash value against debt at the end of ``on``."""

    on = serializers.DateField()
    cash_value = MoneyField()
    debt = MoneyField()
    percent = serializers.DecimalField(max_digits=14, decimal_places=2, allow_null=True)


class PolicySummarySerializer(InItsCurrency):
    """A pledged policy in a list: its cover is read by SQL, with the debt as of the last close of the day."""

    object = Constant("policy_pledge")
    id = serializers.CharField(source="public_id")
    loan = serializers.CharField(source="loan.public_id")
    status = serializers.ChoiceField(PledgeStatus.choices)
    insurer = serializers.CharField()
    last4 = serializers.CharField(help_text="The last four characters of the policy's number.")
    pledged_on = serializers.DateField()
    lent = MoneyField(help_text="What was lent when the policy was pledged.")
    most_share = RateField(help_text="The largest share of cash value that could be lent on that day.")
    agreed_on = serializers.DateField(
        allow_null=True, help_text="Null until a second person of the lender agreed: nothing follows from it before."
    )
    next_anniversary_on = serializers.DateField(help_text="Unpaid interest becomes principal on this day.")
    notice_ends_on = serializers.DateField(allow_null=True, help_text="The last day to pay before the policy lapses.")
    lapsed_on = serializers.DateField(allow_null=True)
    reinstated_on = serializers.DateField(allow_null=True)
    released_on = serializers.DateField(allow_null=True)
    cover = serializers.SerializerMethodField(help_text="Null once the policy has lapsed or was released.")
    created_at = InstantField()
    livemode = LiveMode()

    @extend_schema_field(CoverSerializer(allow_null=True))
    def get_cover(self, pledge: Any) -> Any:
        if not pledge.is_live:
            return None
        figures = {"cash_value": pledge.worth, "debt": pledge.owed, "percent": pledge.used if pledge.worth else None}
        return CoverSerializer({"on": business_date.current(), **figures}).data


class PolicySerializer(PolicySummarySerializer):
    """A pledged policy with the insurer's table and what comes when nobody pays."""

    growth = serializers.ChoiceField(CashValueGrowth.choices)
    cash_values = CashValueSerializer(many=True)
    exhausted_on = serializers.SerializerMethodField(help_text="When debt reaches cash value if nobody pays.")

    @extend_schema_field(CoverSerializer(allow_null=True))
    def get_cover(self, pledge: PolicyPledge) -> Any:
        cover = pledge_reading.cover_of(pledge, business_date.current()) if pledge.is_live else None
        return CoverSerializer(cover).data if cover else None

    @extend_schema_field(serializers.DateField(allow_null=True))
    def get_exhausted_on(self, pledge: PolicyPledge) -> Any:
        ahead = pledge_reading.outlook(pledge, business_date.current()) if pledge.is_live else None
        return _iso(ahead.exhausted_on) if ahead else None


class ReviewSerializer(serializers.Serializer[Any]):
    """What a review did, and the policy as it stands after it."""

    object = Constant("policy_review")
    done = serializers.ListField(child=serializers.ChoiceField(DONE), help_text="Empty when nothing was called for.")
    policy = PolicySerializer(source="pledge")


def _iso(on: date | None) -> str | None:
    return on.isoformat() if on else None
