"""Pages keep to the content policy: no script and no style in the markup, and nothing from another host. Their tables
name their columns (WCAG 1.3.1).
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.places import ROOT

TEMPLATES = sorted(ROOT.glob("templates/**/*.html"))
FORBIDDEN = {
    "an inline style": re.compile(r"<[^>%{]*\sstyle\s*=", re.I),
    "a style block": re.compile(r"<style[\s>]", re.I),
    "an inline script": re.compile(r"<script(?![^>]*\ssrc=)(?![^>]*application/json)[^>]*>", re.I),
    "an inline handler": re.compile(r"<[^>]*\son[a-z]+\s*=\s*[\"']", re.I),
    "another host": re.compile(r"(?:src|href)\s*=\s*[\"'](?:https?:)?//", re.I),
    "hx-on": re.compile(r"\shx-on[:=]", re.I),
}


def _markup(path: Path) -> str:
    return re.sub(r"{% comment %}.*?{% endcomment %}", "", path.read_text(), flags=re.S)


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT / "templates")))
def test_a_template_keeps_to_the_content_policy(path: Path) -> None:
    broken = [name for name, pattern in FORBIDDEN.items() if pattern.search(_markup(path))]

    assert broken == []


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT / "templates")))
def test_a_table_names_its_columns(path: Path) -> None:
    for table in re.findall(r"<table\b.*?</table>", _markup(path), flags=re.S):
        head = re.search(r"<thead.*?</thead>", table, flags=re.S)
        assert head, table[:120]
        assert all('scope="col' in cell for cell in re.findall(r"<th\b[^>]*>", head[0])), head[0]


def test_every_icon_used_is_in_the_sprite() -> None:
    sprite = set(re.findall(r'<symbol id="([^"]+)"', (ROOT / "static/vendor/tabler-icons/icons.svg").read_text()))
    used = {name for path in TEMPLATES for name in re.findall(r'{%\s*icon\s+"([^"]+)"', path.read_text())}

    assert used - sprite == set()
