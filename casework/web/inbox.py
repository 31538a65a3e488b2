"""The inbox of tasks, and what is done with several at once."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_GET, require_POST

from audit.deciding import same_account
from casework import bulk, clock, queries
from casework.kinds import kinds_for
from casework.models import Task
from casework.queries import Tab
from casework.web.forms import SeveralForm
from casework.working import ASSIGN, WORK
from core.errors import DomainError
from core.pages import count_capped, page_of
from staff.permissions import person, require
from staff.roles import role_label, roles_of

LABELS = {
    Tab.MINE: gettext_lazy("Mine"),
    Tab.TEAM: gettext_lazy("My teams"),
    Tab.LATE: gettext_lazy("Late"),
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
    tab = Tab(wanted) if (wanted := request.GET.get("tab", "")) in set(Tab) else Tab.MINE
    own_kinds = kinds_for(roles_of(user))
    kind = wanted if (wanted := request.GET.get("kind", "")) in {one.code for one in own_kinds} else ""
    found = queries.inbox(user, tab, now, kind=kind)
    rows = found.rows.select_related("owner")
    page = page_of(rows, request, order=found.order, parts=found.parts)
    context = {
        "page": page,
        "cards": [_line(task, user.pk, now) for task in page.items],
        "tabs": [(LABELS[one], f"?tab={one}", one is tab) for one in Tab],
        "tab": tab.value,
        "kinds": own_kinds,
        "kind": kind,
        "count": count_capped(found.rows, parts=found.parts) if found.parts else None,
        "form": form,
        "several": tab is not Tab.ENDED and bool(page.items),
        "assigns": user.has_perm(ASSIGN),
    }
    return render(request, "casework/inbox.html", context, status=status)


def _line(task: Task, own: int, now: object) -> dict[str, object]:
    return {
        "task": task,
        "kind": task.declared.label,
        "told": task.declared.told(task.facts),
        "lateness": task.lateness(now),  # type: ignore[arg-type]
        "team": role_label(task.team),
        "covered": task.owner_id is not None and not same_account(task.owner_id, own),
    }


@require_POST
@require(WORK)
def several(request: HttpRequest) -> HttpResponse:
    """Do one thing with the chosen tasks; what cannot be done is told by number, and the rest is done."""
    user = person(request)
    form = SeveralForm(request.POST, roles=roles_of(user))
    if not form.is_valid():
        return _inbox(request, form, 422)
    numbers, note = request.POST.getlist("task"), form.cleaned_data["note"]
    try:
        match form.cleaned_data["act"]:
            case "hand_over":
                done = bulk.hand_over(numbers, to=form.cleaned_data["to"], by=user, note=note)
            case "give_back":
                done = bulk.give_back(numbers, by=user, note=note)
            case _:
                done = bulk.drop(numbers, by=user, reason=note)
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
    return redirect("casework:inbox")
