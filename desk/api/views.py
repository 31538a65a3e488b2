"""The words of all apps in one place, for programs that show them to people."""

from typing import Any

from django.db.models import TextChoices
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from borrowers.models import (
    BorrowerStatus,
    ConsentPurpose,
    ContactKind,
    ContactState,
    IdentityKind,
    IncomeSource,
    Language,
    Occupation,
    Provenance,
    Sex,
    ToldBy,
)
from ledger.models import AccountKind
from loans.models import (
    ActStatus,
    ApplicationStatus,
    DisbursementStatus,
    FeeDue,
    LoanStatus,
    OfferStatus,
    Outcome,
    PledgeStatus,
    RepaymentChannel,
    RepaymentFrequency,
    RepaymentMethod,
    RepaymentStatus,
    RiskClass,
)
from loans.origination.decisions import DecisionReason
from partners.api.base import PartnerView
from partners.api.schema import list_of

ENUMS: dict[str, type[TextChoices]] = {
    "account.kind": AccountKind,
    "act.status": ActStatus,
    "application.status": ApplicationStatus,
    "borrower.identity_kind": IdentityKind,
    "borrower.language": Language,
    "borrower.occupation": Occupation,
    "borrower.sex": Sex,
    "borrower.status": BorrowerStatus,
    "consent.purpose": ConsentPurpose,
    "contact_point.kind": ContactKind,
    "contact_point.provenance": Provenance,
    "contact_point.state": ContactState,
    "decision.outcome": Outcome,
    "decision.reason": DecisionReason,
    "disbursement.status": DisbursementStatus,
    "income.source": IncomeSource,
    "income.told_by": ToldBy,
    "loan.status": LoanStatus,
    "offer.status": OfferStatus,
    "policy.status": PledgeStatus,
    "position.risk_class": RiskClass,
    "product.fee_due": FeeDue,
    "product.frequency": RepaymentFrequency,
    "product.method": RepaymentMethod,
    "repayment.channel": RepaymentChannel,
    "repayment.status": RepaymentStatus,
}


class EnumValueSerializer(serializers.Serializer[Any]):
    value = serializers.CharField()
    label = serializers.CharField(help_text="In the language of Accept-Language.")  # type: ignore[assignment]


class EnumSerializer(serializers.Serializer[Any]):
    name = serializers.CharField()
    values = EnumValueSerializer(many=True)


class Enums(PartnerView):
    """Every word with a fixed set of values."""

    name = "enums"
    scopes = {"GET": None}

    @extend_schema(summary="List enums", responses=list_of(EnumSerializer))
    def get(self, request: Request) -> Response:
        """Every field with fixed values: the values, which never change, and their labels in your language."""
        data = [{"name": name, "values": _values(choices)} for name, choices in ENUMS.items()]
        return self.answer_whole_list(EnumSerializer, data)


def _values(choices: type[TextChoices]) -> list[dict[str, str]]:
    return [{"value": value, "label": str(label)} for value, label in choices.choices]
