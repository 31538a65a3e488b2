/* Line charts of all pages. The figures are in the page as JSON and as a table; this only draws them.
   lineChart(element, figures): figures are {steps, lines: [{name, colour, figures}], before, after, fromZero}. */
(() => {
  const STEPS_WITH_DOTS = 24;
  const token = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
  // Roughly how wide words are drawn at 12 px: a Chinese character is as wide as two letters.
  const width = (words) => [...words].reduce((sum, letter) => sum + (letter.charCodeAt(0) > 255 ? 13 : 7), 0);
  const written = (figure, least) =>
    Number(figure).toLocaleString("en", { minimumFractionDigits: least, maximumFractionDigits: 2 });

  const looks = (element, figures) => {
    const labelled = (figure, least) => `${figures.before}${written(figure, least)}${figures.after}`;
    const all = figures.lines.flatMap((line) => line.figures.map(Number));
    return {
      animation: false,
      aria: { enabled: true, label: { description: element.getAttribute("aria-label") } },
      grid: {
        left: width(written(Math.round(Math.max(...all, 100)), 0) + figures.after) + 18,
        right: Math.max(...figures.lines.map((line) => width(line.name))) + 20,
        top: 16,
        bottom: 28,
      },
      tooltip: {
        trigger: "axis",
        renderMode: "richText",
        valueFormatter: (figure) => labelled(figure, 2),
        backgroundColor: token("card"),
        borderColor: token("line"),
        textStyle: { color: token("ink"), fontSize: 12 },
      },
      xAxis: {
        type: "category",
        data: figures.steps,
        boundaryGap: false,
        axisLine: { lineStyle: { color: token("line") } },
        axisTick: { show: false },
        axisLabel: { color: token("muted"), alignMinLabel: "left", alignMaxLabel: "right" },
      },
      yAxis: {
        type: "value",
        min: figures.fromZero ? 0 : undefined,
        scale: !figures.fromZero,
        splitNumber: 3,
        axisLabel: { color: token("muted"), formatter: (figure) => `${written(figure, 0)}${figures.after}` },
        splitLine: { lineStyle: { color: token("line") } },
      },
      series: figures.lines.map((line) => ({
        name: line.name,
        type: "line",
        data: line.figures,
        symbol: figures.steps.length > STEPS_WITH_DOTS ? "none" : "circle",
        symbolSize: 5,
        lineStyle: { width: 2.5, color: token(line.colour) },
        itemStyle: { color: token(line.colour) },
        endLabel: { show: true, formatter: line.name, color: token("muted"), distance: 8 },
        labelLayout: { moveOverlap: "shiftY" },
        emphasis: { disabled: true },
      })),
    };
  };

  window.lineChart = (element, figures) => {
    const chart = window.echarts.init(element, null, { renderer: "canvas" });
    const draw = () => chart.setOption(looks(element, figures), true);
    draw();
    new ResizeObserver(() => chart.resize()).observe(element);
    new MutationObserver(draw).observe(document.documentElement, { attributeFilter: ["data-bs-theme", "data-theme"] });
    window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
  };

  for (const element of document.querySelectorAll("[data-line-chart]")) {
    if (window.echarts) window.lineChart(element, JSON.parse(document.getElementById(element.dataset.lineChart).textContent));
    else element.hidden = true;
  }
})();
