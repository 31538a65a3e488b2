// A policy's cash value against the debt, month by month when nobody pays. The figures are in the page; this only draws.
(() => {
  const holder = document.querySelector("[data-cover-chart]");
  const source = document.getElementById("policy-cover");
  if (!holder || !source || !window.echarts) return;

  const figures = JSON.parse(source.textContent);
  const chart = window.echarts.init(holder, null, { renderer: "canvas" });
  const token = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const money = (amount) => Number(amount).toLocaleString(undefined, { minimumFractionDigits: 2 });

  const line = (series, color) => ({
    name: series.name,
    type: "line",
    data: series.values,
    symbol: "none",
    lineStyle: { width: 2.5, color },
    itemStyle: { color },
    endLabel: { show: true, formatter: series.name, color: token("--muted"), distance: 8 },
    labelLayout: { moveOverlap: "shiftY" },
    emphasis: { disabled: true },
  });

  const draw = () => {
    const colors = [token("--accent"), token("--bad")];
    chart.setOption(
      {
        animation: false,
        aria: { enabled: true, label: { description: holder.getAttribute("aria-label") } },
        grid: { left: 64, right: 96, top: 16, bottom: 28 },
        tooltip: {
          trigger: "axis",
          renderMode: "richText",
          valueFormatter: money,
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
          scale: true,
          splitNumber: 3,
          axisLabel: { color: token("--muted"), formatter: (value) => value.toLocaleString() },
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
