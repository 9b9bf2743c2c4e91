// The schedule board by mouse, pen and keyboard. Every edit it sends is a form of the page, which works without it.
"use strict";

(() => {
  const board = () => document.getElementById("board");
  const cellOf = (node) => node && node.closest && node.closest("#board .cell");
  const link = (cell) => cell.querySelector("a, button");
  const pairOf = (cell) => (link(cell) && (link(cell).search || "").match(/[?&]m=(\d+)-(\d+)/) || []).slice(1);
  const spotOf = (cell) => (cell.id.match(/^c(\d+)-(\d+)$/) || []).slice(1);
  const revision = () => document.getElementById("said").dataset.revision;
  let picked = null; // {cell, pair}

  function announce(words) {
    const live = document.getElementById("live");
    live.textContent = "";
    requestAnimationFrame(() => { live.textContent = words; });
  }

  // One cell at a time is in the tab order; arrows walk between them.
  function rove(cell) {
    const now = board().querySelector('.cell > a[tabindex="0"]');
    if (now) now.tabIndex = -1;
    if (cell && link(cell)) link(cell).tabIndex = 0;
  }
  function prepare() {
    if (!board() || board().dataset.ready) return;
    board().dataset.ready = "1";
    settle();
    const asked = location.hash.match(/^#c\d+-\d+$/) && document.querySelector(location.hash);
    if (asked && link(asked)) rove(asked);
  }
  function settle() {
    const links = [...board().querySelectorAll(".cell > a")];
    const here = links.find((a) => a === document.activeElement) || links.find((a) => a.getAttribute("tabindex") === "0") || links[0];
    for (const a of links) { a.tabIndex = a === here ? 0 : -1; a.draggable = false; }
  }
  // The cell that an edit led to has the focus, once the browser has scrolled there (which takes the focus away).
  window.addEventListener("load", () => setTimeout(() => {
    const asked = board() && /^#c\d+-\d+$/.test(location.hash) && document.querySelector(location.hash);
    if (asked && link(asked)) link(asked).focus({ preventScroll: true });
  }));

  // The nearest cell in a direction, wherever the layout has put it.
  function neighbour(cell, key) {
    const from = cell.getBoundingClientRect();
    const sideways = key === "ArrowLeft" || key === "ArrowRight";
    const sign = key === "ArrowRight" || key === "ArrowDown" ? 1 : -1;
    let best = null;
    let least = Infinity;
    for (const other of board().querySelectorAll(".cell")) {
      if (other === cell || !link(other)) continue;
      const to = other.getBoundingClientRect();
      const along = sign * (sideways ? to.left - from.left : to.top - from.top);
      const across = Math.abs(sideways ? to.top - from.top : to.left - from.left);
      if (along < 4 || to.width === 0) continue;
      const far = along + across * 8;
      if (far < least) { least = far; best = other; }
    }
    return best;
  }
  function goTo(cell) {
    if (!cell) return;
    rove(cell);
    link(cell).focus();
    cell.scrollIntoView({ block: "nearest", inline: "nearest" });
  }

  // Picking up and putting down, by drag or by key.
  function pick(cell) {
    const pair = pairOf(cell);
    if (!pair.length) return false;
    picked = { cell, pair };
    cell.dataset.picked = "";
    board().dataset.picking = "";
    markBusy();
    return true;
  }
  function markBusy() {
    const { cell, pair } = picked;
    const busy = new Set();
    for (const other of board().querySelectorAll(".meeting")) {
      if (other !== cell && pairOf(other).some((who) => pair.includes(who))) busy.add(spotOf(other)[0]);
    }
    for (const free of board().querySelectorAll(".free")) free.toggleAttribute("data-busy", busy.has(spotOf(free)[0]));
  }
  function drop() {
    if (!picked) return;
    delete picked.cell.dataset.picked;
    delete board().dataset.picking;
    for (const cell of board().querySelectorAll("[data-busy], [data-over]")) { delete cell.dataset.busy; delete cell.dataset.over; }
    picked = null;
  }
  function putDown(target) {
    const { cell, pair } = picked;
    drop();
    if (!target || target === cell || !spotOf(target).length) { announce(document.getElementById("live").dataset.left); return; }
    const fields = { op: "move", m: pair.join("-"), revision: revision() };
    if (target.matches(".meeting")) fields.other = pairOf(target).join("-");
    else fields.to = spotOf(target).join(".");
    send(board().dataset.address, fields, target.id);
  }

  // Edits: the answer brings the cells that changed, the certificate and what was done.
  async function send(address, fields, focus, form) {
    const body = fields instanceof URLSearchParams ? fields : new URLSearchParams(fields);
    let answer;
    try {
      answer = await fetch(address, { method: "POST", body, headers: { "HX-Request": "true" } });
    } catch {
      fail(form);
      return;
    }
    const elsewhere = answer.headers.get("X-Board-Address");
    if (elsewhere) {
      location.assign(focus ? elsewhere.replace(/#.*/, `#${focus}`) : elsewhere);
      return;
    }
    const text = await answer.text();
    if (!(answer.headers.get("Content-Type") || "").startsWith("text/html") || !text.includes('id="said"')) {
      fail(form);
      return;
    }
    merge(text);
    const said = document.getElementById("said-words");
    announce(said.innerText);
    const unmade = !answer.ok || body.get("dry");
    if (unmade && tellBeside(form, [...said.cloneNode(true).childNodes])) return;
    if (!unmade) closePanel(false);
    const cell = focus && document.getElementById(focus);
    if (cell) goTo(cell);
  }
  // What was not made is told where it was asked for: beside the form in the panel, whose focus stays.
  function tellBeside(form, words) {
    const told = form && form.closest("#panel") && document.getElementById("told-here");
    if (!told) return false;
    told.replaceChildren(...words);
    told.hidden = false;
    form.append(told);
    told.scrollIntoView({ block: "nearest" });
    return true;
  }
  function fail(form) {
    const words = document.createElement("p");
    words.className = "caution";
    words.textContent = document.getElementById("live").dataset.failed;
    announce(words.textContent);
    if (!tellBeside(form, [words])) document.getElementById("said-words").replaceChildren(words);
  }
  function merge(text) {
    const parts = document.createElement("template");
    parts.innerHTML = text;
    if (window.viaducLive) window.viaducLive.took([...parts.content.children]);
    for (const part of [...parts.content.children]) {
      const old = part.id && document.getElementById(part.id);
      if (!old) continue;
      if (part.matches(".cell") && link(part)) { link(part).tabIndex = -1; link(part).draggable = false; }
      old.replaceWith(part);
    }
    lookAgain();
    const now = board() && !board().querySelector('.cell > a[tabindex="0"]') && board().querySelector(".cell > a");
    if (now) now.tabIndex = 0;
  }

  // What opens beside the board.
  let opener = null;
  async function open(a) {
    opener = cellOf(a) ? cellOf(a).id : null;
    let answer;
    try {
      answer = await fetch(a.href, { headers: { "HX-Request": "true" } });
    } catch { location.assign(a.href); return; }
    const text = await answer.text();
    if (!answer.ok || !text.includes('id="panel"')) { location.assign(a.href); return; }
    merge(text);
    const title = document.querySelector("#panel h3");
    if (title) title.focus({ preventScroll: true });
  }
  function closePanel(refocus) {
    const panel = document.getElementById("panel");
    if (!panel || panel.hidden) return;
    panel.hidden = true;
    panel.replaceChildren();
    const cell = refocus && opener && document.getElementById(opener);
    if (cell) goTo(cell);
  }

  document.addEventListener("click", (event) => {
    if (event.defaultPrevented || event.button || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const close = event.target.closest("[data-close]");
    if (close && board()) { event.preventDefault(); closePanel(true); return; }
    const chosen = event.target.closest("[data-pick]");
    if (chosen && board()) {
      const cell = [...board().querySelectorAll(".meeting")].find((c) => pairOf(c).join("-") === chosen.dataset.pick);
      if (!cell) return;
      event.preventDefault();
      closePanel(false);
      pick(cell);
      goTo(cell);
      announce(document.getElementById("live").dataset.picked);
      return;
    }
    const cell = cellOf(event.target);
    if (!cell || !event.target.closest("a")) return;
    event.preventDefault();
    if (dragged) { dragged = false; return; }
    rove(cell);
    if (picked) putDown(cell);
    else open(link(cell));
  });

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.matches("form[data-edit]") || !board()) return;
    event.preventDefault();
    const body = new URLSearchParams(new FormData(form));
    if (event.submitter && event.submitter.name) body.set(event.submitter.name, event.submitter.value);
    body.set("revision", revision());
    send(form.getAttribute("action"), body, opener, form);
  });

  document.addEventListener("keydown", (event) => {
    if (!board() || event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.key === "Escape") {
      if (picked) { const cell = picked.cell; drop(); goTo(cell); announce(document.getElementById("live").dataset.left); }
      else closePanel(true);
      return;
    }
    if (event.key === "/" && !document.activeElement.matches("input, textarea, select")) {
      event.preventDefault();
      document.getElementById("find").focus();
      return;
    }
    const cell = cellOf(document.activeElement);
    if (!cell) return;
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    if (key.startsWith("Arrow")) {
      event.preventDefault();
      goTo(neighbour(cell, key));
    } else if (key === "Home" || key === "End") {
      const all = [...cell.parentElement.querySelectorAll(".cell")].filter(link);
      event.preventDefault();
      goTo(key === "Home" ? all[0] : all[all.length - 1]);
    } else if (key === "n") {
      const hits = [...board().querySelectorAll('.cell[data-look="hit"]')].filter(link);
      const after = hits.find((hit) => cell.compareDocumentPosition(hit) & Node.DOCUMENT_POSITION_FOLLOWING);
      goTo(after || hits[0]);
    } else if (key === "m" && !picked && cell.matches(".meeting")) {
      pick(cell);
      announce(document.getElementById("live").dataset.picked);
    } else if (key === "l" && !picked && cell.matches(".meeting")) {
      const op = cell.hasAttribute("data-locked") ? "unlock" : "lock";
      send(board().dataset.address, { op, m: pairOf(cell).join("-"), revision: revision() }, cell.id);
    } else if (key === "z" || key === "y") {
      const form = document.querySelector(`#said form[action$="${key === "z" ? "undo" : "redo"}"]`);
      if (form && !form.querySelector("button").disabled) send(form.getAttribute("action"), { revision: revision() }, cell.id);
    }
  });

  // Dragging with mouse or pen; fingers scroll, and use "Choose on the board".
  let press = null;
  let ghost = null;
  let dragged = false;
  document.addEventListener("pointerdown", (event) => {
    const cell = cellOf(event.target);
    dragged = false;
    if (!cell || picked || event.button || event.pointerType === "touch" || !cell.matches(".meeting")) return;
    press = { cell, x: event.clientX, y: event.clientY };
  });
  document.addEventListener("pointermove", (event) => {
    if (!press) return;
    if (!ghost) {
      if (Math.hypot(event.clientX - press.x, event.clientY - press.y) < 6) return;
      if (!pick(press.cell)) { press = null; return; }
      ghost = document.createElement("div");
      ghost.dataset.ghost = "";
      ghost.textContent = [...press.cell.querySelectorAll("b")].map((b) => b.textContent).join(" – ");
      document.body.append(ghost);
      dragged = true;
    }
    event.preventDefault();
    ghost.style.transform = `translate(${event.clientX + 12}px, ${event.clientY + 12}px)`;
    const edge = event.clientY < 60 ? -14 : event.clientY > innerHeight - 90 ? 14 : 0;
    if (edge) scrollBy(0, edge);
    const over = cellOf(document.elementFromPoint(event.clientX, event.clientY));
    const before = board().querySelector("[data-over]");
    if (before && before !== over) delete before.dataset.over;
    if (over && over !== press.cell && spotOf(over).length) over.dataset.over = "";
  });
  function release(event, put) {
    if (!press) return;
    press = null;
    if (!ghost) return;
    ghost.remove();
    ghost = null;
    const over = put ? cellOf(document.elementFromPoint(event.clientX, event.clientY)) : null;
    putDown(over);
    // The click that follows a drag opens nothing; where none follows, the next click counts again.
    setTimeout(() => { dragged = false; }, 0);
  }
  document.addEventListener("pointerup", (event) => release(event, true));
  document.addEventListener("pointercancel", (event) => release(event, false));
  document.addEventListener("dragstart", (event) => { if (cellOf(event.target)) event.preventDefault(); });
  document.addEventListener("selectstart", (event) => { if (press) event.preventDefault(); });

  // Looking for somebody: found while typing.
  const fold = (words) => words.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase().trim();
  function highlight(typed, cells) {
    const words = fold(typed);
    for (const cell of cells) {
      if (!words) { delete cell.dataset.look; continue; }
      const hit = [...cell.querySelectorAll("b")].some((b) => fold(b.textContent).includes(words));
      cell.dataset.look = hit ? "hit" : "off";
    }
  }
  document.addEventListener("input", (event) => {
    if (event.target.id === "find" && board()) highlight(event.target.value, board().querySelectorAll(".meeting"));
  });
  document.addEventListener("change", (event) => {
    if (event.target.matches("#tools select, #tools [type=checkbox]")) event.target.form.requestSubmit();
  });

  function lookAgain() {
    const find = document.getElementById("find");
    if (find && find.value) highlight(find.value, board().querySelectorAll(".meeting:not([data-look])"));
  }

  // What others do arrives cell by cell (live.js). What is held, dragged or typed here stays, unless it is gone.
  document.addEventListener("live:part", (event) => {
    const { old, fresh } = event.detail;
    if (old.id === "said") {
      // The answer to what was done here is not written over for what happened elsewhere.
      if (fresh.dataset.revision === old.dataset.revision && fresh.dataset.plan === old.dataset.plan) event.preventDefault();
    } else if (old.id === "versions") {
      const typed = [...old.querySelectorAll("input:not([type=hidden])")].some((field) => field.value !== field.defaultValue);
      if (typed) { event.preventDefault(); event.detail.later = true; }
    } else if (picked && old.contains(picked.cell)) {
      if (old === picked.cell && pairOf(fresh).join() === picked.pair.join()) { event.preventDefault(); return; }
      letGo();
      announce(document.getElementById("live").dataset.taken);
    }
  });
  document.addEventListener("live:parts", () => {
    if (!board()) return;
    board().dataset.ready = "1";
    settle();
    lookAgain();
    if (picked) markBusy();
    const panel = document.querySelector("#panel[data-meeting]");
    if (!panel || panel.hidden) return;
    const [pair, spot] = panel.dataset.meeting.split("@");
    const now = [...board().querySelectorAll(".meeting")].find((cell) => pairOf(cell).join("-") === pair);
    panel.querySelector("[data-changed]").hidden = !!now && spotOf(now).join(".") === spot;
  });
  function letGo() {
    drop();
    press = null;
    if (ghost) ghost.remove();
    ghost = null;
  }

  prepare();
  document.addEventListener("htmx:afterSettle", prepare);
})();
