/* The log form by keyboard: l goes to the outcomes, Enter in the note saves (Shift+Enter makes a new line). */
(function () {
  const form = document.querySelector("[data-log]");
  if (!form) return;

  document.addEventListener("keydown", (event) => {
    const typing = /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName);
    const off = document.body.dataset.shortcuts === "off" || document.querySelector("dialog[open]");
    if (event.key !== "l" || typing || off || event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    event.preventDefault();
    (form.querySelector("input[name=outcome]:checked") || form.querySelector("input[name=outcome]")).focus();
    form.scrollIntoView({ block: "nearest" });
  });

  form.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.target.tagName === "BUTTON") return;
    event.preventDefault();
    form.requestSubmit();
  });
})();
