"""My day and the search box."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET

from core import business_date
from core.together import Reading, read_together
from desk import home as reads
from desk.navigation import approvals_for, counted, told
from desk.search import search
from operations.queries import last_night
from staff.permissions import person


@require_GET
@login_required
def home(request: HttpRequest) -> HttpResponse:
    on = business_date.current()
    user = person(request)
    tiles, waiting, approval_count, emergencies, reveal_alarms, first_run, chart = read_together(
        reads.tiles(user=user, on=on),
        reads.waiting_approvals(user),
        Reading((counted(approvals_for(user)),), told),
        reads.emergencies(user),
        reads.reveal_alarms(user, timezone.now()),
        reads.is_first_run(),
        reads.portfolio_chart(on) if reads.sees_portfolio(user) else Reading((), lambda: None),
    )
    context = {
        "hour": timezone.localtime().hour,
        "tiles": tiles,
        "waiting": waiting,
        "approval_count": approval_count,
        "emergencies": emergencies,
        "reveal_alarms": reveal_alarms,
        "night": last_night(),
        "chart": chart,
        "first_run": first_run,
    }
    return render(request, "desk/home.html", context)


@require_GET
@login_required
def search_page(request: HttpRequest) -> HttpResponse:
    """Grouped hits; a single exact one opens at once."""
    result = search(text=request.GET.get("q", ""), user=person(request))
    if result.only_hit is not None and not request.GET.get("stay"):
        return redirect(result.only_hit.url)
    status = 429 if result.refusal else 200
    return render(request, "desk/search.html", {"result": result, "search_text": result.text}, status=status)
