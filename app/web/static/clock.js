// The clock on the wall. It counts by the server's time and goes on when the network drops: the rounds stand in the
// page, and a change of theirs arrives through live.js.
"use strict";

(() => {
  const byId = (id) => document.getElementById(id);
  const FAR = 20 * 3600e3, LAST = 60e3;

  // The server's clock, carried by the browser's steady one. A word that travelled long only makes it late, so the
  // earliest of the last words counts.
  const samples = [+document.body.dataset.liveSince - performance.now()];
  const hear = (now) => { samples.push(now - performance.now()); if (samples.length > 12) samples.shift(); };
  const serverNow = () => Math.max(...samples) + performance.now();
  document.addEventListener("live:time", (event) => {
    if (samples.length === 1) samples.length = 0;
    hear(event.detail.now);
  });

  let rounds = [];
  const read = () => {
    rounds = [...byId("strip").children].map((item) => ({
      item,
      number: +item.dataset.round + 1,
      start: +item.dataset.start,
      end: +item.dataset.end,
      cancelled: "cancelled" in item.dataset,
      times: JSON.parse(item.dataset.times),
      days: JSON.parse(item.dataset.days),
    }));
  };

  const stand = (now) => {
    const held = rounds.filter((r) => !r.cancelled);
    const ahead = held.filter((r) => now < r.end);
    if (!held.length) return { phase: "unplanned" };
    if (!ahead.length) return { phase: "after" };
    const [current, following] = ahead;
    if (current.start <= now) {
      return { phase: current.end - now <= LAST ? "last" : "round", running: true, current, coming: following,
        until: current.end };
    }
    const phase = current.start - now > FAR ? "far" : current === held[0] ? "before" : "pause";
    return { phase, current, coming: current, until: phase === "far" ? 0 : current.start };
  };

  const fill = (block, here) => {
    for (const line of block.querySelectorAll("[data-pattern]")) {
      const words = {
        n: here.running ? here.current.number : "",
        next: here.coming?.number ?? "",
        time: here.coming?.times[line.lang] ?? "",
        day: here.coming?.days[line.lang] ?? "",
      };
      const text = line.dataset.pattern.replace(/\{(\w+)\}/g, (_, name) => words[name]);
      if (line.textContent !== text) line.textContent = text;
    }
  };
  const show = (selector, name, wanted, here) => {
    for (const block of document.querySelectorAll(selector)) {
      const shown = block.dataset[name] === wanted;
      if (shown) fill(block, here);
      if (block.hidden === shown) block.hidden = !shown;
    }
  };

  const two = (n) => String(n).padStart(2, "0");
  const figure = (ms) => {
    const s = Math.ceil(ms / 1000);
    return s >= 3600 ? `${Math.floor(s / 3600)}:${two(Math.floor(s / 60) % 60)}:${two(s % 60)}` : `${Math.floor(s / 60)}:${two(s % 60)}`;
  };

  const wallTime = new Intl.DateTimeFormat(document.documentElement.lang === "en" ? "en-GB" : document.documentElement.lang,
    { timeZone: byId("clock-now").dataset.zone, hour: "2-digit", minute: "2-digit" });
  const put = (node, text) => { if (node.textContent !== text) node.textContent = text; };

  const markStrip = (now, here) => {
    const lang = Object.keys(rounds[0]?.days ?? {})[0], today = (here.current ?? rounds.at(-1))?.days[lang];
    for (const r of rounds) {
      r.item.hidden = r.days[lang] !== today;
      if (here.running && r === here.current) r.item.setAttribute("aria-current", "step");
      else r.item.removeAttribute("aria-current");
      r.item.classList.toggle("over", r.end <= now);
    }
  };

  const tick = () => {
    const now = serverNow(), here = stand(now);
    document.documentElement.dataset.phase = here.phase;
    show("[data-say]", "say", here.phase, here);
    show("[data-next]", "next", here.running && !here.coming ? "end" : here.phase, here);
    byId("figures").hidden = !here.until;
    if (here.until) {
      const text = figure(here.until - now);
      const figures = byId("figures");
      if (figures.textContent !== text) {
        // A box a figure, so that nothing dances.
        figures.replaceChildren(...[...text].map((sign) => Object.assign(document.createElement("span"), { textContent: sign })));
        for (const box of figures.children) box.classList.toggle("colon", box.textContent === ":");
      }
      figures.classList.toggle("long", text.length > 5);
    }
    byId("gone-by").hidden = !here.running;
    if (here.running) byId("gone-by").value = (now - here.current.start) / (here.current.end - here.current.start);
    markStrip(now, here);
    put(byId("clock-now"), wallTime.format(now));
    // Just after the next full second of what is shown.
    setTimeout(tick, here.until ? ((here.until - now) % 1000) + 15 : 1000 - (now % 1000) + 15);
  };

  document.addEventListener("live:parts", () => { read(); markStrip(serverNow(), stand(serverNow())); });
  read();
  tick();

  // A wall does not go to sleep; both need a gesture or a page in front in most browsers.
  const stayAwake = () => { if (!document.hidden) navigator.wakeLock?.request("screen").catch(() => {}); };
  document.addEventListener("visibilitychange", stayAwake);
  stayAwake();
  const full = byId("full");
  full.hidden = !document.fullscreenEnabled;
  if (!full.hidden) {
    full.addEventListener("click", () => { document.documentElement.requestFullscreen(); stayAwake(); });
    document.addEventListener("fullscreenchange", () => { full.hidden = Boolean(document.fullscreenElement); });
  }
})();
