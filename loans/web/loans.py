"""The list of loans, the answers to "why?", and the papers of a loan. The loan's own page is laid out by the desk."""

from __future__ import annotations

from collections.abc import Callable

from django.db.models import Case, F, QuerySet, Sum, When
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.functional import Promise as LazyText
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET

from core import business_date
from core.currencies import by_currency
from core.money import in_capitals
from core.pages import COUNTED_AT_MOST, page_of
from loans.models import Instalment, Loan, LoanStatus, Repayment
from loans.pages import explanations
from loans.pages.explanations import Explanation
from loans.pages.loan_page import contract_of, loan_by_number
from loans.web.forms import LoanFilter
from staff.permissions import require
from staff.visibility import Kind, seen

# The same sum as LoanPosition.outstanding_total; for a written-off loan what was written off, as the rows show it.
_OUTSTANDING = Case(
    When(status=LoanStatus.WRITTEN_OFF, then=F("position__written_off_amount")),
    default=F("position__principal_outstanding")
    + (F("position__interest_accrued") - F("position__interest_paid"))
    + (F("position__fee_accrued") - F("position__fee_paid"))
    + (F("position__late_interest_accrued") - F("position__late_interest_paid")),
)

Explainer = Callable[[Loan], Explanation]


@require_GET
@require("loans.view_loan")
def loan_list(request: HttpRequest) -> HttpResponse:
    form = LoanFilter(request.GET)
    rows = form.apply(Loan.objects.select_related("borrower", "position", "product_version__product"))
    rows = seen(rows, request.user, Kind.BORROWER, path="borrower_id")
    context = {"page": page_of(rows, request), "form": form, "totals": _totals(form.as_counted(rows))}
    return render(request, "loans/loan_list.html", context)


def _totals(rows: QuerySet[Loan]) -> dict[str, object]:
    """Totals of the filtered set, as long as it can be counted without making people wait."""
    sample = list(rows.values_list("pk", flat=True)[: COUNTED_AT_MOST + 1])
    if len(sample) > COUNTED_AT_MOST:
        return {"count": None, "most": COUNTED_AT_MOST}
    by_market = (
        Loan.objects.filter(pk__in=sample)
        .values_list("product_version__product__market")
        .annotate(principal=Sum("principal"), outstanding=Sum(_OUTSTANDING))
        .order_by()
    )
    rows_of = list(by_market)
    return {
        "count": len(sample),
        "principal": by_currency((market, principal) for market, principal, _outstanding in rows_of),
        "outstanding": by_currency((market, outstanding) for market, _principal, outstanding in rows_of),
        "most": COUNTED_AT_MOST,
    }


# --- why? -----------------------------------------------------------------------------------------------------------


def _late_interest(loan: Loan) -> Explanation:
    rows = Instalment.objects.filter(loan=loan, superseded_on__isnull=True).order_by("number")
    return explanations.late_interest(loan, list(rows), business_date.current())


_WHY: dict[str, tuple[str | LazyText, Explainer]] = {
    "outstanding": (_("Outstanding"), lambda loan: explanations.outstanding(loan.position)),
    "overdue": (_("Overdue"), lambda loan: explanations.overdue(loan.position)),
    "days-past-due": (_("Days past due"), lambda loan: explanations.days_past_due(loan.position)),
    "late-interest": (_("Late interest"), _late_interest),
}


@require_GET
@require("loans.view_loan")
def why(request: HttpRequest, number: str, what: str) -> HttpResponse:
    if what not in _WHY:
        raise Http404
    loan = loan_by_number(number)
    title, explain = _WHY[what]
    explanation = explain(loan) if hasattr(loan, "position") else None
    return render(
        request,
        "loans/_why.html" if request.headers.get("HX-Request") else "loans/why.html",
        {"loan": loan, "title": title, "why": explanation},
    )


# --- papers ---------------------------------------------------------------------------------------------------------


@require_GET
@require("loans.view_loan")
def contract(request: HttpRequest, number: str) -> HttpResponse:
    loan = loan_by_number(number)
    found = contract_of(loan)
    if found is None:
        raise Http404
    context = {
        "loan": loan,
        "contract": found,
        "offer": found.offer,
        "capitals": in_capitals(loan.principal, loan.currency),
    }
    return render(request, "loans/contract.html", context)


@require_GET
@require("loans.view_loan")
def receipt(request: HttpRequest, number: str) -> HttpResponse:
    rows = Repayment.objects.select_related("loan__borrower", "loan__product_version__product", "recorded_by")
    repayment = get_object_or_404(rows, number=number)
    lines = repayment.lines.filter(entry_id=repayment.entry_id).order_by("instalment_number")
    context = {
        "repayment": repayment,
        "loan": repayment.loan,
        "lines": lines,
        "capitals": in_capitals(repayment.amount, repayment.currency),
    }
    return render(request, "loans/receipt.html", context)
