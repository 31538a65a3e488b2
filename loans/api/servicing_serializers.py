"""Loans, their schedule and their money as partners send and see them."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from borrowers.api.serializers import BorrowerSerializer
from loans.api.currencies import currency_of_loan
from loans.api.serializers import (
    CALENDAR,
    DAY_ROLLS,
    DAYS_OFF,
    EARLY_CHARGE,
    EARLY_CHARGE_AT_THE_END,
    EARLY_CHARGE_MONTHS,
    ApplicationSerializer,
    MerchantSerializer,
)
from loans.gate.telling import told_outside
from loans.models import (
    Disbursement,
    DisbursementStatus,
    Loan,
    LoanPosition,
    LoanStatus,
    Repayment,
    RepaymentChannel,
    RepaymentFrequency,
    RepaymentMethod,
    RepaymentStatus,
    RiskClass,
)
from partners.api.fields import Constant, InItsCurrency, InstantField, LiveMode, MoneyField, RateField, Reference
from partners.api.schema import example, fen

INSTALMENT_STATES = ["paid", "overdue", "due", "upcoming", "written_off"]
TRANSACTION_KINDS = ["disbursement", "repayment", "recovery", "refund", "waiver", "small_remainder", "extension"]


class PositionSerializer(serializers.Serializer[LoanPosition]):
    """Where the loan stands at the end of ``as_of``."""

    as_of = serializers.DateField()
    outstanding_total = MoneyField()
    principal_outstanding = MoneyField()
    interest_receivable = MoneyField()
    fee_receivable = MoneyField()
    late_interest_receivable = MoneyField()
    overdue_total = MoneyField()
    days_past_due = serializers.IntegerField()
    bucket = serializers.CharField(help_text="C, M1, M2 … by days past due.")
    risk_class = serializers.ChoiceField(RiskClass.choices)
    next_due_on = serializers.DateField(allow_null=True)
    next_due_amount = MoneyField()
    overpaid = MoneyField()
    written_off_amount = MoneyField()
    recovered = MoneyField()
    interest_in_suspense = MoneyField()
    charged_off_on = serializers.DateField(allow_null=True)
    charged_off_amount = MoneyField()


class DisbursementSerializer(InItsCurrency):
    """How far the payment of the money has come."""

    object = Constant("disbursement")
    id = serializers.CharField(source="public_id")
    status = serializers.ChoiceField(DisbursementStatus.choices)
    amount = MoneyField()
    requested_on = serializers.DateField()
    paid_on = serializers.DateField(allow_null=True)
    failure_code = serializers.SerializerMethodField()

    def get_failure_code(self, order: Disbursement) -> str:
        """Why the bank did not pay, or why it was not sent: not_eligible where the lender's checks do not let it pass."""
        return told_outside(order.failure_code)


class LoanSerializer(InItsCurrency):
    object = Constant("loan")
    id = serializers.CharField(source="public_id")
    number = serializers.CharField()
    status = serializers.ChoiceField(LoanStatus.choices)
    borrower = Reference(BorrowerSerializer)
    application = Reference(ApplicationSerializer)
    product = serializers.CharField(source="product_version.product.public_id")
    principal = MoneyField(help_text="With a first drawdown: what may be drawn in all.")
    first_drawdown = MoneyField(allow_null=True)
    price = MoneyField(allow_null=True)
    down_payment = MoneyField(allow_null=True)
    merchant = Reference(MerchantSerializer, allow_null=True)
    goods = serializers.CharField()
    annual_rate = RateField()
    rate_basis = Constant("annual")
    annualised_cost = RateField(allow_null=True, help_text="The offer's annualised_simple, of the day of the contract.")
    fee_total = MoneyField(help_text="The whole fee agreed: the offer's total_fees and fee_deducted together.")
    method = serializers.ChoiceField(RepaymentMethod.choices)
    frequency = serializers.ChoiceField(RepaymentFrequency.choices)
    every = serializers.IntegerField()
    instalment_count = serializers.IntegerField(
        help_text="Number of instalments of the contract as signed: the offer's term_count. The schedule tells what "
        "later changes made of it."
    )
    business_day_roll = serializers.ChoiceField(DAY_ROLLS, help_text=DAYS_OFF)
    business_calendar = serializers.CharField(help_text=CALENDAR)
    grace_days = serializers.IntegerField()
    late_annual_rate = RateField()
    late_rate_multiplier = RateField(allow_null=True, help_text="Of the contract rate; null: a late rate of its own.")
    late_rate_follows_rule = serializers.BooleanField(
        help_text="Whether a new multiplier of the market applies from its day on."
    )
    late_rate_ceiling = RateField(allow_null=True)
    late_interest_compounds = serializers.BooleanField(help_text="Whether overdue interest bears late interest too.")
    late_interest_most = MoneyField(allow_null=True, help_text="Late interest and penalties in all.")
    early_charge_rate = RateField(help_text=EARLY_CHARGE)
    early_charge_last_year_rate = RateField(source="early_charge_at_the_end", help_text=EARLY_CHARGE_AT_THE_END)
    early_charge_months = serializers.IntegerField(help_text=EARLY_CHARGE_MONTHS)
    remainder_tolerance = MoneyField(help_text="A remainder up to this sum is waived and the loan settled; 0: never.")
    line_open_until = serializers.DateField(
        allow_null=True,
        help_text="The last day on which what was repaid can be drawn again; null: it never can, or nothing was paid out.",
    )
    charge_off_makes_all_due = serializers.BooleanField(
        help_text="Whether all of the loan falls due when it is charged off."
    )
    refund_gives_interest_back = serializers.BooleanField(
        help_text="Whether a merchant's refund gives back the interest charged so far on what is returned."
    )
    disbursed_on = serializers.DateField(allow_null=True)
    settled_on = serializers.DateField(allow_null=True)
    written_off_on = serializers.DateField(allow_null=True)
    disbursement = serializers.SerializerMethodField()
    position = PositionSerializer(allow_null=True)
    created_at = InstantField()
    livemode = LiveMode()

    @extend_schema_field(DisbursementSerializer(allow_null=True))
    def get_disbursement(self, loan: Loan) -> Any:
        orders: list[Disbursement] = loan.orders  # type: ignore[attr-defined]  # loans.api.reading
        return DisbursementSerializer(orders[-1]).data if orders else None


class InstalmentSerializer(serializers.Serializer[Any]):
    number = serializers.IntegerField()
    starts_on = serializers.DateField()
    due_on = serializers.DateField()
    principal = MoneyField()
    interest = MoneyField()
    fee = MoneyField()
    late_interest = MoneyField()
    total = MoneyField()
    paid = MoneyField()
    owed = MoneyField()
    state = serializers.ChoiceField(INSTALMENT_STATES)


class TotalsSerializer(serializers.Serializer[Any]):
    principal = MoneyField()
    interest = MoneyField()
    fee = MoneyField()
    late_interest = MoneyField()
    total = MoneyField()
    paid = MoneyField()
    owed = MoneyField()


class ScheduleSerializer(InItsCurrency):
    """The schedule in force on a day. Before the money is paid out it is indicative."""

    object = Constant("schedule")
    loan = serializers.CharField()
    as_of = serializers.DateField()
    version = serializers.IntegerField()
    indicative = serializers.BooleanField()
    instalments = InstalmentSerializer(many=True)
    totals = TotalsSerializer()
    livemode = LiveMode()


class AllocationSerializer(serializers.Serializer[Any]):
    """What the money was used for."""

    principal = MoneyField()
    interest = MoneyField()
    fee = MoneyField()
    late_interest = MoneyField()
    overpaid = MoneyField()


class AllocationLineSerializer(serializers.Serializer[Any]):
    instalment_number = serializers.IntegerField()
    principal = MoneyField()
    interest = MoneyField()
    fee = MoneyField()
    late_interest = MoneyField()


@example(loan="loan_01JD0000000000000000000000", amount=fen(93_500), payer_reference="TRX-20260715-0001")
class RepaymentInput(InItsCurrency):
    loan = serializers.CharField(max_length=40, help_text="The loan's id.")
    amount = MoneyField()
    received_on = serializers.DateField(
        required=False, help_text="The day the money arrived; the business date if not sent."
    )
    payer_reference = serializers.CharField(required=False, max_length=80, allow_blank=True)
    settles_early = serializers.BooleanField(
        default=False, help_text="The amount is a payoff quote of that day and settles the loan."
    )
    allow_overpayment = serializers.BooleanField(
        default=False,
        help_text="Take an amount above all that is owed on received_on: what is owed settles the loan, the rest is a "
        "credit balance. Without it such an amount is refused with `payment_above_owed`. A settlement is always the "
        "exact quote.",
    )
    allow_repeat = serializers.BooleanField(
        default=False,
        help_text="It is another payment, although one with the same received_on and amount, or the same payer_reference, "
        "is recorded for the loan. Without it such a payment is refused with `payment_looks_repeated`; `existing` is the "
        "id of the earlier one.",
    )

    def currency_of_input(self, data: dict[str, Any]) -> str:
        return currency_of_loan(data.get("loan"))


@example(reason="returned by the bank")
class ReversalInput(serializers.Serializer[Any]):
    reason = serializers.CharField(max_length=200)


class RepaymentSerializer(InItsCurrency):
    object = Constant("repayment")
    id = serializers.CharField(source="public_id")
    number = serializers.CharField(help_text="The receipt number.")
    status = serializers.ChoiceField(RepaymentStatus.choices)
    loan = Reference(LoanSerializer)
    amount = MoneyField()
    received_on = serializers.DateField()
    first_received_on = serializers.DateField(
        allow_null=True, help_text="The day it was recorded with, where an act moved it since; else null."
    )
    recorded_on = serializers.DateField()
    recorded_at = InstantField()
    channel = serializers.ChoiceField(RepaymentChannel.choices)
    payer_reference = serializers.CharField()
    is_recovery = serializers.BooleanField()
    settles_early = serializers.BooleanField()
    early_charge = MoneyField(help_text="What of the fees of the allocation is the early-repayment charge.")
    allocation = AllocationSerializer(source="*")
    lines = serializers.SerializerMethodField()
    reversed_on = serializers.DateField(allow_null=True)
    reversal_reason = serializers.CharField()
    livemode = LiveMode()

    @extend_schema_field(AllocationLineSerializer(many=True))
    def get_lines(self, repayment: Repayment) -> Any:
        """The part of each instalment, by the entry that stands; a replay may move them."""
        lines = [line for line in repayment.lines.all() if line.entry_id == repayment.entry_id]
        return AllocationLineSerializer(sorted(lines, key=lambda line: line.instalment_number), many=True).data


class TransactionSerializer(InItsCurrency):
    """One movement on the account of a loan."""

    object = Constant("transaction")
    kind = serializers.ChoiceField(TRANSACTION_KINDS)
    reference = serializers.CharField(allow_null=True, help_text="The id of what moved the account, by its kind.")
    on = serializers.DateField()
    amount = MoneyField(help_text="Of an extension the interest it added.")
    direction = serializers.ChoiceField(["in", "out", "none"])
    status = serializers.CharField()
    allocation = AllocationSerializer(allow_null=True)
    reversed_on = serializers.DateField(allow_null=True)
    reversal_reason = serializers.CharField()


class PayoffQuoteSerializer(InItsCurrency):
    """What settles the loan on a day: interest only for the days used."""

    object = Constant("payoff_quote")
    loan = serializers.CharField()
    on = serializers.DateField()
    total = MoneyField()
    principal = MoneyField()
    interest = MoneyField()
    fee = MoneyField()
    late_interest = MoneyField()
    early_charge = MoneyField(help_text="Early-repayment charge, beside the other fees.")
    saved = MoneyField(help_text="Interest and fees of the agreed schedule that are not charged.")
    livemode = LiveMode()

    def currency_of_output(self, instance: dict[str, Any]) -> str:
        return currency_of_loan(instance["loan"])
