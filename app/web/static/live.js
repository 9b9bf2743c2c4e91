// Live pages. <div data-live="/live/events/7" data-live-since="…ms"> names the stream; every element with an id and
// `data-live-part` is fetched again with the page after a change and after a lost connection. No word is understood
// beyond "look again", so whatever was missed is caught up. Without EventSource, or while it fails, the page asks
// every POLL ms. `data-live-topics` names what concerns the page (absent: everything), `data-live-page` its address
// where that is not the browser's, `data-live-version` what it says now (an ETag, so that the same is not sent again); a
// part with `data-live-or-reload` that is no longer there loads the page anew.
// Other scripts listen on document to "live:part" (detail.old, detail.fresh: is about to be exchanged; who cancels it
// keeps the old one, with detail.later until the focus moves), "live:parts" (parts were exchanged), "live:time"
// (detail.now: the server's clock in ms) and "live:state" (detail.on); `data-live-note` shows while the line is cut.
"use strict";

(() => {
  const root = document.querySelector("[data-live]");
  if (!root) return;
  const POLL = 10000, DEAD = 40000, HIDDEN = 10000, GAP = 400;
  let source = null, opened = false, deaf = false, lastWord = 0, failures = 0;
  let busy = false, again = false, pending = false, nextFetch = 0, spread = 0, deeds = 0;
  let version = root.dataset.liveVersion ?? "";

  const say = (name, detail) => document.dispatchEvent(new CustomEvent(name, { detail, cancelable: true }));
  const topics = (root.dataset.liveTopics ?? "").split(" ").filter(Boolean);

  let on = null;
  const state = (now) => {
    if (now === on) return;
    on = now;
    document.documentElement.dataset.liveState = now ? "on" : "off";
    for (const note of document.querySelectorAll("[data-live-note]")) note.hidden = now;
    say("live:state", { on: now });
  };

  const REACH = "a[href], button, summary, input, select, textarea, [tabindex]";

  // What was typed, chosen or ticked and not sent yet goes over into the fresh part, where the same field stands in it.
  const begun = (field) => {
    if (field.matches("[type=checkbox], [type=radio]")) return field.checked !== field.defaultChecked;
    if (!field.matches("select")) return field.value !== field.defaultValue;
    return field.selectedIndex !== Math.max(0, [...field.options].findIndex((option) => option.defaultSelected));
  };
  const carry = (old, node) => {
    for (const field of old.querySelectorAll("input[id]:not([type=hidden]), select[id], textarea[id]")) {
      // Queued answers keep themselves.
      if (!begun(field) || field.form?.matches("[data-queue]")) continue;
      const same = node.querySelector("#" + CSS.escape(field.id));
      if (same?.type !== field.type) continue;
      if (field.matches("[type=checkbox], [type=radio]")) { if (same.value === field.value) same.checked = field.checked; }
      else if (!same.options || [...same.options].some((option) => option.value === field.value)) same.value = field.value;
    }
  };

  // Exchange a part; open details, the focus and what is being typed survive.
  const exchange = (old, fresh) => {
    const node = document.importNode(fresh, true);
    const active = document.activeElement;
    if (active && old.contains(active) && active.matches("input, textarea, select") && active.type !== "radio") {
      return false;
    }
    const asked = { old, fresh: node, later: false };
    if (!say("live:part", asked)) return !asked.later;
    const place = active && old.contains(active) ? [...old.querySelectorAll(REACH)].indexOf(active) : -1;
    if (old.matches("details[open]")) node.open = true;
    for (const details of old.querySelectorAll("details[open][id]")) {
      const same = node.querySelector("#" + CSS.escape(details.id));
      if (same) same.open = true;
    }
    carry(old, node);
    old.replaceWith(node);
    if (window.htmx) window.htmx.process(node);
    if (place >= 0) node.querySelectorAll(REACH)[place]?.focus({ preventScroll: true });
    return true;
  };

  // What the server last said of each part: scripts may have changed it since (who may be reached by Tab, say).
  const shown = new WeakMap();
  for (const part of document.querySelectorAll("[data-live-part][id]")) shown.set(part, part.outerHTML);
  const refresh = async () => {
    if (busy) { again = true; return; }
    busy = true;
    clearTimeout(nextFetch);
    const began = performance.now(), known = deeds;
    try {
      const headers = version ? { "X-Live": "1", "If-None-Match": version } : { "X-Live": "1" };
      const answer = await fetch(root.dataset.livePage ?? location.href, { headers, cache: "no-store" });
      if (answer.status === 304) { if (!source) state(true); return; }
      if (answer.status === 404 || answer.status === 410) { location.reload(); return; }
      if (answer.status === 503 || answer.status === 429) {
        // Too many ask at this moment: nothing is cut, and it is asked again when the server says, not all at once.
        nextFetch = setTimeout(refresh, (1 + Math.random()) * 1000 * (Number(answer.headers.get("Retry-After")) || 2));
        return;
      }
      if (!answer.ok) throw new Error(answer.status);
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      // What was done here meanwhile is newer than this answer.
      if (known !== deeds) { again = true; return; }
      let changed = 0;
      // Lists whose rows came or went are exchanged as a whole; otherwise row by row, so that no tap meets a new row.
      const rows = (list) => [...list.children].map((row) => row.id).join();
      for (const old of document.querySelectorAll("[data-live-list][id]")) {
        const fresh = page.getElementById(old.id);
        if (fresh && rows(fresh) !== rows(old) && exchange(old, fresh)) changed += 1;
      }
      for (const old of document.querySelectorAll("[data-live-part][id]")) {
        const fresh = page.getElementById(old.id);
        if (!fresh && old.hasAttribute("data-live-or-reload")) { location.reload(); return; }
        if (!fresh || fresh.outerHTML === (shown.get(old) ?? old.outerHTML)) continue;
        if (exchange(old, fresh)) { shown.set(document.getElementById(fresh.id), fresh.outerHTML); changed += 1; }
        else pending = true;
      }
      version = pending ? "" : (answer.headers.get("ETag") ?? "");
      if (changed) say("live:parts", { changed });
      if (!source) state(true);
    } catch {
      state(false);
      nextFetch = setTimeout(refresh, POLL);
    } finally {
      // A page that is slow to come is asked for less often: it rests five times as long as it took.
      const rest = Math.max(GAP, Math.min(5 * (performance.now() - began), POLL));
      setTimeout(() => {
        busy = false;
        if (again) { again = false; refresh(); }
      }, rest);
    }
  };

  // Hundreds of pages hear the same word: the server says over how many ms they spread their questions.
  const soon = (within) => {
    if (!within) { refresh(); return; }
    if (!spread) spread = setTimeout(() => { spread = 0; refresh(); }, Math.random() * within);
  };

  // What could not be exchanged because somebody was typing in it.
  document.addEventListener("focusout", () => { if (pending) { pending = false; setTimeout(refresh, GAP); } });

  const hear = (event) => {
    lastWord = Date.now();
    failures = 0;
    const told = JSON.parse(event.data);
    say("live:time", { now: told.now });
    deaf = !told.listening;
    return told;
  };

  const open = () => {
    if (source || document.hidden || !("EventSource" in window)) return;
    const since = !opened && root.dataset.liveSince ? "?since=" + root.dataset.liveSince : "";
    source = new EventSource(root.dataset.live + (opened ? "?since=" + (Date.now() + 86400000) : since));
    lastWord = Date.now();
    source.addEventListener("hello", (event) => {
      const told = hear(event);
      state(true);
      if (opened) soon(told.within);
      opened = true;
    });
    source.addEventListener("change", (event) => {
      const told = hear(event);
      state(true);
      if (!topics.length || told.topics.some((topic) => topic === "all" || topics.includes(topic))) soon(told.within);
    });
    source.addEventListener("beat", (event) => { hear(event); state(true); });
    source.onerror = () => {
      failures += 1;
      if (failures > 1) state(false);
      if (source && source.readyState === EventSource.CLOSED) close();
    };
  };
  const close = () => { source?.close(); source = null; };

  // One watch for everything that a browser does not tell: dead lines, refused streams, a deaf server.
  setInterval(() => {
    if (document.hidden) return;
    if (source && Date.now() - lastWord > DEAD) { close(); state(false); }
    if (!source) open();
  }, 5000);
  setInterval(() => {
    if (!document.hidden && (!source || source.readyState !== EventSource.OPEN || deaf)) refresh();
  }, POLL);

  // A tab that nobody sees gives its line back: browsers allow six to one host.
  let leaving = 0;
  document.addEventListener("visibilitychange", () => {
    clearTimeout(leaving);
    if (document.hidden) leaving = setTimeout(close, HIDDEN);
    else if (!source) { open(); refresh(); }
  });
  window.addEventListener("online", () => { close(); open(); });
  window.addEventListener("offline", () => state(false));
  window.addEventListener("pagehide", close);
  window.addEventListener("pageshow", (event) => { if (event.persisted) { open(); refresh(); } });

  // Another script took parts from an answer of its own: `took` before it changes them, so that they are known.
  const took = (parts) => {
    deeds += 1;
    version = "";
    for (const part of parts) if (part.matches("[data-live-part][id]")) shown.set(part, part.outerHTML);
  };

  window.viaducLive = { refresh, took, carry };
  open();
})();
