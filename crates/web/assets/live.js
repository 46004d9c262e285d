// Keeps a server-rendered page as it is now: whenever its stream tells of a change, the page is fetched again and its live parts are
// exchanged. Without scripts the reader reloads.

import { data, say } from "./core.js";

const CALM_MS = 250;
let due;
let busy = false;
let again = false;

function editing(part) {
  const focus = document.activeElement;
  return part.contains(focus) && focus.matches("input, select, textarea");
}

async function refresh() {
  if (busy) {
    again = true;
    return;
  }
  busy = true;
  try {
    const answer = await fetch(location.href, { cache: "no-store", headers: { accept: "text/html" } });
    if (answer.redirected && new URL(answer.url).pathname !== location.pathname) {
      location.assign(answer.url);
      return;
    }
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    const parts = fresh.querySelectorAll("[data-live]");
    document.querySelectorAll("[data-live]").forEach((part, n) => {
      const next = parts[n];
      if (!next || editing(part) || next.innerHTML === part.innerHTML) return;
      const open = [...part.querySelectorAll("details[open][data-keep]")].map((d) => d.dataset.keep);
      part.replaceChildren(...next.childNodes);
      for (const d of part.querySelectorAll("details[data-keep]")) d.open ||= open.includes(d.dataset.keep);
    });
  } catch {
    // the stream tells when the network is back
  } finally {
    busy = false;
    if (again) {
      again = false;
      soon();
    }
  }
}

function soon() {
  clearTimeout(due);
  due = setTimeout(refresh, CALM_MS);
}

function listen() {
  const source = new EventSource(data.stream);
  const lamp = document.querySelector("[data-lamp]");
  const tell = (live) => {
    if (!lamp) return;
    lamp.classList.toggle("down", !live);
    lamp.textContent = say(live ? "k.live" : "k.live_lost");
  };
  let first = true;
  source.onopen = () => {
    tell(true);
    if (!first) soon();
    first = false;
  };
  source.onmessage = soon;
  source.addEventListener("again", soon);
  source.addEventListener("end", () => source.close());
  source.onerror = () => {
    tell(false);
    if (source.readyState === EventSource.CLOSED) setTimeout(listen, 3000);
  };
}

if (data.stream) listen();
