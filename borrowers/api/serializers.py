"""Borrowers as partners send and see them. Personal data is masked unless the view says ``plain``."""

from datetime import date, datetime, timedelta
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from borrowers.bank_accounts import is_asked_for
from borrowers.means import require_recent
from borrowers.models import (
    AccountState,
    BankAccount,
    Borrower,
    BorrowerStatus,
    ConsentPurpose,
    ContactKind,
    ContactPoint,
    ContactState,
    IdentityKind,
    IncomeSource,
    Language,
    Occupation,
    PartnerFile,
    Provenance,
    Sex,
    ToldBy,
)
from core import business_date
from core.strict import DayOutOfRange
from partners.api.fields import Constant, InItsCurrency, InstantField, LinesField, LiveMode, MoneyField
from partners.api.schema import example, fen

OCCUPATION = "What the borrower lives from; empty: not known, and then no loan can be decided."
A_MOMENT = timedelta(minutes=5)


class Personal(serializers.CharField):
    """Personal data: the masked attribute unless the context says ``plain``."""

    def __init__(self, *, masked: str, **options: Any) -> None:
        self.masked = masked
        super().__init__(read_only=True, **options)

    def get_attribute(self, instance: object) -> Any:
        return super().get_attribute(instance) if self.context.get("plain") else getattr(instance, self.masked)


class BorrowerSerializer(serializers.Serializer[Borrower]):
    object = Constant("borrower")
    id = serializers.CharField(source="public_id")
    number = serializers.CharField()
    external_id = serializers.SerializerMethodField()
    name = Personal(masked="masked_name")
    identity_kind = serializers.ChoiceField(IdentityKind.choices)
    identity_number = Personal(masked="masked_identity")
    phone = Personal(masked="masked_phone")
    birth_date = serializers.SerializerMethodField()
    sex = serializers.ChoiceField(Sex.choices)
    occupation = serializers.ChoiceField(Occupation.choices, allow_blank=True, help_text=OCCUPATION)
    occupation_claimed = serializers.SerializerMethodField()
    language = serializers.ChoiceField(Language.choices)
    status = serializers.ChoiceField(BorrowerStatus.choices)
    do_not_contact = serializers.BooleanField()
    created_on = serializers.DateField()
    livemode = LiveMode()

    def get_external_id(self, borrower: Borrower | PartnerFile) -> str | None:
        """Your own number of the borrower."""
        person = borrower.borrower_id if isinstance(borrower, PartnerFile) else borrower.pk
        return self.context.get("external_ids", {}).get(person)

    @extend_schema_field(serializers.ChoiceField(Occupation.choices, allow_null=True))
    def get_occupation_claimed(self, borrower: Borrower | PartnerFile) -> str | None:
        """What a student is said to live from now, until a second person of the lender has agreed."""
        file = borrower.pk if isinstance(borrower, PartnerFile) else None
        person = borrower.borrower_id if isinstance(borrower, PartnerFile) else borrower.pk
        claims = self.context.get("occupations_claimed", {}).get(person, [])
        return next((claim["occupation"] for claim in claims if file in (None, claim["file"])), None)

    def get_birth_date(self, borrower: Borrower | PartnerFile) -> str | None:
        """The day with the scope for personal data, otherwise the year."""
        if borrower.birth_date is None:
            return None
        return borrower.birth_date.isoformat() if self.context.get("plain") else str(borrower.birth_date.year)


@example(purpose="credit_query", given_at="2026-06-15T02:00:00Z")
class ConsentInput(serializers.Serializer[Any]):
    purpose = serializers.ChoiceField(ConsentPurpose.choices)
    given_at = InstantField(help_text="When the borrower agreed.")
    text = LinesField(
        required=False,
        max_length=20_000,
        help_text="The wording shown; the lender's own in force that day if left out.",
    )
    text_version = serializers.CharField(required=False, max_length=20)

    def validate_given_at(self, at: datetime) -> datetime:
        """Nobody has agreed to anything tomorrow; the books may run ahead of the clock, in a demo say."""
        if at > max(timezone.now(), business_date.now()) + A_MOMENT or at.year < 2000:
            raise serializers.ValidationError(
                _("A consent is given before it is sent, and after 1999."), "not_possible"
            )
        return at

    def validate(self, attrs: dict[str, object]) -> dict[str, object]:
        """A wording of the partner's own needs a name to be found again."""
        if ("text" in attrs) != ("text_version" in attrs):
            raise serializers.ValidationError({"text_version": "Send text and text_version together."}, "incomplete")
        return attrs


@example(
    name="林小雨",
    identity_number="11010519491231002X",
    phone="13812341234",
    occupation="employed",
    external_id="C-1001",
    consents=[{"purpose": "third_party", "given_at": "2026-06-15T02:00:00Z"}],
)
class BorrowerInput(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=80)
    identity_kind = serializers.ChoiceField(IdentityKind.choices, default=IdentityKind.CN_RESIDENT_ID)
    identity_number = serializers.CharField(max_length=40)
    phone = serializers.CharField(max_length=20)
    email = serializers.EmailField(required=False)
    birth_date = serializers.DateField(required=False, help_text="Read from a resident ID; needed for other documents.")
    sex = serializers.ChoiceField(Sex.choices, required=False)
    occupation = serializers.ChoiceField(Occupation.choices, required=False, allow_blank=True, help_text=OCCUPATION)
    language = serializers.ChoiceField(Language.choices, default=Language.CHINESE)
    external_id = serializers.CharField(required=False, max_length=80, help_text="Your own number of the borrower.")
    consents = ConsentInput(
        many=True,
        required=False,
        help_text="The person's ticks. `third_party` is needed: you hand their data over, and are told of their loans.",
    )


@example(language="en", occupation="employed", occupation_evidence="Employment contract of 1 June, file 17")
class BorrowerPatch(serializers.Serializer[Any]):
    language = serializers.ChoiceField(Language.choices, required=False)
    occupation = serializers.ChoiceField(Occupation.choices, required=False, help_text=OCCUPATION)
    occupation_evidence = serializers.CharField(
        required=False,
        max_length=200,
        help_text="Of a student: what shows that the studies have ended, and where it is kept. A second person agrees.",
    )

    def validate(self, attrs: dict[str, object]) -> dict[str, object]:
        """A change that changes nothing was meant otherwise."""
        if "occupation_evidence" in attrs and "occupation" not in attrs:
            raise serializers.ValidationError({"occupation": "Send the occupation the evidence is for."}, "required")
        if not attrs:
            raise serializers.ValidationError({"language": "Send language or occupation."}, "required")
        return attrs


class ConsentSerializer(serializers.Serializer[Any]):
    object = Constant("consent")
    purpose = serializers.ChoiceField(ConsentPurpose.choices)
    text_version = serializers.CharField()
    text_hash = serializers.CharField(help_text="SHA-256 of the wording agreed to.")
    channel = serializers.CharField()
    given_at = InstantField()
    withdrawn_at = InstantField(allow_null=True)


@example(kind="email", value="lin@example.com", is_primary=True)
class ContactPointInput(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(ContactKind.choices)
    value = serializers.CharField(max_length=200)
    is_primary = serializers.BooleanField(default=False)


class ContactPointSerializer(serializers.Serializer[ContactPoint]):
    object = Constant("contact_point")
    kind = serializers.ChoiceField(ContactKind.choices)
    value = Personal(masked="masked_value")
    state = serializers.ChoiceField(ContactState.choices)
    provenance = serializers.ChoiceField(Provenance.choices)
    is_primary = serializers.BooleanField()
    verified_at = InstantField(allow_null=True)


class AsOf(serializers.DateField):
    """The day a figure is from: not one that is still to come."""

    def to_internal_value(self, value: Any) -> date:
        day = super().to_internal_value(value)
        try:
            require_recent(day, business_date.current())
        except DayOutOfRange as refusal:
            raise serializers.ValidationError(refusal.detail, refusal.code) from refusal
        return day


@example(source="salary", monthly_amount=fen(1_200_000), as_of="2026-06-01")
class IncomeInput(serializers.Serializer[Any]):
    source = serializers.ChoiceField(IncomeSource.choices)  # type: ignore[assignment]
    monthly_amount = MoneyField()
    as_of = AsOf()


class IncomeSerializer(InItsCurrency):
    object = Constant("income")
    source = serializers.ChoiceField(IncomeSource.choices)  # type: ignore[assignment]
    monthly_amount = MoneyField()
    told_by = serializers.ChoiceField(ToldBy.choices)
    verified = serializers.BooleanField()
    as_of = serializers.DateField()


@example(lender="Another lender", balance=fen(500_000), monthly_payment=fen(45_000), as_of="2026-06-01")
class ExternalDebtInput(serializers.Serializer[Any]):
    lender = serializers.CharField(max_length=80)
    balance = MoneyField(allow_zero=True)
    monthly_payment = MoneyField(allow_zero=True)
    as_of = AsOf()


class ExternalDebtSerializer(InItsCurrency):
    object = Constant("external_debt")
    lender = serializers.CharField()
    balance = MoneyField()
    monthly_payment = MoneyField()
    source = serializers.CharField()  # type: ignore[assignment]
    as_of = serializers.DateField()


@example(bank_name="Harbour Bank", account_number="6222020200001234567", is_primary=True)
class BankAccountInput(serializers.Serializer[Any]):
    bank_name = serializers.CharField(max_length=80)
    account_number = serializers.CharField(max_length=50)
    is_primary = serializers.BooleanField(default=False)


class BankAccountSerializer(serializers.Serializer[BankAccount]):
    object = Constant("bank_account")
    bank_name = serializers.CharField()
    account_number = Personal(masked="masked_number")
    state = serializers.ChoiceField(AccountState.choices)
    verified_on = serializers.DateField(allow_null=True)
    is_primary = serializers.BooleanField()
    awaits_second_person = serializers.SerializerMethodField()

    def get_awaits_second_person(self, account: BankAccount) -> bool:
        """Whether the account waits for the lender: the bank said nothing of it yet, or a second person is asked."""
        told: bool | None = getattr(account, "told_to_wait", None)
        return is_asked_for(account) if told is None else told
