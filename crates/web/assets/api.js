// The API as screens use it: writes carry a key and are repeated with it until they are answered; orders are followed live.

import { Refused, data } from "./core.js";

export { Refused };

const RETRY_MS = [400, 800, 1500, 3000];
const POLL_MS = 2500;
/** Tells `online` and `offline`. */
export const net = new EventTarget();
let up = true;

function connection(is) {
  if (is === up) return;
  up = is;
  net.dispatchEvent(new Event(is ? "online" : "offline"));
}
/** Whether the last call reached the platform. */
export const isUp = () => up;
addEventListener("offline", () => connection(false));
addEventListener("online", () => connection(true));

/** A fresh key for a write. */
export function key() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (b) => b.toString(16).padStart(2, "0")).join("");
}

function headers(more) {
  const all = { accept: "application/json", ...more };
  if (data.terminal) all["x-saoma-terminal"] = data.terminal.id;
  if (data.csrf) all["x-csrf-token"] = data.csrf;
  return all;
}

const pause = (ms) => new Promise((done) => setTimeout(done, ms));

async function once(path, options) {
  let answer;
  try {
    answer = await fetch(path, { cache: "no-store", ...options });
  } catch {
    connection(false);
    return { again: true };
  }
  connection(true);
  if (answer.status === 503 || answer.status === 502 || answer.status === 504) {
    const problem = await answer.json().catch(() => ({ code: "busy", status: answer.status }));
    return { again: true, problem };
  }
  const body = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Refused({ code: "unexpected", status: answer.status, ...body });
  return { body };
}

/** Writes; repeats with the same key while the network or the platform is away. `give_up` may end it. */
export async function write(path, body, idempotency = key(), give_up = () => false) {
  const options = {
    method: "POST",
    headers: headers({ "content-type": "application/json", "idempotency-key": idempotency }),
    body: JSON.stringify(body),
  };
  for (let n = 0; ; n += 1) {
    const { body: answer, problem } = await once(path, options);
    if (answer) return answer;
    // a channel that is away will not come back by asking at once: the person decides
    if (problem?.code === "channel_unavailable" || give_up()) throw new Refused(problem ?? { code: "busy" });
    await pause(RETRY_MS[Math.min(n, RETRY_MS.length - 1)]);
  }
}

/** Reads; repeats while the network is away. */
export async function read(path) {
  for (let n = 0; ; n += 1) {
    const { body } = await once(path, { headers: headers({}) });
    if (body) return body;
    await pause(RETRY_MS[Math.min(n, RETRY_MS.length - 1)]);
  }
}

/** Calls `changed` with the object at `path` as it changes: live by `stream`, by asking while that is away. Answers how to stop. */
export function follow(path, stream, changed) {
  let stopped = false;
  let source;
  let last = "";
  const tell = (text) => {
    if (stopped || text === last) return;
    last = text;
    changed(JSON.parse(text));
  };
  const open = () => {
    source = new EventSource(stream);
    source.onmessage = (event) => {
      connection(true);
      tell(event.data);
    };
    source.addEventListener("end", () => source.close());
    source.onerror = () => {
      if (source.readyState === EventSource.CLOSED && !stopped) setTimeout(() => !stopped && open(), POLL_MS);
    };
  };
  const ask = async () => {
    while (!stopped) {
      await pause(POLL_MS);
      if (stopped || source.readyState === EventSource.OPEN) continue;
      const { body } = await once(path, { headers: headers({}) }).catch(() => ({}));
      if (body) tell(JSON.stringify(body));
    }
  };
  open();
  ask();
  return () => {
    stopped = true;
    source.close();
  };
}
