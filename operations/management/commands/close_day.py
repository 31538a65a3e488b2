"""Close the business day from the command line, or catch up to a date."""

from argparse import ArgumentParser
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from core import business_date
from core.context import acting
from core.errors import DomainError
from core.strict import calendar_day
from operations import end_of_day
from operations.models import EndOfDayRun


class Command(BaseCommand):
    help = "Close the business day. With --until, close day after day until that date is the business date."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--until", type=calendar_day, metavar="YYYY-MM-DD")

    def handle(self, *args: object, **options: Any) -> None:
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        with Progress(*columns, console=Console(stderr=True)) as bar, acting(channel="cli"):
            task = bar.add_task("End of day", total=None)

            def show(step: end_of_day.Progress) -> None:
                bar.update(task, description=f"{step.on}  {step.label}", completed=step.done, total=step.total)

            try:
                runs = self._close(options["until"], show)
            except DomainError as refusal:
                raise CommandError(f"{refusal.detail} [{refusal.code}]") from None
        for run in runs:
            self.stdout.write(f"{run.business_day.on} {run.status} {run.counts}")
        failed = [run for run in runs if not run.finished]
        if failed:
            raise CommandError(failed[0].error)
        self.stdout.write(f"business date {business_date.current()}")

    def _close(self, until: date | None, show: end_of_day.Callback) -> list[EndOfDayRun]:
        if until:
            return end_of_day.close_until(until, triggered_by=EndOfDayRun.Trigger.COMMAND, progress=show)
        return [end_of_day.close_day(triggered_by=EndOfDayRun.Trigger.COMMAND, progress=show)]
