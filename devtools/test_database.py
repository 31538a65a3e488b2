"""The migrated test database, kept between runs: most of a short run's time would go into migrating it again.

What is kept is a stopped server's data folder, named after the content of all migrations and of the laws and seeds they
read; each run works on a copy of its own. Django still emits its signals after migrating, so roles and triggers follow
the code of today.
"""

from __future__ import annotations

import fcntl
import hashlib
import shutil
import sys
import tempfile
from pathlib import Path

from devtools import environment
from devtools.embedded import services
from devtools.foreground import run
from devtools.home import REPOSITORY, Home

NAME = "test_loandesk"  # as Django calls it; what the workers of a parallel run copy
MADE_FROM = ("**/migrations/*.py", "**/law/*.sql", "**/seeds/*.toml")
KEPT = 3  # a run may still be copying the one before

CREATE = """
import config, django
django.setup()
from django.db import connection
connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
"""


def key() -> str:
    content = hashlib.sha256(environment.wanted().encode())
    for path in sorted(path for pattern in MADE_FROM for path in REPOSITORY.glob(pattern)):
        if ".venv" not in path.parts:
            content.update(path.relative_to(REPOSITORY).as_posix().encode() + path.read_bytes())
    return content.hexdigest()[:16]


def prepared(home: Home) -> Path | None:
    """The data folder to copy; none when it could not be made (pytest will then say why)."""
    home.make()
    shelf = home.root / "test-databases"
    shelf.mkdir(exist_ok=True, mode=0o700)
    with open(home.run / "test-databases", "w") as guard:  # two runs at once: the second takes what the first makes
        fcntl.flock(guard, fcntl.LOCK_EX)
        target = shelf / key()
        return target if target.exists() or _make(target) else None


def _make(target: Path) -> bool:
    print("Preparing the test database (once for each change of what makes it) …", file=sys.stderr, flush=True)
    scratch = Home(Path(tempfile.mkdtemp(prefix="ld-make-")))
    try:
        with services(scratch, throw_away=True, durable=False) as found:
            settings = {**found.environment, "DJANGO_SETTINGS_MODULE": "config.testing"}
            if run([str(environment.python()), "-c", CREATE], settings, folder=REPOSITORY):
                return False
        draft = target.with_name("draft")
        shutil.rmtree(draft, ignore_errors=True)
        shutil.move(scratch.postgres, draft)
        draft.rename(target)
    finally:
        shutil.rmtree(scratch.root, ignore_errors=True)
    for old in sorted(target.parent.iterdir(), key=lambda path: path.stat().st_mtime)[:-KEPT]:
        shutil.rmtree(old, ignore_errors=True)
    return True
