"""Loan purposes over the API: what an application can name, and what no loan is given for."""

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from loans.models import LoanPurpose
from loans.preconditions.purposes import offered_purposes
from partners.api.base import PartnerView
from partners.api.fields import Constant, LiveMode
from partners.api.schema import list_of


class LoanPurposeSerializer(serializers.Serializer[LoanPurpose]):
    """What a loan may be for, or what no loan is given for."""

    object = Constant("loan_purpose")
    code = serializers.CharField(help_text="What an application names as its purpose.")
    name = serializers.CharField()
    name_zh = serializers.CharField()
    forbidden = serializers.BooleanField(help_text="An application for it is refused: purpose_forbidden.")
    livemode = LiveMode()


class LoanPurposes(PartnerView):
    name, tag = "loan_purposes", "products"
    scopes = {"GET": "products:read"}

    @extend_schema(summary="List loan purposes", responses=list_of(LoanPurposeSerializer))
    def get(self, request: Request) -> Response:
        """What an application can name as its purpose, the allowed ones first; for a forbidden one no loan is given."""
        return self.answer_whole_list(LoanPurposeSerializer, offered_purposes())
