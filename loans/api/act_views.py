"""Acts on running loans over the API: which there are, what one would change, doing and undoing it."""

from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from audit.deciding import same_account
from core import business_date
from core.errors import DomainError, NotAllowed
from loans.acts.performing import perform, previewed
from loans.acts.undoing import undo
from loans.api import act_serializers as shapes
from loans.api.servicing_views import LoanView, require_own
from loans.api.views import KIND
from loans.events.act_kinds import ActKind, Wish, act_kind, act_kinds, asked_kind
from loans.models import Loan, LoanAct
from partners.api.base import PartnerView, idempotent, use_case_key
from partners.api.schema import list_of
from partners.introductions import reaches_every_origin


class ActForStaffOnly(NotAllowed):
    code = "act_for_staff_only"
    message = _("Only staff of the lender may do this act. Ask the lender.")


class ActNotYours(NotAllowed):
    code = "act_not_yours"
    message = _("Somebody else did this act. Ask the lender to undo it.")


def _partners_act(code: str) -> ActKind:
    """The kind ``code``, if partners may do it. Raises ActUnknown, ActForStaffOnly."""
    kind = asked_kind(code)
    if not kind.for_partners:
        raise ActForStaffOnly
    return kind


def _require_for_partners(kind: ActKind, values: dict[str, Any]) -> None:
    if not kind.is_for_partners(values):
        raise ActForStaffOnly


class ActView(LoanView):
    """What the views of acts share."""

    tag = "loan acts"
    scopes = {"GET": "loans:read", "POST": "loans:act"}

    def handle_exception(self, exc: Exception) -> Response:
        """What the use case calls by its name is named by its place in the body."""
        if isinstance(exc, DomainError) and exc.field:
            exc.field = shapes.place_of(exc.field, self.request.data)
        return super().handle_exception(exc)

    def acts(self) -> QuerySet[LoanAct]:
        rows = LoanAct.objects.select_related("loan").order_by("-id")
        return self.reachable(rows, KIND, path="loan__application_id")

    def wish(self, loan: Loan, given: dict[str, Any], key: str) -> Wish:
        today, kind = business_date.current(), _partners_act(given["kind"])
        values = shapes.values_of(kind, given["parameters"])
        _require_for_partners(kind, values)
        self._require_own_receipt(loan, values)
        return Wish(
            loan_id=loan.pk,
            kind=kind.code,
            values=values,
            effective_on=given.get("effective_on", today),
            recorded_on=today,
            reason=given["reason"],
            idempotency_key=key,
            by=self.client.acts_as,
        )

    def _require_own_receipt(self, loan: Loan, values: dict[str, Any]) -> None:
        """Raises NotYourRepayment where the act is about a receipt that somebody else reported."""
        receipt = loan.repayments.filter(number=values["receipt"]).first() if "receipt" in values else None
        if receipt is not None:
            require_own(self, receipt)


class ActKinds(PartnerView):
    tag = "loan acts"
    name = "act_kinds"
    scopes = {"GET": "loans:read"}

    @extend_schema(summary="List kinds of acts", responses=list_of(shapes.ActKindSerializer))
    def get(self, request: Request) -> Response:
        """Every act partners may do, and what it asks for."""
        kinds = [kind for kind in act_kinds() if kind.for_partners]
        return self.answer_whole_list(shapes.ActKindSerializer, kinds)


class Acts(ActView):
    name = "loan_acts"

    @extend_schema(summary="List acts on a loan", responses=list_of(shapes.ActSerializer))
    def get(self, request: Request, loan_id: str) -> Response:
        """What was done to the loan besides payments, newest first; what was undone stays in the list."""
        rows = self.acts().filter(loan=self.loan(loan_id))
        return self.answer_whole_list(shapes.ActSerializer, list(rows))

    @extend_schema(summary="Do an act", request=shapes.ActInput, responses={201: shapes.ActSerializer})
    @idempotent
    def post(self, request: Request, loan_id: str) -> Response:
        """Within your client's authority; beyond it the act is refused and must be asked for by staff."""
        loan, given = self.loan(loan_id), self.body(shapes.ActInput)
        act = perform(self.wish(loan, given, use_case_key(self.request)))
        return self.made(shapes.ActSerializer, act)


class ActPreview(ActView):
    name = "loan_act_preview"
    scopes = {"POST": "loans:read"}

    @extend_schema(summary="Preview an act", request=shapes.ActInput, responses=shapes.ActPreviewSerializer)
    def post(self, request: Request, loan_id: str) -> Response:
        """Figures, schedule and journal as the act would leave them. The act is run and taken back."""
        loan, given = self.loan(loan_id), self.body(shapes.ActInput)
        wish = self.wish(loan, given, f"preview:{loan.public_id}")
        return self.answer(shapes.ActPreviewSerializer, previewed(wish, loan))


class ActUndo(ActView):
    name = "loan_act_undo"

    @extend_schema(summary="Undo an act", request=shapes.UndoInput, responses=shapes.ActSerializer)
    @idempotent
    def post(self, request: Request, loan_id: str, act_id: str) -> Response:
        """Its entry is reversed, and everything after it is applied again without it."""
        given = self.body(shapes.UndoInput)
        act = self.found(self.acts().filter(loan=self.loan(loan_id)), act_id)
        _require_for_partners(act_kind(act.kind), act.parameters)
        own = same_account(act.recorded_by_id, self.client.acts_as_id)
        if not own and not reaches_every_origin(self.key, writing=True):
            raise ActNotYours
        undone = undo(act_id=act.pk, reason=given["reason"], on=business_date.current(), by=self.client.acts_as)
        return self.answer(shapes.ActSerializer, undone)
