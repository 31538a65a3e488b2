"""Policies pledged for loans over the API: pledged, watched against the debt, reinstated and given back.

To make unpaid interest principal by hand is left to staff, as the act of that name is; the anniversary does it by itself.
"""

from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from audit.models import Approval
from core import business_date
from core.errors import NotFound
from loans.api import policy_serializers as shapes
from loans.api import reading
from loans.api.servicing_serializers import PayoffQuoteSerializer, RepaymentSerializer
from loans.api.servicing_views import LoanView, payoff
from loans.api.views import CHANNEL, KIND
from loans.models import Loan, PledgeStatus, PolicyPledge
from loans.pledges import agreeing, pledge_reading, pledge_review, pledging
from partners.api.base import idempotent, use_case_key
from partners.api.conditions import tagged
from partners.api.lists import ListQuery, WordsField
from partners.api.schema import list_of
from staff.permissions import person


class NoPolicy(NotFound):
    code = "loan_without_policy"
    message = _("No policy is pledged for this loan.")


class PolicyQuery(ListQuery):
    """Filters of the list of pledged policies."""

    status = WordsField(words=PledgeStatus.values)
    loan = serializers.CharField(required=False, max_length=40)

    def narrow(self, rows: QuerySet[Any], given: dict[str, object]) -> QuerySet[Any]:
        filters = {"status__in": given.get("status"), "loan__public_id": given.get("loan")}
        return super().narrow(rows, given).filter(**{path: v for path, v in filters.items() if v is not None})


class PolicyView(LoanView):
    """What the views of pledged policies share."""

    tag = "policies"
    loan_at = "loan__"
    scopes = {"GET": "loans:read", "POST": "policies:write"}

    def policies(self) -> QuerySet[PolicyPledge]:
        rows = PolicyPledge.objects.select_related("loan").prefetch_related("cash_values")
        return self.reachable(rows, KIND, path="loan__application_id")

    def policy(self, policy_id: str) -> PolicyPledge:
        return self.found(self.policies(), policy_id)

    def require_repeatable(self, answer: dict[str, Any], **address: str) -> None:
        self.policy(address.get("policy_id") or answer["id"])

    def shown(self, pledge: PolicyPledge, **more: object) -> Response:
        """The policy as it stands now."""
        return self.answer(shapes.PolicySerializer, self.policies().get(pk=pledge.pk), **more)


class PolicyDetail(PolicyView):
    name = "loan_policy"
    scopes = {"GET": "loans:read"}

    @extend_schema(summary="Retrieve the policy of a loan", responses=shapes.PolicySerializer)
    @tagged
    def get(self, request: Request, loan_id: str) -> Response:
        """The insurance policy pledged for the loan: how much of its cash value the debt uses, and its notices."""
        return self.shown(_pledge_of(self.loan(loan_id)))


def _pledge_of(loan: Loan) -> PolicyPledge:
    pledge = PolicyPledge.objects.filter(loan=loan).first()
    if pledge is None:
        raise NoPolicy
    return pledge


class PolicyPledges(PolicyView):
    name = "policy_pledges"
    made_at = "api:policy_pledge"

    @extend_schema(
        summary="List pledged policies",
        parameters=[PolicyQuery],
        responses=list_of(shapes.PolicySummarySerializer),
    )
    def get(self, request: Request) -> Response:
        """The policies pledged for your loans, in every state unless `status` names some, newest first."""
        rows = pledge_reading.with_cover(self.policies().prefetch_related(None), business_date.current())
        return self.answer_list(shapes.PolicySummarySerializer, rows, PolicyQuery)

    @extend_schema(summary="Pledge a policy", request=shapes.PledgeInput, responses={201: shapes.PolicySerializer})
    @idempotent
    def post(self, request: Request) -> Response:
        """Pledges the policy with the insurer's table of cash values. The same policy again is the same pledge.

        A second person of the lender compares it with what the insurer wrote. Until they agree `agreed_on` is null and
        nothing follows from the policy: no interest becomes principal, nobody is warned, nothing lapses.
        """
        given = self.body(shapes.PledgeInput)
        pledge = agreeing.pledge_and_ask(
            loan_id=self.named_loan(given["loan"]).pk,
            policy=shapes.policy_of(given),
            cash_values=shapes.values_of(given["cash_values"]),
            on=business_date.current(),
            by=person(request),
        )
        return self.shown(pledge, status=201)


class PolicyPledgeDetail(PolicyView):
    name = "policy_pledge"
    scopes = {"GET": "loans:read"}

    @extend_schema(summary="Retrieve a pledged policy", responses=shapes.PolicySerializer)
    @tagged
    def get(self, request: Request, policy_id: str) -> Response:
        """How much of its cash value the debt uses, what the insurer stated, and what comes when nobody pays."""
        return self.shown(self.policy(policy_id))


class CashValues(PolicyView):
    name = "policy_cash_values"
    scopes = {"POST": "policies:write"}

    @extend_schema(
        summary="Record cash values",
        request=shapes.CashValuesInput,
        responses={200: shapes.PolicySerializer, 202: shapes.PolicySerializer},
    )
    @idempotent
    def post(self, request: Request, policy_id: str) -> Response:
        """What the insurer stated: new days are added, a day already known gets the new amount.

        Where it is less than before on any day, a second person of the lender is asked: then the answer is 202, and the
        table stands as it is until they agree.
        """
        pledge, given = self.policy(policy_id), self.body(shapes.CashValuesInput)
        values, on = shapes.values_of(given["cash_values"]), business_date.current()
        done = agreeing.state_or_ask(pledge_id=pledge.pk, cash_values=values, on=on, by=person(request))
        return self.shown(pledge, status=202 if isinstance(done, Approval) else 200)


class Review(PolicyView):
    name = "policy_review"
    scopes = {"POST": "policies:write"}

    @extend_schema(summary="Review a policy", request=None, responses=shapes.ReviewSerializer)
    @idempotent
    def post(self, request: Request, policy_id: str) -> Response:
        """Does now what the night would do: capitalise, warn, give notice, lapse, cure or release."""
        pledge = self.policy(policy_id)
        done = pledge_review.review(pledge_id=pledge.pk, on=business_date.current(), by=person(request)).done
        return self.answer(shapes.ReviewSerializer, {"done": done, "pledge": self.policies().get(pk=pledge.pk)})


class Release(PolicyView):
    name = "policy_release"
    scopes = {"POST": "policies:write"}

    @extend_schema(summary="Release a policy", request=shapes.ReleaseInput, responses=shapes.PolicySerializer)
    @idempotent
    def post(self, request: Request, policy_id: str) -> Response:
        """Gives the policy back once nothing is owed. A released policy stays released."""
        pledge, given = self.policy(policy_id), self.body(shapes.ReleaseInput)
        pledging.release(pledge_id=pledge.pk, on=business_date.current(), reason=given["reason"])
        return self.shown(pledge)


class ReinstatementQuote(PolicyView):
    name = "policy_reinstatement_quote"
    scopes = {"GET": "loans:read"}

    @extend_schema(summary="Quote a reinstatement", responses=PayoffQuoteSerializer)
    def get(self, request: Request, policy_id: str) -> Response:
        """What brings a lapsed policy back today: the whole debt, as if the insurer had paid nothing."""
        pledge = self.policy(policy_id)
        quote = pledge_review.reinstatement_quote(pledge, business_date.current())
        return self.answer(PayoffQuoteSerializer, payoff(pledge.loan, quote))


class Reinstate(PolicyView):
    name = "policy_reinstate"
    made_at = "api:repayment"
    scopes = {"POST": "repayments:write"}

    @extend_schema(
        summary="Reinstate a policy", request=shapes.ReinstatementInput, responses={201: RepaymentSerializer}
    )
    @idempotent
    def post(self, request: Request, policy_id: str) -> Response:
        """The borrower pays all that is owed and a lapsed policy is in force again. Answers with the repayment."""
        pledge, given = self.policy(policy_id), self.body(shapes.ReinstatementInput)
        receipt = pledge_review.reinstate(
            pledge_id=pledge.pk,
            amount=given["amount"],
            on=business_date.current(),
            channel=CHANNEL,
            idempotency_key=use_case_key(request),
            by=person(request),
            allow_repeat=given["allow_repeat"],
        )
        return self.made(RepaymentSerializer, reading.repayments().get(pk=receipt.pk))
