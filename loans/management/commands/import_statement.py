"""Take a bank statement in from the shell: as a person's upload, which another confirms, or as the bank's own connection."""

import hashlib
from argparse import ArgumentParser
from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from core import business_date
from core.context import acting
from core.errors import DomainError
from loans.incoming import importing, setting_aside, taking_in, uploading
from loans.models import BankFile, SetAside
from staff.models import User
from staff.rights import rights_of

RIGHT = "loans.import_payments"


class Command(BaseCommand):
    help = "Take in a bank statement (CSV, camt.05x). A second person confirms it, unless the bank's connection fetched it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        brought = parser.add_mutually_exclusive_group(required=True)
        brought.add_argument("--by", metavar="USERNAME", help="the person who uploads it")
        brought.add_argument(
            "--fetched",
            action="store_true",
            help="the bank's own connection brought it and no person could edit it: for the job that fetches, nobody else",
        )

    def handle(self, *args: object, **options: Any) -> None:
        on = business_date.current()
        try:
            content = options["file"].read_bytes()
            given = {"content": content, "name": options["file"].name, "on": on}
            with acting(channel="cli", reason="bank statement"):
                self._tell(taking_in.take_in(**given) if options["fetched"] else self._upload(options["by"], given))
        except OSError as missing:
            if options["fetched"]:
                self._tell_of_missing(options["file"], on)
            raise CommandError(f"{options['file']} cannot be read: {missing.strerror}.") from None
        except DomainError as refusal:
            raise CommandError(f"{refusal.detail} [{refusal.code}]") from None

    def _tell_of_missing(self, path: Path, on: date) -> None:
        """Nobody looks at what a job that fetches prints."""
        mark = hashlib.sha256(str(path).encode()).hexdigest()
        came_by, code = SetAside.CameBy.FETCHED, setting_aside.UNAVAILABLE
        setting_aside.file_unreadable(name=path.name, sha256=mark, came_by=came_by, on=on, code=code)

    def _upload(self, username: str, given: dict[str, Any]) -> BankFile:
        person = User.objects.filter(username=username, is_active=True).first()
        if person is None or RIGHT not in rights_of([person.pk])[person.pk]:
            raise CommandError(f"{username} is nobody who may import bank files ({RIGHT}).")
        with acting(actor=person):
            return uploading.upload(by=person, **given)

    def _tell(self, bank_file: BankFile) -> None:
        if not bank_file.is_confirmed:
            self.stdout.write(f"{bank_file.name}: waits until a second person confirms it under Approvals.")
            return
        counts = importing.settle_file(bank_file_id=bank_file.pk, on=business_date.current())
        self.stdout.write(
            f"{bank_file.name}: {counts['matched']} payments credited, {counts['suspense']} wait to be matched."
        )
