"""``./dev manage rebuild_portfolio FIRST [LAST]``: the portfolio rows of closed days made anew from events."""

from datetime import date, timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from audit.record_archive import archived_on
from core import business_date
from core.strict import calendar_day
from loans.night import portfolio


class Command(BaseCommand):
    help = "Make the rows of the portfolio by day anew from what happened until each day; by default up to last night."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("first", type=calendar_day)
        parser.add_argument("last", type=calendar_day, nargs="?")

    def handle(self, *args: Any, first: date, last: date | None, **options: Any) -> None:
        night = business_date.current() - timedelta(days=1)
        last = min(last or night, night)
        away = archived_on("moves")
        if away is not None and first < away:
            told = f"Moves of loans are archived: days before {away} can only be made anew once they are brought back"
            raise CommandError(f"{told} (restore_month --of moves).")
        for on in (first + timedelta(days=day) for day in range((last - first).days + 1)):
            self.stdout.write(f"{on}: {portfolio.rebuild(on).outstanding:,.2f} outstanding")
