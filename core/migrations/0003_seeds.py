from datetime import date, timedelta

from django.db import migrations
from django.utils import timezone

from core.migration_operations import Seeds, sow_rules


def announce_index_rates(apps, content) -> None:
    """A row a day on which a rate changed, with the rates that did."""
    rule, rows = apps.get_model("core", "Rule"), []
    before = [None] * len(content["indices"])
    for day in content["announced"]:
        compared = zip(content["indices"], day["rates"], before, strict=True)
        data = {index: new for index, new, old in compared if new != old}
        source = content["source"].format(on=day["on"])
        rows.append(
            rule(code="index_rates", market=content["market"], effective_from=day["on"], data=data, source=source)
        )
        before = day["rates"]
    rule.objects.bulk_create(rows, ignore_conflicts=True)


def publish_calendars(apps, content) -> None:
    for values in content["calendar"]:
        days = [day for holiday in values.pop("holidays", []) for day in _days(holiday, content["names"])]
        _publish(apps, values, days)


def _days(holiday: dict, names: dict[str, str]) -> list[dict]:
    first, last = holiday["off"]
    off = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    return [_day(holiday, names, on, working=False) for on in off] + [
        _day(holiday, names, on, working=True) for on in holiday["worked"]
    ]


def _day(holiday: dict, names: dict[str, str], on: date, *, working: bool) -> dict:
    return {"on": on, "working": working, "name": names[holiday["name_zh"]], "name_zh": holiday["name_zh"]}


def _publish(apps, values: dict, days: list[dict]) -> None:
    """The calendar with its days, each with the first row of its history, so that a later change knows what was before."""
    calendar, made = apps.get_model("core", "Calendar").objects.get_or_create(code=values["code"], defaults=values)
    if not made:
        return
    first = {"history_type": "+", "history_date": timezone.now(), "channel": "system"}
    apps.get_model("core", "HistoricalCalendar").objects.create(weekend=calendar.weekend, **values, **first)
    day = apps.get_model("core", "CalendarDay")
    made_days = day.objects.bulk_create([day(calendar=calendar, **row) for row in days])
    history = apps.get_model("core", "HistoricalCalendarDay")
    history.objects.bulk_create(
        [history(id=made.pk, calendar=calendar, **row, **first) for made, row in zip(made_days, days, strict=True)]
    )


class Migration(migrations.Migration):
    dependencies = [("core", "0002_law")]
    operations = [
        Seeds(__file__, "rules", sow_rules),
        Seeds(__file__, "index_rates", announce_index_rates),
        Seeds(__file__, "calendars", publish_calendars),
    ]
