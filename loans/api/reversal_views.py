"""Taking back over the API what the lender granted or gave: for the lender's own programs."""

from collections.abc import Callable
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from core import business_date
from core.errors import NotAllowed
from loans.api import reading
from loans.api import servicing_serializers as shapes
from loans.api.servicing_views import LoanView
from loans.models import Extension, Refund, Waiver
from loans.servicing.reversing import reverse_extension, reverse_refund, reverse_waiver
from partners.api.base import idempotent
from partners.introductions import EVERY_ORIGIN


class ReversalForLenderOnly(NotAllowed):
    code = "reversal_for_lender_only"
    message = _("Only the lender can take back what it granted or gave. Ask the lender.")


class ReversalView(LoanView):
    """What the views of reversals share. A partner sees what was granted, but did not grant it."""

    scopes = {"POST": "loans:reverse"}

    def taken_back(self, rows: QuerySet[Any], loan_id: str, row_id: str, reverse: Callable[..., Any]) -> Response:
        """``reverse`` is called with what stands in ``rows`` and why. Raises ReversalForLenderOnly and what it raises."""
        given = self.body(shapes.ReversalInput)
        row = self.found(rows.filter(loan=self.loan(loan_id)), row_id)
        if not self.key.allows(EVERY_ORIGIN):
            raise ReversalForLenderOnly
        done = reverse(row.pk, reason=given["reason"], on=business_date.current(), by=self.request.user)
        return self.answer(shapes.TransactionSerializer, reading.granted_movement(done))


class WaiverReverse(ReversalView):
    name = "waiver_reverse"

    @extend_schema(summary="Reverse a waiver", request=shapes.ReversalInput, responses=shapes.TransactionSerializer)
    @idempotent
    def post(self, request: Request, loan_id: str, row_id: str) -> Response:
        """What was waived is owed again, and everything after it is applied again."""
        return self.taken_back(
            Waiver.objects.all(), loan_id, row_id, lambda pk, **why: reverse_waiver(waiver_id=pk, **why)
        )


class ExtensionReverse(ReversalView):
    name = "extension_reverse"

    @extend_schema(summary="Reverse an extension", request=shapes.ReversalInput, responses=shapes.TransactionSerializer)
    @idempotent
    def post(self, request: Request, loan_id: str, row_id: str) -> Response:
        """Due dates and interest are those they would be without it. The borrower is told."""
        return self.taken_back(
            Extension.objects.all(), loan_id, row_id, lambda pk, **why: reverse_extension(extension_id=pk, **why)
        )


class RefundReverse(ReversalView):
    name = "refund_reverse"

    @extend_schema(summary="Reverse a refund", request=shapes.ReversalInput, responses=shapes.TransactionSerializer)
    @idempotent
    def post(self, request: Request, loan_id: str, row_id: str) -> Response:
        """The bank refused the money or it was booked by mistake: it is owed to the borrower again."""
        return self.taken_back(
            Refund.objects.all(), loan_id, row_id, lambda pk, **why: reverse_refund(refund_id=pk, **why)
        )
