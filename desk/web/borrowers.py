"""The borrower's page."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from borrowers.models import Borrower
from core import business_date
from desk.borrower_page import borrower_page as read
from staff.permissions import person, require


@require_GET
@require("borrowers.view_borrower")
def borrower_page(request: HttpRequest, number: str) -> HttpResponse:
    borrower = get_object_or_404(Borrower, number=number)
    on = business_date.current()
    page = read(borrower, on=on, user=person(request))
    context = {"borrower": borrower, "page": page, "file": page.file, "people": page.people, "on": on}
    return render(request, "desk/borrower.html", context)
