"""Bring an archived month of the books or of records back, from the command line."""

from argparse import ArgumentParser
from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from audit.record_archive import groups, restore_records
from core.context import acting
from core.errors import DomainError
from ledger.archive import restore_month
from ledger.management.commands.archive_month import BOOKS, month


class Command(BaseCommand):
    help = "Bring the newest archived month back from its files, checked against its seal."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("month", type=month, metavar="YYYY-MM")
        parser.add_argument(
            "--of", choices=[BOOKS, *sorted(groups())], default=BOOKS, help="what; the books when left out"
        )
        parser.add_argument(
            "--folder", type=Path, help="where its files are now; where they were written when left out"
        )

    def handle(self, *args: object, **options: Any) -> None:
        try:
            with acting(channel="cli"):
                told = self._brought_back(options["of"], options["month"], options["folder"])
        except DomainError as refusal:
            raise CommandError(f"{refusal.detail} [{refusal.code}]") from None
        self.stdout.write(f"brought back {told}, as sealed")

    def _brought_back(self, group: str, first: date, folder: Path | None) -> str:
        if group != BOOKS:
            records = restore_records(group, first, folder)
            return f"{records}: {records.rows} rows"
        sealed = restore_month(first, folder)
        return f"{sealed}: {sealed.entries} entries, {sealed.lines} lines"
