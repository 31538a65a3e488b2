"""The counts beside the places of the side navigation: cheap, capped, and kept for half a minute.

Each count stops at a hundred, since nobody works differently for the hundred-and-first; a page never waits for them twice
within the half minute, whoever asks.
"""

from collections.abc import Callable, Sequence
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest

from audit import queries
from audit.models import Approval
from borrowers.models import Borrower
from casework import clock
from casework.queries import Tab, inbox, waiting_for
from core import business_date
from core.pages import heads_of
from core.remembered import forget, remembered
from core.together import first, together
from debt_collections.models import Case, mine_and_nobodys
from loans.models import Application, IncomingPayment, IncomingPaymentStatus
from operations.models import EndOfDayRun
from staff.models import User
from staff.visibility import Kind, seen

MOST = 99
_KEPT_SECONDS = 30

_SHARED: dict[str, Callable[[], QuerySet[Any]]] = {
    "applications": lambda: Application.objects.open(),
    "underwriting": lambda: Application.objects.waiting_for_underwriter(),
    "payments": lambda: IncomingPayment.objects.filter(status=IncomingPaymentStatus.SUSPENSE),
    "workbench": lambda: Case.objects.open(),
}


def open_cases_of(user: User) -> QuerySet[Any, Any]:
    """As many open cases as are ever told, of what a collector sees: theirs, and those of nobody."""
    if not user.has_perm("collections.view_case"):
        return Case.objects.none().values_list("pk", flat=True)
    return heads_of(Case.objects.open().order_by(), MOST + 1, parts=mine_and_nobodys(user))


# Whoever sees a portion of it is told how large that is, and nothing of what their place does not list.
_OF_WHAT_IS_SEEN: dict[str, Callable[[User], QuerySet[Any, Any]]] = {
    "applications": lambda user: counted(seen(Application.objects.open(), user, Kind.APPLICATION)),
    "workbench": open_cases_of,
}
_RIGHT_TO_KNOW = {"payments": "loans.import_payments"}
_LAST_RUN = EndOfDayRun.objects.order_by("-pk").values_list("status", flat=True)[:1]


def navigation(request: HttpRequest) -> dict[str, object]:
    """Context processor: the counts and the business date of the frame; a fragment draws no frame and pays for none."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated or request.headers.get("HX-Request"):
        return {"nav_counts": {}}
    counts = {**_shared_counts(), **_own_counts(user)}
    counts |= {place: "" for place, right in _RIGHT_TO_KNOW.items() if not user.has_perm(right)}
    return {"nav_counts": counts, "business_date": business_date.current()}


def _shared_counts() -> dict[str, str]:
    def read() -> dict[str, str]:
        *found, runs = together(*(counted(rows()) for rows in _SHARED.values()), _LAST_RUN)
        return dict(zip(_SHARED, map(told, found), strict=True)) | {"end_of_day": _night_mark(first(runs))}

    return remembered("desk:nav:shared", read, seconds=_KEPT_SECONDS)


def _own_counts(user: User) -> dict[str, str]:
    def read() -> dict[str, str]:
        places = {} if user.sees_everything else {place: rows(user) for place, rows in _OF_WHAT_IS_SEEN.items()}
        if user.has_perm("borrowers.confirm_identity"):
            places["identities"] = counted(Borrower.objects.identity_to_confirm(user))
        if user.has_perm("casework.work_task"):
            places |= _tasks_of(user)
        found = together(counted(approvals_for(user)), *places.values())
        return dict(zip(["approvals", *places], map(told, found), strict=True))

    return remembered(_own_key(user), read, seconds=_KEPT_SECONDS)


def forget_own_counts(user: User) -> None:
    """Have the counts of the person read anew for their next page."""
    forget(_own_key(user))


def _own_key(user: User) -> str:
    return f"desk:nav:{user.pk}"


def _tasks_of(user: User) -> dict[str, QuerySet[Any, Any]]:
    """Open tasks: one's own and covered ones, those of one's teams, and what of both is late."""
    now = clock.now()
    tabs = {"tasks_team": inbox(user, Tab.TEAM, now), "tasks_late": inbox(user, Tab.LATE, now)}
    mine = {"tasks": counted(waiting_for(user, now.date()))}
    return mine | {place: heads_of(tab.rows.order_by(), MOST + 1, parts=tab.parts) for place, tab in tabs.items()}


def approvals_for(user: User) -> QuerySet[Approval]:
    """Requests of others that this person has the right to decide, of their own or lent to them."""
    return (
        queries.approvals_for(user, pending=True, on=business_date.current()).exclude(requested_by=user).order_by("id")
    )


def counted(rows: QuerySet[Any]) -> QuerySet[Any, Any]:
    """As many of the rows as are ever told, to be counted with other reads in one statement."""
    return rows.order_by().values_list("pk", flat=True)[: MOST + 1]


def told(rows: Sequence[Any]) -> str:
    """The count of what ``counted`` found as text, "99+" from a hundred on, nothing for none."""
    return f"{MOST}+" if len(rows) > MOST else str(len(rows) or "")


def _night_mark(status: str | None) -> str:
    if status is None:
        return ""
    marks: dict[str, str] = {EndOfDayRun.Status.DONE: "✓", EndOfDayRun.Status.FAILED: "!"}
    return marks.get(status, "…")
