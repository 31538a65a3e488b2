/* Single keys for people who live here. Off for one person by a setting (WCAG 2.1.4); never with a modifier, never while typing. */
(function () {
  const enabled = () => document.body.dataset.shortcuts !== "off";
  const typing = (node) => node.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(node.tagName);
  const rows = () => [...document.querySelectorAll("[data-rows] .row-link")].filter((link) => link.offsetParent !== null);
  let waitingForPlace = false;

  function move(step) {
    const links = rows();
    if (!links.length) return;
    const at = links.findIndex((link) => link.closest("tr, li")?.contains(document.activeElement));
    const next = links[at < 0 ? 0 : Math.min(Math.max(at + step, 0), links.length - 1)];
    next.focus();
    next.scrollIntoView({ block: "nearest" });
  }

  function open() {
    const row = document.activeElement.closest("tr, li");
    row?.querySelector(".row-link")?.click();
  }

  const keys = {
    j: () => move(1),
    k: () => move(-1),
    o: open,
    "/": () => document.getElementById("search")?.focus(),
    "?": () => document.getElementById("keys")?.showModal(),
    // No time limit: the next key, whatever it is, ends the waiting (WCAG 2.2.1).
    g: () => (waitingForPlace = true),
  };

  // Pages add keys by data-key="r" on a button or link; the printed key and the working key cannot differ.
  function press(key) {
    const target = [...document.querySelectorAll(`[data-key="${CSS.escape(key)}"]`)].find((node) => node.offsetParent !== null);
    if (!target || target.disabled || target.getAttribute("aria-disabled") === "true") return false;
    // What moves money, binds somebody or closes a day is only reached by its key; Enter does it (WCAG 3.3.4).
    if (/^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName) || target.hasAttribute("data-weighty")) target.focus();
    else target.click();
    return true;
  }

  function go(key) {
    waitingForPlace = false;
    document.querySelector(`[data-go="${CSS.escape(key)}"]`)?.click();
  }

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.defaultPrevented) return;
    if (event.key === "Escape" && event.target.id === "search") event.target.blur();
    if (!enabled() || typing(event.target) || document.querySelector("dialog[open]")) return;
    if (waitingForPlace) {
      event.preventDefault();
      go(event.key);
    } else if (press(event.key)) {
      event.preventDefault();
    } else if (keys[event.key]) {
      event.preventDefault();
      keys[event.key]();
    }
  });
})();
