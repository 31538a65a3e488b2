"""The inbox of requests that wait for a second pair of eyes."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from audit import approvals, breaking_glass, deciding, queries
from audit.changes import changes_of, outcome_of, people_in
from audit.models import Approval
from core import business_date
from core.errors import DomainError
from core.pages import page_of
from core.writing import listed
from staff.permissions import person
from staff.roles import role_label, roles_with


@require_GET
@login_required
def inbox(request: HttpRequest) -> HttpResponse:
    return _inbox(request)


@require_POST
@login_required
def approve(request: HttpRequest, pk: int) -> HttpResponse:
    return _decide(request, pk, approvals.approve, _("Approved: %(what)s."))


@require_POST
@login_required
def reject(request: HttpRequest, pk: int) -> HttpResponse:
    return _decide(request, pk, approvals.reject, _("Rejected: %(what)s."))


def _decide(request: HttpRequest, pk: int, decide: Callable[..., Approval], done: str) -> HttpResponse:
    get_object_or_404(Approval, pk=pk)
    reason = request.POST.get("reason", "").strip()
    try:
        approval = decide(approval_id=pk, decided_by=request.user, reason=reason, on=business_date.current())
    except DomainError as error:
        return _inbox(request, status=error.status, refused={"pk": pk, "detail": error.detail, "reason": reason})
    messages.success(request, done % {"what": f"{approvals.kind_of(approval).label} {approval.object_label}"})
    return redirect("audit:approvals")


def _inbox(request: HttpRequest, status: int = 200, refused: dict[str, object] | None = None) -> HttpResponse:
    pending = request.GET.get("state") != "decided"
    user, on = person(request), business_date.current()
    every = request.GET.get("state") == "every" and user.has_perm(breaking_glass.BREAK)
    order = ("requested_at", "id") if pending else ("-id",)
    page = page_of(queries.approvals_for(user, pending=pending, on=on, every=every), request, order=order, size=25)
    people = people_in(page.items)
    bench = deciding.bench(user, page.items if pending else [], on)
    addresses = queries.addresses_of(page.items)
    cards = [
        {
            **_card(approval, bench if pending else None, people),
            "not_alone": breaking_glass.why_not(approval, bench) if every else None,
            "object_url": addresses.get((approval.object_type, approval.object_id), ""),
            "refused": refused if refused and refused["pk"] == approval.pk else {},
        }
        for approval in page.items
    ]
    context = {"page": page, "cards": cards, "pending": pending, "not_pending": not pending, "every": every}
    return render(request, "audit/approvals.html", context, status=status)


def _card(approval: Approval, bench: deciding.Bench | None, people: dict[int, str]) -> dict[str, object]:
    kind = approvals.kind_of(approval)
    return {
        "approval": approval,
        "kind": kind.label,
        "changes": changes_of(approval, people),
        "outcome": outcome_of(approval),
        "why_not": _why_not(bench.refusal(approval, kind.permission)) if bench else "",
        "gone": bench.gone(approval) if bench else None,
    }


def _why_not(refusal: DomainError | None) -> str:
    """Why the buttons are dead for this person, in words; empty when they may decide."""
    if isinstance(refusal, approvals.ApprovalNotPermitted):
        permission = refusal.context["permission"]
        roles = listed(role_label(role) for role in roles_with(permission))
        return _("Deciding needs the permission %(permission)s (%(roles)s).") % {
            "permission": permission,
            "roles": roles,
        }
    return refusal.detail if refusal else ""
