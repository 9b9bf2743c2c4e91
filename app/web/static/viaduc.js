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

// What was pressed shows at once that it was, and is not sent twice; a page that stays (a file came) is free again soon.
const STAYS = 8000;
let waiting = 0;
const busy = (on) => {
  clearTimeout(waiting);
  document.documentElement.toggleAttribute("data-busy", on);
  if (on) waiting = setTimeout(free, STAYS);
};
const free = () => {
  busy(false);
  for (const form of document.querySelectorAll("form[aria-busy]")) form.removeAttribute("aria-busy");
};
// On the window: whoever sends a form itself (htmx, the board, the desk) has said so before.
window.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.target) return;
  if (form.hasAttribute("aria-busy")) { event.preventDefault(); return; }
  form.setAttribute("aria-busy", "true");
  busy(true);
});
document.addEventListener("htmx:beforeRequest", () => busy(true));
document.addEventListener("htmx:afterRequest", () => busy(false));
window.addEventListener("pageshow", free);

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-print]")) window.print();
});

// A new answer scrolls into view and the page shrinks its opening.
document.addEventListener("htmx:afterSwap", (event) => {
  if (event.target.id !== "answer") return;
  document.querySelector(".hero").classList.add("compact");
  for (const node of document.querySelectorAll(".promise, .count")) node.remove();
});
