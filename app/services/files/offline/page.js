"use strict";
// A whole event without a network. Everything people wrote becomes text nodes; nothing is read as markup.
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const main = document.getElementById("main");
  const people = new Map(data.people.map(p => [p.id, p]));
  const slots = data.slots, interpreters = new Map(data.interpreters);
  const STATES = ["expected", "here", "late", "absent", "gone"];
  const KEY = `viaduc-${data.event.id}-${data.made}`;
  const kept = read();
  let lang = data.words[kept.lang] ? kept.lang : data.lang;
  let tab = "clock", person = null, place = data.places[lang].length ? data.places[lang][0][0] : null, round = null, asked = "";

  function read() {
    try { return Object.assign({ said: {}, shift: 0 }, JSON.parse(localStorage.getItem(KEY) || "{}")); }
    catch { return { said: {}, shift: 0 }; }
  }
  function keep() {
    try { localStorage.setItem(KEY, JSON.stringify(kept)); return true; } catch { return false; }
  }
  const say = (key, values = {}) =>
    data.words[lang][key].replace(/%\((\w+)\)s/g, (_, name) => String(values[name]));
  const placeName = index => new Map(data.places[lang]).get(index) || "–";
  const fold = text => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
  const starts = slot => slot.start + kept.shift * 60000, ends = slot => slot.end + kept.shift * 60000;
  const time = moment => new Intl.DateTimeFormat(lang === "en" ? "en-GB" : lang,
    { timeZone: data.event.zone, hour: "2-digit", minute: "2-digit" }).format(moment);
  const span = slot => `${time(starts(slot))} – ${time(ends(slot))}`;
  const state = id => (kept.said[id] || {}).state || "expected";
  const away = id => state(id) === "absent" || state(id) === "gone";

  function make(tag, given = {}, ...inside) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(given)) {
      if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
      else if (value !== null && value !== false) element.setAttribute(name, value === true ? "" : value);
    }
    element.append(...inside.flat().filter(item => item !== null && item !== undefined));
    return element;
  }
  const button = (text, act, given = {}) => make("button", { type: "button", onclick: act, ...given }, text);
  function field(key, control) {
    return make("label", { class: "field" }, make("span", {}, say(key)), control);
  }
  function choice(options, chosen, act) {
    const select = make("select", { onchange: e => act(e.target.value) },
      options.map(([value, text]) => make("option", { value }, text)));
    select.value = String(chosen);
    return select;
  }
  function rows(heads, body) {
    return make("table", {}, make("thead", {}, make("tr", {}, heads.map(h => make("th", { scope: "col" }, say(h))))),
      make("tbody", {}, body));
  }
  function named(id) {
    const known = people.get(id);
    if (!away(id)) return make("strong", {}, known.name);
    return make("strong", { class: "away" }, make("s", {}, known.name), ` (${say(state(id))})`);
  }
  function under(id) { return make("div", { class: "soft" }, people.get(id).facts); }

  // Where the day stands by this device's clock.
  function moment(now) {
    const current = slots.find(slot => now < ends(slot));
    if (!current) return { phase: slots.length ? "over" : "none" };
    const following = slots[slots.indexOf(current) + 1];
    return { phase: now >= starts(current) ? "round" : slots[0] === current ? "before" : "break", current, following };
  }
  function left(ms) {
    const days = Math.floor(ms / 86400000);
    if (days > 0) return new Intl.NumberFormat(lang, { style: "unit", unit: "day", unitDisplay: "long" }).format(days);
    const seconds = Math.max(0, Math.ceil(ms / 1000)), minutes = Math.floor(seconds / 60);
    const two = n => String(n).padStart(2, "0");
    return minutes >= 60 ? `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(seconds % 60)}` : `${two(minutes)}:${two(seconds % 60)}`;
  }

  const views = {
    clock() {
      const what = make("p", { class: "what" }), rest = make("p", { class: "left", role: "timer" });
      const next = make("p", { class: "next" }), bar = make("progress", { max: "1", value: "0", "aria-hidden": "true" });
      const board = make("div", { class: "clock" }, what, rest, bar, next);
      function tick() {
        if (!board.isConnected) return;
        const now = Date.now(), at = moment(now);
        const until = at.phase === "round" ? ends(at.current) : at.current ? starts(at.current) : 0;
        const number = at.current ? slots.indexOf(at.current) + 1 : 0;
        const heading = { round: () => say("round_of", { number, total: slots.length }), before: () => say("before"),
          break: () => say("pause"), over: () => say("over"), none: () => say("nothing_here") }[at.phase]();
        if (what.textContent !== heading) what.textContent = heading;
        rest.textContent = until ? left(until - now) : "";
        board.classList.toggle("far", until - now >= 3600000);
        bar.hidden = at.phase !== "round";
        if (at.phase === "round") bar.value = (now - starts(at.current)) / (ends(at.current) - starts(at.current));
        const coming = at.phase === "round" ? at.following : at.current;
        const text = coming ? say("next_at", { number: slots.indexOf(coming) + 1, time: time(starts(coming)) }) : "";
        if (next.textContent !== text) next.textContent = text;
        board.classList.toggle("last", at.phase === "round" && until - now < 60000);
        setTimeout(tick, 250);
      }
      queueMicrotask(tick);
      const shifted = make("span", { class: "soft" }, say("shifted", { minutes: kept.shift }));
      const move = by => () => { kept.shift += by; keep(); shifted.textContent = say("shifted", { minutes: kept.shift }); };
      return [make("h2", { class: "hidden" }, say("clock")), board, make("div", { class: "row" },
        button("− 1", move(-1), { "aria-label": say("earlier") }), button("+ 1", move(1), { "aria-label": say("later") }), shifted,
        document.fullscreenEnabled ? button(say("full"), () => board.requestFullscreen()) : null)];
    },
    people() {
      const list = make("ul", { class: "plain hits" });
      const shown = make("div", { "aria-live": "polite" });
      const agenda = id => { person = id; shown.replaceChildren(...own(id)); };
      function search() {
        const words = fold(asked).split(/\s+/).filter(Boolean);
        const found = data.people.filter(p => words.every(w => fold(p.name + " " + p.facts).includes(w)));
        list.replaceChildren(...found.slice(0, words.length ? 12 : 0).map(p =>
          make("li", {}, button(p.name, () => agenda(p.id)))));
      }
      const box = make("input", { type: "search", value: asked, autocomplete: "off", oninput: e => { asked = e.target.value; search(); } });
      search();
      if (person !== null) agenda(person);
      return [make("h2", {}, say("people")), field("search", box), list, shown];
    },
    places() {
      const body = data.meetings.filter(m => m.place === place).sort((a, b) => a.slot - b.slot).map(m =>
        make("tr", { class: isNow(m.slot) ? "now" : null }, make("td", { class: "big" }, span(slots[m.slot])),
          make("td", {}, named(m.a), under(m.a)), make("td", {}, named(m.b), under(m.b), told(m))));
      return [make("h2", {}, say("places")),
        field("place", choice(data.places[lang], place, v => { place = Number(v); show(); })),
        body.length ? rows(["time", "participant", "partner"], body) : nothing()];
    },
    rounds() {
      const at = moment(Date.now());
      const chosen = round !== null ? round : Math.max(0, slots.indexOf(at.current));
      const body = data.meetings.filter(m => m.slot === chosen).map(m =>
        make("tr", {}, make("td", { class: "big" }, placeName(m.place)),
          make("td", {}, named(m.a), under(m.a)), make("td", {}, named(m.b), under(m.b), told(m))));
      const busy = new Set(data.meetings.filter(m => m.slot === chosen).flatMap(m => [m.a, m.b]));
      const pausing = data.people.filter(p => !busy.has(p.id) && (!p.rounds || p.rounds.includes(chosen)) && !away(p.id));
      return [make("h2", {}, say("rounds")),
        field("round", choice(slots.map((s, i) => [i, `${i + 1}: ${span(s)}`]), chosen, v => { round = Number(v); show(); })),
        body.length ? rows(["place", "participant", "partner"], body) : nothing(),
        pausing.length ? make("p", { class: "soft" }, `${say("pausing")}: ${pausing.map(p => p.name).join(", ")}`) : null];
    },
    desk() {
      const counts = make("dl", { class: "counts" });
      function count() {
        counts.replaceChildren(...STATES.map(s => make("div", {}, make("dt", {}, say(s)),
          make("dd", {}, String(data.people.filter(p => state(p.id) === s).length)))));
      }
      const list = make("div", { class: "people" });
      function mark(p, wanted) {
        // Who is late for a round that runs is there from the next one on.
        const now = moment(Date.now()), next = now.phase === "round" ? now.following : now.current;
        const open = next ? slots.indexOf(next) : Math.max(0, slots.length - 1);
        if (wanted === "expected") delete kept.said[p.id];
        else kept.said[p.id] = { state: wanted, round: wanted === "late" ? open : null, at: new Date().toISOString() };
        if (!keep()) alert(say("not_kept"));
        count();
      }
      function entry(p) {
        const buttons = STATES.slice(1).map(s => button(say(s), () => {
          mark(p, state(p.id) === s ? "expected" : s);
          for (const [i, b] of buttons.entries()) b.setAttribute("aria-pressed", String(state(p.id) === STATES[i + 1]));
        }, { "aria-pressed": String(state(p.id) === s) }));
        return make("div", { class: "person", role: "group", "aria-label": p.name },
          make("div", {}, make("strong", {}, p.name), under(p.id)), make("div", { class: "row" }, buttons));
      }
      function search(words) {
        const wanted = fold(words);
        list.replaceChildren(...data.people.filter(p => fold(p.name).includes(wanted)).map(entry));
      }
      search(""); count();
      return [make("h2", {}, say("desk")), counts,
        make("p", { class: "soft" }, say("desk_hint")),
        make("div", { class: "row" }, button(say("save_file"), save, { class: "full" }), button(say("forget"), forget)),
        field("search", make("input", { type: "search", autocomplete: "off", oninput: e => search(e.target.value) })), list];
    },
  };

  function own(id) {
    const held = data.meetings.filter(m => m.a === id || m.b === id).sort((a, b) => a.slot - b.slot);
    const body = held.map(m => {
      const other = m.a === id ? m.b : m.a, turned = m.a !== id;
      const why = m.why ? (turned ? [m.why[1], m.why[0]] : m.why) : [];
      return make("tr", { class: isNow(m.slot) ? "now" : null }, make("td", { class: "big" }, span(slots[m.slot])),
        make("td", { class: "big" }, placeName(m.place)), make("td", {}, named(other), under(other),
          why.map(([facet, tongue, text], i) => make("div", { class: "quote" }, make("b", {}, `${say((i ? "they_" : "you_") + facet)}: `),
            make("span", { lang: tongue }, text))), told(m)));
    });
    return [make("h3", {}, named(id)), under(id), held.length ? rows(["time", "place", "partner"], body) : nothing()];
  }
  const isNow = slot => Date.now() >= starts(slots[slot]) && Date.now() < ends(slots[slot]);
  const told = m => m.interpreter === null ? null : make("div", { class: "soft" }, say("interpreter_number", { number: m.interpreter + 1 }));
  const nothing = () => make("p", { class: "note" }, say("nothing_here"));

  function save() {
    const said = Object.entries(kept.said).map(([id, word]) => ({ actor_id: Number(id), ...word }));
    const file = { kind: "viaduc-attendance", version: 1, event_id: data.event.id, plan: data.plan, made: data.made, saved: new Date().toISOString(), said };
    const address = URL.createObjectURL(new Blob([JSON.stringify(file, null, 1)], { type: "application/json" }));
    const link = make("a", { href: address, download: `viaduc-${data.event.id}-attendance.json` });
    document.body.append(link); link.click(); link.remove();
    setTimeout(() => URL.revokeObjectURL(address), 10000);
  }
  function forget() {
    if (!confirm(say("forget_sure"))) return;
    kept.said = {}; keep(); show();
  }
  function show() {
    document.documentElement.lang = lang;
    document.getElementById("event").textContent = data.event.name;
    document.getElementById("facts").textContent = [data.event.place, data.facts[lang]].filter(Boolean).join(" · ");
    document.querySelectorAll("[data-say]").forEach(e => { e.textContent = say(e.dataset.say); });
    document.getElementById("tabs").replaceChildren(...Object.keys(views).map(key =>
      button(say(key), () => { tab = key; show(); main.focus(); }, { "aria-current": key === tab ? "page" : null })));
    main.replaceChildren(...views[tab]().flat().filter(Boolean));
  }
  document.getElementById("lang").append(...Object.entries(data.languages).map(([code, name]) => make("option", { value: code, lang: code }, name)));
  document.getElementById("lang").value = lang;
  document.getElementById("lang").addEventListener("change", e => { lang = kept.lang = e.target.value; keep(); show(); });
  show();
})();
