"""Payments: what came in, what nobody could match yet, and statement files on their way in."""

from __future__ import annotations

from base64 import b64decode, b64encode

from django.contrib import messages
from django.core.cache import cache
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from audit import approvals
from audit.models import Approval
from core import business_date
from core.encryption import decrypt, encrypt
from core.errors import DomainError
from core.pages import page_of
from core.writing import money
from loans.incoming import matching_by_two, reading, returning, taking_in, uploading
from loans.incoming.contradicting import Differs, bank_says
from loans.models import BankFile, IncomingPayment, IncomingPaymentStatus, Repayment
from loans.web.forms import AskAgainForm, MatchForm, PaymentFilter, ReturnForm, StatementForm
from staff.permissions import check, person, require
from staff.visibility import Kind, seen

_KEPT_SECONDS = 3600
_ROWS_SHOWN = 200


@require_GET
@require("loans.view_loan")
def payment_list(request: HttpRequest) -> HttpResponse:
    form = PaymentFilter(request.GET)
    rows = form.apply(Repayment.objects.select_related("loan__borrower", "recorded_by"))
    rows = seen(rows, request.user, Kind.BORROWER, path="loan__borrower_id")
    page = page_of(rows, request, order=("-recorded_on", "-id"))
    return render(request, "loans/payments.html", {"page": page, "form": form, "place": "received", **_counts(request)})


@require_GET
@require("loans.view_bankfile")
def unmatched_list(request: HttpRequest) -> HttpResponse:
    """What waits; with ``contradicted=1`` every line of which the bank's own statement says otherwise, moved or not."""
    contradicted = IncomingPayment.objects.filter(contradicted_on__isnull=False)
    only = request.GET.get("contradicted") == "1"
    rows = contradicted if only else IncomingPayment.objects.filter(status=IncomingPaymentStatus.SUSPENSE)
    page = page_of(rows.select_related("proposed_loan"), request, order=("paid_on", "id"))
    shown = {"page": page, "place": "unmatched", "only_contradicted": only, "any_contradicted": contradicted.exists()}
    return render(request, "loans/payments_unmatched.html", {**shown, **_counts(request)})


@require_GET
@require("loans.view_bankfile")
def file_list(request: HttpRequest) -> HttpResponse:
    page = page_of(BankFile.objects.select_related("imported_by"), request)
    return render(request, "loans/payment_files.html", {"page": page, "place": "files", **_counts(request)})


@require_GET
@require("loans.view_bankfile")
def file_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """A file with its payments; one that is not confirmed with what taking it in would do."""
    bank_file = get_object_or_404(BankFile.objects.select_related("imported_by", "confirmed_by", "content"), pk=pk)
    context: dict[str, object] = {"file": bank_file}
    if bank_file.is_confirmed:
        rows = bank_file.payments.prefetch_related("shares__repayment__loan", "shares__act__loan")
        context["page"] = page_of(rows, request, order=("line",))
        context["contradicts"] = bank_file.contradicts.order_by("id")[:_ROWS_SHOWN]
    else:
        seen = taking_in.read_again(bank_file)
        context |= {"preview": seen, "lines": seen.lines[:_ROWS_SHOWN], "errors": seen.statement.errors[:_ROWS_SHOWN]}
        context |= {"request_waits": approvals.pending(uploading.KIND, bank_file), "form": AskAgainForm()}
        context["decision"] = approvals.about(uploading.KIND, bank_file).exclude(status="pending").last()
    return render(request, "loans/payment_file.html", context)


@require_POST
@require("loans.import_payments")
def file_ask_again(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask a second person once more about a file that was rejected."""
    get_object_or_404(BankFile, pk=pk)
    form = AskAgainForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Say what is known now that was not known before."))
        return redirect("loans:payment_file", pk)
    try:
        asked = {"on": business_date.current(), "reason": form.cleaned_data["reason"], "by": person(request)}
        uploading.ask_again(bank_file_id=pk, **asked)
        messages.success(request, _("Sent for approval: a second person confirms that the file is the bank's."))
    except DomainError as refusal:
        messages.error(request, refusal.detail)
    return redirect("loans:payment_file", pk)


@require_http_methods(["GET", "POST"])
@require("loans.import_payments")
def import_file(request: HttpRequest) -> HttpResponse:
    """Upload, then look at what it would do. Nothing is written here, but that a file cannot be read."""
    form = StatementForm(request.POST or None, request.FILES or None)
    if request.method == "GET" or not form.is_valid():
        return render(
            request, "loans/payment_import.html", {"form": form}, status=200 if request.method == "GET" else 422
        )
    upload = form.cleaned_data["file"]
    content = upload.read()
    try:
        preview = reading.preview(content=content, name=upload.name)
    except DomainError as refusal:
        form.add_error("file", refusal.detail)
        return render(request, "loans/payment_import.html", {"form": form}, status=refusal.status)
    uploading.set_aside_if_unreadable(preview, on=business_date.current(), by=person(request))
    # Names and accounts of payers lie here for an hour, so they lie sealed.
    cache.set(_kept_under(request, preview.sha256), (upload.name, encrypt(b64encode(content).decode())), _KEPT_SECONDS)
    shown = {"lines": preview.lines[:_ROWS_SHOWN], "errors": preview.statement.errors[:_ROWS_SHOWN]}
    shown["passes_alone"] = uploading.passes_alone(preview.total, business_date.current())
    return render(request, "loans/payment_import_preview.html", {"preview": preview, **shown})


@require_POST
@require("loans.import_payments")
def import_commit(request: HttpRequest) -> HttpResponse:
    kept = cache.get(_kept_under(request, request.POST.get("sha256", "")))
    if kept is None:
        messages.error(request, _("The uploaded file is no longer at hand. Choose it again."))
        return redirect("loans:payment_import")
    name, content = kept[0], b64decode(decrypt(kept[1]))
    try:
        bank_file = uploading.upload(content=content, name=name, on=business_date.current(), by=person(request))
    except DomainError as refusal:
        messages.error(request, refusal.detail)
        return redirect("loans:payment_import")
    if bank_file.is_confirmed:
        messages.info(request, _("The payments are being credited. You may leave this page."))
    else:
        messages.success(request, _("Sent for approval: a second person confirms that the file is the bank's."))
    return redirect("loans:payment_file", bank_file.pk)


@require_http_methods(["GET", "POST"])
@require("loans.view_bankfile")
def incoming_payment(request: HttpRequest, pk: int) -> HttpResponse:
    """One payment of which something waits: match it, split it, or give it back."""
    payment = get_object_or_404(
        IncomingPayment.objects.select_related(
            "bank_file", "proposed_loan", "return_entry", "contradicted_by__content"
        ),
        pk=pk,
    )
    form = MatchForm(request.POST or None, payment=payment)
    if request.method == "POST":
        check(request.user, "loans.import_payments")
    if request.method == "POST" and form.is_valid():
        try:
            done = matching_by_two.match_or_ask(
                payment_id=pk,
                shares=form.shares(),
                on=business_date.current(),
                by=person(request),
                reason=form.cleaned_data["reason"],
                excess=form.excess(),
                allow_repeat=form.cleaned_data["allow_repeat"],
            )
        except DomainError as refusal:
            form.refused(refusal)
        else:
            messages.success(request, _matched(done, payment))
            return redirect("loans:payments_unmatched")
    return render(
        request, "loans/payment_match.html", _match_context(payment, form), status=422 if form.errors else 200
    )


def _matched(done: IncomingPayment | Approval, payment: IncomingPayment) -> str:
    facts = {"reference": payment.bank_reference}
    if isinstance(done, Approval):
        return _("Sent for approval: a second person decides on matching payment %(reference)s.") % facts
    return _("Payment %(reference)s was credited.") % facts


def _match_context(payment: IncomingPayment, form: MatchForm) -> dict[str, object]:
    differs, says = bank_says(payment)
    shares = payment.shares.select_related("repayment__loan", "act__loan", "matched_by", "agreed_by").order_by("id")
    return {
        "payment": payment,
        "bank_says": [
            (what.label, money(says[what], payment.currency) if what is Differs.AMOUNT else says[what])
            for what in differs
        ],
        "form": form,
        "return_form": ReturnForm(auto_id="return-%s"),
        "shares": shares,
    }


@require_POST
@require("loans.import_payments")
def return_payment(request: HttpRequest, pk: int) -> HttpResponse:
    form = ReturnForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Say why the money goes back."))
        return redirect("loans:incoming_payment", pk)
    try:
        asked = {"on": business_date.current(), "reason": form.cleaned_data["reason"], "by": person(request)}
        approval = returning.ask_to_return(payment_id=pk, **asked)
        told = _("Sent for approval: a second person decides on returning payment %(reference)s.")
        messages.success(request, told % {"reference": approval.after["bank_reference"]})
    except DomainError as refusal:
        messages.error(request, refusal.detail)
    return redirect("loans:payments_unmatched")


def _kept_under(request: HttpRequest, sha256: str) -> str:
    return f"bank-file:{request.user.pk}:{sha256[:64]}"


def _counts(request: HttpRequest) -> dict[str, object]:
    waiting: QuerySet[IncomingPayment] = IncomingPayment.objects.filter(status=IncomingPaymentStatus.SUSPENSE)
    return {"unmatched_count": waiting[:100].count()}
