"""Import a tape of past loans and live their history again, day by day, through the functions the pages use."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import IO, Any, cast

from django.core.management.base import BaseCommand, CommandError
from django.db import InterfaceError, OperationalError
from django.utils import timezone
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table

from core.context import acting
from core.errors import DomainError
from core.tables import bring_tables_up_to_date, tables_are_behind
from operations.models import ImportBatch
from operations.tape.facts import Facts, measure
from operations.tape.profiles import PROFILES, profile_named
from operations.tape.reading import read_tape
from operations.tape.replay import Step, replay
from operations.tape.staging import Staged, stage, write_rejects


class Command(BaseCommand):
    help = "Import a tape of past loans (.csv or .csv.gz) and replay its history. Safe to interrupt and to repeat."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--profile", default="repeat-loans", help=f"what the columns mean: {', '.join(PROFILES)}")
        parser.add_argument(
            "--replay", action="store_true", help="live the history again; without it, only check and store"
        )
        parser.add_argument("--json", action="store_true", help="print the figures as one JSON object")
        parser.add_argument(
            "--hands", type=int, help="processes that live the events of a day (default: what it is worth)"
        )
        parser.add_argument("--rejects", type=Path, help="where refused lines go (default: NAME.rejects.csv here)")

    def handle(self, *args: object, **options: Any) -> None:
        self.console = Console(stderr=True)
        try:
            with acting(channel="cli", reason="import of a tape"):
                staged = self._stage(options["file"], options["profile"])
                self._tell_rejects(staged.batch, options)
                if options["replay"] and staged.batch.status != ImportBatch.Status.DONE:
                    self._replay(staged.batch, options["hands"])
        except DomainError as refusal:
            raise CommandError(f"{refusal.detail} [{refusal.code}]") from None
        except (OperationalError, InterfaceError) as lost:
            raise CommandError(
                f"The database went away ({str(lost).splitlines()[0]}). What was committed is kept: when it answers "
                "again, give the same command and the replay goes on where it stopped."
            ) from None
        facts = measure(staged.batch)
        self._print_json(facts) if options["json"] else self._print_table(facts)

    def _stage(self, path: Path, profile_code: str) -> Staged:
        profile = profile_named(profile_code)
        tape = read_tape(path, profile)
        if tables_are_behind():  # on a database nobody has used yet the import makes the tables itself
            self.console.print("Bringing the tables up to date …")
            bring_tables_up_to_date()
        staged = stage(tape=tape, profile=profile, today=timezone.localdate())
        batch = staged.batch
        if not staged.new:
            done = batch.status == ImportBatch.Status.DONE
            state = "nothing is imported a second time" if done else "its replay goes on where it stopped"
            self.console.print(f"This content is known since {batch.staged_at:%Y-%m-%d %H:%M} UTC: {state}.")
        else:
            self.console.print(
                f"{batch.rows_read} lines read: {batch.rows_accepted} taken, {batch.rows_rejected} refused, "
                f"{batch.rows_known} known from another tape."
            )
        return staged

    def _tell_rejects(self, batch: ImportBatch, options: dict[str, Any]) -> None:
        path = options["rejects"]
        if path is None and not batch.rejects:
            return
        path = path or Path(f"{Path(batch.file_name).name.removesuffix('.gz').removesuffix('.csv')}.rejects.csv")
        try:
            write_rejects(batch, path)
        except OSError as refusal:
            raise CommandError(
                f"The rejects file {path} cannot be written ({refusal.strerror}). Use --rejects."
            ) from None
        self.console.print(f"{batch.rows_rejected} refused lines are in {path}, each with column and reason.")

    def _replay(self, batch: ImportBatch, hands: int | None) -> None:
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
        )
        with Progress(*columns, console=self.console) as bar:
            task = bar.add_task("Replay", total=None)

            def show(step: Step) -> None:
                bar.update(task, description=f"{step.on}  {step.doing}", completed=step.done, total=step.total)

            replay(batch_id=batch.pk, progress=show, hands=hands)

    def _print_json(self, facts: Facts) -> None:
        self.stdout.write(json.dumps(facts.as_dict(), indent=2))

    def _print_table(self, facts: Facts) -> None:
        table = Table(title="Found in the database", title_justify="left", show_header=False)
        table.add_column()
        table.add_column(justify="right")
        for name, value in facts.as_dict().items():
            if isinstance(value, dict):
                for account, balance in value.items():
                    table.add_row(f"ledger {account}", balance)
            else:
                table.add_row(name.replace("_", " "), str(value))
        Console(file=cast(IO[str], self.stdout)).print(table)
