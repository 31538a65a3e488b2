"""The inbox of tasks, and what is done with several at once."""

from __future__ import annotations

from collections import Counter
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy
from django.views.decorators.http import require_GET, require_POST

from audit.changes import type_label
from casework import bulk, clock, queries
from casework.cards import cards_of
from casework.kinds import kinds_for
from casework.queries import Tab
from casework.web.forms import SeveralForm
from casework.working import ASSIGN, WORK
from core.errors import DomainError
from core.pages import count_capped, page_of
from staff.models import User
from staff.permissions import person, require
from staff.roles import roles_of

LABELS = {
    Tab.MINE: gettext_lazy("Mine"),
    Tab.TEAM: gettext_lazy("My teams"),
    Tab.LATE: pgettext_lazy("a task", "Late"),
    Tab.ESCALATED: gettext_lazy("Escalated to me"),
    Tab.ENDED: gettext_lazy("Ended by me"),
}


@require_GET
@require(WORK)
def inbox_page(request: HttpRequest) -> HttpResponse:
    """The tasks under a tab, the oldest and riskiest first."""
    return _inbox(request, SeveralForm(roles=roles_of(person(request))))


def _inbox(request: HttpRequest, form: SeveralForm, status: int = 200) -> HttpResponse:
    user, now = person(request), clock.now()
    tab, kind = _tab_and_kind(request)
    found = queries.inbox(user, tab, now, kind=kind)
    rows = found.rows.select_related("owner")
    page = page_of(rows, request, order=found.order, parts=found.parts)
    context = {
        "page": page,
        "cards": cards_of(page.items, user, now),
        "tabs": [(LABELS[one], f"?{_asked(one, kind)}", one is tab) for one in Tab],
        "asked": _asked(tab, kind),
        "all_kinds": f"?{_asked(tab, '')}",
        "tab": tab.value,
        "kinds": _kinds_offered(user),
        "kind": kind,
        "count": count_capped(found.rows, parts=found.parts) if found.parts else None,
        "form": form,
        "chosen": request.POST.getlist("task"),
        "several": tab is not Tab.ENDED and bool(page.items),
        "assigns": user.has_perm(ASSIGN),
    }
    return render(request, "casework/inbox.html", context, status=status)


def _asked(tab: Tab, kind: str) -> str:
    """What is asked for, as an address has it."""
    return urlencode({"tab": tab, **({"kind": kind} if kind else {})})


def _tab_and_kind(request: HttpRequest) -> tuple[Tab, str]:
    """What the address asks for; what it does not know, it does not ask for."""
    tab, kind = request.GET.get("tab", ""), request.GET.get("kind", "")
    own = {one.code for one in kinds_for(roles_of(person(request)))}
    return Tab(tab) if tab in set(Tab) else Tab.MINE, kind if kind in own else ""


def _kinds_offered(user: User) -> list[tuple[str, str]]:
    """Code and words of the kinds; of several called alike also what they are about."""
    own = kinds_for(roles_of(user))
    told = [str(kind.label) for kind in own]
    alike = {label for label, times in Counter(told).items() if times > 1}
    return [
        (kind.code, f"{label} · {type_label(kind.about)}" if label in alike else label)
        for kind, label in zip(own, told, strict=True)
    ]


@require_POST
@require(WORK)
def several(request: HttpRequest) -> HttpResponse:
    """Do one thing with the chosen tasks; what cannot be done is told by number, and the rest is done."""
    user = person(request)
    form = SeveralForm(request.POST, roles=roles_of(user))
    if not form.is_valid():
        return _inbox(request, form, 422)
    numbers, note, now = request.POST.getlist("task"), form.cleaned_data["note"], clock.now()
    try:
        match form.cleaned_data["act"]:
            case "hand_over":
                done = bulk.hand_over(numbers, to=form.cleaned_data["to"], by=user, note=note, now=now)
            case "give_back":
                done = bulk.give_back(numbers, by=user, note=note, now=now)
            case _:
                done = bulk.drop(numbers, by=user, reason=note, now=now)
    except DomainError as refusal:
        form.add_error(None, refusal.detail)
        return _inbox(request, form, refusal.status)
    if done.count:
        told = ngettext("Done with %(n)d task.", "Done with %(n)d tasks.", done.count)
        messages.success(request, told % {"n": done.count})
    for number, why in list(done.refused.items())[:5]:
        messages.error(request, f"{number}: {why}")
    if len(done.refused) > 5:
        messages.error(request, _("And %(n)d more.") % {"n": len(done.refused) - 5})
    return redirect(f"{reverse('casework:inbox')}?{_asked(*_tab_and_kind(request))}")
