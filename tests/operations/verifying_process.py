"""A process of its own that is killed in a verification: ``python -m tests.operations.verifying_process RUN CHUNKS LEADS``.

It does so many chunks of the run, says "middle" within the next one, with everything of it checked and nothing committed,
and waits there until somebody ends it. With ``LEADS`` "lead" it leads the run, else it is one of the processes at work.
"""

import sys
from collections.abc import Iterator
from typing import Any

import django

import config  # noqa: F401  (puts collections/ on the import path)

django.setup()

from loans.proof.verifying import Difference  # noqa: E402
from operations import verification_work, verifications  # noqa: E402
from operations.models import Verification  # noqa: E402


def main(run_id: str, chunks: str, leads: str) -> None:
    found_in, left = verification_work.found_in, int(chunks)

    def found_and_wait(*arguments: Any, **named: Any) -> Iterator[Difference]:
        nonlocal left
        yield from found_in(*arguments, **named)
        left -= 1
        if left < 0:
            print("middle", flush=True)
            sys.stdin.read()

    verification_work.found_in = found_and_wait
    run = Verification.objects.get(pk=run_id)
    if leads == "lead":
        verifications.carry_out(run)
    else:
        verification_work.work_through(run)


if __name__ == "__main__":
    main(*sys.argv[1:])
