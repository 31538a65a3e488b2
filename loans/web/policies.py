"""Pledged policies: the list by cover, pledging one, and what is done with one on its loan's page."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal

from django.contrib import messages
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from audit.models import Approval
from core import business_date
from core.charts import ACCENT, Line, LineChart
from core.choices import Tone
from core.currencies import sign_of
from core.errors import DomainError
from core.identifiers import number_given
from core.pages import page_of
from core.writing import day, listed, money, number
from loans.account.policy_cover import CashValue
from loans.models import Loan, PledgeStatus, PolicyPledge, RepaymentChannel
from loans.pledges import agreeing, pledge_reading, pledge_review, pledging, reinstating
from loans.servicing.guarding import is_recorded_alike
from loans.web.policy_forms import CapitaliseForm, CashValueForm, PledgeFilter, PledgeForm, ReinstateForm
from staff.permissions import person, require
from staff.visibility import Kind, seen

MANAGE = "loans.manage_policypledge"


@require_GET
@require("loans.view_loan")
def policy_list(request: HttpRequest) -> HttpResponse:
    """The policies nearest to their cash value first."""
    form, on = PledgeFilter(request.GET), business_date.current()
    rows = form.apply(pledge_reading.with_cover(PolicyPledge.objects.select_related("loan__borrower"), on))
    rows = seen(rows, request.user, Kind.BORROWER, path="loan__borrower_id")
    context = {"page": page_of(rows, request, order=("-used", "-id")), "form": form, "on": on}
    return render(request, "loans/policy_list.html", context)


@require_http_methods(["GET", "POST"])
@require(MANAGE)
def pledge(request: HttpRequest) -> HttpResponse:
    form = PledgeForm(request.POST or None, initial={"loan": request.GET.get("loan", "")})
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data["loan"].strip()
        loan = Loan.objects.filter(number=number_given(given, "LN") or given.upper()).first()
        if loan is None:
            form.add_error("loan", _("There is no such loan."))
        elif _pledged(form, loan, request):
            messages.success(
                request, _("The policy is pledged. A second person agrees to it before anything follows from it.")
            )
            return redirect("desk:loan_tab", loan.number, "policy")
    market = pledging.terms_of_market(business_date.current())
    context = {"form": form, "market": market, "most": f"{Decimal(market['most_share']) * 100:.0f}"}
    return render(request, "loans/policy_pledge.html", context, status=422 if form.errors else 200)


def _pledged(form: PledgeForm, loan: Loan, request: HttpRequest) -> bool:
    try:
        agreeing.pledge_and_ask(
            loan_id=loan.pk,
            policy=form.policy(),
            cash_values=form.cleaned_data["cash_values"],
            on=business_date.current(),
            by=person(request),
        )
    except DomainError as refusal:
        form.add_error(refusal.field if refusal.field in form.fields else None, refusal.detail)
        return False
    return True


# --- on the loan's page ---------------------------------------------------------------------------------------------


def policy_tab(loan: Loan, on: date, *, may_manage: bool) -> dict[str, object]:
    """What the tab of the loan shows of its policy; nothing where none is pledged."""
    pledged: PolicyPledge | None = getattr(loan, "policy_pledge", None)
    if pledged is None:
        return {"pledge": None}
    ahead = pledge_reading.outlook(pledged, on) if pledged.is_live else None
    market = pledging.terms_of_market(on)
    return {
        "pledge": pledged,
        "cover": pledge_reading.cover_of(pledged, on) if pledged.is_live else None,
        "ahead": ahead,
        "chart": _chart(ahead, loan.currency) if ahead else None,
        "market": market,
        "values": list(pledged.cash_values.all()),
        "may_manage": may_manage,
        "capitalise_form": CapitaliseForm(),
        "cash_value_form": CashValueForm(initial={"on": on}),
        **(_return(pledged, on) if pledged.status == PledgeStatus.LAPSED else {}),
    }


def _chart(ahead: pledge_reading.Outlook, currency: str) -> LineChart:
    points = ahead.points
    return LineChart(
        code="policy-cover",
        description=_("Cash value and debt month by month when nobody pays; the same figures are in the table below."),
        steps=[point.on.isoformat()[:7] for point in points],
        lines=[
            Line(_("Cash value"), ACCENT, [point.cash_value for point in points]),
            Line(_("Debt"), Tone.BAD, [point.debt for point in points]),
        ],
        headings=[_("On"), _("Cash value"), _("Debt"), _("Used")],
        before=f"{sign_of(currency)} ",
        rows=[[day(point.on), number(point.cash_value), number(point.debt), _used(point.percent)] for point in points],
        too_few=_("A chart needs two months. These are the figures so far."),
    )


def _used(share: Decimal | None) -> str:
    return "" if share is None else f"{number(share)} %"


def _return(pledged: PolicyPledge, on: date) -> dict[str, object]:
    """What brings a lapsed policy back, or why it cannot come back."""
    try:
        quote = pledge_review.reinstatement_quote(pledged, on)
    except DomainError as refusal:
        return {"no_return": refusal.detail}
    return {
        "quote": quote,
        "reinstate_form": ReinstateForm(initial={"amount": quote.total}),
        "ask_repeat": is_recorded_alike(pledged.loan_id, amount=quote.total, received_on=on),
    }


def _act(request: HttpRequest, number: str, form: Form | None, call: Callable[[PolicyPledge], str]) -> HttpResponse:
    """Make the call and say what came of it; a refusal is said in the same place."""
    pledged = get_object_or_404(PolicyPledge, loan__number=number)
    if form is not None and not form.is_valid():
        named = ((form[name].label if name in form.fields else "", errors) for name, errors in form.errors.items())
        wrong = " ".join(f"{label}: {' '.join(map(str, errors))}".removeprefix(": ") for label, errors in named)
        messages.error(request, wrong)
    else:
        try:
            messages.success(request, call(pledged))
        except DomainError as refusal:
            messages.error(request, refusal.detail)
    return redirect("desk:loan_tab", number, "policy")


@require_POST
@require(MANAGE)
def review(request: HttpRequest, number: str) -> HttpResponse:
    words = {
        "capitalised": _("unpaid interest became principal"),
        "warned": _("the borrower is warned"),
        "notified": _("the notice of lapse goes out"),
        "lapsed": _("the policy lapsed"),
        "cured": _("the debt is covered again"),
        "released": _("the policy is released"),
    }

    def call(pledged: PolicyPledge) -> str:
        done = pledge_review.review(pledge_id=pledged.pk, on=business_date.current(), by=person(request)).done
        return _("Reviewed: %(what)s.") % {"what": listed(words[word] for word in done) or _("nothing to do")}

    return _act(request, number, None, call)


@require_POST
@require(MANAGE)
def capitalise(request: HttpRequest, number: str) -> HttpResponse:
    form = CapitaliseForm(request.POST)

    def call(pledged: PolicyPledge) -> str:
        pledge_review.capitalise(
            pledge_id=pledged.pk,
            on=business_date.current(),
            reason=form.cleaned_data["reason"],
            idempotency_key=f"web:{form.cleaned_data['key']}",
            by=person(request),
        )
        return _("Unpaid interest is principal now.")

    return _act(request, number, form, call)


@require_POST
@require(MANAGE)
def cash_value(request: HttpRequest, number: str) -> HttpResponse:
    form = CashValueForm(request.POST)

    def call(pledged: PolicyPledge) -> str:
        stated = [CashValue(form.cleaned_data["on"], form.cleaned_data["amount"])]
        on = business_date.current()
        done = agreeing.state_or_ask(pledge_id=pledged.pk, cash_values=stated, on=on, by=person(request))
        if isinstance(done, Approval):
            return _("Sent for approval: it is less than before, and a second person agrees before it counts.")
        return _("The cash value is recorded.")

    return _act(request, number, form, call)


@require_POST
@require("loans.record_repayment")
def reinstate(request: HttpRequest, number: str) -> HttpResponse:
    form = ReinstateForm(request.POST)

    def call(pledged: PolicyPledge) -> str:
        done = reinstating.reinstate_or_ask(
            pledge_id=pledged.pk,
            amount=form.cleaned_data["amount"],
            on=business_date.current(),
            channel=RepaymentChannel.COUNTER,
            idempotency_key=f"web:{form.cleaned_data['key']}",
            by=person(request),
            allow_repeat=form.cleaned_data["allow_repeat"],
        )
        if isinstance(done, Approval):
            return _("Sent for approval: a second person decides on “%(act)s”.") % {"act": _("Policy reinstated")}
        facts = {"amount": money(done.amount, done.currency), "number": done.number}
        return _("Reinstated with %(amount)s, receipt %(number)s.") % facts

    return _act(request, number, form, call)


@require_POST
@require(MANAGE)
def release(request: HttpRequest, number: str) -> HttpResponse:
    def call(pledged: PolicyPledge) -> str:
        pledging.release(pledge_id=pledged.pk, on=business_date.current())
        return _("The policy is released.")

    return _act(request, number, None, call)
