"""Who is away and who covers."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from casework import absences, clock
from casework.models import Absence
from casework.web.forms import AbsenceForm, people_of
from casework.working import WORK
from core.errors import DomainError
from core.pages import page_of
from staff.permissions import person, require
from staff.roles import roles_of


@require_http_methods(["GET", "POST"])
@require(WORK)
def absence_list(request: HttpRequest) -> HttpResponse:
    user, on = person(request), clock.today()
    form = AbsenceForm(request.POST or None, by=user, roles=roles_of(user))
    if request.method == "POST" and form.is_valid():
        try:
            absences.plan(**form.cleaned_data, by=user, on=on)
        except DomainError as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, refusal.detail)
        else:
            messages.success(request, _("The absence is noted."))
            return redirect("casework:absences")
    rows = Absence.objects.filter(last_day__gte=on, person__in=people_of(roles_of(user))).select_related(
        "person", "cover"
    )
    context = {"page": page_of(rows, request, order=("first_day", "id")), "form": form, "on": on, "me": user}
    return render(request, "casework/absences.html", context, status=422 if form.errors else 200)


@require_POST
@require(WORK)
def take_back(request: HttpRequest, pk: int) -> HttpResponse:
    get_object_or_404(Absence, pk=pk)
    try:
        absences.take_back(absence_id=pk, by=person(request), on=clock.today())
        messages.success(request, _("The absence is taken back."))
    except DomainError as refusal:
        messages.error(request, refusal.detail)
    return redirect("casework:absences")
