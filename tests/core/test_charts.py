"""Line charts: one script draws them all, and the table below says the same."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from django.template import Context, Template

from core.charts import ACCENT, Line, LineChart
from tests.places import ROOT

CHART = LineChart(
    code="late-shares",
    description="Shares by month",
    steps=["2026-01", "2026-02"],
    lines=[Line("PAR30", ACCENT, [Decimal("1.50"), Decimal("0.10")])],
    headings=["End of", "PAR30"],
    rows=[["2026-01-31", "1.50 %"], ["2026-02-28", "0.10 %"]],
    too_few="Two months are needed.",
    after=" %",
    from_zero=True,
)


def _draw(chart: LineChart) -> str:
    return Template("{% load ui %}{% line_chart chart %}").render(Context({"chart": chart}))


def test_its_figures_travel_as_text_and_stand_in_a_table() -> None:
    drawn = _draw(CHART)

    assert CHART.data["lines"] == [{"name": "PAR30", "colour": "accent", "figures": ["1.50", "0.10"]}]
    assert 'data-line-chart="late-shares" role="img" aria-label="Shares by month"' in drawn
    assert 'id="late-shares" type="application/json"' in drawn
    assert "<td>2026-01-31</td>" in drawn and '<td class="num">0.10 %</td>' in drawn


def test_one_step_is_no_picture_but_an_open_table() -> None:
    drawn = _draw(replace(CHART, steps=CHART.steps[:1], rows=CHART.rows[:1]))

    assert "Two months are needed." in drawn
    assert "data-line-chart" not in drawn
    assert '<details class="chart-table" open>' in drawn


def test_one_script_draws_all_charts() -> None:
    scripts = [path for path in (ROOT / "static").glob("**/*.js") if "vendor" not in path.parts]
    drawing = [path.name for path in scripts if "echarts.init" in path.read_text()]

    assert drawing == ["charts.js"]
