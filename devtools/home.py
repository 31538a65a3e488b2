"""The one data folder of this machine (`.loandesk/`, or LOANDESK_HOME): servers' data, logs, secrets, notes."""

from __future__ import annotations

import hashlib
import json
import os
import pwd
import secrets
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).resolve().parent.parent
SECRETS = ("SECRET_KEY", "DATA_ENCRYPTION_KEYS", "DATA_INDEX_KEY", "API_KEY_PEPPER")


class Stop(Exception):
    """A reason to end that the person at the keyboard can act on; printed without a traceback."""


@dataclass(frozen=True)
class Home:
    root: Path

    @property
    def postgres(self) -> Path:
        return self.root / "postgres"

    @property
    def broker(self) -> Path:
        return self.root / "broker"

    @property
    def logs(self) -> Path:
        return self.root / "logs"

    @property
    def run(self) -> Path:
        return self.root / "run"

    @property
    def static(self) -> Path:
        return self.root / "static"

    @property
    def bytecode(self) -> Path:
        return self.root / "bytecode"

    @property
    def sockets(self) -> Path:
        """Unix sockets may have about 100 characters in their path, so they live apart from the data."""
        name = hashlib.sha256(str(self.root).encode()).hexdigest()[:10]
        return Path(tempfile.gettempdir()) / f"ld-{os.getuid()}-{name}"

    def make(self) -> None:
        for folder in (self.root, self.broker, self.logs, self.run, self.static):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.sockets.mkdir(mode=0o700, exist_ok=True)
        owners = {os.getuid()} | ({pwd.getpwnam("nobody").pw_uid} if os.getuid() == 0 else set())
        if self.sockets.stat().st_uid not in owners:
            raise Stop(f"{self.sockets} belongs to another user. Remove it, or set TMPDIR to a folder of your own.")
        self.sockets.chmod(0o700)

    def note(self, name: str) -> dict[str, Any]:
        """A small remembered fact; an unreadable note counts as none."""
        try:
            found = json.loads((self.root / f"{name}.json").read_text())
        except (OSError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}

    def keep(self, name: str, value: dict[str, object]) -> None:
        target = self.root / f"{name}.json"
        draft = target.with_suffix(".new")
        draft.touch(mode=0o600)
        draft.write_text(json.dumps(value, indent=1))
        draft.replace(target)

    def secrets(self) -> dict[str, str]:
        """Made once and kept: with other keys the stored personal data could not be read again."""
        path = self.root / "secrets.json"
        found = self.note("secrets")
        if path.exists() and not found:
            raise Stop(f"{path} cannot be read. It holds the keys of the stored data: put it back, or run ./dev reset.")
        missing = [name for name in SECRETS if name not in found]
        if missing:
            found.update({name: secrets.token_urlsafe(48) for name in missing})
            self.keep("secrets", found)
        return found


def home_from_environment() -> Home:
    chosen = os.environ.get("LOANDESK_HOME")
    return Home(Path(chosen).expanduser().resolve() if chosen else REPOSITORY / ".loandesk")
