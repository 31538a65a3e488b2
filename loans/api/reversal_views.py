"""Taking back over the API what the lender granted or gave: for the lender's own programs."""

from typing import ClassVar

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from audit.models import Approval
from core import business_date
from core.errors import NotAllowed
from loans.acts.asking import undo_or_ask
from loans.acts.kinds.charges import WAIVER
from loans.acts.kinds.extending import EXTENSION
from loans.acts.kinds.money import REFUND
from loans.acts.undoing import ActNotUndoable
from loans.api import reading
from loans.api import servicing_serializers as shapes
from loans.api.servicing_views import LoanView
from loans.models import LoanAct
from partners.api.base import idempotent
from partners.introductions import reaches_every_origin

# 202: it takes a second person of the lender, and stands until they agree.
SHAPES = {200: shapes.TransactionSerializer, 202: shapes.TransactionSerializer}


class ReversalForLenderOnly(NotAllowed):
    code = "reversal_for_lender_only"
    message = _("Only the lender can take back what it granted or gave. Ask the lender.")


class WaiverNotReversible(ActNotUndoable):
    code = "waiver_not_reversible"


class ExtensionNotReversible(ActNotUndoable):
    code = "extension_not_reversible"


class RefundNotReversible(ActNotUndoable):
    code = "refund_not_reversible"


class ReversalView(LoanView):
    """What the views of reversals share: each undoes an act of one kind. A partner sees what was granted, but did not."""

    scopes = {"POST": "loans:reverse"}
    kind: ClassVar[str]
    refusal: ClassVar[type[ActNotUndoable]]

    def taken_back(self, loan_id: str, act_id: str) -> Response:
        """The act undone, with the reason sent; or, with the status 202, as it stands until a second person agrees.

        Raises ReversalForLenderOnly and what ``undo_or_ask`` raises.
        """
        given = self.body(shapes.ReversalInput)
        act = self.found(LoanAct.objects.filter(loan=self.loan(loan_id), kind=self.kind), act_id)
        if not reaches_every_origin(self.key, writing=True):
            raise ReversalForLenderOnly
        try:
            done = undo_or_ask(
                act_id=act.pk, reason=given["reason"], on=business_date.current(), by=self.client.acts_as
            )
        except ActNotUndoable as refusal:
            raise self.refusal(**refusal.context) from refusal
        if isinstance(done, Approval):
            return self.answer(shapes.TransactionSerializer, reading.movement_of_act(act), status=202)
        return self.answer(shapes.TransactionSerializer, reading.movement_of_act(done))


class WaiverReverse(ReversalView):
    name = "waiver_reverse"
    kind = WAIVER.code
    refusal = WaiverNotReversible

    @extend_schema(summary="Reverse a waiver", request=shapes.ReversalInput, responses=SHAPES)
    @idempotent
    def post(self, request: Request, loan_id: str, row_id: str) -> Response:
        """What was waived is owed again, and everything after it is applied again."""
        return self.taken_back(loan_id, row_id)


class ExtensionReverse(ReversalView):
    name = "extension_reverse"
    kind = EXTENSION.code
    refusal = ExtensionNotReversible

    @extend_schema(summary="Reverse an extension", request=shapes.ReversalInput, responses=SHAPES)
    @idempotent
    def post(self, request: Request, loan_id: str, row_id: str) -> Response:
        """Due dates and interest are those they would be without it. The borrower is told."""
        return self.taken_back(loan_id, row_id)


class RefundReverse(ReversalView):
    name = "refund_reverse"
    kind = REFUND.code
    refusal = RefundNotReversible

    @extend_schema(summary="Reverse a refund", request=shapes.ReversalInput, responses=SHAPES)
    @idempotent
    def post(self, request: Request, loan_id: str, row_id: str) -> Response:
        """The bank refused the money or it was booked by mistake: it is owed to the borrower again. A second person of the
        lender agrees first."""
        return self.taken_back(loan_id, row_id)
