// Portfolio at risk: three lines over month ends. The figures are in the page as JSON and as a table; this only draws.
(() => {
  const holder = document.querySelector("[data-portfolio-chart]");
  const source = document.getElementById("portfolio-at-risk");
  if (!holder || !source || !window.echarts) return;

  const figures = JSON.parse(source.textContent);
  const chart = window.echarts.init(holder, null, { renderer: "canvas" });
  const token = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const percent = (share) => `${Number(share).toFixed(2)} %`;

  const line = (series, color) => ({
    name: series.name,
    type: "line",
    data: series.shares,
    symbol: "circle",
    symbolSize: 5,
    lineStyle: { width: 2.5, color },
    itemStyle: { color },
    endLabel: { show: true, formatter: series.name, color: token("--muted"), distance: 8 },
    labelLayout: { moveOverlap: "shiftY" },
    emphasis: { disabled: true },
  });

  const draw = () => {
    const colors = [token("--accent"), token("--attention"), token("--bad")];
    chart.setOption(
      {
        animation: false,
        aria: { enabled: true, label: { description: holder.getAttribute("aria-label") } },
        grid: { left: 48, right: 64, top: 16, bottom: 28 },
        tooltip: {
          trigger: "axis",
          renderMode: "richText",
          valueFormatter: percent,
          backgroundColor: token("--card"),
          borderColor: token("--line"),
          textStyle: { color: token("--ink"), fontSize: 12 },
        },
        xAxis: {
          type: "category",
          data: figures.months,
          boundaryGap: false,
          axisLine: { lineStyle: { color: token("--line") } },
          axisTick: { show: false },
          axisLabel: { color: token("--muted") },
        },
        yAxis: {
          type: "value",
          min: 0,
          splitNumber: 3,
          axisLabel: { color: token("--muted"), formatter: "{value} %" },
          splitLine: { lineStyle: { color: token("--line") } },
        },
        series: figures.series.map((series, at) => line(series, colors[at])),
      },
      true,
    );
  };

  draw();
  new ResizeObserver(() => chart.resize()).observe(holder);
  new MutationObserver(draw).observe(document.documentElement, { attributeFilter: ["data-bs-theme", "data-theme"] });
  window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
})();
