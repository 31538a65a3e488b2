/* Alpine components (CSP build: no expressions in markup beyond a name). State here is only what the server need not know. */
document.addEventListener("alpine:init", () => {
  // The navigation drawer of narrow screens.
  Alpine.data("shell", () => ({
    open: false,
    get expanded() {
      return this.open ? "true" : "false";
    },
    toggle() {
      this.open = !this.open;
      document.body.classList.toggle("nav-open", this.open);
      if (this.open) this.$nextTick(() => document.querySelector(".side a")?.focus());
    },
    close() {
      if (!this.open) return;
      this.toggle();
      this.$refs.opener?.focus();
    },
  }));

  // Seconds until a lock-out ends; the page says the same in words when it starts.
  Alpine.data("countdown", () => ({
    left: 0,
    init() {
      this.left = Number(this.$el.dataset.seconds || 0);
      const timer = setInterval(() => {
        this.left = Math.max(0, this.left - 1);
        if (this.left === 0) clearInterval(timer);
      }, 1000);
    },
    get clock() {
      const minutes = Math.floor(this.left / 60);
      return `${minutes}:${String(this.left % 60).padStart(2, "0")}`;
    },
    get over() {
      return this.left === 0;
    },
    get running() {
      return this.left > 0;
    },
  }));

  // A choice that shows at once what it does: light, dark, like my device.
  Alpine.data("themeChoice", () => ({
    show(event) {
      document.dispatchEvent(new CustomEvent("desk:theme", { detail: event.target.value }));
    },
  }));

  // A revealed value is masked again after half a minute.
  Alpine.data("revealed", () => ({
    init() {
      setTimeout(() => {
        this.$refs.value.textContent = this.$el.dataset.mask;
        this.$el.querySelector("[data-copy]")?.setAttribute("data-copy", this.$el.dataset.mask);
      }, Number(this.$el.dataset.seconds || 30) * 1000);
    },
  }));
});
