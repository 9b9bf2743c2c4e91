// The desk: marks are kept without leaving the list, the list is narrowed as one types, minutes count down.
// Every form works without this; what comes back are the parts of the page that changed.
"use strict";

(() => {
  const list = document.getElementById("people");
  const desk = document.querySelector("form[data-desk]");
  const filter = document.querySelector("form[data-desk-filter]");
  const fold = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

  // Narrowing, unless the address already narrowed the list: then the rest is not here.
  let state = "";
  const local = list && filter && !("narrowed" in filter.dataset);
  const narrow = () => {
    if (!local) return;
    const words = fold(filter.elements.q.value).split(/\s+/).filter(Boolean), side = filter.elements.side.value;
    let shown = 0;
    for (const row of list.children) {
      const name = fold(row.querySelector(".name a").textContent);
      const fits = words.every((word) => name.includes(word)) && (!side || row.dataset.side === side)
        && (!state || row.dataset.state === state);
      row.hidden = !fits;
      shown += fits;
    }
    document.getElementById("nobody").hidden = shown > 0;
    for (const link of document.querySelectorAll("#day-counts a")) {
      if (link.dataset.state === state) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
    }
  };
  if (local) {
    filter.addEventListener("input", narrow);
    filter.addEventListener("submit", (event) => { event.preventDefault(); narrow(); });
    document.addEventListener("click", (event) => {
      const link = event.target.closest("#day-counts a, #nobody a");
      if (!link || event.metaKey || event.ctrlKey || event.shiftKey) return;
      event.preventDefault();
      state = link.dataset.state ?? "";
      if (link.closest("#nobody")) { filter.elements.q.value = ""; filter.elements.side.value = ""; }
      narrow();
    });
    document.addEventListener("live:parts", narrow);
  }

  // One mark: shown as said at once, kept, and exchanged for what the desk knows then.
  const exchange = (page) => {
    const parts = [...page.querySelectorAll("[data-live-part][id]")].map((fresh) => document.importNode(fresh, true));
    window.viaducLive?.took(parts);
    for (const part of parts) {
      const old = document.getElementById(part.id);
      if (old) window.viaducLive?.carry(old, part);
      old?.replaceWith(part);
    }
    document.dispatchEvent(new CustomEvent("live:parts", { detail: { changed: 1 } }));
  };
  desk?.addEventListener("submit", async (event) => {
    const button = event.submitter;
    if (!button?.value) return;
    event.preventDefault();
    const row = button.closest("li"), which = [...row.querySelectorAll(".mark")].indexOf(button);
    const pressed = button.getAttribute("aria-pressed");
    row.querySelector(".failed")?.remove();
    row.classList.add("saving");
    button.setAttribute("aria-pressed", pressed === "true" ? "false" : "true");
    try {
      const answer = await fetch(desk.action, { method: "POST", headers: { "X-Live": "1" }, body: new URLSearchParams({ mark: button.value }) });
      if (!answer.ok) throw new Error(answer.status);
      exchange(new DOMParser().parseFromString(await answer.text(), "text/html"));
      const again = document.getElementById(row.id);
      if (again && (document.activeElement === document.body || !document.activeElement)) {
        again.querySelectorAll(".mark")[which]?.focus({ preventScroll: true });
      }
    } catch {
      row.classList.remove("saving");
      button.setAttribute("aria-pressed", pressed);
      const note = document.createElement("p");
      note.className = "failed";
      note.setAttribute("role", "alert");
      note.textContent = desk.dataset.failed;
      row.querySelector(".who").append(note);
    }
  });

  // A computation says that it runs.
  document.addEventListener("submit", (event) => {
    const form = event.target.closest("form[data-wait]");
    if (!form || !event.submitter) return;
    const button = event.submitter;
    setTimeout(() => { button.textContent = form.dataset.wait; button.disabled = true; }, 0);
  });
  window.addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });

  // A form that opens over the page closes on Escape and on a click elsewhere.
  const close = (menu) => { menu.open = false; };
  document.addEventListener("click", (event) => {
    for (const menu of document.querySelectorAll("details.menu-more[open]")) if (!menu.contains(event.target)) close(menu);
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const menu of document.querySelectorAll("details.menu-more[open]")) { close(menu); menu.querySelector("summary").focus(); }
  });

  // Minutes left, by the server's clock.
  let skew = +(document.querySelector("[data-live-since]")?.dataset.liveSince ?? Date.now()) - Date.now();
  document.addEventListener("live:time", (event) => { skew = event.detail.now - Date.now(); tick(); });
  const tick = () => {
    for (const left of document.querySelectorAll("[data-until]")) {
      const minutes = Math.max(0, Math.ceil((+left.dataset.until - Date.now() - skew) / 60000));
      left.hidden = minutes > 99;
      left.textContent = left.dataset.pattern.replace("{}", minutes);
    }
  };
  document.addEventListener("live:parts", tick);
  setInterval(() => {
    const over = [...document.querySelectorAll("[data-until]")].some((left) => +left.dataset.until <= Date.now() + skew);
    tick();
    // A round begins or ends: nothing changed in the database, but the page says something else.
    if (over) window.viaducLive?.refresh();
  }, 5000);
})();
