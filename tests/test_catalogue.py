"""The Chinese catalogue: compiled as it is written, complete, and with the placeholders of the English sentences."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import polib
import pytest

from devtools.cli import NOT_TRANSLATED

FOLDER = Path(__file__).resolve().parent.parent / "locale" / "zh_Hans" / "LC_MESSAGES"
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|\{\w*\}")
written = polib.pofile(str(FOLDER / "django.po"))
compiled = polib.mofile(str(FOLDER / "django.mo"))


def texts(entry: polib.POEntry) -> list[str]:
    return [entry.msgstr] if not entry.msgid_plural else list(entry.msgstr_plural.values())


def test_what_is_written_is_what_is_compiled() -> None:
    """Machines without gettext read the compiled file, so it is kept: msgfmt django.po -o django.mo"""
    in_use = {(entry.msgctxt, entry.msgid): texts(entry) for entry in written if entry.translated()}
    assert {(entry.msgctxt, entry.msgid): texts(entry) for entry in compiled} == in_use


def test_nothing_waits_for_a_translation() -> None:
    waiting = [entry.msgid for entry in written if not entry.obsolete and not entry.translated()]
    assert not waiting, waiting[:20]


def test_translations_keep_the_placeholders() -> None:
    differ = [
        entry.msgid
        for entry in written.translated_entries()
        for text in texts(entry)
        if not entry.msgid_plural and set(PLACEHOLDER.findall(text)) != set(PLACEHOLDER.findall(entry.msgid))
    ]
    assert not differ, differ


def test_words_a_page_chooses_from_keep_their_commas() -> None:
    """`yesno` of "yes,no" shows True and False where the list of a translation cannot be cut at its commas."""
    lists = [entry for entry in written.translated_entries() if re.fullmatch(r"\w+(,\w+)+", entry.msgid)]

    assert "yes,no" in [entry.msgid for entry in lists]
    assert [entry.msgid for entry in lists if entry.msgstr.count(",") != entry.msgid.count(",")] == []


@pytest.mark.skipif(not shutil.which("xgettext"), reason="NO GETTEXT: install Debian's package gettext")
def test_every_sentence_of_code_and_pages_is_in_the_catalogue(tmp_path: Path) -> None:
    repository = FOLDER.parents[2]
    skipped = shutil.ignore_patterns(*NOT_TRANSLATED, ".git", ".loandesk", "artefacts", "locale", "static", "*.pyc")
    copy = shutil.copytree(repository, tmp_path / "copy", ignore=skipped)
    (copy / "locale").mkdir()
    command = [sys.executable, "-m", "django", "makemessages", "-l", "zh_Hans", "--no-location"]
    subprocess.run(command, cwd=copy, check=True, capture_output=True)

    found = polib.pofile(str(copy / "locale" / "zh_Hans" / "LC_MESSAGES" / "django.po"))
    known = {(entry.msgctxt, entry.msgid) for entry in written}
    assert sorted(entry.msgid for entry in found if (entry.msgctxt, entry.msgid) not in known) == []
