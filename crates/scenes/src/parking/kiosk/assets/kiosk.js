// The kiosk: one driver at a time, from the plate to the permission to leave. What is true stands in the order and in the machine; this only asks,
// shows and presses.

import { data, el } from "./core.js";
import { Refused, follow, isUp, key, net, read, write } from "./api.js";
import { listen } from "./scanner.js";
import { draw as drawView } from "./kiosk-views.js";

const MACHINE_MS = 600;
const MACHINE_CALM_MS = 5000;
const FRESH = { view: "plate", plate: "", found: null, stay: null, order: null, own: false, method: null, channel: null, attemptId: null, trouble: null, sending: false, print: null, earlier: null, cashKey: null, at: 0 };

export const state = { ...FRESH, machine: null };
const stage = document.getElementById("stage");
let stopFollowing = () => {};
let touched = Date.now();
let shown = "";

/** Changes the state and draws. */
export function set(change) {
  Object.assign(state, change);
  draw();
}

function draw() {
  const view = viewOf();
  const focus = document.activeElement?.dataset?.focus;
  const node = drawView(state, view);
  stage.replaceChildren(node);
  if (view !== shown) {
    shown = view;
    scrollTo(0, 0);
    (stage.querySelector("[data-first]") ?? stage.querySelector("h1"))?.focus({ preventScroll: true });
  } else if (focus) stage.querySelector(`[data-focus="${focus}"]`)?.focus({ preventScroll: true });
  document.getElementById("offline").hidden = isUp();
  document.body.dataset.view = view;
}

const live = (credit) => credit && ["open", "paying", "returning"].includes(credit.state);

/** The credit of this screen's order, or one that is on its way back. */
export const credit = () => {
  const held = state.machine?.credit;
  return held && (held.order === state.order?.id || held.state === "returning") ? held : null;
};

/** What the screen shows, worked out from the order and the machine. */
export function viewOf() {
  const { order } = state;
  const held = credit();
  if (order && ["paid", "fulfilled"].includes(order.state)) return "paid";
  if (state.method === "cash" && held) {
    if (held.state === "returning") return "returning";
    if (held.state === "returned" && held.back > 0) return "returned";
    if (held.state === "owed") return "owed";
  }
  if (order && order.state === "closed") return "over";
  if (order) return state.method ?? "bill";
  return state.view;
}

/** The terminal's own payments. */
export const offers = (presentment) => data.offers.filter((offer) => offer.presentments.includes(presentment));

function trouble(error) {
  if (!(error instanceof Refused)) console.error(error);
  set({ sending: false, trouble: { title: error.message, say: error.detail ?? "" } });
}

/** Runs something that may be refused; the refusal is shown where the person looks. */
async function attempt(work) {
  if (state.sending) return;
  set({ sending: true, trouble: null });
  try {
    await work();
    set({ sending: false });
  } catch (error) {
    trouble(error);
  }
}

/** Looks the plate up (P6). */
export const find = () =>
  attempt(async () => {
    const typed = state.plate.trim();
    if (!typed) return;
    const query = new URLSearchParams({ site: data.terminal.site, plate: typed });
    const page = await read(`/v1/parking/lookup?${query}`);
    state.found = page.items;
    state.view = "found";
  });

/** The driver says which car it is: the bill is made (P7), or the one that is open for this car is taken (P23). */
export const choose = (stay) =>
  attempt(async () => {
    state.stay = await read(`/v1/parking/stays/${stay}`);
    try {
      const body = { scene: "parking", site: data.terminal.site, terminal: data.terminal.id, request: { stay } };
      took(await write("/v1/orders", body));
      state.own = true;
    } catch (error) {
      if (error.code !== "subject_has_open_order") throw error;
      state.stay = await read(`/v1/parking/stays/${stay}`);
      if (!state.stay.open_order) throw error;
      took(await read(`/v1/orders/${state.stay.open_order}`));
      state.own = false;
    }
    // nothing is due because it was paid: the receipt of that can be had now
    if (state.order.amount.value === 0 && state.stay.paid > 0) state.earlier = (await read(`/parking/kiosk/receipt/${stay}`)).fulfilment;
    await machine();
  });

function took(order) {
  state.order = order;
  state.at = Date.now();
  stopFollowing();
  const path = `/v1/orders/${order.id}`;
  stopFollowing = follow(path, `${path}/events?as_terminal=${data.terminal.id}`, (fresh) => {
    if (state.order?.id !== fresh.id) return;
    touched = Date.now();
    set({ order: fresh });
  });
}

async function refresh() {
  if (state.order) state.order = await read(`/v1/orders/${state.order.id}`);
}

/** Begins a way to pay. */
export const pay = (method, channel = null) =>
  attempt(async () => {
    if (method === "show") await present(channel ?? offers("merchant_presented")[0].channel);
    if (method === "cash") {
      state.cashKey ??= key();
      state.machine = await write(`/v1/terminals/${data.terminal.id}/machine/begin`, { order: state.order.id }, state.cashKey);
    }
    state.method = method;
  });

async function present(channel) {
  state.channel = channel;
  const shownNow = state.order.attempts.findLast((a) => a.channel === channel && a.presentment === "merchant_presented" && a.state === "pending" && a.code);
  if (shownNow) return;
  await write(`/v1/orders/${state.order.id}/attempts`, { presentment: "merchant_presented", channel, terminal: data.terminal.id });
  await refresh();
}

/** Shows another wallet's code. */
export const channel = (code) => attempt(() => present(code));

/** Debits what the scanner read, from any screen of an open bill. */
async function charge(code) {
  if (!state.order || !["bill", "show", "scan"].includes(viewOf()) || state.sending) return;
  await attempt(async () => {
    state.method = "scan";
    state.attemptId = null;
    const made = await write(`/v1/orders/${state.order.id}/attempts`, { presentment: "customer_presented", payer_code: code, terminal: data.terminal.id });
    state.attemptId = made.id;
    await refresh();
  });
}

async function machine() {
  if (!data.can.takes_cash) return;
  const query = state.order && state.order.state === "open" ? `?order=${state.order.id}` : "";
  const fresh = await read(`/v1/terminals/${data.terminal.id}/machine${query}`);
  const before = state.machine?.credit;
  const after = fresh.credit;
  if (after && (before?.stacked !== after.stacked || before?.escrow !== after.escrow)) touched = Date.now();
  state.machine = fresh;
}

/** Pays with what was put in. */
export const payCash = () =>
  attempt(async () => {
    state.machine = await write(`/v1/terminals/${data.terminal.id}/machine/pay`, {});
    await refresh();
  });

async function giveBack() {
  if (!live(state.machine?.credit)) return;
  state.machine = await write(`/v1/terminals/${data.terminal.id}/machine/cancel`, {});
}

/** Back to the ways to pay; what was put in comes back. */
export const otherWay = () =>
  attempt(async () => {
    const wasCash = state.method === "cash";
    if (wasCash) await giveBack();
    const held = credit();
    if (wasCash && held && (held.state !== "returned" || held.back > 0)) return;
    state.method = null;
    state.cashKey = null;
  });

/** After money came back: the ways to pay again. */
export function back() {
  set({ method: null, cashKey: null, trouble: null });
}

/** Gives everything back, closes the bill that was made here and begins anew. */
export const cancel = () =>
  attempt(async () => {
    await giveBack();
    const held = credit();
    if (state.method === "cash" && held && ["returning", "owed"].includes(held.state)) return;
    if (state.method === "cash" && held?.state === "returned" && held.back > 0) return;
    await begin();
  });

/** A clean start. */
export async function begin() {
  const { order, own } = state;
  stopFollowing();
  stopFollowing = () => {};
  Object.assign(state, { ...FRESH, sending: state.sending });
  draw();
  if (order && own && order.state === "open") await write(`/v1/orders/${order.id}/close`, {}).catch(() => {});
}

/** Prints the receipt; every printing but the first says that it is a copy (P12). */
export const printReceipt = () =>
  attempt(async () => {
    const fulfilment = state.earlier ?? state.order.fulfilments.find((f) => f.kind === "receipt").id;
    state.print = await write(`/v1/terminals/${data.terminal.id}/machine/print`, { fulfilment });
    touched = Date.now();
  });

/** Milliseconds until the screen begins anew by itself. */
export const idleLeft = () => data.idle_ms - (Date.now() - touched);

async function watchMachine() {
  for (;;) {
    const near = state.method === "cash";
    await new Promise((done) => setTimeout(done, near ? MACHINE_MS : MACHINE_CALM_MS));
    if (state.sending || !data.can.takes_cash) continue;
    try {
      const before = JSON.stringify(state.machine);
      await machine();
      if (near && state.order?.state === "open") await refresh();
      if (JSON.stringify(state.machine) !== before) draw();
    } catch (error) {
      console.error(error);
    }
  }
}

async function watchIdle() {
  const view = viewOf();
  if (view === "plate" && !state.plate) return;
  const doubt = state.order?.attempts.some((a) => a.state === "in_doubt");
  if (idleLeft() > 0 || doubt || state.sending || view === "returning") return;
  touched = Date.now();
  if (["paid", "returned", "owed", "over"].includes(view)) await begin();
  else await cancel();
}

for (const kind of ["pointerdown", "keydown"]) addEventListener(kind, () => (touched = Date.now()), true);
net.addEventListener("online", draw);
net.addEventListener("offline", draw);
listen(charge, () => state.plate, (plate) => plate !== undefined && set({ plate }));
setInterval(() => watchIdle().catch(trouble), 1000);
draw();
machine().then(draw, (error) => stage.append(el("p", {}, error.message)));
watchMachine();
