"""Hold the engine against published numbers, and name every figure that comes out differently."""

import json
from argparse import ArgumentParser
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from core.errors import DomainError
from core.tables import require_tables
from loans.proof.conformity import business_days, day_counts, rates, schedules
from loans.proof.conformity.cells import Mismatch
from loans.proof.conformity.fields import unknown_fields
from loans.proof.conformity.files import CaseFile, read_cases

# What checks the cases of each kind that loans.proof.conformity.files recognises.
CHECKERS: dict[str, Callable[[dict[str, Any]], list[Mismatch]]] = {
    "day_counts": day_counts.mismatches,
    "business_days": business_days.mismatches,
    "rates": rates.mismatches,
    "schedules": schedules.mismatches,
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one file; ``failures`` and fields that no check reads (``unknown``) by the name of each such case."""

    file: CaseFile
    failures: list[tuple[str, list[Mismatch]]]
    unknown: list[tuple[str, list[str]]]

    @property
    def passed(self) -> int:
        return len(self.file.cases) - len(self.failures)


class Command(BaseCommand):
    help = (
        "Check files of published cases (JSON) with the functions production calls. "
        "Exit code 1 when one differs, or has a field that no check reads."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="a JSON file of published cases")
        parser.add_argument("--json", action="store_true", help="one object instead of text")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            files = [read_cases(path, CHECKERS) for path in options["files"]]
            require_tables()
        except DomainError as refusal:
            raise CommandError(f"{refusal.detail} [{refusal.code}]") from None
        outcomes = [_check(file) for file in files]
        self._print_json(outcomes) if options["json"] else self._print(outcomes)
        if any(outcome.failures or outcome.unknown for outcome in outcomes):
            raise SystemExit(1)  # what differs is said already; a CommandError would say it twice

    def _print(self, outcomes: list[Outcome]) -> None:
        for outcome in outcomes:
            for case, differences in outcome.failures:
                said = "; ".join(f"{row.cell}: expected {row.expected}, got {row.actual}" for row in differences)
                self.stdout.write(f"{outcome.file.path.name}  {case}  {said}")
            for case, fields in outcome.unknown:
                self.stdout.write(f"{outcome.file.path.name}  {case}  not understood: {', '.join(fields)}")
        passed, failed = _totals(outcomes)
        unread = sum(len(fields) for outcome in outcomes for _case, fields in outcome.unknown)
        self.stdout.write(f"{passed} passed, {failed} failed" + (f", {unread} fields not understood" if unread else ""))

    def _print_json(self, outcomes: list[Outcome]) -> None:
        passed, failed = _totals(outcomes)
        files = [_as_dict(outcome) for outcome in outcomes]
        whole = {"files": files, "passed": passed, "failed": failed}
        self.stdout.write(json.dumps(whole, indent=2, default=str, ensure_ascii=False))


def _check(file: CaseFile) -> Outcome:
    failures, unknown = [], []
    for position, case in enumerate(file.cases, start=1):
        name = str(case.get("id") or f"case {position}")
        if differences := _differences(CHECKERS[file.kind], case):
            failures.append((name, differences))
        if fields := unknown_fields(file.kind, case):
            unknown.append((name, fields))
    return Outcome(file, failures, unknown)


def _differences(check: Callable[[dict[str, Any]], list[Mismatch]], case: dict[str, Any]) -> list[Mismatch]:
    """A case that cannot be read is a case that fails, and must not hide the others."""
    try:
        return check(case)
    except (ArithmeticError, LookupError, TypeError, ValueError, DomainError) as failure:
        return [Mismatch("case", "one that can be checked", f"{type(failure).__name__}: {failure}")]


def _totals(outcomes: Iterable[Outcome]) -> tuple[int, int]:
    known = list(outcomes)
    return sum(outcome.passed for outcome in known), sum(len(outcome.failures) for outcome in known)


def _as_dict(outcome: Outcome) -> dict[str, Any]:
    return {
        "file": str(outcome.file.path),
        "kind": outcome.file.kind,
        "passed": outcome.passed,
        "failed": len(outcome.failures),
        "failures": [
            {"id": case, "cell": row.cell, "expected": row.expected, "actual": row.actual}
            for case, differences in outcome.failures
            for row in differences
        ],
        "unknown_fields": [{"id": case, "field": field} for case, fields in outcome.unknown for field in fields],
    }
