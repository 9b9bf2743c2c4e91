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

// From the network, and kept for later; a link that is closed is forgotten.
async function fresh(request) {
  const answer = await fetch(request);
  const cache = await caches.open(PAGES);
  const path = new URL(request.url).pathname;
  if (answer.ok && !answer.redirected) await cache.put(path, answer.clone());
  else if (answer.status === 404) await cache.delete(path);
  return answer;
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
