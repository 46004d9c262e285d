// Keeps the shell of handhelds for the time without a network: their pages, scripts and styles. Nothing about money is kept here.

const SHELL = "saoma-handheld-1";
const PATIENCE_MS = 4000;

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

const limited = (promise) => Promise.race([promise, new Promise((_, fail) => setTimeout(() => fail(new Error("slow")), PATIENCE_MS))]);

async function freshOrKept(request) {
  const kept = await caches.open(SHELL);
  const place = new URL(request.url);
  place.search = "";
  try {
    const answer = await limited(fetch(request));
    if (answer.ok && !answer.redirected) await kept.put(place.href, answer.clone());
    return answer;
  } catch (error) {
    const old = await kept.match(place.href);
    if (old) return old;
    throw error;
  }
}

async function keptOrFresh(request) {
  const kept = await caches.open(SHELL);
  const old = await kept.match(request);
  if (old) return old;
  const answer = await fetch(request);
  if (answer.ok) {
    // files of an older release are let go
    const version = new URL(request.url).pathname.split("/")[2];
    for (const known of await kept.keys()) {
      const path = new URL(known.url).pathname.split("/");
      if (path[1] === "assets" && path[2] !== version) await kept.delete(known);
    }
    await kept.put(request, answer.clone());
  }
  return answer;
}

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const path = new URL(request.url).pathname;
  if (request.method !== "GET") return;
  if (request.mode === "navigate" && path.startsWith("/t/")) event.respondWith(freshOrKept(request));
  else if (path.startsWith("/assets/")) event.respondWith(keptOrFresh(request));
});
