"""Close the books up to a day from the command line: verified first, refused while anything differs."""

from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from core import business_date
from core.context import acting
from core.errors import DomainError
from core.strict import calendar_day
from operations.books import close_books


class Command(BaseCommand):
    help = "Verify the books and close them up to a day; nothing can be posted on or before it afterwards."

    def add_arguments(self, parser: ArgumentParser) -> None:
        text = "the last day to close; the eve of the business date when left out"
        parser.add_argument("--through", type=calendar_day, metavar="YYYY-MM-DD", help=text)

    def handle(self, *args: object, **options: Any) -> None:
        on = business_date.current()
        through = options["through"] or on - timedelta(days=1)
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        with Progress(*columns, console=Console(stderr=True)) as bar, acting(channel="cli"):
            task = bar.add_task("Verifying", total=None)
            try:
                made = close_books(
                    through=through,
                    on=on,
                    progress=lambda what, done, of: bar.update(task, description=what, completed=done, total=of),
                )
            except DomainError as refusal:
                raise CommandError(f"{refusal.detail} [{refusal.code}]") from None
        self.stdout.write(f"closed through {made.closed_through}: {made.entries} entries, {made.debit} = {made.credit}")
