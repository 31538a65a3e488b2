"""What a repayment or its reversal would change, over the API: the very call runs and is taken back."""

from functools import partial
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from core import business_date
from loans.acts.previewing import preview
from loans.api import act_serializers
from loans.api import servicing_serializers as shapes
from loans.api.servicing_views import RepaymentView, record, require_own
from loans.servicing.repayments import reverse_repayment


class RepaymentPreview(RepaymentView):
    name = "repayment_preview"
    scopes = {"POST": "loans:read"}

    @extend_schema(
        summary="Preview a repayment",
        request=shapes.RepaymentInput,
        responses=act_serializers.RepaymentPreviewSerializer,
    )
    def post(self, request: Request) -> Response:
        """Figures, schedule and journal as the repayment would leave them. Nothing of it is stored."""
        given: dict[str, Any] = self.body(shapes.RepaymentInput)
        loan = self.named_loan(given["loan"])
        act = partial(record, loan, given, key=f"preview:{loan.public_id}", by=self.client.acts_as)
        return self.answer(act_serializers.RepaymentPreviewSerializer, preview(loan, act))


class ReversalPreview(RepaymentView):
    name = "repayment_reverse_preview"
    scopes = {"POST": "loans:read"}

    @extend_schema(
        summary="Preview a reversal",
        request=shapes.ReversalInput,
        responses=act_serializers.RepaymentPreviewSerializer,
    )
    def post(self, request: Request, repayment_id: str) -> Response:
        """Figures, schedule and journal without this repayment. Nothing of it is stored."""
        given = self.body(shapes.ReversalInput)
        repayment = self.found(self.repayments(), repayment_id)
        require_own(self, repayment)
        act = partial(
            reverse_repayment,
            repayment_id=repayment.pk,
            reason=given["reason"],
            reversed_on=business_date.current(),
            reversed_by=self.client.acts_as,
        )
        return self.answer(act_serializers.RepaymentPreviewSerializer, preview(repayment.loan, act))
