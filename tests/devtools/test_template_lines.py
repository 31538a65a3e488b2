"""Templates are laid out without changing what a page shows."""

from __future__ import annotations

import re

import pytest
from django.template import Context, Template

from devtools.template_lines import is_the_same, laid_out, lay_out, templates_of, tokens
from tests.places import ROOT

TEMPLATES = templates_of(ROOT / "templates")
LONG = "x" * 50


def _shown(source: str, **values: object) -> str:
    """What a reader sees: white space collapsed, and none at the edge of a block."""
    drawn = re.sub(r"\s+", " ", Template(source).render(Context(values)))
    return re.sub(r" ?(</?(?:p|td|tr|table|tbody|ul|li|div|br)\b[^>]*>) ?", r"\1", drawn).strip()


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.relative_to(ROOT / "templates").as_posix())
def test_no_line_is_too_long_and_laying_out_again_changes_nothing(path) -> None:
    source = path.read_text()

    assert max(len(line) for line in source.splitlines()) < 160
    assert laid_out(source) == source
    assert "".join(token.text for token in tokens(source)) == source


ROW = "<tr><td>{{ x }}</td><td>LONG</td><td>LONG</td></tr>"


@pytest.mark.parametrize(
    "source",
    [
        "<table><tbody>{% for x in rows %}" + ROW + "{% endfor %}</tbody></table>",
        "<p>{% if yes %}<b>LONG</b>{% else %}<i>LONG</i>{% endif %}, {% if no %}never{% endif %} LONG LONG</p>",
        "<ul>{% for x in rows %}<li><b>LONG</b></li>{% empty %}<li>LONG</li>{% endfor %}<li>LONG</li></ul>",
        "<div>{% for x in rows %}<a href='LONG'>{{ x }}</a>{% endfor %}<b>LONG</b>{{ yes }}<b>LONG</b></div>",
        "<div class='LONG' title='a  b'><p class='LONG {% if yes %}one{% endif %}'>LONG<br>LONG</p></div>",
    ],
)
def test_what_a_reader_sees_stays_the_same(source: str) -> None:
    source = source.replace("LONG", LONG)
    values = {"rows": ["one", "two"], "yes": True, "no": False}
    after = laid_out(source + "\n")

    assert after.count("\n") > 2
    assert _shown(after, **values) == _shown(source, **values)


def test_words_are_never_torn_apart_nor_joined() -> None:
    inline = f"<span>{LONG}</span>{{{{ x }}}}<b>{LONG}</b>{{{{ y }}}}<i>{LONG}</i>"

    assert laid_out(inline + "\n") == inline + "\n"


def test_a_cell_that_may_be_empty_stays_empty() -> None:
    cell = f'<table><tr><td class="{LONG}">{{% if x %}}<p>{LONG}</p><p>{LONG}</p>{{% endif %}}</td></tr></table>'

    assert '<td class="' + LONG + '"></td>' in Template(laid_out(cell + "\n")).render(Context({"x": False}))


def test_sentences_that_are_not_trimmed_scripts_and_comments_are_left_alone() -> None:
    kept = [
        f"{{% blocktrans %}}{LONG} {LONG} {LONG}{{% endblocktrans %}}",
        f"{{% comment %}}\n   {LONG} {LONG} {LONG}\n{{% endcomment %}}",
        f"<pre>  {LONG} {LONG} {LONG}</pre>",
    ]

    for part in kept:
        assert part in laid_out(f"<div>{part}</div>\n")


def test_what_stands_after_a_script_is_as_deep_as_what_stands_before() -> None:
    page = '<head>\n  <script src="a.js"></script>\n  <link href="b.css">\n</head>\n'

    assert laid_out(page.replace("  ", "")) == page


def test_a_difference_other_than_white_space_is_seen() -> None:
    assert is_the_same("<p>a b</p>", "<p>\n  a\n  b</p>")
    assert not is_the_same("<p>a b</p>", "<p>a c</p>")


def test_checking_names_what_is_not_laid_out_and_writes_nothing(tmp_path) -> None:
    page = tmp_path / "page.html"
    page.write_text("<div>\n<p>one</p>\n</div>\n")

    assert lay_out(tmp_path, check=True) == [f"{tmp_path.name}/page.html is not laid out"]
    assert page.read_text() == "<div>\n<p>one</p>\n</div>\n"
    assert lay_out(tmp_path, check=False) == []
    assert page.read_text() == "<div>\n  <p>one</p>\n</div>\n"
