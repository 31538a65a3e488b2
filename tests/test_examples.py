"""By day the stories told do not depend on which modules are loaded: a part of the suite tells what the whole tells."""

import subprocess
import sys
from pathlib import Path

from hypothesis.internal.conjecture import providers

from tests.examples import BY_NIGHT

ROOT = Path(__file__).resolve().parent.parent
TOLD = """
import sys
sys.path[:0] = sys.argv[1:]
from hypothesis import given, settings, strategies as st
from tests import examples
examples.use()
try:
    import numbers_of_its_own
except ImportError:
    pass
@settings(derandomize=True, database=None, max_examples=300)
@given(st.lists(st.integers(0, 1_000_000)))
def tell(story):
    print(story)
tell()
"""


def told(*paths: Path) -> str:
    command = [sys.executable, "-c", TOLD, *map(str, paths)]
    return subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout


def test_stories_are_the_same_whatever_else_is_loaded(tmp_path: Path) -> None:
    room = tmp_path / "room"
    room.mkdir()
    (room / "numbers_of_its_own.py").write_text("LIMITS = (73_219, 91_337, 12_345)\n")

    alone, beside = told(), told(room)

    assert alone == beside
    assert "73219" not in beside


def test_they_are_told_so_in_this_run() -> None:
    assert isinstance(providers.HypothesisProvider._local_constants, providers.Constants) is not BY_NIGHT
