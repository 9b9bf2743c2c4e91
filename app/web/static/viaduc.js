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

// Printing needs a script, so its button shows only where there is one, also in what was loaded later.
const showPrint = () => document.querySelectorAll("[data-print]").forEach((button) => { button.hidden = false; });
showPrint();
for (const later of ["htmx:afterSettle", "live:parts"]) document.addEventListener(later, showPrint);
document.addEventListener("click", (event) => {
  if (event.target.closest("[data-print]")) window.print();
});

// A new answer scrolls into view and the page shrinks its opening.
document.addEventListener("htmx:afterSwap", (event) => {
  if (event.target.id !== "answer") return;
  document.querySelector(".hero").classList.add("compact");
  for (const node of document.querySelectorAll(".promise, .count")) node.remove();
});
