"""The tasks of one object, and raising one about it by hand."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from casework import asking, clock, queries
from casework.cards import cards_of
from casework.kinds import kinds_people_raise
from casework.web.forms import AskForm
from casework.web.papers import About, about_or_404
from casework.working import WORK
from core.errors import DomainError
from staff.permissions import person, require
from staff.roles import role_label

MOST_SHOWN = 100


@require_http_methods(["GET", "POST"])
@require(WORK)
def tasks_about(request: HttpRequest, word: str, name: str) -> HttpResponse:
    """What people must do about the object and did, and the form that asks a team for something."""
    user, about = person(request), about_or_404(person(request), word, name)
    kinds = kinds_people_raise(about.subject.object_type)
    form = AskForm(request.POST or None, kinds=kinds) if kinds else None
    if request.method == "POST":
        if form is None:
            raise Http404
        if form.is_valid() and _ask(request, about, form):
            return redirect("casework:tasks_about", word, name)
    tasks = list(queries.about(user, about.found)[: MOST_SHOWN + 1])
    context = {
        "about": about,
        "cards": cards_of(tasks[:MOST_SHOWN], user, clock.now()),
        "more": len(tasks) > MOST_SHOWN,
        "form": form,
    }
    return render(request, "casework/about.html", context, status=422 if form is not None and form.errors else 200)


def _ask(request: HttpRequest, about: About, form: AskForm) -> bool:
    try:
        task, new = asking.ask_for(subject=about.found, by=person(request), now=clock.now(), **form.cleaned_data)
    except DomainError as refusal:
        form.add_error(refusal.field if refusal.field in form.fields else None, refusal.detail)
        return False
    told = {"number": task.number, "team": role_label(task.team)}
    if new:
        messages.success(request, _("%(number)s is raised: it waits for %(team)s.") % told)
    else:
        messages.info(request, _("This was asked for already: it is task %(number)s, with %(team)s.") % told)
    return True
