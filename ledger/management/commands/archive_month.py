"""Put a closed month of the books away in files, from the command line."""

from argparse import ArgumentParser
from datetime import date
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from core.context import acting
from core.errors import DomainError
from ledger.archive import archive_month


def month(text: str) -> date:
    """The first day of a month given as YYYY-MM."""
    return date.fromisoformat(f"{text}-01")


class Command(BaseCommand):
    help = "Put the entries and lines of a closed month away in files, sealed; its sums stay in the books."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("month", type=month, metavar="YYYY-MM")
        text = "where the files go; the folder archive among the files of this system when left out"
        parser.add_argument("--folder", type=Path, default=Path(settings.MEDIA_ROOT) / "archive", help=text)

    def handle(self, *args: object, **options: Any) -> None:
        try:
            with acting(channel="cli"):
                sealed = archive_month(options["month"], options["folder"].resolve())
        except DomainError as refusal:
            raise CommandError(f"{refusal.detail} [{refusal.code}]") from None
        self.stdout.write(
            f"archived {sealed}: {sealed.entries} entries, {sealed.lines} lines, {sealed.debit} each side"
        )
        self.stdout.write(f"sha256 {sealed.sha256} in {sealed.folder}")
