// Calls as the operator who is signed in. A call that gets no answer says so at once: what has to be repeated is in the queue.

import { Refused, data } from "./core.js";

export { Refused };

/** The network or the platform is away. */
export class Away extends Error {}

/** Tells `change` when the network goes or comes. */
export const net = new EventTarget();
let up = navigator.onLine;
export const isUp = () => up;
function is(now) {
  if (now === up) return;
  up = now;
  net.dispatchEvent(new Event("change"));
}
addEventListener("offline", () => is(false));
addEventListener("online", () => is(true));

/** What proves that writes are meant: the session's token. */
export const session = { csrf: "" };

/** A fresh key for a write. */
export function key() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (b) => b.toString(16).padStart(2, "0")).join("");
}

const LIMIT_MS = 12000;

export async function call(method, path, { body, raw, once } = {}) {
  const headers = { accept: "application/json" };
  if (method !== "GET") Object.assign(headers, { "idempotency-key": once ?? key(), "x-csrf-token": session.csrf });
  if (body !== undefined) headers["content-type"] = "application/json";
  if (raw) headers["content-type"] = raw.type;
  let answer;
  try {
    answer = await fetch(path, { method, headers, cache: "no-store", body: raw ?? (body === undefined ? undefined : JSON.stringify(body)), signal: AbortSignal.timeout(LIMIT_MS) });
  } catch {
    is(false);
    throw new Away();
  }
  is(true);
  if ([502, 503, 504].includes(answer.status)) {
    const problem = await answer.json().catch(() => ({}));
    if (problem.code === "channel_unavailable") throw new Refused(problem);
    throw new Away();
  }
  if (answer.status === 204) return {};
  const told = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Refused({ code: "unexpected", status: answer.status, ...told });
  return told;
}

export const read = (path) => call("GET", path);
export const write = (path, body, once) => call("POST", path, { body, once });
export const own = (path) => `${data.paths.own}${path}`;
