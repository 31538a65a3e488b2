"""Where tests find files: the project's own, and what may lie beside it."""

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BESIDE_THE_PROJECT = ROOT.parent / "shared"  # published figures and small cases; absent on most machines
