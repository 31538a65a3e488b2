"""What people do to a loan: each page shows what the act would change, then makes one call and goes back to the loan."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from django.contrib import messages
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from audit.models import Approval
from core import business_date
from core.errors import DomainError
from loans.disbursement import disbursing
from loans.models import Disbursement, Loan, LoanStatus, Repayment, RepaymentChannel
from loans.pages.loan_page import loan_by_number
from loans.servicing import asking, hardship, previews, refunds, repayments, settling, waiving
from loans.web import bank_orders
from loans.web.forms import ExtendForm, PaymentForm, RefundForm, ReverseForm, SettleForm, WaiveForm, WriteOffForm
from staff.permissions import require

GET_OR_POST = require_http_methods(["GET", "POST"])


def _act(
    request: HttpRequest, template: str, loan: Loan, form: Form, act: Callable[[dict[str, Any]], str], **context: Any
) -> HttpResponse:
    """Draw the form, or do the act and say what happened. A refusal stands beside the field it concerns."""
    if request.method == "POST" and form.is_valid():
        try:
            said = act(form.cleaned_data)
        except DomainError as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, refusal.detail)
        else:
            messages.success(request, said)
            return redirect("desk:loan", loan.number)
    status = 422 if form.errors else 200
    return render(
        request,
        template,
        {"loan": loan, "form": form, "position": getattr(loan, "position", None), **context},
        status=status,
    )


# --- payment --------------------------------------------------------------------------------------------------------


@GET_OR_POST
@require("loans.record_repayment")
def pay(request: HttpRequest, number: str) -> HttpResponse:
    loan, on = loan_by_number(number), business_date.current()
    form = PaymentForm(request.POST or None, initial={"received_on": on})

    def act(data: dict[str, Any]) -> str:
        repayment = repayments.record_repayment(
            loan_id=loan.pk,
            amount=data["amount"],
            received_on=data["received_on"],
            recorded_on=on,
            channel=RepaymentChannel.COUNTER,
            idempotency_key=f"web:{data['key']}",
            recorded_by=request.user,
            payer_reference=data["payer_reference"],
        )
        facts = {"amount": f"{repayment.amount:,.2f}", "number": repayment.number}
        return _("¥ %(amount)s recorded, receipt %(number)s.") % facts

    return _act(request, "loans/pay.html", loan, form, act, on=on, offers=_offers(loan, on))


def _offers(loan: Loan, on: date) -> list[tuple[str, Any]]:
    """Amounts a clerk is likely to be handed."""
    if loan.status == LoanStatus.WRITTEN_OFF:
        return [(_("still written off"), loan.position.written_off_amount - loan.position.recovered)]
    if loan.status != LoanStatus.ACTIVE:
        return []
    overdue, due, owed = previews.owed_now(loan, on=on)
    offers = [
        (_("overdue, late interest to today"), overdue),
        (_("with what is due today") if overdue else _("due today"), overdue + due if due else due),
    ]
    if not overdue and not due:
        offers.append((_("next instalment"), loan.position.next_due_amount))
    return [(label, amount) for label, amount in [*offers, (_("all instalments"), owed)] if amount]


@require_GET
@require("loans.record_repayment")
def pay_preview(request: HttpRequest, number: str) -> HttpResponse:
    """Where the typed amount would go; redrawn while typing."""
    loan, on = loan_by_number(number), business_date.current()
    form = PaymentForm({**request.GET.dict(), "key": "preview"})
    preview = refusal = None
    if form.is_valid():
        try:
            preview = previews.payment(
                loan, amount=form.cleaned_data["amount"], received_on=form.cleaned_data["received_on"], on=on
            )
        except (DomainError, ValueError) as error:
            refusal = str(error)
    return render(request, "loans/_pay_preview.html", {"loan": loan, "preview": preview, "refusal": refusal})


@GET_OR_POST
@require("loans.record_repayment")
def settle(request: HttpRequest, number: str) -> HttpResponse:
    """The quote of a day, and settling on it."""
    loan, today = loan_by_number(number), business_date.current()
    form = SettleForm(request.POST or None, initial={"on": request.GET.get("on") or today})

    def act(data: dict[str, Any]) -> str:
        repayment = settling.settle_early(
            loan_id=loan.pk,
            on=data["on"],
            recorded_on=today,
            channel=RepaymentChannel.COUNTER,
            idempotency_key=f"web:{data['key']}",
            by=request.user,
        )
        return _("Settled with ¥ %(amount)s, receipt %(number)s.") % {
            "amount": f"{repayment.amount:,.2f}",
            "number": repayment.number,
        }

    return _act(request, "loans/settle.html", loan, form, act, today=today, **_quote(loan, form, today))


def _quote(loan: Loan, form: SettleForm, today: date) -> dict[str, Any]:
    asked = SettleForm({"on": form["on"].value(), "key": "quote"})
    day = asked.cleaned_data["on"] if asked.is_valid() else today
    try:
        return {"quote": settling.settlement_quote(loan, day), "asked_for": day}
    except DomainError as refusal:
        return {"quote": None, "refusal": refusal.detail, "asked_for": day}


@require_GET
@require("loans.record_repayment")
def settle_quote(request: HttpRequest, number: str) -> HttpResponse:
    loan, today = loan_by_number(number), business_date.current()
    form = SettleForm(initial={"on": request.GET.get("on") or today})
    return render(request, "loans/_settle_quote.html", {"loan": loan, "today": today, **_quote(loan, form, today)})


@GET_OR_POST
@require("loans.reverse_repayment")
def reverse_repayment(request: HttpRequest, number: str) -> HttpResponse:
    repayment = get_object_or_404(Repayment.objects.select_related("loan__borrower", "recorded_by"), number=number)
    form = ReverseForm(request.POST or None)

    def act(data: dict[str, Any]) -> str:
        repayments.reverse_repayment(
            repayment_id=repayment.pk,
            reason=data["reason"],
            reversed_on=business_date.current(),
            reversed_by=request.user,
        )
        return _("Receipt %(number)s was reversed.") % {"number": repayment.number}

    later = Repayment.objects.filter(loan_id=repayment.loan_id, received_on__gte=repayment.received_on, status="posted")
    after = later.exclude(pk=repayment.pk).count()
    return _act(request, "loans/reverse.html", repayment.loan, form, act, repayment=repayment, later_count=after)


@GET_OR_POST
@require("loans.refund_overpayment")
def refund(request: HttpRequest, number: str) -> HttpResponse:
    loan = loan_by_number(number)
    overpaid = loan.position.overpaid if hasattr(loan, "position") else None
    form = RefundForm(request.POST or None, initial={"amount": overpaid})

    def act(data: dict[str, Any]) -> str:
        made = refunds.refund_overpayment(
            loan_id=loan.pk,
            amount=data["amount"],
            on=business_date.current(),
            idempotency_key=f"web:{data['key']}",
            by=request.user,
        )
        return _("¥ %(amount)s given back, %(number)s.") % {"amount": f"{made.amount:,.2f}", "number": made.number}

    return _act(request, "loans/refund.html", loan, form, act, overpaid=overpaid)


# --- help -----------------------------------------------------------------------------------------------------------


@GET_OR_POST
@require("loans.grant_extension")
def extend(request: HttpRequest, number: str) -> HttpResponse:
    """Within one's own authority the extension is granted at once; beyond it, it waits for a second person."""
    loan, on = loan_by_number(number), business_date.current()
    form = ExtendForm(request.POST or None, initial={"days": 30})

    def act(data: dict[str, Any]) -> str:
        made = asking.extend_or_ask(loan_id=loan.pk, days=data["days"], reason=data["reason"], on=on, by=request.user)
        if isinstance(made, Approval):
            return _("Sent for approval: a second person decides on this extension.")
        return _("Extended by %(days)d days.") % {"days": data["days"]}

    return _act(request, "loans/extend.html", loan, form, act, **_extension(loan, form["days"].value(), on))


@require_GET
@require("loans.grant_extension")
def extend_preview(request: HttpRequest, number: str) -> HttpResponse:
    loan, on = loan_by_number(number), business_date.current()
    return render(
        request, "loans/_extend_preview.html", {"loan": loan, **_extension(loan, request.GET.get("days"), on)}
    )


def _extension(loan: Loan, days: Any, on: date) -> dict[str, Any]:
    """The schedule before and after, row beside row."""
    asked = ExtendForm({"days": days, "reason": "-"})
    if not asked.is_valid():
        return {"preview": None}
    wanted = asked.cleaned_data["days"]
    try:
        preview = hardship.preview_extension(loan, days=wanted, on=on)
    except DomainError as refusal:
        return {"preview": None, "refusal": refusal.detail}
    needs_second = not hardship.within_authority(loan, days=wanted, on=on)
    return {"preview": preview, "days": wanted, "needs_second": needs_second}


@GET_OR_POST
@require("loans.waive_charges")
def waive(request: HttpRequest, number: str) -> HttpResponse:
    loan = loan_by_number(number)
    form = WaiveForm(request.POST or None, initial={"component": "late_interest"})

    def act(data: dict[str, Any]) -> str:
        waiver = waiving.waive(loan_id=loan.pk, on=business_date.current(), waived_by=request.user, **data)
        return _("¥ %(amount)s waived.") % {"amount": f"{waiver.amount:,.2f}"}

    return _act(request, "loans/waive.html", loan, form, act)


@GET_OR_POST
@require("loans.request_write_off")
def request_write_off(request: HttpRequest, number: str) -> HttpResponse:
    """Asks; a second person decides. Nothing is written off here."""
    loan = loan_by_number(number)
    form = WriteOffForm(request.POST or None)

    def act(data: dict[str, Any]) -> str:
        asking.ask_for_write_off(loan_id=loan.pk, reason=data["reason"], by=request.user)
        return _("Sent for approval: a second person decides on this write-off.")

    return _act(request, "loans/write_off.html", loan, form, act)


@require_POST
@require("loans.disburse_loan")
def disburse(request: HttpRequest, number: str) -> HttpResponse:
    loan = loan_by_number(number)

    def act() -> str:
        sent = _order(loan, business_date.current(), request.user)
        facts = {"amount": f"{sent.amount:,.2f}", "state": sent.get_status_display()}
        return _("Disbursement of ¥ %(amount)s: %(state)s.") % facts

    bank_orders.tell(request, act)
    return redirect("desk:loan", number)


def _order(loan: Loan, on: date, by: Any) -> Disbursement:
    """A first order, or a new one after the bank refused the last."""
    refused = loan.disbursements.refused().filter(is_drawdown=False).first()
    if refused is not None:
        disbursing.retry(disbursement_id=refused.pk, on=on, requested_by=by)
    return disbursing.disburse(loan_id=loan.pk, on=on, requested_by=by)
