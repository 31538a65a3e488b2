/* Small help on the pages of acts: fill an amount by one press, print a paper, keep "settle" shut for a day to come. */
document.addEventListener("click", (event) => {
  const filler = event.target.closest("[data-fill]");
  if (filler) {
    const field = document.getElementById(filler.dataset.fill);
    field.value = filler.dataset.value;
    field.dispatchEvent(new Event("input", { bubbles: true }));
    field.focus();
  }
  if (event.target.closest("[data-print]")) window.print();
});

document.addEventListener("htmx:afterSwap", (event) => {
  const quote = event.detail.target.querySelector("[data-settle-open]");
  if (!quote) return;
  const open = quote.dataset.settleOpen === "yes";
  document.querySelector("#act-form .btn-primary").disabled = !open;
  document.getElementById("preview").hidden = !open; // the quote says that its day has not come: no second refusal
  const amount = document.getElementById("id_amount");
  if (amount.value !== quote.dataset.settleWith) {
    amount.value = quote.dataset.settleWith;
    amount.dispatchEvent(new Event("input", { bubbles: true }));
  }
});
