"""What waits for a translation is told with the place where it is written."""

from __future__ import annotations

import shutil
from pathlib import Path

import polib
import pytest

from devtools import cli
from devtools.catalogues import Waiting, report, waiting
from tests.places import ROOT

HEAD = 'msgid ""\nmsgstr ""\n"Language: zh_Hans\\n"\n'
CATALOGUE = f"""# A catalogue
#, fuzzy
{HEAD}
msgid "Loan"
msgstr "贷款"

msgid "Not yet"
msgstr ""

#, fuzzy, python-format
#| msgid "%(days)s day"
msgid ""
"%(days)s days and \\"a half\\", "
"told at length"
msgstr "%(days)s 天"


msgctxt "of a button"
msgid "One"
msgid_plural "Many"
msgstr[0] "一"
msgstr[1] ""

#~ msgid "Once said"
#~ msgstr ""
"""


def test_what_is_untranslated_or_guessed_is_told_with_its_line() -> None:
    assert list(waiting(CATALOGUE)) == [
        Waiting(10, "Not yet", guessed=False),
        Waiting(15, '%(days)s days and "a half", told at length', guessed=True),
        Waiting(22, "One", guessed=False),
    ]


def test_the_own_catalogue_is_read_as_a_library_reads_it(tmp_path: Path) -> None:
    path = Path("locale/zh_Hans/LC_MESSAGES/django.po")
    spoilt = polib.pofile(str(ROOT / path))
    for emptied in spoilt[40:400:90]:
        emptied.msgstr, emptied.msgstr_plural = "", dict.fromkeys(emptied.msgstr_plural, "")
    for guessed in spoilt[60:400:90]:
        guessed.flags.append("fuzzy")
    (tmp_path / path).parent.mkdir(parents=True)
    spoilt.save(str(tmp_path / path))
    written = (tmp_path / path).read_text()

    found = list(waiting(written))

    assert [entry.sentence for entry in found] == [entry.msgid for entry in spoilt if not entry.translated()]
    assert [entry.guessed for entry in found] == [False, True] * 4
    assert all(written.splitlines()[entry.line - 1].startswith("msgid ") for entry in found)


def test_each_language_is_counted_on_its_own_and_long_sentences_are_cut(tmp_path: Path) -> None:
    for language, entry in {"de": f'msgid "{"long " * 40}"\nmsgstr ""\n', "fr": 'msgid "a"\nmsgstr "b"\n'}.items():
        folder = tmp_path / "locale" / language / "LC_MESSAGES"
        folder.mkdir(parents=True)
        (folder / "django.po").write_text(f"{HEAD}\n{entry}")

    told, german, french = report(tmp_path)

    assert told == f"locale/de/LC_MESSAGES/django.po:5: untranslated: {'long ' * 19}long…"
    assert [german, french] == ["de: 1 sentence waits for a translation.", "fr: nothing waits for a translation."]


@pytest.mark.skipif(not shutil.which("xgettext"), reason="NO GETTEXT: install Debian's package gettext")
def test_a_new_sentence_is_gathered_and_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(cli, "REPOSITORY", tmp_path)
    folder = tmp_path / "locale" / "zh_Hans" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    head = HEAD.replace("\\n", "\\nContent-Type: text/plain; charset=UTF-8\\n")
    (folder / "django.po").write_text(f'{head}\nmsgid "Loan"\nmsgstr "贷款"\n')
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "testing.py").write_text('SECRET_KEY = "a test"\n')
    (tmp_path / "words.py").write_text('from django.utils.translation import gettext as _\n\n_("Loan"), _("Lent")\n')

    assert cli.main(["messages"]) == 0

    said = capfd.readouterr().out
    assert "django.po:" in said and ": untranslated: Lent\n" in said and "Loan" not in said
    assert "zh_Hans: 1 sentence waits for a translation.\n" in said
    assert polib.mofile(str(folder / "django.mo"))[-1].msgstr == "贷款"
