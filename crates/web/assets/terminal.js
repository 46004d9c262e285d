// The counter terminal: what is being sold, how it is being paid, how it ended. The state lives in the browser so that a reload or a
// power cut loses nothing; what happened to the money is always asked of the platform.

import { data, el, icon, say, toast } from "./core.js";
import { Refused, follow, isUp, key, net, read, write } from "./api.js";
import { drawSale, press, request, total } from "./sale.js";
import { drawPay } from "./pay.js";
import { changesAt, drawOutcome, outcome } from "./outcome.js";
import { openShiftDialog } from "./shift.js";
import { listen } from "./scanner.js";
import { listenToStands } from "./received.js";
import * as sound from "./sound.js";

const PLACE = `saoma.sale.${data.terminal.id}`;
const FRESH = { tab: null, amount: 0, description: "", cart: {}, orderId: null, orderKey: null, method: null, channel: null, stand: null, both: false, attemptId: null, cancelled: false, typed: 0 };
const stage = document.getElementById("stage");

/** Everything the screen knows. */
export const state = { ...FRESH, ...kept(), order: null, items: [], groups: [], sending: null, trouble: null, shift: data.terminal.shift ?? null };

let stop = () => {};
let shown = "";
let heard = "";
let again;
// a code that was scanned while something else was being asked: its turn comes next
let waiting = null;

function kept() {
  try {
    return JSON.parse(localStorage.getItem(PLACE) ?? "{}");
  } catch {
    return {};
  }
}

function keep() {
  const { tab, amount, description, cart, orderId, orderKey, method, channel, stand, both, attemptId, cancelled } = state;
  localStorage.setItem(PLACE, JSON.stringify({ tab, amount, description, cart, orderId, orderKey, method, channel, stand, both, attemptId, cancelled }));
}

/** Changes the state and draws it. */
export function set(change) {
  Object.assign(state, change);
  keep();
  draw();
  if (waiting && !state.sending) {
    const code = waiting;
    waiting = null;
    charge(code);
  }
}

/** What the terminal may use now for a way to meet. */
export const offers = (presentment) => data.offers.filter((offer) => offer.presentments.includes(presentment));

function draw() {
  const view = state.orderId ? (state.order ? outcome(state).view : "loading") : "sale";
  const focus = document.activeElement?.dataset?.focus;
  const same = shown === view;
  shown = view;
  document.body.dataset.view = view;
  let content;
  if (view === "sale") content = drawSale(state);
  else if (view === "loading") content = el("div.loading", {}, el("span.spinner"), el("p", {}, say("c.loading")));
  else content = drawOutcome(state) ?? drawPay(state);
  stage.replaceChildren(content);
  const wanted = same && focus ? stage.querySelector(`[data-focus="${focus}"]`) : stage.querySelector("[data-first]");
  wanted?.focus({ preventScroll: true });
  if (!same && view !== "sale") stage.scrollTo?.(0, 0);
  announce(view);
  // these screens change with time alone
  clearTimeout(again);
  const changes = state.order && changesAt(state);
  if (changes) again = setTimeout(draw, changes);
}

/** Tunes at the turns of a payment. */
function announce(view) {
  if (view === heard) return;
  heard = view;
  if (view === "paid") sound.play("paid");
  else if (["declined", "reversed", "over", "late"].includes(view)) sound.play("stop");
  else if (view === "checking") sound.play("check");
}

function watch() {
  stop();
  if (!state.orderId) return;
  const id = state.orderId;
  const path = `/v1/orders/${id}`;
  stop = follow(path, `${path}/events?as_terminal=${data.terminal.id}`, (order) => {
    if (state.orderId === id) set({ order });
  });
}

/** Says what went wrong where the person looks. */
export function trouble(error) {
  if (!(error instanceof Refused)) {
    console.error(error);
    set({ sending: null, trouble: { title: say("t.unexpected"), say: String(error.message ?? error) } });
    return;
  }
  set({ sending: null, trouble: { title: error.message, say: error.code === "channel_refused" ? error.detail : "" } });
}

/** The order of this sale, made when it is first needed; repeated with the same key if the answer was lost. */
async function order() {
  if (state.order) return state.order;
  if (state.orderId) return read(`/v1/orders/${state.orderId}`);
  const orderKey = state.orderKey ?? key();
  set({ orderKey });
  const made = await write("/v1/orders", { scene: "retail", terminal: data.terminal.id, request: request(state) }, orderKey);
  set({ order: made, orderId: made.id });
  watch();
  return made;
}

/** Starts a way to pay. */
export async function choose(method, channel = null, stand = null) {
  if (state.sending || (!state.orderId && total(state) <= 0)) return;
  set({ method, trouble: null, attemptId: null, channel: channel ?? state.channel, sending: { what: method } });
  try {
    await order();
    if (state.stand && state.stand !== stand) await atStand(state.stand, null);
    if (stand) await atStand(stand, state.orderId);
    set({ sending: null, stand });
    if (method === "show") await present(state.channel ?? offers("merchant_presented")[0]?.channel);
  } catch (error) {
    if (!state.orderId) set({ method: null, orderKey: null });
    trouble(error);
  }
}

/** Sends the order to a stand, or takes back what waits there. */
const atStand = (stand, order) => write(`/v1/terminals/${stand}/ask`, { order });

/** Shows a channel's code; a live one is shown again rather than made anew. */
export async function present(channel, fresh = false) {
  if (!channel) return;
  set({ channel, method: "show", trouble: null });
  const live = state.order.attempts.findLast((a) => a.channel === channel && a.presentment === "merchant_presented" && a.state === "pending");
  if (live && !fresh) return;
  set({ sending: { what: "code", channel } });
  try {
    const attempt = await write(`/v1/orders/${state.orderId}/attempts`, { presentment: "merchant_presented", channel, terminal: data.terminal.id });
    take(attempt);
  } catch (error) {
    trouble(error);
  }
}

function take(attempt) {
  const attempts = state.order.attempts.filter((a) => a.id !== attempt.id).concat([attempt]);
  const known = state.order.attempts.find((a) => a.id === attempt.id);
  // the stream may have told more already
  const order = known && known.state !== "pending" ? state.order : { ...state.order, attempts };
  set({ sending: null, order, attemptId: attempt.id });
}

const wallet = (code) => (/^1[0-5]/.test(code) ? "wechat" : /^(2[5-9]|30)/.test(code) ? "alipay" : /^01/.test(code) ? "ecny" : null);

/** Debits what the scanner read. Works from every screen of a sale that is not over. */
export async function charge(code) {
  if (state.sending) {
    if (state.sending.what !== "charge") waiting = code;
    return;
  }
  if (!state.orderId && total(state) <= 0) {
    toast(say("t.empty_sale_say"));
    return;
  }
  const view = state.order ? outcome(state).view : "";
  if (["paid", "over", "late", "checking", "password", "cancelled"].includes(view)) return;
  sound.play("scan");
  set({ method: "scan", trouble: null, attemptId: null, sending: { what: "charge", channel: wallet(code) } });
  try {
    await order();
    const body = { presentment: "customer_presented", payer_code: code, terminal: data.terminal.id };
    take(await write(`/v1/orders/${state.orderId}/attempts`, body));
  } catch (error) {
    if (!state.orderId) set({ method: null, orderKey: null });
    trouble(error);
  }
}

/** Takes cash. */
export async function cash(tendered) {
  set({ sending: { what: "cash" }, trouble: null });
  try {
    const body = { presentment: "cash", terminal: data.terminal.id, tendered: { value: tendered, currency: data.currency.code } };
    take(await write(`/v1/orders/${state.orderId}/attempts`, body));
    state.order = await read(`/v1/orders/${state.orderId}`);
    set({ typed: 0 });
  } catch (error) {
    trouble(error);
  }
}

/** Ends the sale without payment. */
export async function cancel() {
  set({ sending: { what: "cancel" }, trouble: null });
  try {
    const closed = await write(`/v1/orders/${state.orderId}/close`, {});
    set({ order: closed, cancelled: true, sending: null });
  } catch (error) {
    trouble(error);
  }
}

/** A clean counter. */
export function newSale() {
  stop();
  waiting = null;
  set({ ...FRESH, tab: state.tab, order: null, sending: null, trouble: null });
}

function drawBar() {
  const online = document.getElementById("net");
  online.classList.toggle("down", !isUp());
  online.querySelector("span").textContent = say(isUp() ? "t.online" : "t.offline");
  document.getElementById("offline").hidden = isUp();
  const button = document.getElementById("sound");
  button.replaceChildren(icon(sound.isOn() ? "sound" : "mute"), el("span.sr", {}, say(sound.isOn() ? "t.sound_on" : "t.sound_off")));
  button.setAttribute("aria-pressed", String(sound.isOn()));
  const shift = document.getElementById("shift");
  shift.classList.toggle("open", Boolean(state.shift));
  shift.querySelector("span").textContent = say(state.shift ? "t.shift" : "t.shift_none");
}

/** An amount can be typed on a keyboard too. */
function typed(event) {
  if (state.orderId || state.tab !== "amount" || event.target.matches("input, textarea") || event.ctrlKey || event.metaKey) return;
  if (/^[0-9]$/.test(event.key)) press(state, event.key);
  else if (event.key === "Backspace") press(state, "erase");
}

async function start() {
  net.addEventListener("online", () => drawBar());
  net.addEventListener("offline", () => drawBar());
  document.getElementById("sound").addEventListener("click", () => {
    sound.toggle();
    drawBar();
  });
  document.getElementById("shift").addEventListener("click", () =>
    openShiftDialog(state, (shift) => {
      data.offers = data.offers.slice();
      set({ shift });
      drawBar();
      refreshOffers();
    }),
  );
  document.addEventListener("keydown", typed);
  listen(charge, () => state.amount, (amount) => amount !== undefined && amount !== state.amount && set({ amount }));
  listenToStands((id) => id === state.orderId);
  drawBar();
  watch();
  draw();
  const items = await read("/v1/retail/items?active=true&limit=200").catch(() => ({ items: [] }));
  state.items = items.items ?? [];
  if (!state.tab) state.tab = state.items.length ? "items" : "amount";
  draw();
}

async function refreshOffers() {
  const page = await read(`/v1/terminals/${data.terminal.id}/offers`).catch(() => null);
  if (!page) return;
  data.offers = page.items;
  draw();
}

start();
