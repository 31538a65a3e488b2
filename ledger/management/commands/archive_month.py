"""Put a month of the books, of messages, of the audit log or of moves away in files, from the command line."""

from argparse import ArgumentParser
from datetime import date
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from audit.record_archive import archive_records, groups
from core import business_date
from core.context import acting
from core.errors import DomainError
from core.strict import calendar_day
from ledger.archive import archive_month

BOOKS = "books"


def month(text: str) -> date:
    """The first day of a month given as YYYY-MM."""
    return calendar_day(f"{text}-01")


class Command(BaseCommand):
    help = (
        "Put the entries and lines of a closed month away in files, sealed; its sums stay in the books. "
        "Or a month of messages, of the audit log or of moves of loans, once nothing that runs needs it."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("month", type=month, metavar="YYYY-MM")
        parser.add_argument(
            "--of", choices=[BOOKS, *sorted(groups())], default=BOOKS, help="what; the books when left out"
        )
        text = "where the files go; the folder archive among the files of this system when left out"
        parser.add_argument("--folder", type=Path, default=Path(settings.MEDIA_ROOT) / "archive", help=text)

    def handle(self, *args: object, **options: Any) -> None:
        folder = options["folder"].resolve()
        try:
            with acting(channel="cli"):
                told = (
                    self._books(options["month"], folder) if options["of"] == BOOKS else self._records(options, folder)
                )
        except DomainError as refusal:
            raise CommandError(f"{refusal.detail} [{refusal.code}]") from None
        for line in told:
            self.stdout.write(line)

    def _books(self, first: date, folder: Path) -> tuple[str, str]:
        sealed = archive_month(first, folder)
        counted = f"{sealed.entries} entries, {sealed.lines} lines, {sealed.debit} each side"
        return f"archived {sealed}: {counted}", f"sha256 {sealed.sha256} in {sealed.folder}"

    def _records(self, options: dict[str, Any], folder: Path) -> tuple[str, str]:
        sealed = archive_records(options["of"], options["month"], folder, on=business_date.current())
        return f"archived {sealed}: {sealed.rows} rows", f"sha256 {sealed.sha256} in {sealed.folder}"
