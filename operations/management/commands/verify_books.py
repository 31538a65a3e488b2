"""Hold every loan's position against its contract, its events and the ledger, and name each difference."""

import json
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from rich.console import Console
from rich.progress import track

from ledger.queries import difference
from loans.models import Loan
from loans.verifying import Difference, compare, compare_income


class Command(BaseCommand):
    help = "Rebuild every position from contract and events and compare it with what is stored and booked."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="one object instead of text")

    def handle(self, *args: Any, **options: Any) -> None:
        loans = Loan.objects.filter(position__isnull=False).select_related("position").order_by("id")
        found: list[Difference] = []
        rows = loans.iterator(chunk_size=500)
        for loan in track(rows, total=loans.count(), description="Verifying", console=Console(stderr=True)):
            found.extend(compare(loan))
        found.extend(compare_income())
        self._tell(found, loans.count(), as_json=options["json"])
        if found or difference():
            raise CommandError(f"{len(found)} differences; the ledger differs by {difference():.2f}")

    def _tell(self, found: list[Difference], loans: int, *, as_json: bool) -> None:
        if as_json:
            rows = [{name: str(value) for name, value in asdict(row).items()} for row in found]
            self.stdout.write(json.dumps({"loans": loans, "differences": rows, "ledger_difference": str(difference())}))
            return
        for row in found:
            self.stdout.write(f"{row.loan_number}  {row.figure}: stored {row.stored}, rebuilt {row.rebuilt}")
        self.stdout.write(f"{loans} loans verified, {len(found)} differences")
