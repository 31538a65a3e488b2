"""Hold every loan against its contract, its events and the ledger, and name each difference."""

import json
from argparse import SUPPRESS, ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from core import business_date
from core.context import acting
from core.errors import DomainError
from ledger.queries import difference
from loans.proof.verifying import SAMPLED
from operations import verifications
from operations.models import Verification
from operations.verification_work import work_through


class Command(BaseCommand):
    help = (
        "Rebuild every loan from contract and events, compare it with what is stored and booked, and check the books. "
        "Closed periods are held against the sums of their closing, unless --all."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="one object instead of text")
        parser.add_argument("--all", action="store_true", help="closed periods row by row too, from the first line on")
        parser.add_argument(
            "--processes", type=int, metavar="N", help="how many at once; as many as cores when left out"
        )
        parser.add_argument("--resume", action="store_true", help="go on with the verification that was interrupted")
        parser.add_argument(
            "--oracle",
            action="store_true",
            help=f"work every loan out by plain arithmetic and night by night, instead of one in {SAMPLED} or less",
        )
        parser.add_argument("--work-on", type=int, help=SUPPRESS)  # what the processes of a run are started with

    def handle(self, *args: object, **options: Any) -> None:
        if options["work_on"]:
            work_through(Verification.objects.get(pk=options["work_on"]))
            return
        try:
            with acting(channel="cli"):
                run = self._watched(self._run(options))
        except DomainError as refusal:
            raise CommandError(f"{refusal.detail} [{refusal.code}]") from None
        self._tell(run, as_json=options["json"])

    def _run(self, options: dict[str, Any]) -> Verification:
        if options["resume"]:
            run = verifications.newest_unfinished()
            run.processes = options["processes"] or run.processes
            return run
        return verifications.request(
            on=business_date.current(),
            from_the_first=options["all"],
            oracle_every=1 if options["oracle"] else SAMPLED,
            processes=options["processes"],
        )

    def _watched(self, run: Verification) -> Verification:
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        with Progress(*columns, console=Console(stderr=True)) as bar:
            task = bar.add_task("Verifying", total=None)
            return verifications.carry_out(
                run, lambda what, done, of: bar.update(task, description=what, completed=done, total=of)
            )

    def _tell(self, run: Verification, *, as_json: bool) -> None:
        off, found = difference(), verifications.differences(run)
        if as_json:
            rows = [{name: str(value) for name, value in asdict(row).items()} for row in found]
            told = {"loans": run.loans, "by_nights": run.by_nights, "differences": rows, "ledger_difference": str(off)}
            self.stdout.write(json.dumps(told | {"found": run.found, "status": run.status}))
        else:
            for row in found:
                self.stdout.write(f"{row.loan_number}  {row.figure}: stored {row.stored}, rebuilt {row.rebuilt}")
            self.stdout.write(
                f"{run.loans} loans verified, {run.by_nights} of them night by night, {run.found} differences"
            )
        if not run.finished:
            raise CommandError(f"The verification did not come to its end: {run.status_now.label}. {run.error}")
        if run.found or off:
            raise CommandError(f"{run.found} differences; the ledger differs by {off:.2f}")
