"""The list of borrowers and the way in: a new borrower, checked while typing."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from audit.lookups import LookupQuotaReached
from borrowers import lookups, queries
from borrowers.consents import GivenConsent
from borrowers.models import Borrower
from borrowers.onboarding import BorrowerAlreadyRegistered, register_borrower
from borrowers.reading import read_while_typing
from borrowers.web.forms import BorrowerFilter, NewBorrower, posted, refuse
from core import business_date
from core.errors import DomainError
from core.pages import page_of
from staff.permissions import person, require
from staff.visibility import Kind, seen


@require_GET
@require("borrowers.view_borrower")
def borrower_list(request: HttpRequest) -> HttpResponse:
    """Newest first; a whole phone, ID, name or number finds its borrower."""
    form = BorrowerFilter(request.GET)
    chosen = form.cleaned_data if form.is_valid() else {}
    people, status = Borrower.objects.all(), 200
    try:
        people = lookups.find(chosen["q"], by=person(request)) if chosen.get("q") else people
    except LookupQuotaReached as refusal:
        refuse(form, refusal)
        people, status = people.none(), refusal.status
    found = queries.borrower_list(people, reach=chosen.get("reach", ""), status=chosen.get("status", ""))
    page = page_of(seen(found, request.user, Kind.BORROWER), request)
    context = {
        "form": form,
        "page": page,
        "rows": queries.rows(page.items, business_date.current()),
        "filtered": any(chosen.values()),
    }
    return render(request, "borrowers/borrower_list.html", context, status=status)


@require_GET
@require("borrowers.confirm_identity")
def identities(request: HttpRequest) -> HttpResponse:
    """Whose document this person has to see, those who wait longest first."""
    found = Borrower.objects.identity_to_confirm(person(request)).select_related("registered_by")
    page = page_of(seen(found, request.user, Kind.BORROWER), request, order=("id",))
    return render(request, "borrowers/identities.html", {"page": page})


@require_http_methods(["GET", "POST"])
@require("borrowers.add_borrower")
def new_borrower(request: HttpRequest) -> HttpResponse:
    """Open a borrower's file."""
    form = NewBorrower(posted(request), on=business_date.current())
    context: dict[str, object] = {"form": form}
    if request.method == "POST" and form.is_valid():
        try:
            # Registering tells whether a number is on file.
            lookups.count(form.person["identity_number"], by=person(request))
            borrower = register_borrower(
                **form.person,
                on=business_date.current(),
                consents=[GivenConsent(purpose, "branch", business_date.now()) for purpose in form.consents],
                registered_by=person(request),
            )
        except BorrowerAlreadyRegistered as refusal:
            refuse(form, refusal)
            existing = Borrower.objects.filter(pk=refusal.existing.pk)
            context["existing"] = seen(existing, request.user, Kind.BORROWER).first()
        except DomainError as refusal:
            refuse(form, refusal)
        else:
            messages.success(request, _("%(number)s is registered.") % {"number": borrower.number})
            return redirect(borrower)
    return render(request, "borrowers/new.html", context, status=422 if form.errors else 200)


@require_POST
@require("borrowers.add_borrower")
def said(request: HttpRequest) -> HttpResponse:
    """What the typed number says, and who might be the same person. Posted, so that no log keeps what was typed."""
    try:
        reading = read_while_typing(
            kind=request.POST.get("identity_kind", ""),
            number=request.POST.get("identity_number", ""),
            phone=request.POST.get("phone", ""),
            name=request.POST.get("name", ""),
            on=business_date.current(),
            by=person(request),
        )
    except LookupQuotaReached as refusal:  # the answer takes its place beside the form, so it is no failed request
        return render(request, "borrowers/_said.html", {"refusal": refusal.detail})
    return render(request, "borrowers/_said.html", {"reading": reading})
