/* What every page needs: menus that close, dialogs that open, copying, and news for screen readers after a swap. */
(function () {
  // On a narrow page the open tab may lie beyond the edge.
  document.querySelectorAll(".tabs [aria-current]").forEach((tab) => {
    const tabs = tab.parentElement;
    tabs.scrollLeft = tab.offsetLeft - tabs.offsetLeft - (tabs.clientWidth - tab.offsetWidth) / 2;
  });

  function closeMenus(except) {
    document.querySelectorAll("details.menu[open], details.why[open]").forEach((menu) => {
      if (menu !== except && !menu.contains(except)) menu.removeAttribute("open");
    });
  }

  document.addEventListener("click", (event) => {
    closeMenus(event.target);
    const opener = event.target.closest("[data-open]");
    if (opener) document.getElementById(opener.dataset.open)?.showModal();
    const closer = event.target.closest("[data-close]");
    if (closer) closer.closest("dialog")?.close();
    const copier = event.target.closest("[data-copy]");
    if (copier) copy(copier);
    openRow(event);
  });

  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    const open = document.querySelector("details.menu[open], details.why[open]");
    if (open) open.querySelector("summary")?.focus();
    closeMenus(null);
  });

  // A row opens where it is clicked, but selecting text or pressing a control in it stays what it is.
  function openRow(event) {
    const row = event.target.closest("tr[data-href]");
    if (!row || event.target.closest("a, button, input, label, select, summary")) return;
    if (window.getSelection().toString()) return;
    if (event.metaKey || event.ctrlKey) window.open(row.dataset.href);
    else window.location.assign(row.dataset.href);
  }

  // Works without the clipboard API too: a desk on plain http in an office network has none.
  async function copy(button) {
    const text = button.dataset.copy;
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      const field = document.createElement("textarea");
      field.value = text;
      document.body.append(field);
      field.select();
      document.execCommand("copy");
      field.remove();
    }
    button.classList.add("copied");
    say(button.dataset.copied || "");
    setTimeout(() => button.classList.remove("copied"), 1500);
  }

  function say(text) {
    const live = document.getElementById("live");
    if (live) live.textContent = text;
  }

  // A form sent twice by a double click moves no money twice (the server sees to that), but it should not look so either.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method !== "post" || form.hasAttribute("hx-post") || event.defaultPrevented) return;
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "1";
  });
  window.addEventListener("pageshow", () => {
    document.querySelectorAll("form[data-sent]").forEach((form) => delete form.dataset.sent);
  });

  // Filters apply on change; the button stays for people without script.
  document.addEventListener("change", (event) => {
    const form = event.target.closest("form[data-autosubmit]");
    // A day changes with each digit typed: it is complete on Enter, or with the button (WCAG 3.2.2).
    if (form && event.target.type !== "date") form.requestSubmit();
  });

  // One box for all boxes of a list: they follow it, and it tells whether all of them are chosen.
  function chooseAll(all) {
    const boxes = [...document.querySelectorAll(`input[type="checkbox"][name="${all.dataset.chooseAll}"]`)];
    const told = () => (all.checked = boxes.length > 0 && boxes.every((box) => box.checked));
    all.addEventListener("change", () => boxes.forEach((box) => (box.checked = all.checked)));
    boxes.forEach((box) => box.addEventListener("change", told));
    told();
  }
  document.querySelectorAll("[data-choose-all]").forEach(chooseAll);

  // At the hand's width a filter would push the list off the screen: it folds behind one button unless it is in use.
  function foldFilters() {
    if (!window.matchMedia("(max-width: 767.98px)").matches) return;
    document.querySelectorAll("form.filters:not([data-folds])").forEach((form) => {
      const asked = (name) => !form.querySelector(`input[type="hidden"][name="${name}"]`); // a tab is no filter
      const used = [...new FormData(form)].some(([name, value]) => value !== "" && asked(name));
      const button = document.createElement("button");
      button.type = "button";
      button.className = "btn filter-toggle";
      // Open, the filter has a button of that name already: this one says what it does then.
      const fold = (folded) => {
        form.classList.toggle("folded", folded);
        button.textContent = (folded ? document.body.dataset.filter : document.body.dataset.hideFilter) || "…";
        button.setAttribute("aria-expanded", String(!folded));
      };
      button.addEventListener("click", () => fold(!form.classList.contains("folded")));
      form.dataset.folds = "1";
      fold(!used);
      form.prepend(button);
    });
  }
  foldFilters();

  // A form that is on its way is reckoned no more: the preview of an act that is done would be of another loan.
  const sent = new WeakSet();
  document.addEventListener("submit", (event) => {
    // Asked as attributes: a field of that name, as the method of a product, hides what the form says of itself.
    if (event.defaultPrevented || event.target.getAttribute("method") !== "post") return;
    sent.add(event.target);
    const reckoned = document.querySelectorAll(`[hx-include="#${event.target.getAttribute("id")}"]`);
    reckoned.forEach((part) => htmx.trigger(part, "htmx:abort"));
  });
  window.addEventListener("pageshow", () => document.querySelectorAll("form").forEach((form) => sent.delete(form)));
  document.addEventListener("htmx:beforeRequest", (event) => {
    const form = event.detail.elt.getAttribute("hx-include");
    if (form?.startsWith("#") && sent.has(document.querySelector(form))) event.preventDefault();
  });

  document.addEventListener("htmx:responseError", (event) => {
    const answer = event.detail.xhr;
    const isSentence = (answer.getResponseHeader("Content-Type") || "").startsWith("text/plain");
    tellFailure(isSentence ? answer.responseText : "", answer.getResponseHeader("Request-Id") || "");
  });
  document.addEventListener("htmx:sendError", () => tellFailure("", ""));

  // A refusal comes with its own sentence; anything else is told in general, with the number to name.
  function tellFailure(sentence, requestId) {
    const box = document.getElementById("failed");
    if (!box) return;
    box.hidden = false;
    box.querySelector("[data-general]").hidden = Boolean(sentence);
    box.querySelector("[data-sentence]").textContent = sentence;
    box.querySelector("[data-request-id]").textContent = requestId;
    box.scrollIntoView({ block: "nearest" });
  }

  document.addEventListener("htmx:afterSwap", (event) => {
    const box = document.getElementById("failed");
    if (box) box.hidden = true;
    foldFilters();
    const news = event.detail.target.querySelector?.("[data-say]");
    if (news) say(news.dataset.say);
    const dialog = event.detail.target.closest?.("dialog");
    if (dialog && !dialog.open) dialog.showModal();
  });
})();
