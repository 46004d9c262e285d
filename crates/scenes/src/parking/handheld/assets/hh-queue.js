// Cash that was taken is written down here before it is sent, and sent until it is answered. Every step has a key of its own, made
// when the money was taken: repeating it does nothing twice, whatever was lost on the way.

import { data, say } from "./core.js";
import { Away, Refused, key, own, read, write, call, net } from "./hh-api.js";
import * as store from "./hh-store.js";

const EVERY_MS = 15000;
const KEEP_MS = 7 * 24 * 3600 * 1000;
/** Tells `change` when an item moved on. */
export const queue = new EventTarget();

/** What is kept, newest first. */
export const items = async () => (await store.all("queue")).sort((a, b) => b.at - a.at);

async function keep(item) {
  await store.put("queue", item.id, item);
  queue.dispatchEvent(new Event("change"));
}

/** Takes a cash payment down. From here on it is not lost. */
export async function takeDown({ stay, plate, due, tendered, pricedAt, quote, photos, reason }) {
  const id = key();
  const item = {
    id, at: Date.now(), stay, plate, due, tendered, pricedAt, quote, reason, state: "waiting",
    orderKey: key(), lateKey: key(), attemptKey: key(), reasonKey: key(), order: null, paid: false, change: tendered - due, photos: [],
  };
  for (const [n, photo] of photos.entries()) {
    const place = `${id}-${n}`;
    await store.put("photos", place, photo.blob);
    item.photos.push({ place, kind: `evidence_${n + 1}`, key: key(), sha256: photo.sha256, taken_at: new Date(photo.at).toISOString(), sent: false });
  }
  await keep(item);
  return item;
}

/** The order of an item: from its quote, priced again for the moment the money was taken, or the one that is open for this car. */
async function order(item) {
  const sale = { scene: "parking", site: data.terminal.site, terminal: data.terminal.id };
  if (item.quote) {
    try {
      return await write("/v1/orders", { quote: item.quote }, item.orderKey);
    } catch (error) {
      if (!(error instanceof Refused) || !["quote_expired", "subject_has_open_order"].includes(error.code)) throw error;
    }
  }
  try {
    return await write("/v1/orders", { ...sale, request: { stay: item.stay, taken_at: new Date(item.pricedAt).toISOString() } }, item.lateKey);
  } catch (error) {
    if (!(error instanceof Refused) || error.code !== "subject_has_open_order") throw error;
    const stay = await read(`/v1/parking/stays/${item.stay}`);
    if (!stay.open_order) throw error;
    return read(`/v1/orders/${stay.open_order}`);
  }
}

/** Sends what of an item was not sent yet. */
async function send(item) {
  if (!item.order) {
    const made = await order(item);
    item.order = made.id;
    item.charged = made.amount.value;
    await keep(item);
  }
  if (!item.paid) {
    if (item.charged === 0) throw new Refused({ code: "order_paid" });
    const paid = await write(`/v1/orders/${item.order}/attempts`, { presentment: "cash", channel: "cash", terminal: data.terminal.id, tendered: { value: item.tendered, currency: data.currency.code } }, item.attemptKey);
    item.paid = true;
    item.back = item.due - item.charged;
    item.change = paid.change?.value ?? item.change;
    await keep(item);
  }
  for (const photo of item.photos.filter((p) => !p.sent)) {
    const blob = await store.get("photos", photo.place);
    const about = new URLSearchParams({ kind: photo.kind, order: item.order, taken_at: photo.taken_at, sha256: photo.sha256 });
    if (blob) await call("POST", own(`/evidence?${about}`), { raw: blob, once: photo.key });
    photo.sent = true;
    await keep(item);
    await store.remove("photos", photo.place);
  }
  if (item.reason && !item.reasonSent) {
    await write(own("/no-evidence"), { order: item.order, reason: item.reason }, item.reasonKey);
    item.reasonSent = true;
  }
  item.state = "done";
  await keep(item);
}

/** What has to be seen by a person: the money is here, and the platform does not want it. */
const CONTESTED = ["order_paid", "order_not_open", "order_closed", "tendered_too_little", "parking_stay_ended", "parking_no_stay", "attempt_in_progress"];

let sending = Promise.resolve();
/** Sends what waits, one after the other. Answers whether the network was there. */
export function flush() {
  sending = sending.catch(() => {}).then(async () => {
    for (const item of (await items()).reverse()) {
      if (item.state === "done" && Date.now() - item.at > KEEP_MS) await store.remove("queue", item.id);
      if (item.state !== "waiting") continue;
      try {
        await send(item);
      } catch (error) {
        if (error instanceof Away) return false;
        if (error.status === 401 || error.code === "unauthenticated") return false;
        item.note = error.message;
        // once the money is booked, only the evidence is left: it is tried again
        if (!item.paid && CONTESTED.includes(error.code)) item.state = "contested";
        else item.trouble = `${error.code} ${error.detail ?? ""}`.trim();
        await keep(item);
      }
    }
    return true;
  });
  return sending;
}

/** A contested item was settled with the driver by hand. */
export async function settle(item) {
  item.state = "settled";
  await keep(item);
}

export const worded = (item) => (item.state === "contested" ? say("ph.contested_say", { why: item.note ?? "" }) : say(`ph.q_${item.state}`));

setInterval(flush, EVERY_MS);
net.addEventListener("change", flush);
