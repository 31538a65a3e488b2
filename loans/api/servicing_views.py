"""Running loans over the API: where they stand, and the money that comes in."""

from datetime import date, timedelta
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from audit.deciding import same_account
from audit.models import Approval
from borrowers.api.faces import FacesView
from borrowers.partner_files import named
from core import business_date
from core.errors import Invalid, NotAllowed
from loans.account.arrears import steps_reaching
from loans.acts.receipts import reverse_or_ask
from loans.api import reading
from loans.api import servicing_serializers as shapes
from loans.api.views import CHANNEL, KIND, referred
from loans.bookkeeping.positions import bucket_steps
from loans.models import Loan, LoanStatus, Repayment, RepaymentChannel, RepaymentStatus
from loans.servicing.guarding import Excess
from loans.servicing.repayments import record_repayment
from loans.servicing.settling import SettlementQuote, settle_early, settlement_quote
from partners.api.base import PartnerView, idempotent, use_case_key
from partners.api.conditions import tagged
from partners.api.lists import ListQuery, WordsField
from partners.api.schema import list_of
from partners.introductions import reaches_every_origin, within_reach_where
from staff.models import User

QUOTED_AHEAD = timedelta(days=366)
# What a partner needs of a person who no longer agrees that it is told of them: the loans that it has to serve.
RUNNING = frozenset({LoanStatus.PENDING_DISBURSEMENT.value, LoanStatus.ACTIVE.value})


class DateNotQuoted(Invalid):
    code = "date_not_quoted"
    field = "date"
    message = _("A payoff is quoted for %(first)s to %(last)s.")


class NotYourRepayment(NotAllowed):
    code = "not_your_repayment"
    message = _("Only who reported a repayment can reverse it or move it to another day. Ask the lender.")


class RecoveryForLenderOnly(NotAllowed):
    code = "recovery_for_lender_only"
    message = _("Undoing a recovery takes two people of the lender. Ask the lender.")


class ReceiptOfBankLine(NotAllowed):
    code = "receipt_of_bank_line"
    message = _("Receipt %(number)s came in on a bank statement of the lender: only the lender takes it back.")


# Loans ---------------------------------------------------------------------------------------------------------------


class LoanQuery(ListQuery):
    """Filters of the list of loans."""

    status = WordsField(words=LoanStatus.values)
    borrower = serializers.CharField(required=False, max_length=40)
    dpd_gte = serializers.IntegerField(required=False, min_value=0, help_text="Days past due, at least.")
    dpd_lte = serializers.IntegerField(required=False, min_value=0, help_text="Days past due, at most.")

    def narrow(self, rows: QuerySet[Any], given: dict[str, Any]) -> QuerySet[Any]:
        filters = {
            "status__in": given.get("status"),
            "position__days_past_due__gte": given.get("dpd_gte"),
            "position__days_past_due__lte": given.get("dpd_lte"),
        }
        if given.get("dpd_gte"):  # by which the late ones are found
            filters["position__bucket__in"] = steps_reaching(given["dpd_gte"], bucket_steps(business_date.current()))
        if "borrower" in given:
            people = named(given["borrower"], key=self.context["key"], writing=False)
            filters["borrower__in"] = people.values("pk")
        return super().narrow(rows, given).filter(**{path: v for path, v in filters.items() if v is not None})


class PayoffQuery(serializers.Serializer[Any]):
    """For which day."""

    date = serializers.DateField(required=False, help_text="The business date if not sent.")


class LoanView(FacesView):
    """What the views of a loan share."""

    tag = "loans"
    scopes = {"GET": "loans:read"}
    runs = RUNNING

    def loans(self) -> QuerySet[Loan]:
        return self.reachable(reading.loans(), KIND, path="application_id")

    def loan(self, loan_id: str) -> Loan:
        if self.request.query_params.get("expand"):
            return self.found(self.loans(), loan_id)
        reach = within_reach_where(key=self.key, kind=KIND, writing=self.writing, column="t0.application_id")
        loan = reading.one_loan(loan_id, reach)
        if loan is None:
            raise NotFound
        return self.shared(loan)

    def require_repeatable(self, answer: dict[str, Any], **address: str) -> None:
        self.loan(address["loan_id"])

    def named_loan(self, public_id: str) -> Loan:
        """The loan a body names. Raises ReferenceUnknown, SharingEnded."""
        loan: Loan = referred(self.loans(), "loan", public_id)
        return self.shared(loan, field="loan")


class Loans(LoanView):
    name = "loans"
    expandable = frozenset({"borrower", "application", "application.borrower", "merchant"})

    @extend_schema(summary="List loans", parameters=[LoanQuery], responses=list_of(shapes.LoanSerializer))
    def get(self, request: Request) -> Response:
        """The loans that came from your applications, newest first."""
        return self.answer_list(shapes.LoanSerializer, self.loans(), LoanQuery)


class LoanDetail(LoanView):
    name = "loan"
    expandable = frozenset({"borrower", "application", "application.borrower", "merchant"})

    @extend_schema(summary="Retrieve a loan", responses=shapes.LoanSerializer)
    @tagged
    def get(self, request: Request, loan_id: str) -> Response:
        """The agreed terms, how far the payment of the money has come, and where the loan stands."""
        return self.answer(shapes.LoanSerializer, self.loan(loan_id))


class ScheduleDetail(LoanView):
    name = "loan_schedule"

    @extend_schema(summary="Retrieve the schedule", responses=shapes.ScheduleSerializer)
    @tagged
    def get(self, request: Request, loan_id: str) -> Response:
        """Each instalment: what falls due, what is paid, what is owed."""
        schedule = reading.schedule_of(self.loan(loan_id), business_date.current())
        return self.answer(shapes.ScheduleSerializer, schedule)


class Transactions(LoanView):
    name = "loan_transactions"

    @extend_schema(summary="List transactions", responses=list_of(shapes.TransactionSerializer))
    def get(self, request: Request, loan_id: str) -> Response:
        """Everything that moved on the account, newest first. What was reversed stays in the list."""
        movements = reading.movements_of(self.loan(loan_id))
        return self.answer_whole_list(shapes.TransactionSerializer, movements)


class PayoffQuote(LoanView):
    name = "loan_payoff_quote"

    @extend_schema(summary="Quote a payoff", parameters=[PayoffQuery], responses=shapes.PayoffQuoteSerializer)
    def get(self, request: Request, loan_id: str) -> Response:
        """What settles the loan on a day, today or up to a year ahead."""
        today = business_date.current()
        on = self.query(PayoffQuery).get("date", today)
        _require_quotable(on, today)
        loan = self.loan(loan_id)
        return self.answer(shapes.PayoffQuoteSerializer, payoff(loan, settlement_quote(loan, on)))


def _require_quotable(on: date, today: date) -> None:
    if not today <= on <= today + QUOTED_AHEAD:
        raise DateNotQuoted(first=today.isoformat(), last=(today + QUOTED_AHEAD).isoformat())


def payoff(loan: Loan, quote: SettlementQuote) -> dict[str, Any]:
    """The quote as the answer shows it."""
    parts = ("on", "total", "principal", "interest", "late_interest", "early_charge", "saved")
    return {"loan": loan.public_id, "fee": quote.other_fees, **{name: getattr(quote, name) for name in parts}}


# Repayments ----------------------------------------------------------------------------------------------------------


class RepaymentQuery(ListQuery):
    """Filters of the list of repayments."""

    status = WordsField(words=RepaymentStatus.values)
    loan = serializers.CharField(required=False, max_length=40)
    received_gte = serializers.DateField(required=False)
    received_lte = serializers.DateField(required=False)
    created_path = "recorded_at"

    def narrow(self, rows: QuerySet[Any], given: dict[str, Any]) -> QuerySet[Any]:
        filters = {
            "status__in": given.get("status"),
            "loan__public_id": given.get("loan"),
            "received_on__gte": given.get("received_gte"),
            "received_on__lte": given.get("received_lte"),
        }
        return super().narrow(rows, given).filter(**{path: v for path, v in filters.items() if v is not None})


class RepaymentView(LoanView):
    """What the views of a repayment share."""

    tag = "repayments"
    scopes = {"GET": "repayments:read", "POST": "repayments:write"}
    expandable = frozenset({"loan", "loan.borrower"})
    loan_at = "loan__"

    def repayments(self) -> QuerySet[Repayment]:
        return self.reachable(reading.repayments(), KIND, path="loan__application_id")

    def require_repeatable(self, answer: dict[str, Any], **address: str) -> None:
        self.found(self.repayments(), address.get("repayment_id") or answer["id"])

    def shown(self, repayment: Repayment, **more: Any) -> Response:
        return self.answer(shapes.RepaymentSerializer, reading.repayments().get(pk=repayment.pk), **more)


class Repayments(RepaymentView):
    name = "repayments"
    made_at = "api:repayment"

    @extend_schema(
        summary="List repayments", parameters=[RepaymentQuery], responses=list_of(shapes.RepaymentSerializer)
    )
    def get(self, request: Request) -> Response:
        """The repayments of your loans, whoever reported them, newest first."""
        return self.answer_list(shapes.RepaymentSerializer, self.repayments(), RepaymentQuery)

    @extend_schema(
        summary="Report a repayment", request=shapes.RepaymentInput, responses={201: shapes.RepaymentSerializer}
    )
    @idempotent
    def post(self, request: Request) -> Response:
        """Money you received for a loan: it is allocated in the order of the product, a late report is back-dated.

        More than is owed, and what looks like a payment recorded before, is refused until you say that it is meant. So much
        is taken on your word alone, for a loan, on a day and from some days back; beyond it the lender's staff ask for it.
        """
        given = self.body(shapes.RepaymentInput)
        loan = self.named_loan(given["loan"])
        repayment = record(loan, given, key=use_case_key(self.request), by=self.client.acts_as)
        return self.shown(repayment, status=201)


def record(loan: Loan, given: dict[str, Any], *, key: str, by: User) -> Repayment:
    """The repayment a partner reports, or with ``settles_early`` the settlement it pays. Raises what these raise."""
    today = business_date.current()
    received_on = given.get("received_on", today)
    if given["settles_early"]:
        return settle_early(
            loan_id=loan.pk,
            on=received_on,
            channel=CHANNEL,
            idempotency_key=key,
            by=by,
            recorded_on=today,
            amount=given["amount"],
            payer_reference=given.get("payer_reference", ""),
            allow_repeat=given["allow_repeat"],
        )
    return record_repayment(
        loan_id=loan.pk,
        amount=given["amount"],
        received_on=received_on,
        channel=CHANNEL,
        idempotency_key=key,
        recorded_by=by,
        recorded_on=today,
        payer_reference=given.get("payer_reference", ""),
        excess=Excess.CREDITED if given["allow_overpayment"] else Excess.REFUSED,
        allow_repeat=given["allow_repeat"],
    )


class RepaymentDetail(RepaymentView):
    name = "repayment"

    @extend_schema(summary="Retrieve a repayment", responses=shapes.RepaymentSerializer)
    @tagged
    def get(self, request: Request, repayment_id: str) -> Response:
        """How the money was allocated, instalment by instalment."""
        return self.shown(self.found(self.repayments(), repayment_id))


def require_own(view: PartnerView, repayment: Repayment) -> None:
    """Raises NotYourRepayment unless the caller reported it or may change what came from every origin."""
    own = same_account(repayment.recorded_by_id, view.client.acts_as_id)
    if not own and not reaches_every_origin(view.key, writing=True):
        raise NotYourRepayment


class Reverse(RepaymentView):
    name = "repayment_reverse"
    scopes = {"POST": "repayments:reverse"}

    @extend_schema(
        summary="Reverse a repayment",
        request=shapes.ReversalInput,
        responses={200: shapes.RepaymentSerializer, 202: shapes.RepaymentSerializer},
    )
    @idempotent
    def post(self, request: Request, repayment_id: str) -> Response:
        """The money did not stay: the entry is reversed, and what came after is allocated anew.

        Beyond what one may reverse alone a second person of the lender is asked: then the answer is 202, and the repayment
        stands until they agree.
        """
        given = self.body(shapes.ReversalInput)
        repayment = self.found(self.repayments(), repayment_id)
        require_own(self, repayment)
        if repayment.is_recovery:
            raise RecoveryForLenderOnly
        if repayment.channel == RepaymentChannel.BANK_FILE:
            raise ReceiptOfBankLine(number=repayment.number)
        done = reverse_or_ask(
            repayment_id=repayment.pk,
            reason=given["reason"],
            on=business_date.current(),
            by=self.client.acts_as,
        )
        return self.shown(repayment, status=202 if isinstance(done, Approval) else 200)
