"""The application: taking one, seeing all that is known of it, and deciding."""

from __future__ import annotations

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from audit.lookups import LookupQuotaReached
from borrowers import lookups
from borrowers.consents import give_consent
from borrowers.models import Borrower
from borrowers.queries import by_number
from borrowers.web.forms import MissingConsents
from core import business_date
from core.errors import DomainError, NotFound
from loans.models import Application, ApplicationStatus
from loans.origination import origination
from loans.web.application_forms import WishForm
from risk import underwriting
from risk.application_page import ApplicationPage, application_page
from risk.web.forms import DecisionForm, PapersForm
from staff.permissions import person, require
from staff.visibility import Kind, seen

_SHOWN_PAPERS = "shown_papers"  # whose document was shown last at this counter
_PEOPLE = ("borrower", "product", "merchant", "purpose", "submitted_by", "decided_by", "claimed_by")


@require_http_methods(["GET", "POST"])
@require("loans.submit_application")
def new(request: HttpRequest) -> HttpResponse:
    """First whose application it is, then what is wanted, with the quote beside it."""
    borrower = _named_borrower(request, request.GET.get("borrower", ""))
    text = request.GET.get("q", "").strip()
    form = WishForm(request.POST or None)
    ticks = _ticks(request, borrower) if borrower else None
    if request.method == "POST" and borrower is not None and form.is_valid():
        application = _submit(request, borrower, form, ticks)
        if application is not None:
            return redirect("risk:application", application.number)
    context: dict[str, object] = {"borrower": borrower, "text": text, "form": form, "ticks": ticks, "hits": []}
    status = 422 if form.errors else 200
    try:
        context["hits"] = lookups.find(text, by=person(request))[:10] if text else []
    except LookupQuotaReached as refusal:
        context["refusal"], status = refusal.detail, refusal.status
    context["papers"] = PapersForm(None)
    return render(request, "risk/application_new.html", context, status=status)


@require_POST
@require("loans.submit_application")
def papers(request: HttpRequest) -> HttpResponse:
    """Whose document lies on the counter, also where the person sees the borrower by nothing else. Posted, so that no
    address keeps the number."""
    form = PapersForm(request.POST)
    if form.is_valid():
        try:
            borrower = lookups.by_papers(**form.cleaned_data, by=person(request))
        except DomainError as refusal:
            form.add_error(None, refusal.detail)
        else:
            request.session[_SHOWN_PAPERS] = borrower.pk
            return redirect(f"{reverse('risk:application_new')}?borrower={borrower.number}")
    return render(request, "risk/application_new.html", {"papers": form}, status=422)


def _named_borrower(request: HttpRequest, number: str) -> Borrower | None:
    try:
        borrower = by_number(number) if number else None
    except NotFound:
        return None
    if borrower is None or request.session.get(_SHOWN_PAPERS) == borrower.pk:
        return borrower
    return seen(Borrower.objects.filter(pk=borrower.pk), request.user, Kind.BORROWER).first()


def _ticks(request: HttpRequest, borrower: Borrower) -> MissingConsents | None:
    """The consents still missing, to be given here by whoever may record them."""
    if not request.user.has_perm("borrowers.change_borrower"):
        return None
    return MissingConsents(request.POST or None, borrower=borrower, on=business_date.current())


@transaction.atomic
def _take(request: HttpRequest, borrower: Borrower, form: WishForm, ticks: MissingConsents | None) -> Application:
    """Consents and application together, or neither."""
    by = person(request)
    for purpose in ticks.consents if ticks and ticks.is_valid() else ():
        give_consent(borrower_id=borrower.pk, purpose=purpose, channel="branch", at=business_date.now(), recorded_by=by)
    return origination.submit_application(
        form.wish_of(borrower),
        on=business_date.current(),
        channel="counter",
        idempotency_key=form.idempotency_key,
        submitted_by=by,
    )


def _submit(
    request: HttpRequest, borrower: Borrower, form: WishForm, ticks: MissingConsents | None
) -> Application | None:
    try:
        application = _take(request, borrower, form, ticks)
    except DomainError as refusal:
        form.add_error(refusal.field if refusal.field in form.fields else None, refusal.detail)
        return None
    return application


@require_GET
@require("loans.view_application")
def application(request: HttpRequest, number: str) -> HttpResponse:
    page = application_page(_by_number(number), business_date.current())
    return _render(request, page, _decision_form(page))


@require_GET
@require("loans.view_application")
def state(request: HttpRequest, number: str) -> HttpResponse:
    """Asked every second while an application is being assessed: the page loads itself anew once it was decided."""
    found = _by_number(number)
    answer = render(request, "risk/_assessing.html", {"application": found})
    if found.status != ApplicationStatus.SUBMITTED:
        answer["HX-Refresh"] = "true"
    return answer


@require_POST
@require("loans.decide_application")
def assess(request: HttpRequest, number: str) -> HttpResponse:
    """A submitted application: assess and let the rules decide. A referred one: assess again with what is known now."""
    found, on = _by_number(number), business_date.current()
    try:
        if found.status == ApplicationStatus.SUBMITTED:
            decided = underwriting.decide_automatically(application_id=found.pk, on=on)
            if underwriting.latest_assessment(decided) is None:
                messages.warning(request, _("Nothing was scored: a person decides."))
                return redirect("risk:application", number)
        else:
            underwriting.assess(application_id=found.pk, on=on)
        messages.success(request, _("Assessed with what is known now."))
    except DomainError as refusal:
        messages.error(request, refusal.detail)
    return redirect("risk:application", number)


@require_POST
@require("loans.decide_application")
def decide(request: HttpRequest, number: str) -> HttpResponse:
    found = _by_number(number)
    form = DecisionForm(request.POST, may_refer=found.status == ApplicationStatus.SUBMITTED)
    if form.is_valid() and _decided(request, found, form):
        return redirect("risk:application", number)
    return _render(request, application_page(_by_number(number), business_date.current()), form, status=422)


def _decided(request: HttpRequest, found: Application, form: DecisionForm) -> bool:
    try:
        decided = underwriting.decide(
            application_id=found.pk, on=business_date.current(), by=person(request), **form.decision
        )
    except DomainError as refusal:
        form.add_error(refusal.field if refusal.field in form.fields else None, refusal.detail)
        return False
    messages.success(request, _("Decided: %(state)s.") % {"state": decided.get_status_display()})
    return True


def _by_number(number: str) -> Application:
    return get_object_or_404(Application.objects.select_related(*_PEOPLE), number=number)


def _decision_form(page: ApplicationPage) -> DecisionForm:
    assessment, asked = page.assessment, page.application
    initial: dict[str, object] = {"term_count": asked.term_count}
    if assessment is not None:
        initial["principal"] = assessment.recommended_principal or asked.amount
    return DecisionForm(initial=initial, may_refer=asked.status == ApplicationStatus.SUBMITTED)


def _render(request: HttpRequest, page: ApplicationPage, form: DecisionForm, status: int = 200) -> HttpResponse:
    return render(request, "risk/application.html", {"page": page, "form": form}, status=status)
