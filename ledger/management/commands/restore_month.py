"""Bring an archived month of the books back, from the command line."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from core.context import acting
from core.errors import DomainError
from ledger.archive import restore_month
from ledger.management.commands.archive_month import month


class Command(BaseCommand):
    help = "Bring the newest archived month back from its files, checked against its seal."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("month", type=month, metavar="YYYY-MM")
        parser.add_argument(
            "--folder", type=Path, help="where its files are now; where they were written when left out"
        )

    def handle(self, *args: object, **options: Any) -> None:
        try:
            with acting(channel="cli"):
                sealed = restore_month(options["month"], options["folder"])
        except DomainError as refusal:
            raise CommandError(f"{refusal.detail} [{refusal.code}]") from None
        self.stdout.write(f"brought back {sealed}: {sealed.entries} entries, {sealed.lines} lines, as sealed")
