"""Files of published cases: reads one and recognises by its content which kind its cases are."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.utils.translation import gettext_lazy as _

from core.errors import Invalid

# The fields that every case of a kind has and no other kind does.
MARKS: dict[str, frozenset[str]] = {
    "day_counts": frozenset({"convention", "start", "end"}),
    "business_days": frozenset({"calendar", "input"}),
    "rates": frozenset({"method", "inputs"}),
}
SCHEDULES = "schedules"


class CasesUnreadable(Invalid):
    """The file is not there or may not be read."""

    code = "conformity_file_unreadable"
    message = _("%(file)s cannot be read (%(reason)s). Give the path of a JSON file of published cases.")


class CasesNotJson(Invalid):
    """The content is no JSON."""

    code = "conformity_file_not_json"
    message = _("%(file)s is not JSON (%(reason)s). A JSON file of published cases is expected.")


class CasesOfNoKnownKind(Invalid):
    """JSON, but nothing that can be checked."""

    code = "conformity_kind_unknown"
    message = _(
        "%(file)s holds cases of a kind not known. Expected is a list of cases with convention, start and end; "
        "with calendar and input; or with method and inputs; or an object with meta and cases."
    )


@dataclass(frozen=True, slots=True)
class CaseFile:
    """The cases of one file; numbers with a point are ``Decimal``, so that nothing is lost on the way."""

    path: Path
    kind: str
    cases: tuple[dict[str, Any], ...]


def read_cases(path: Path, known: Iterable[str]) -> CaseFile:
    """The cases of the file, of one of the ``known`` kinds.

    Raises CasesUnreadable, CasesNotJson or CasesOfNoKnownKind.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"), parse_float=Decimal)
    except OSError as failure:
        raise CasesUnreadable(file=path, reason=failure.strerror or failure) from failure
    except ValueError as failure:  # no JSON, or not even text
        raise CasesNotJson(file=path, reason=failure) from failure
    kind, cases = _recognised(content)
    if kind not in set(known):
        raise CasesOfNoKnownKind(file=path)
    return CaseFile(path, kind, tuple(cases))


def _recognised(content: Any) -> tuple[str, list[dict[str, Any]]]:
    kind = ""
    if isinstance(content, dict) and {"meta", "cases"} <= content.keys():
        kind, content = SCHEDULES, content["cases"]
    if not isinstance(content, list) or not content or not all(isinstance(case, dict) for case in content):
        return "", []
    fitting = [name for name, marks in MARKS.items() if all(marks <= case.keys() for case in content)]
    return kind or (fitting[0] if fitting else ""), content
