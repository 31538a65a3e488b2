"""Products, applications and offers as partners send and see them."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from borrowers.api.serializers import BorrowerSerializer
from loans.api.currencies import currency_of_product
from loans.gate.telling import NOT_ELIGIBLE, NotEligible
from loans.models import (
    Application,
    ApplicationStatus,
    DecisionSource,
    FeeDue,
    Merchant,
    Offer,
    OfferStatus,
    Outcome,
    RepaymentFrequency,
    RepaymentMethod,
)
from loans.models.schedule_choices import WORDS
from loans.origination.application_lifecycle import APPLICATIONS
from loans.origination.decisions import BORROWERS_RIGHTS, TOLD_TO_PARTNERS, reason_labels
from loans.pricing.cost_words import COST_NAMES
from loans.rates.cost_table import CostComponent, CostKind
from loans.schedules.terms import BusinessDayRoll
from partners.api.fields import Constant, InItsCurrency, InstantField, LiveMode, MoneyField, RateField, Reference
from partners.api.schema import example, fen

# What a partner can do to bring an application into a state; the other states come by themselves.
ACTIONS: dict[str, str] = {
    ApplicationStatus.SUBMITTED: "submit",
    ApplicationStatus.WITHDRAWN: "withdraw",
    ApplicationStatus.ACCEPTED: "accept_offer",
}
# Reasons that would tip off the person they are about travel as "policy".
TERM_ASKED_FOR = "Number of instalments asked for."
TERM_OFFERED = "Number of instalments offered. Once accepted it is the loan's instalment_count."
PURPOSE = "What the loan is for: a code of GET /loan_purposes. A draft may leave it out."
PURPOSE_NOTE = "What the borrower says of it, in their own words."
WANTS_PERSON = "The borrower refuses a decision made by software alone: a person decides, the rules never."
AGREED = "What can be paid each period, instead of term_count: the number follows from it, and the last is smaller."
EARLY_CHARGE = "Early-repayment charge, a fraction of the principal repaid early when the loan is settled; 0: none."
EARLY_CHARGE_AT_THE_END = "The same where a year or less is left to the last due date."
EARLY_CHARGE_MONTHS = "Months from the disbursement in which it is charged; 0: until the end."
DAYS_OFF = "What becomes of a due date on a day off of business_calendar; none: it stays."
DAY_ROLLS = [(roll.value, words) for roll, words in WORDS[BusinessDayRoll].items()]
CALENDAR = "The calendar of working days; empty: none."
FEES_WITH_INSTALMENTS = "Fees that fall due with instalments; not fee_deducted."
DECIDED = {
    ApplicationStatus.OFFERED,
    ApplicationStatus.ACCEPTED,
    ApplicationStatus.DECLINED,
    ApplicationStatus.EXPIRED,
}


class ProductSerializer(InItsCurrency):
    """A product with the conditions of its live version."""

    object = Constant("product")
    id = serializers.CharField(source="public_id")
    code = serializers.CharField()
    name = serializers.CharField()
    name_zh = serializers.CharField()
    version = serializers.IntegerField(source="live.version")
    method = serializers.ChoiceField(RepaymentMethod.choices, source="live.method")
    frequency = serializers.ChoiceField(RepaymentFrequency.choices, source="live.frequency")
    every = serializers.IntegerField(source="live.every")
    business_day_roll = serializers.ChoiceField(DAY_ROLLS, source="live.business_day_roll", help_text=DAYS_OFF)
    business_calendar = serializers.CharField(source="live.business_calendar", help_text=CALENDAR)
    min_count = serializers.IntegerField(source="live.min_count", help_text="Least term_count of an application.")
    max_count = serializers.IntegerField(source="live.max_count", help_text="Greatest term_count of an application.")
    min_amount = MoneyField(source="live.min_amount")
    max_amount = MoneyField(source="live.max_amount")
    annual_rate = RateField(source="live.annual_rate")
    rate_basis = Constant("annual")
    day_count = serializers.CharField(source="live.day_count")
    fee_rate = RateField(source="live.fee_rate")
    fee_due = serializers.ChoiceField(FeeDue.choices, source="live.fee_due")
    grace_days = serializers.IntegerField(source="live.grace_days")
    late_rate_multiplier = serializers.CharField(source="live.late_rate_multiplier")
    late_rate_follows_rule = serializers.BooleanField(source="live.late_rate_follows_rule")
    late_interest_compounds = serializers.BooleanField(source="live.late_interest_compounds")
    late_interest_cap = RateField(
        source="live.late_interest_cap",
        allow_null=True,
        help_text="Most late interest in all, a fraction of the principal; null: only the cap of the market. What comes "
        "of both is a loan's late_interest_most.",
    )
    early_charge_rate = RateField(source="live.early_charge_rate", help_text=EARLY_CHARGE)
    early_charge_last_year_rate = RateField(source="live.early_charge_at_the_end", help_text=EARLY_CHARGE_AT_THE_END)
    early_charge_months = serializers.IntegerField(source="live.early_charge_months", help_text=EARLY_CHARGE_MONTHS)
    remainder_tolerance = MoneyField(
        source="live.remainder_tolerance",
        help_text="What a loan still owes is waived up to this sum, as small_remainder, and the loan settled; 0: never.",
    )
    allocation_order = serializers.ListField(child=serializers.CharField(), source="live.allocation_order")
    is_purchase = serializers.BooleanField(
        source="live.is_purchase", help_text="An application names merchant, price and goods; the merchant is paid."
    )
    line_open_months = serializers.IntegerField(
        source="live.line_open_months",
        help_text="For so many months from the first payout what was repaid can be drawn again; 0: never.",
    )
    charge_off_makes_all_due = serializers.BooleanField(
        source="live.charge_off_makes_all_due", help_text="Whether all of a loan falls due when it is charged off."
    )
    refund_gives_interest_back = serializers.BooleanField(
        source="live.refund_gives_interest_back",
        help_text="Whether a merchant's refund gives back the interest charged so far on what is returned.",
    )
    allows_drawdowns = serializers.BooleanField(
        source="live.allows_drawdowns", help_text="An application may choose a first drawdown smaller than its amount."
    )
    allows_agreed_instalment = serializers.BooleanField(
        source="live.allows_agreed_instalment",
        help_text="An application may give agreed_instalment, from which term_count follows.",
    )
    livemode = LiveMode()


class MerchantSerializer(serializers.Serializer[Merchant]):
    """A seller that purchases can be financed at."""

    object = Constant("merchant")
    id = serializers.CharField(source="public_id")
    name = serializers.CharField()
    registration_number = serializers.CharField(help_text="In China the unified social credit code.")
    market = serializers.CharField()
    active = serializers.BooleanField(help_text="Only an active merchant can be named in an application.")
    created_at = InstantField()
    livemode = LiveMode()


@example(product="prod_01JD0000000000000000000000", amount=fen(1_200_000), term_count=12)
class QuoteInput(InItsCurrency):
    product = serializers.CharField(max_length=40, help_text="The product's id.")
    amount = MoneyField()
    term_count = serializers.IntegerField(
        min_value=1, max_value=1200, required=False, help_text=f"{TERM_ASKED_FOR} Or give agreed_instalment."
    )
    agreed_instalment = MoneyField(required=False, help_text=AGREED)
    price = MoneyField(required=False, help_text="For a purchase: what the thing costs.")
    first_drawdown = MoneyField(required=False, help_text="What is paid out at first of the amount, if not all of it.")

    def currency_of_input(self, data: dict[str, Any]) -> str:
        return currency_of_product(data.get("product"))


class ScheduledInstalmentSerializer(serializers.Serializer[Any]):
    number = serializers.IntegerField()
    due_on = serializers.DateField()
    principal = MoneyField()
    interest = MoneyField()
    fee = MoneyField()
    total = MoneyField()


class CostPartSerializer(serializers.Serializer[Any]):
    due_on = serializers.DateField()
    amount = MoneyField()


class CostComponentSerializer(serializers.Serializer[Any]):
    """One cost of the credit. Nothing that is not listed is charged while the loan is paid as agreed."""

    kind = serializers.ChoiceField([(kind.value, kind.value) for kind in CostKind])
    name = serializers.SerializerMethodField()
    payee = serializers.CharField(help_text="Who charges it; “lender” is the lender itself.")
    amount = MoneyField()
    parts = CostPartSerializer(many=True)

    def get_name(self, component: CostComponent) -> str:
        return str(COST_NAMES[component.kind])


class AnnualRatesSerializer(serializers.Serializer[Any]):
    """The annual rate by the law of each market."""

    cn_simple = RateField(help_text="China: rate of a period times the periods of a year (单利).")
    cn_compound = RateField(help_text="China: compounded.")
    eu_aprc = RateField(help_text="European Union and United Kingdom: annual percentage rate of charge.")
    us_apr = RateField(help_text="United States: Regulation Z, Appendix J, actuarial method.")
    xirr = RateField(help_text="Effective, by actual days over 365.")


class QuoteSerializer(InItsCurrency):
    """What a loan would be, paid out today. Nothing is stored."""

    object = Constant("quote")
    principal = MoneyField(source="terms.principal", help_text="With a first drawdown: what may be drawn in all.")
    first_drawdown = MoneyField(allow_null=True, help_text="Costs and instalments are those of this sum.")
    down_payment = MoneyField()
    price = MoneyField()
    term_count = serializers.IntegerField(source="terms.count", help_text=TERM_ASKED_FOR)
    agreed_instalment = MoneyField(allow_null=True, help_text="What term_count follows from; null: it was asked for.")
    annual_rate = RateField(source="terms.annual_rate")
    rate_basis = Constant("annual")
    total_interest = MoneyField(source="schedule.total_interest")
    total_fees = MoneyField(source="schedule.total_fee", help_text=FEES_WITH_INSTALMENTS)
    fee_deducted = MoneyField(source="terms.fee_deducted", help_text="Taken out of the sum paid out.")
    paid_out = MoneyField(source="terms.paid_out")
    total_repayable = MoneyField()
    annualised_simple = RateField(source="cost.simple")
    annualised_compound = RateField(source="cost.compound")
    cost_cap = RateField(source="cap.rate", allow_null=True)
    within_cap = serializers.BooleanField()
    components = CostComponentSerializer(many=True)
    total_cost = MoneyField()
    early_charge_rate = RateField(source="version.early_charge_rate", help_text=EARLY_CHARGE)
    early_charge_last_year_rate = RateField(source="version.early_charge_at_the_end", help_text=EARLY_CHARGE_AT_THE_END)
    early_charge_months = serializers.IntegerField(source="version.early_charge_months", help_text=EARLY_CHARGE_MONTHS)
    rates = AnnualRatesSerializer()
    rates_shown = serializers.ListField(
        child=serializers.CharField(), help_text="The rates that must be shown to the borrower, by name."
    )
    instalments = ScheduledInstalmentSerializer(many=True, source="schedule.instalments")
    livemode = LiveMode()


@example(
    borrower="cus_01JD0000000000000000000000",
    product="prod_01JD0000000000000000000000",
    amount=fen(1_200_000),
    term_count=12,
    purpose="electronics",
)
class ApplicationInput(InItsCurrency):
    borrower = serializers.CharField(max_length=40, help_text="The borrower's id.")
    product = serializers.CharField(max_length=40, help_text="The product's id.")
    amount = MoneyField(help_text="What is to be financed: for a purchase the price less the down payment.")
    term_count = serializers.IntegerField(
        min_value=1, max_value=1200, required=False, help_text=f"{TERM_ASKED_FOR} Or give agreed_instalment."
    )
    agreed_instalment = MoneyField(required=False, help_text=AGREED)
    price = MoneyField(required=False, help_text="For a purchase: what the thing costs.")
    merchant = serializers.CharField(required=False, max_length=40, help_text="For a purchase: the merchant's id.")
    goods = serializers.CharField(required=False, max_length=120, help_text="For a purchase: what is bought.")
    first_drawdown = MoneyField(required=False, help_text="What is paid out at first of the amount, if not all of it.")
    purpose = serializers.CharField(required=False, max_length=40, allow_blank=True, help_text=PURPOSE)
    purpose_note = serializers.CharField(required=False, max_length=120, allow_blank=True, help_text=PURPOSE_NOTE)
    wants_person = serializers.BooleanField(default=False, help_text=WANTS_PERSON)
    external_id = serializers.CharField(required=False, max_length=80, help_text="Your own number of the application.")
    submit = serializers.BooleanField(default=True, help_text="False keeps a draft; POST …/submit sends it off.")

    def currency_of_input(self, data: dict[str, Any]) -> str:
        return currency_of_product(data.get("product"))


class ApplicationSerializer(InItsCurrency):
    object = Constant("application")
    id = serializers.CharField(source="public_id")
    number = serializers.CharField()
    external_id = serializers.SerializerMethodField()
    status = serializers.ChoiceField(ApplicationStatus.choices)
    allowed_actions = serializers.SerializerMethodField()
    borrower = Reference(BorrowerSerializer)
    product = serializers.CharField(source="product.public_id")
    amount = MoneyField(help_text="What was asked for. What an offer, and the loan, grant of it is their principal.")
    price = MoneyField(allow_null=True)
    down_payment = MoneyField(allow_null=True)
    merchant = serializers.CharField(source="merchant.public_id", allow_null=True)
    goods = serializers.CharField()
    first_drawdown = MoneyField(allow_null=True)
    term_count = serializers.IntegerField(help_text=TERM_ASKED_FOR)
    agreed_instalment = MoneyField(allow_null=True, help_text="What term_count follows from; null: it was asked for.")
    purpose = serializers.CharField(source="purpose_id", allow_null=True, help_text="A code of GET /loan_purposes.")
    purpose_note = serializers.CharField()
    wants_person = serializers.BooleanField(help_text=WANTS_PERSON)
    channel = serializers.CharField()
    offer = serializers.SerializerMethodField()
    loan = serializers.SerializerMethodField()
    submitted_on = serializers.DateField(allow_null=True)
    created_at = InstantField()
    livemode = LiveMode()

    def get_external_id(self, application: Application) -> str | None:
        """Your own number of the application."""
        return self.context.get("external_ids", {}).get(application.pk)

    def get_allowed_actions(self, application: Application) -> list[str]:
        """What you can do with it now."""
        return actions_towards(APPLICATIONS.next_of(application))

    def get_offer(self, application: Application) -> str | None:
        """The offer that stands, if one was made."""
        offer = standing_offer(application)
        return offer.public_id if offer else None

    def get_loan(self, application: Application) -> str | None:
        """The loan it became."""
        loan = getattr(application, "loan", None)
        return loan.public_id if loan else None


class OfferSerializer(InItsCurrency):
    object = Constant("offer")
    id = serializers.CharField(source="public_id")
    status = serializers.ChoiceField(OfferStatus.choices)
    application = Reference(ApplicationSerializer)
    is_counter_offer = serializers.BooleanField()
    price = MoneyField()
    down_payment = MoneyField()
    merchant = serializers.CharField(source="merchant.public_id", allow_null=True)
    goods = serializers.CharField()
    principal = MoneyField(help_text="With a first drawdown: what may be drawn in all.")
    first_drawdown = MoneyField(allow_null=True, help_text="Costs and instalments are those of this sum.")
    term_count = serializers.IntegerField(help_text=TERM_OFFERED)
    annual_rate = RateField()
    rate_basis = Constant("annual")
    total_interest = MoneyField()
    total_fees = MoneyField(help_text=FEES_WITH_INSTALMENTS)
    fee_deducted = MoneyField(help_text="Taken out of the sum paid out.")
    paid_out = MoneyField()
    total_repayable = MoneyField()
    annualised_simple = RateField()
    annualised_compound = RateField()
    cost_cap = RateField(allow_null=True)
    instalments = ScheduledInstalmentSerializer(
        many=True, source="schedule", help_text="If the money is paid out on the day the offer was made."
    )
    made_on = serializers.DateField()
    expires_on = serializers.DateField()
    accepted_on = serializers.DateField(allow_null=True)
    livemode = LiveMode()


class DecisionReasonSerializer(serializers.Serializer[Any]):
    code = serializers.CharField()
    detail = serializers.CharField()


class DecisionSerializer(serializers.Serializer[Application]):
    """What became of an application. ``final`` false: nothing yet, or a person is looking at it. How the lender rates the
    borrower (score, grade, limit) is told to no partner: what is offered stands in ``offer``."""

    object = Constant("decision")
    application = serializers.CharField(source="public_id")
    final = serializers.SerializerMethodField()
    outcome = serializers.SerializerMethodField()
    reasons = serializers.SerializerMethodField()
    rights = serializers.SerializerMethodField()
    decided_on = serializers.SerializerMethodField()
    offer = serializers.SerializerMethodField()
    livemode = LiveMode()

    def get_final(self, application: Application) -> bool:
        return application.status in DECIDED

    @extend_schema_field(serializers.ChoiceField(Outcome.choices, allow_null=True))
    def get_outcome(self, application: Application) -> str | None:
        """approve, counter_offer, decline; refer while an underwriter looks at it; null before."""
        if application.status == ApplicationStatus.SECOND_APPROVAL:
            return Outcome.REFER.value
        return application.outcome or None

    @extend_schema_field(DecisionReasonSerializer(many=True))
    def get_reasons(self, application: Application) -> list[dict[str, str]]:
        """Why, in codes that never change and in words; not_eligible for what only the lender's records say. Beside a
        counter_offer it stands for why less is offered than was asked for."""
        if application.status == ApplicationStatus.SECOND_APPROVAL:
            return []
        known = [code for code in application.decision_reasons if code in TOLD_TO_PARTNERS]
        told = [{"code": code, "detail": label} for code, label in zip(known, reason_labels(known), strict=True)]
        hidden = len(known) < len(application.decision_reasons)
        return [*told, {"code": NOT_ELIGIBLE, "detail": str(NotEligible())}] if hidden else told

    @extend_schema_field(DecisionReasonSerializer(many=True))
    def get_rights(self, application: Application) -> list[dict[str, str]]:
        """What the borrower may ask for of a decision that software made: tell them."""
        by_software = application.status in DECIDED and application.decision_source == DecisionSource.AUTOMATIC
        return [{"code": code, "detail": str(words)} for code, words in BORROWERS_RIGHTS.items()] if by_software else []

    def get_decided_on(self, application: Application) -> date | None:
        return application.decided_on if application.status in DECIDED else None

    @extend_schema_field(OfferSerializer(allow_null=True))
    def get_offer(self, application: Application) -> Any:
        offer = standing_offer(application)
        return OfferSerializer(offer, context=self.context).data if offer else None


def actions_towards(states: Iterable[str]) -> list[str]:
    """The actions of a partner that lead to one of the states."""
    return sorted(ACTIONS[state] for state in states if state in ACTIONS)


def standing_offer(application: Application) -> Offer | None:
    """The open or accepted offer, out of the offers the view has loaded."""
    standing = [o for o in application.offers.all() if o.status in {OfferStatus.OPEN, OfferStatus.ACCEPTED}]
    return standing[0] if standing else None
