"""Load the demo: a portfolio made by running the real engine over the past months, and one person for each role."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from core.errors import DomainError
from operations.demo.portfolio import SIZES, Day, load


class Command(BaseCommand):
    help = "Load the demo portfolio into an empty database. A load that was killed starts clean; a second one does nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--size", choices=list(SIZES), default="demo")

    def handle(self, *args: object, **options: Any) -> None:
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
        )
        with Progress(*columns, console=Console(stderr=True)) as bar:
            task = bar.add_task("Demo", total=SIZES[options["size"]].days)

            def show(day: Day) -> None:
                bar.update(task, description=f"Living {day.on}", completed=day.done, total=day.total)

            try:
                load(size=options["size"], today=timezone.localdate(), progress=show)
            except DomainError as refusal:
                raise CommandError(f"{refusal.detail} [{refusal.code}]") from None
            bar.update(task, completed=SIZES[options["size"]].days, description="The demo is here")
