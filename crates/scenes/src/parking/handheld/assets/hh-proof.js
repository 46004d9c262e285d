// Photos of a payment that a wallet made: kept first, then sent, like those of cash.

import { key } from "./hh-api.js";
import { flush } from "./hh-queue.js";
import * as store from "./hh-store.js";

/** Puts the evidence of a paid order into the queue and sends it. */
export async function proof(order, stay, { photos, reason }) {
  const id = key();
  const item = { id, at: Date.now(), stay: stay.id, plate: stay.plate, state: "waiting", order, paid: true, reason, reasonKey: key(), photos: [] };
  for (const [n, photo] of photos.entries()) {
    const place = `${id}-${n}`;
    await store.put("photos", place, photo.blob);
    item.photos.push({ place, kind: `evidence_${n + 1}`, key: key(), sha256: photo.sha256, taken_at: new Date(photo.at).toISOString(), sent: false });
  }
  await store.put("queue", id, item);
  await flush();
}
