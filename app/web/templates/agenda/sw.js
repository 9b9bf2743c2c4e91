// Keeps the agenda readable without a connection. Its text names every file it keeps: a new file is a new worker.
"use strict";

const SHELL = "viaduc-shell-{{ version }}";
const PAGES = "viaduc-agendas";
const FILES = [{% for address in shell %}"{{ address }}"{{ "" if loop.last else ", " }}{% endfor %}];
const PAGE = /^\/agenda\/[0-9a-f]+-[a-z2-7]{32}$/;
const PATIENCE = 4000;

self.addEventListener("install", (event) => {
  event.waitUntil(caches.open(SHELL).then((cache) => cache.addAll(FILES)).then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => {
  const old = (name) => name.startsWith("viaduc-shell-") && name !== SHELL;
  event.waitUntil(
    caches.keys().then((names) => Promise.all(names.filter(old).map((name) => caches.delete(name)))).then(() => self.clients.claim()),
  );
});

// The first load came before this worker did: the page asks to be kept.
self.addEventListener("message", (event) => {
  if (PAGE.test(event.data?.keep ?? "")) {
    event.waitUntil(fresh(new Request(event.data.keep, { cache: "no-store", credentials: "same-origin" })).catch(() => {}));
  }
});

self.addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  if (event.request.method !== "GET" || url.origin !== self.location.origin) return;
  if (url.pathname.startsWith("/static/")) event.respondWith(kept(event.request));
  else if (PAGE.test(url.pathname)) {
    event.respondWith(event.request.mode === "navigate" ? page(event.request) : fresh(event.request));
  }
});

// From the network, and kept for later; a link that is closed is forgotten. What was asked later wins, whatever comes
// back last.
let asked = 0;
let settled = Promise.resolve();
const newest = new Map();
async function fresh(request) {
  const turn = ++asked;
  const answer = await fetch(request);
  const url = new URL(request.url);
  // What a form was answered is for once: it does not stand in the copy.
  const copy = answer.ok && !answer.redirected && !url.searchParams.has("changed") ? answer.clone() : null;
  settled = settled.then(() => keep(url.pathname, turn, answer.status, copy)).catch(() => {});
  await settled;
  return answer;
}

async function keep(path, turn, status, copy) {
  if (turn < (newest.get(path) ?? 0)) return;
  newest.set(path, turn);
  const cache = await caches.open(PAGES);
  if (copy) await cache.put(path, copy);
  else if (status === 404) await cache.delete(path);
}

// A page: from the network when it answers in time and in health, else as it was.
async function page(request) {
  const saved = await (await caches.open(PAGES)).match(new URL(request.url).pathname);
  if (!saved) return fresh(request);
  const patience = new Promise((resolve) => setTimeout(resolve, PATIENCE));
  const answer = await Promise.race([fresh(request).catch(() => null), patience]);
  return answer && answer.status < 500 ? answer : saved;
}

async function kept(request) {
  return (await (await caches.open(SHELL)).match(request)) ?? fetch(request);
}
