"""Ways through a browser page that hold on a slow machine."""

import re

from playwright.sync_api import Page, expect


def arrive(page: Page, glob: str) -> None:
    """Wait until the page has an address like ``glob``.

    It asks again and again where the page is, so a navigation that is over before the waiting begins is seen as well.
    """
    pattern = re.escape(glob).replace(r"\*\*", ".*").replace(r"\*", ".*")
    expect(page).to_have_url(re.compile(f"{pattern}$"), timeout=15_000)
    page.wait_for_load_state()


def assert_fits(page: Page, width: int) -> None:
    """Nothing of the page stands out at the side, once it is laid out for a window of ``width`` pixels."""
    page.wait_for_function("width => document.documentElement.scrollWidth <= width", arg=width)


_FLAWS = r"""() => {
  const flaws = [], seen = new Set(), shown = one => one.checkVisibility();
  for (const one of document.querySelectorAll("[id]")) {
    if (seen.has(one.id)) flaws.push(`two elements have the id ${one.id}`);
    seen.add(one.id);
  }
  for (const name of ["aria-labelledby", "aria-describedby", "aria-controls"])
    for (const one of document.querySelectorAll(`main [${name}]`))
      for (const id of one.getAttribute(name).split(/\s+/).filter(Boolean))
        if (!seen.has(id)) flaws.push(`${name} names ${id}, which is not there`);
  for (const one of document.querySelectorAll("main input, main select, main textarea"))
    if (one.type !== "hidden" && shown(one) && !one.labels?.length && !one.ariaLabel)
      flaws.push(`no label: ${one.outerHTML}`);
  for (const one of document.querySelectorAll("main a[href], main button"))
    if (shown(one) && !(one.ariaLabel || one.textContent).trim()) flaws.push(`no name: ${one.outerHTML}`);
  for (const one of document.querySelectorAll("main img")) if (one.alt === "") flaws.push(`no alt: ${one.src}`);
  for (const one of document.querySelectorAll("main table"))
    if (!one.querySelector("th[scope]")) flaws.push("a table without headers");
  let before = 0;
  for (const one of document.querySelectorAll("main h1, main h2, main h3, main h4")) {
    const level = Number(one.tagName[1]);
    if (level > before + 1) flaws.push(`h${level} after h${before}: ${one.textContent.trim()}`);
    before = level;
  }
  if (document.querySelectorAll("h1").length !== 1) flaws.push("not one h1");
  return flaws;
}"""
_FOCUS = r"""() => {
  const one = document.activeElement;
  if (!one || one === document.body) return null;
  const css = getComputedStyle(one), chip = one.closest("label"), around = chip ? getComputedStyle(chip) : css;
  const ring = style => (style.outlineStyle !== "none" && style.outlineWidth !== "0px") || style.boxShadow !== "none";
  const all = [...document.querySelectorAll("*")];
  return { place: all.indexOf(one), what: one.outerHTML.slice(0, 160), ringed: ring(css) || ring(around) };
}"""


def assert_named_and_in_order(page: Page) -> None:
    """What whoever hears the page needs: names, labels, headers, headings in order, and no reference to nothing."""
    flaws = page.evaluate(_FLAWS)
    assert not flaws, f"{page.url}:\n" + "\n".join(flaws)


def assert_walked_by_keyboard(page: Page, most: int = 250) -> int:
    """Tab goes from the top of the page through all of it and out again, always forward, and shows where it is.

    Returns at how many places it stopped.
    """
    page.evaluate("() => { document.activeElement?.blur(); window.scrollTo(0, 0) }")
    before, stops, again = -1, 0, 0
    for _n in range(most):
        page.keyboard.press("Tab")
        found = page.evaluate(_FOCUS)
        if found is None or (stops and found["place"] < before):
            return stops
        again = again + 1 if found["place"] == before else 0
        parts = 4 if 'type="date"' in found["what"] else 1  # year, month, day and the calendar are a stop each
        assert again < parts, f"the focus is kept by {found['what']}"
        assert found["ringed"] or again, f"nobody sees that this has the focus: {found['what']}"
        before, stops = found["place"], stops + 1
    raise AssertionError(f"{most} tabs do not lead out of the page")
