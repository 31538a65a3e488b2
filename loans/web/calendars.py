"""Calendars of working days as staff read them. Changing them is configuration (admin)."""

from __future__ import annotations

from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.dates import WEEKDAYS, WEEKDAYS_ABBR
from django.views.decorators.http import require_GET

from core import business_date
from core.models import Calendar
from core.working_days import calendar_of
from core.writing import listed
from loans.pages.calendar_view import holidays_of, months_of, working_day_count
from staff.permissions import require


@require_GET
@require("loans.view_product")
def calendar_list(request: HttpRequest) -> HttpResponse:
    calendars = Calendar.objects.annotate(day_count=Count("days")).order_by("code")
    rows = [(calendar, listed(WEEKDAYS[day] for day in calendar.weekend)) for calendar in calendars]
    return render(request, "loans/calendars.html", {"rows": rows, "today": business_date.current()})


@require_GET
@require("loans.view_product")
def calendar_page(request: HttpRequest, code: str) -> HttpResponse:
    """One year: its months, its holidays, and whether they are published."""
    calendar = get_object_or_404(Calendar, code=code)
    today = business_date.current()
    named = calendar.days.order_by("on__year").values_list("on__year", flat=True).distinct()
    years = sorted({*named, today.year})
    asked = request.GET.get("year", "")
    year = int(asked) if asked in {str(known) for known in years} else today.year
    days = list(calendar.days.filter(on__year=year))
    value = calendar_of(calendar.weekend, ((day.on, day.working) for day in days), calendar.known_until)
    months = months_of(year, value)
    context = {
        "calendar": calendar,
        "years": years,
        "year": year,
        "today": today,
        "months": months,
        "weekdays": [(WEEKDAYS[n], WEEKDAYS_ABBR[n]) for n in range(7)],
        "holidays": holidays_of(days),
        "working_days": working_day_count(year, value),
        "provisional": value.is_provisional(months[-1].first),
    }
    return render(request, "loans/calendar.html", context)
