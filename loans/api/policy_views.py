"""The policy pledged for a loan over the API: its cash value against the debt, and what comes when nobody pays."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core import business_date
from core.errors import NotFound
from loans import pledge_reading
from loans.api.servicing_views import LoanView
from loans.models import Loan, PledgeStatus, PolicyPledge
from partners.api.fields import Constant, LiveMode, MoneyField


class NoPolicy(NotFound):
    code = "loan_without_policy"
    message = _("No policy is pledged for this loan.")


class CoverSerializer(serializers.Serializer[Any]):
    """Cash value against debt at the end of ``on``."""

    on = serializers.DateField()
    cash_value = MoneyField()
    debt = MoneyField()
    percent = serializers.DecimalField(max_digits=14, decimal_places=2, allow_null=True)


class PolicySerializer(serializers.Serializer[PolicyPledge]):
    object = Constant("policy_pledge")
    id = serializers.CharField(source="public_id")
    loan = serializers.CharField(source="loan.public_id")
    status = serializers.ChoiceField(PledgeStatus.choices)
    insurer = serializers.CharField()
    last4 = serializers.CharField(help_text="The last four characters of the policy's number.")
    pledged_on = serializers.DateField()
    next_anniversary_on = serializers.DateField(help_text="Unpaid interest becomes principal on this day.")
    notice_ends_on = serializers.DateField(allow_null=True, help_text="The last day to pay before the policy lapses.")
    lapsed_on = serializers.DateField(allow_null=True)
    reinstated_on = serializers.DateField(allow_null=True)
    released_on = serializers.DateField(allow_null=True)
    cover = serializers.SerializerMethodField(help_text="Null once the policy has lapsed or was released.")
    exhausted_on = serializers.SerializerMethodField(help_text="When debt reaches cash value if nobody pays.")
    livemode = LiveMode()

    @extend_schema_field(CoverSerializer(allow_null=True))
    def get_cover(self, pledge: PolicyPledge) -> Any:
        cover = pledge_reading.cover_of(pledge, business_date.current()) if pledge.is_live else None
        return CoverSerializer(cover).data if cover else None

    @extend_schema_field(serializers.DateField(allow_null=True))
    def get_exhausted_on(self, pledge: PolicyPledge) -> Any:
        ahead = pledge_reading.outlook(pledge, business_date.current()) if pledge.is_live else None
        return ahead.exhausted_on.isoformat() if ahead and ahead.exhausted_on else None


class PolicyDetail(LoanView):
    name = "loan_policy"

    @extend_schema(summary="Retrieve the pledged policy", responses=PolicySerializer)
    def get(self, request: Request, loan_id: str) -> Response:
        """The insurance policy pledged for the loan: how much of its cash value the debt uses, and its notices."""
        pledge = _pledge_of(self.loan(loan_id))
        return self.with_etag(self.answer(PolicySerializer, pledge))


def _pledge_of(loan: Loan) -> PolicyPledge:
    pledge = PolicyPledge.objects.filter(loan=loan).select_related("loan").first()
    if pledge is None:
        raise NoPolicy
    return pledge
