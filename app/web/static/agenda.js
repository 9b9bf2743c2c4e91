// The agenda: what is next by the clock, answers that wait for a connection, and the worker that keeps the page.
"use strict";

(() => {
  const words = document.getElementById("words").dataset;
  const QUEUE = `viaduc:${words.token}:queue`;
  const DRAFT = `viaduc:${words.token}:draft:`;
  const PATIENCE = 20000;
  const lang = document.documentElement.lang;

  // A browser that keeps nothing (private windows) still sends at once.
  const memory = new Map();
  const store = {
    get(key) { try { return JSON.parse(localStorage.getItem(key)) ?? memory.get(key); } catch { return memory.get(key); } },
    set(key, value) { memory.set(key, value); try { localStorage.setItem(key, JSON.stringify(value)); } catch { /* memory has it */ } },
    drop(key) { memory.delete(key); try { localStorage.removeItem(key); } catch { /* nothing was kept */ } },
  };

  // ---- By the clock -------------------------------------------------------------------------------------------
  const relative = new Intl.RelativeTimeFormat(lang, { numeric: "auto" });
  const until = (ms) => {
    const minutes = Math.round(ms / 60000);
    if (minutes < 90) return relative.format(minutes, "minute");
    return minutes < 36 * 60 ? relative.format(Math.round(minutes / 60), "hour") : relative.format(Math.round(minutes / 1440), "day");
  };
  const moment = (node, name) => Date.parse(node.dataset[name]);

  const tick = () => {
    const now = Date.now();
    const cards = [...document.querySelectorAll("#next [data-start]")];
    const next = cards.find((card) => moment(card, "end") > now);
    for (const card of cards) {
      // Delegates may sit at several tables in one round.
      card.hidden = !next || card.dataset.start !== next.dataset.start;
      if (card.hidden) continue;
      const running = moment(card, "start") <= now;
      card.querySelector("[data-label=next]").hidden = running;
      card.querySelector("[data-label=now]").hidden = !running;
      card.querySelector("[data-until]").textContent = running ? "" : ` ${until(moment(card, "start") - now)}`;
    }
    for (const over of document.querySelectorAll("#next [data-after]")) over.hidden = Boolean(next);
    for (const line of document.querySelectorAll("#day [data-start]")) {
      line.classList.toggle("past", moment(line, "end") <= now);
      line.classList.toggle("current", moment(line, "start") <= now && now < moment(line, "end"));
    }
    for (const box of document.querySelectorAll("[data-answer-from]")) box.hidden = moment(box, "answerFrom") > now;
  };

  // ---- Answers: kept first, then sent ---------------------------------------------------------------------------
  const forms = () => document.querySelectorAll("form[data-queue]");
  const content = (form) => new URLSearchParams(new FormData(form)).toString();
  const fill = (form, body) => {
    const said = new URLSearchParams(body);
    for (const field of form.elements) {
      if (field.type === "radio" || field.type === "checkbox") field.checked = said.get(field.name) === field.value;
      else if (field.name) field.value = said.get(field.name) ?? "";
    }
  };
  const say = (id, text, open = false) => {
    const form = document.getElementById(id);
    if (!form) return;
    form.querySelector("[data-state]").textContent = text;
    if (open) form.closest("details").open = true;
  };

  const note = () => {
    const waiting = Object.keys(store.get(QUEUE) ?? {}).length;
    const line = document.getElementById("line");
    line.querySelector("[data-queue-note]").textContent = waiting ? `${waiting} × ${words.saved}` : "";
    line.hidden = !waiting && line.querySelector("[data-live-note]").hidden;
  };

  const keep = (form) => {
    const queue = store.get(QUEUE) ?? {};
    queue[form.id] = { action: form.getAttribute("action"), body: content(form), at: Date.now() };
    store.set(QUEUE, queue);
    store.drop(DRAFT + form.id);
    note();
  };
  // Whether it was forgotten: something newer may have taken its place while it was on its way.
  const forget = (id, at) => {
    const queue = store.get(QUEUE) ?? {};
    if (queue[id]?.at !== at) return false;
    delete queue[id];
    if (Object.keys(queue).length) store.set(QUEUE, queue);
    else store.drop(QUEUE);
    note();
    return true;
  };

  const post = (item) => {
    const body = new URLSearchParams(item.body);
    // How long ago, not when: clocks of phones differ.
    body.set("age", String(Math.max(0, Math.round((Date.now() - item.at) / 1000))));
    return fetch(item.action, { method: "POST", body, headers: { Accept: "application/json" }, signal: AbortSignal.timeout?.(PATIENCE) });
  };

  const done = new Set();
  const sendOne = async (id, item) => {
    say(id, words.sending);
    try {
      const answer = await post(item);
      if (answer.ok) {
        if (forget(id, item.at)) { done.add(id); say(id, words.sent); }
        return true;
      }
      if (answer.status >= 500 || answer.status === 408 || answer.status === 429) say(id, words.saved);
      else if (forget(id, item.at)) {
        store.set(DRAFT + id, item.body);
        say(id, words.refused, true);
      }
    } catch {
      say(id, words.saved);
    }
    return false;
  };
  // Each answer once a round; what is said while a round is on its way goes with the next, at once.
  let sending = false, more = false;
  const send = async () => {
    if (sending) return;
    sending = true;
    let arrived = false;
    do {
      more = false;
      for (const [id, item] of Object.entries(store.get(QUEUE) ?? {})) arrived = await sendOne(id, item) || arrived;
    } while (more);
    sending = false;
    if (arrived) window.viaducLive?.refresh();
  };

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.matches("[data-queue]")) {
      event.preventDefault();
      keep(form);
      more = true;
      send();
    } else if (form.matches("[data-online]") && !navigator.onLine) {
      event.preventDefault();
      window.alert(words.offline);
    }
  });
  document.addEventListener("input", (event) => {
    const form = event.target.closest("form[data-queue]");
    if (!form) return;
    store.set(DRAFT + form.id, content(form));
    done.delete(form.id);
    say(form.id, words.draft);
  });

  // What waits or was begun stands in its form again, also after the page was exchanged in part.
  const restore = () => {
    const queue = store.get(QUEUE) ?? {};
    for (const form of forms()) {
      const draft = store.get(DRAFT + form.id);
      if (draft) { fill(form, draft); say(form.id, words.draft); }
      else if (queue[form.id]) { fill(form, queue[form.id].body); say(form.id, words.saved); }
      else if (done.has(form.id)) say(form.id, words.sent);
    }
    note();
  };

  // ---- The line, the worker, the home screen ----------------------------------------------------------------------
  document.addEventListener("live:state", (event) => { note(); if (event.detail.on) send(); });
  document.addEventListener("live:parts", () => { tick(); restore(); });
  window.addEventListener("online", send);
  window.addEventListener("offline", () => { document.querySelector("[data-live-note]").hidden = false; note(); });
  document.querySelector("[data-live-note]").hidden = navigator.onLine;

  if ("serviceWorker" in navigator) {
    navigator.serviceWorker.register("/agenda/sw.js", { scope: "/agenda/" }).catch(() => {});
    navigator.serviceWorker.ready.then((worker) => worker.active.postMessage({ keep: location.pathname }));
  }
  window.addEventListener("beforeinstallprompt", (event) => {
    event.preventDefault();
    const button = document.querySelector("[data-install]");
    button.hidden = false;
    button.onclick = () => event.prompt();
  });

  // An anchor (after a form without a script, or from a message) opens what it points to.
  const opened = document.querySelector(":target details:not(.more)");
  if (opened && !opened.hidden) opened.open = true;

  restore();
  tick();
  send();
  setInterval(tick, 15000);
  setInterval(() => { if (store.get(QUEUE)) send(); }, 30000);
})();
