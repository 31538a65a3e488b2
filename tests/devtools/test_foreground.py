"""Ctrl-C reaches the program in the foreground, and the run ends after it, whatever it needs to tidy up."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from devtools import cli
from devtools.cli import main
from devtools.foreground import run

# Says it is ready by sending its parent the Ctrl-C, and ends only when it gets one itself.
TIDY = """
import os, signal, sys
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
os.kill(os.getppid(), signal.SIGINT)
signal.sigwait([signal.SIGINT])
print("tidied up", flush=True)
sys.exit(7)
"""


@pytest.fixture
def _ctrl_c() -> Iterator[None]:
    """As in a terminal, whatever started the tests does with it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def test_the_code_is_that_of_the_program(tmp_path: Path) -> None:
    code = run([sys.executable, "-c", "import os; open('here', 'w'); raise SystemExit(5)"], {}, folder=tmp_path)

    assert code == 5 and (tmp_path / "here").exists()


@pytest.mark.usefixtures("_ctrl_c")
def test_ctrl_c_waits_until_the_program_has_tidied_up(capfd: pytest.CaptureFixture[str]) -> None:
    assert run([sys.executable, "-c", TIDY], dict(os.environ)) == 7
    assert capfd.readouterr().out == "tidied up\n"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_to_end_it_from_outside_is_as_ctrl_c(number: signal.Signals, monkeypatch: pytest.MonkeyPatch) -> None:
    def ended(_arguments: list[str]) -> int:
        signal.raise_signal(number)
        return 0

    monkeypatch.setattr(cli, "lint", ended)
    before = signal.getsignal(number)

    assert main(["lint"]) == 130
    assert signal.getsignal(number) == before
