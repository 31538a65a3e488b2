"""The loan: who, how much, how late, what next, and everything that ever happened to it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.functional import Promise as LazyText
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET

from audit.changes import changes_of, people_in
from audit.models import AuditEvent
from audit.web.forms import CHANNELS, shown_action
from core import business_date
from core.together import read_together
from desk.books import event_name
from desk.people import Standing, standing
from ledger.queries import archived_through
from loans.models import Loan
from loans.pages import loan_page as reads
from loans.pages.loan_actions import HasPermission, actions_for
from loans.pages.loan_page import LoanPage
from loans.pages.mandate_page import debits_of
from loans.pages.receivables import movements
from loans.pages.story import newest_first
from loans.pricing.cost_caps import cost_cap
from loans.web.policies import MANAGE, policy_tab
from staff.permissions import check, person, require

MOST_EVENTS = 12
MOST_MOVEMENTS = 60

# Tab → its name and the right it needs beside seeing the loan.
TABS: dict[str, tuple[str | LazyText, str]] = {
    "overview": (_("Overview"), ""),
    "schedule": (_("Schedule"), ""),
    "transactions": (_("Transactions"), ""),
    "policy": (_("Insurance policy"), ""),
    "collections": (_("Collections"), "collections.view_case"),
    "documents": (_("Documents"), ""),
    "messages": (_("Messages"), "messaging.view_message"),
    "accounting": (_("Accounting"), "ledger.view_journalentry"),
    "changes": (_("Change log"), ""),
}


@require_GET
@require("loans.view_loan")
def loan_page(request: HttpRequest, number: str, tab: str = "overview") -> HttpResponse:
    user, on = person(request), business_date.current()
    needed = TABS[tab][1]
    if needed:
        check(user, needed)
    loan = reads.loan_by_number(number)
    people: Standing
    page, people = read_together(
        reads.loan_page(loan, on=on),
        standing(loan.borrower, user=user),
    )
    context: dict[str, object] = {
        "page": page,
        "loan": loan,
        "position": page.position,
        "people": people,
        "on": on,
        "tab": tab,
        "tabs": _tabs(user.has_perm, has_policy=hasattr(loan, "policy_pledge") or tab == "policy"),
        "actions": actions_for(loan, overpaid=page.overpaid, disbursement=page.disbursement, has_perm=user.has_perm),
        "cost_cap": cost_cap(on, loan.product_version.product.market).rate,
        "timeline": newest_first([*page.events, *people.events])[:MOST_EVENTS],
        **_tab_context(tab, request, page, people, on),
    }
    return render(request, f"desk/loan_{tab}.html", context)


def _tabs(has_perm: HasPermission, *, has_policy: bool) -> list[tuple[str, str | LazyText]]:
    """The tabs this person may open; a policy's only where one is pledged."""
    allowed = [(code, label) for code, (label, needs) in TABS.items() if not needs or has_perm(needs)]
    return [(code, label) for code, label in allowed if code != "policy" or has_policy]


def _tab_context(tab: str, request: HttpRequest, page: LoanPage, people: Standing, on: date) -> dict[str, object]:
    """Only the open tab is read."""
    readers: dict[str, Callable[[], dict[str, object]]] = {
        "overview": lambda: {"contract": reads.contract_of(page.loan)},
        "schedule": lambda: _schedule(request, page, on),
        "transactions": lambda: {"rows": reads.transactions(page.loan), "debits": debits_of(page.loan, on)},
        "policy": lambda: policy_tab(page.loan, on, may_manage=request.user.has_perm(MANAGE)),
        "documents": lambda: {"contract": reads.contract_of(page.loan)},
        "messages": lambda: {"messages_sent": reads.messages_of(page.loan)},
        "accounting": lambda: _accounting(page.loan),
        "changes": lambda: {"changes": _changes(page.loan)},
    }
    return readers[tab]() if tab in readers else {}


def _schedule(request: HttpRequest, page: LoanPage, on: date) -> dict[str, object]:
    compared = request.GET.get("compare") and page.schedule.version > 1
    return {"original": reads.original_schedule(page.loan, on=on) if compared else None}


def _accounting(loan: Loan) -> dict[str, object]:
    """The loan's own entries, and every movement of its receivables with its shares of the daily accruals."""
    moves = movements(loan)
    journal = [(entry, event_name(entry.event), lines) for entry, lines in reads.journal(loan)]
    shown = [(row, event_name(row.event)) for row in reversed(moves[-MOST_MOVEMENTS:])]
    lent, away = loan.disbursed_on, archived_through()
    return {
        "journal": journal,
        "movements": shown,
        "movement_count": len(moves),
        "archived_through": away if lent and away and lent <= away else None,
    }


def _changes(loan: Loan) -> list[dict[str, object]]:
    """What the audit log knows of this loan, in the words of the audit pages; empty fields of a new loan are left out."""
    of_loan = AuditEvent.objects.filter(object_type="loans.loan", object_id=str(loan.pk)).select_related("actor")
    events = list(of_loan.order_by("-id")[:100])
    people = people_in(events)
    return [
        {
            "event": event,
            "action": shown_action(event.action),
            "channel": CHANNELS.get(event.channel, event.channel),
            "fields": [field for field in changes_of(event, people) if field.before or field.after],
        }
        for event in events
    ]
