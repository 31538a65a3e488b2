"""Hold every loan against its contract, its events and the ledger, and name each difference."""

import json
from argparse import ArgumentParser
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from ledger.queries import difference
from loans.models import Loan
from loans.proof.verifying import SAMPLED, Difference, by_oracle, verify


class Command(BaseCommand):
    help = (
        "Rebuild every loan from contract and events, compare it with what is stored and booked, and check the books."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="one object instead of text")
        parser.add_argument(
            "--oracle",
            action="store_true",
            help=f"work every loan out by plain arithmetic once more, instead of one in {SAMPLED}",
        )

    def handle(self, *args: object, **options: Any) -> None:
        loans = Loan.objects.filter(position__isnull=False).count()
        found = 0
        if options["json"]:
            self.stdout.write(f'{{"loans": {loans}, "differences": [', ending="")
        for found, row in enumerate(self._watched(1 if options["oracle"] else SAMPLED), start=1):
            self._tell(row, is_first=found == 1, as_json=options["json"])
        off = difference()
        if options["json"]:
            self.stdout.write(f'], "ledger_difference": "{off}"}}')
        else:
            self.stdout.write(f"{loans} loans verified, {found} differences")
        if found or off:
            raise CommandError(f"{found} differences; the ledger differs by {off:.2f}")

    def _watched(self, every: int) -> Iterator[Difference]:
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        with Progress(*columns, console=Console(stderr=True)) as bar:
            task = bar.add_task("Verifying", total=None)

            def tell(what: str, done: int, of: int) -> None:
                bar.update(task, description=what, completed=done, total=of)

            yield from verify(tell)
            yield from by_oracle(every, tell)

    def _tell(self, row: Difference, *, is_first: bool, as_json: bool) -> None:
        """Each difference as it is found, so that a broken book of any size is told without being kept."""
        if as_json:
            text = json.dumps({name: str(value) for name, value in asdict(row).items()})
            self.stdout.write(text if is_first else f", {text}", ending="")
        else:
            self.stdout.write(f"{row.loan_number}  {row.figure}: stored {row.stored}, rebuilt {row.rebuilt}")
