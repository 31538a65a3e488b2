"""The plain calendar of Saturdays and Sundays, and China's days off and make-up working days as published.

China: notices of the General Office of the State Council on the holidays of each year. Every row was held against their
text as public collections quote it. A later year is added in the admin when it is published.

    2024  国办发明电〔2023〕7号   2023-10-25  gov.cn/zhengce/content/202310/content_6911527.htm
    2025  国办发明电〔2024〕12号  2024-11-12  gov.cn/zhengce/content/202411/content_6986382.htm
    2026  国办发明电〔2025〕7号   2025-11-04  gov.cn/zhengce/zhengceku/202511/content_7047091.htm
"""

from datetime import date, timedelta

from django.db import migrations
from django.utils import timezone

BEGINNING = date(2000, 1, 1)
NAMES = {
    "元旦": "New Year's Day",
    "春节": "Spring Festival",
    "清明节": "Tomb-Sweeping Day",
    "劳动节": "Labour Day",
    "端午节": "Dragon Boat Festival",
    "中秋节": "Mid-Autumn Festival",
    "国庆节": "National Day",
    "国庆节、中秋节": "National Day and Mid-Autumn Festival",
}
# Holiday, first and last day off, days worked in exchange.
CHINA = (
    ("元旦", "2024-01-01", "2024-01-01", ""),
    ("春节", "2024-02-10", "2024-02-17", "2024-02-04 2024-02-18"),
    ("清明节", "2024-04-04", "2024-04-06", "2024-04-07"),
    ("劳动节", "2024-05-01", "2024-05-05", "2024-04-28 2024-05-11"),
    ("端午节", "2024-06-10", "2024-06-10", ""),
    ("中秋节", "2024-09-15", "2024-09-17", "2024-09-14"),
    ("国庆节", "2024-10-01", "2024-10-07", "2024-09-29 2024-10-12"),
    ("元旦", "2025-01-01", "2025-01-01", ""),
    ("春节", "2025-01-28", "2025-02-04", "2025-01-26 2025-02-08"),
    ("清明节", "2025-04-04", "2025-04-06", ""),
    ("劳动节", "2025-05-01", "2025-05-05", "2025-04-27"),
    ("端午节", "2025-05-31", "2025-06-02", ""),
    ("国庆节、中秋节", "2025-10-01", "2025-10-08", "2025-09-28 2025-10-11"),
    ("元旦", "2026-01-01", "2026-01-03", "2026-01-04"),
    ("春节", "2026-02-15", "2026-02-23", "2026-02-14 2026-02-28"),
    ("清明节", "2026-04-04", "2026-04-06", ""),
    ("劳动节", "2026-05-01", "2026-05-05", "2026-05-09"),
    ("端午节", "2026-06-19", "2026-06-21", ""),
    ("中秋节", "2026-09-25", "2026-09-27", ""),
    ("国庆节", "2026-10-01", "2026-10-07", "2026-09-20 2026-10-10"),
)
CHINA_KNOWN_UNTIL = date(2026, 12, 31)


def days(first: str, last: str) -> list[date]:
    start, end = date.fromisoformat(first), date.fromisoformat(last)
    return [start + timedelta(days=n) for n in range((end - start).days + 1)]


def seed(apps, schema_editor) -> None:
    plain = {"name": "Saturdays and Sundays", "name_zh": "周六和周日休息"}
    _calendar(apps, "SAT_SUN", plain, [])
    china = {"name": "China", "name_zh": "中国", "known_until": CHINA_KNOWN_UNTIL}
    _calendar(apps, "CN", china, list(_china()))
    apps.get_model("core", "Rule").objects.get_or_create(
        code="working_calendar",
        market="CN",
        effective_from=BEGINNING,
        defaults={
            "data": {"calendar": "CN"},
            "source": "Civil Code 203 and the State Council's yearly notices: due dates follow the published days off.",
        },
    )


def _china():
    for name_zh, first, last, worked in CHINA:
        named = {"name": NAMES[name_zh], "name_zh": name_zh}
        yield from ({"on": on, "working": False, **named} for on in days(first, last))
        yield from ({"on": date.fromisoformat(on), "working": True, **named} for on in worked.split())


def _calendar(apps, code: str, values: dict, rows: list[dict]) -> None:
    """The calendar with its days, each with the first row of its history, so that a later change knows what was before."""
    calendar, made = apps.get_model("core", "Calendar").objects.get_or_create(code=code, defaults=values)
    if not made:
        return
    first = {"history_type": "+", "history_date": timezone.now(), "channel": "system"}
    weekend = {"weekend": calendar.weekend}
    apps.get_model("core", "HistoricalCalendar").objects.create(code=code, **weekend, **values, **first)
    day = apps.get_model("core", "CalendarDay")
    made_days = day.objects.bulk_create([day(calendar=calendar, **row) for row in rows])
    history = apps.get_model("core", "HistoricalCalendarDay")
    history.objects.bulk_create(
        [
            history(id=made_day.pk, calendar=calendar, **row, **first)
            for made_day, row in zip(made_days, rows, strict=True)
        ]
    )


class Migration(migrations.Migration):
    dependencies = [("core", "0006_calendars")]
    operations = [migrations.RunPython(seed, migrations.RunPython.noop)]
