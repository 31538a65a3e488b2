"""Personal data unmasked for half a minute. The value travels in the answer to a POST only and is never cached."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from borrowers import privacy, queries
from borrowers.web.forms import RevealReason, posted, refuse
from core.errors import DomainError
from staff.permissions import person, require

SECONDS = 30


@never_cache
@require_http_methods(["GET", "POST"])
@require(privacy.PERMISSION)
def reveal(request: HttpRequest, number: str, field: str, pk: int | None = None) -> HttpResponse:
    """Ask for the reason, then show the value. In the dialog it goes away by itself."""
    borrower = queries.by_number(number)
    form = RevealReason(posted(request))
    context = {"borrower": borrower, "form": form, "field": field, "pk": pk, "seconds": SECONDS}
    if request.method == "POST" and form.is_valid():
        try:
            context["value"] = privacy.reveal(
                borrower_id=borrower.pk,
                field=field,
                item_id=pk,
                why=form.cleaned_data["reason"],
                note=form.cleaned_data["other"],
                revealed_by=person(request),
            )
        except DomainError as refusal:
            refuse(form, refusal)
    template = "borrowers/_reveal.html" if request.htmx else "borrowers/reveal.html"  # type: ignore[attr-defined]
    return render(request, template, context, status=422 if form.errors else 200)


@never_cache
@require_http_methods(["GET"])
@require(privacy.PERMISSION)
def masked_again(request: HttpRequest, number: str) -> HttpResponse:
    """What takes the place of a revealed value when its time is over."""
    return render(request, "borrowers/_masked_again.html", {"borrower": queries.by_number(number)})
