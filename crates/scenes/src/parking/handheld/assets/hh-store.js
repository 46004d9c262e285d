// What the browser keeps: payments that wait to be sent, their photos, the stays for the time without a network, who works here.

import { data } from "./core.js";

const NAME = `saoma-handheld-${data.terminal.id}`;
const STORES = ["queue", "photos", "kept"];

let opened;
function open() {
  opened ??= new Promise((done, fail) => {
    const ask = indexedDB.open(NAME, 1);
    ask.onupgradeneeded = () => STORES.forEach((name) => ask.result.createObjectStore(name));
    ask.onsuccess = () => done(ask.result);
    ask.onerror = () => fail(ask.error);
  });
  return opened;
}

/** One request of a transaction that is on disk when this answers. */
async function run(store, mode, act) {
  const db = await open();
  return new Promise((done, fail) => {
    const work = db.transaction(store, mode, mode === "readwrite" ? { durability: "strict" } : {});
    const ask = act(work.objectStore(store));
    work.oncomplete = () => done(ask?.result);
    work.onerror = work.onabort = () => fail(work.error);
  });
}

export const put = (store, key, value) => run(store, "readwrite", (s) => s.put(value, key));
export const get = (store, key) => run(store, "readonly", (s) => s.get(key));
export const all = (store) => run(store, "readonly", (s) => s.getAll());
export const remove = (store, key) => run(store, "readwrite", (s) => s.delete(key));
