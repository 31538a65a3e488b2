/* Runs before first paint, so that a dark desk never flashes white. "auto" follows the device. */
(function () {
  const root = document.documentElement;
  const dark = window.matchMedia("(prefers-color-scheme: dark)");

  function paint() {
    const wanted = root.dataset.theme || "auto";
    root.dataset.bsTheme = wanted === "auto" ? (dark.matches ? "dark" : "light") : wanted;
  }

  paint();
  dark.addEventListener("change", paint);
  document.addEventListener("desk:theme", (event) => {
    root.dataset.theme = event.detail;
    paint();
  });
})();
