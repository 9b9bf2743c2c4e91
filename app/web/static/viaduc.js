// The only script of our own: conveniences. Every page works without it.
"use strict";

// Menus close on Escape and on a click elsewhere.
document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});

// Printing needs a script, so its button shows only where there is one.
for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}

// A form that takes a while says so, and is not sent twice.
document.addEventListener("submit", (event) => {
  const button = event.target.querySelector("[data-busy]");
  if (!button) return;
  button.textContent = button.dataset.busy;
  button.disabled = true;
});
window.addEventListener("pageshow", (event) => {
  if (event.persisted && document.querySelector("[data-busy]:disabled")) window.location.reload();
});

// A new answer scrolls into view and the page shrinks its opening.
document.addEventListener("htmx:afterSwap", (event) => {
  if (event.target.id !== "answer") return;
  document.querySelector(".hero").classList.add("compact");
  for (const node of document.querySelectorAll(".promise, .count")) node.remove();
});
