// The page of a stand's code: the shop's amount or a keypad, the wallet's cashier, and the way on when it is paid. What was begun stands in
// the page's address, so a page that is closed and opened again goes on where it was.

import { channel, data, el, icon, money, moneyText, say, word } from "./core.js";
import { Refused, follow, key, read, write } from "./api.js";

const stage = document.getElementById("stage");
const here = `/s/${data.stand}`;
const ASK_EVERY_MS = 2000;
const BRIDGE_MS = 5000;
const MOST_DIGITS = 9;
const state = { typing: !data.asked, amount: 0, asked: data.asked, order: data.order, busy: null, note: null, taken: null, key: key() };

let stop = () => {};

function set(change) {
  Object.assign(state, change);
  draw();
}

const name = (code) => word("channel", code);

/** Follows the order of this page; once it is over the server says where to go. */
function watch(token) {
  stop();
  stop = follow(`/v1/pay/${token}`, `/v1/pay/${token}/events`, (order) => {
    if (order.state !== "open") location.replace(`${here}?o=${token}`);
    else if (!state.busy) turn(order);
  });
}

/** A try that the wallet declined while the page looks on. */
function turn(order) {
  const last = order.attempts.findLast((a) => a.presentment === "in_app");
  if (last?.state === "declined" && state.order?.last?.state !== "declined") set({ order: { ...state.order, last: { state: "declined", reason: last.reason } }, note: null });
}

function keep(token, amount, typed) {
  const order = { token, amount, typed, last: { state: "open" } };
  history.replaceState(null, "", `${here}?o=${token}`);
  Object.assign(state, { order, taken: null });
  watch(token);
}

/** Starts or repeats the payment of what is on the page. */
async function pay(code, take_over = false) {
  if (state.busy) return;
  const order = state.order ?? (state.typing ? null : state.asked);
  const amount = order ? order.amount : state.amount;
  if (amount <= 0 || amount > Math.max(data.max, order?.amount ?? 0)) return;
  set({ busy: { what: "opening", channel: code }, note: null });
  try {
    const body = { ...(order ? { order: order.token } : { amount }), ...(data.wallet ? {} : { channel: code }), take_over };
    const started = await write(`${here}/pay`, body, state.key);
    state.key = key();
    keep(started.token, amount, order ? (state.order?.typed ?? false) : true);
    if (started.address) location.assign(started.address);
    else cashier(started.channel, started.call);
  } catch (error) {
    refused(error, code, order);
  }
}

function refused(error, code, order) {
  state.key = key();
  if (!(error instanceof Refused)) {
    set({ busy: null, note: { tone: "stop", title: say("c.trouble"), say: String(error.message ?? error) } });
  } else if (error.code === "unauthenticated") {
    location.reload(); // the wallet is asked again who this is
  } else if (error.code === "attempt_in_progress") {
    set({ busy: null, taken: { channel: code } });
  } else if (["order_paid", "order_not_open", "order_expired", "not_found"].includes(error.code) && order) {
    if (state.order) location.assign(`${here}?o=${order.token}`);
    else set({ busy: null, asked: null, typing: true, note: { tone: "tell", title: say("st.changed"), say: say("st.changed_say") } });
  } else {
    set({ busy: null, note: { tone: "stop", title: say("c.trouble"), say: error.message } });
  }
}

/** Waits for the wallet's bridge: it may come after the page. */
function bridge(object, event) {
  return new Promise((done, fail) => {
    if (window[object]) return done(window[object]);
    const late = setTimeout(() => fail(new Error("bridge")), BRIDGE_MS);
    document.addEventListener(event, () => { clearTimeout(late); done(window[object]); }, { once: true });
  });
}

const ended = {
  paid: () => set({ busy: { what: "confirming" } }),
  cancelled: () => set({ busy: null, note: { tone: "tell", title: say("st.cancelled"), say: say("st.cancelled_say") } }),
  failed: () => set({ busy: null, note: { tone: "stop", title: say("st.declined"), say: say("st.failed_say") } }),
};

/** Opens the wallet's own cashier. What it says at the end is only for the eye: the platform asks the channel. */
async function cashier(code, call) {
  try {
    if (code === "wechat") {
      const wallet = await bridge("WeixinJSBridge", "WeixinJSBridgeReady");
      wallet.invoke("getBrandWCPayRequest", call, (answer) => {
        const how = String(answer?.err_msg ?? "").split(":")[1];
        (how === "ok" ? ended.paid : how === "cancel" ? ended.cancelled : ended.failed)();
      });
    } else {
      const wallet = await bridge("AlipayJSBridge", "AlipayJSBridgeReady");
      wallet.call("tradePay", call, (answer) => {
        const how = String(answer?.resultCode ?? "");
        (how === "9000" || how === "8000" || how === "6004" ? ended.paid : how === "6001" ? ended.cancelled : ended.failed)();
      });
    }
  } catch {
    set({ busy: null, note: { tone: "stop", title: say("c.trouble"), say: say("st.no_bridge") } });
  }
}

function press(figure) {
  let amount = state.amount;
  if (figure === "erase") amount = Math.floor(amount / 10);
  else if (figure === "00") amount *= 100;
  else amount = amount * 10 + Number(figure);
  if (String(amount).length <= MOST_DIGITS) set({ amount, note: null });
}

function note(tone, title, text) {
  return el(`div.banner.${tone}`, { role: tone === "stop" ? "alert" : "status" }, icon(tone === "stop" ? "alert" : "clock"), el("strong", {}, title), text ? el("p", {}, text) : null);
}

/** The button of the wallet, or one for each way in an ordinary browser. */
function ways(words, open) {
  const button = (code, text) => el(`button.pay.${code}`, { type: "button", disabled: !open, "data-pay": code, click: () => pay(code) }, channel(code, text));
  if (data.wallet) return el("div.ways", {}, button(data.wallet, words ?? say("st.pay_with", { channel: name(data.wallet) })));
  return el("div.ways", {}, el("p.hint", {}, say("st.browser_say")), data.ways.map((code) => button(code, say("st.open_with", { channel: name(code) }))));
}

function keypad() {
  const label = (figure) => (figure === "erase" ? icon("erase") : figure);
  const button = (figure) => el("button.key", { type: "button", "data-key": figure, "aria-label": figure === "erase" ? say("t.erase") : null, click: () => press(figure) }, label(figure));
  const over = state.amount > data.max;
  return el(
    "section.state.stack",
    {},
    el("h2", {}, say("st.your_amount")),
    el(`output.amount${state.amount ? "" : ".none"}`, { "aria-live": "polite" }, money(state.amount, "huge")),
    el(`p.limit${over ? ".over" : ""}`, {}, say("st.limit", { amount: data.max_text })),
    el("div.keys", {}, ["1", "2", "3", "4", "5", "6", "7", "8", "9", "00", "0", "erase"].map(button)),
    ways(null, state.amount > 0 && !over),
    state.asked ? el("button.button.quiet.touch", { type: "button", click: () => set({ typing: false, note: null }) }, say("st.the_asked", { amount: moneyText(state.asked.amount) })) : null,
  );
}

function askedCard() {
  return el(
    "section.state.stack.asked",
    { "data-asked": state.asked.token },
    el("h2", {}, say("st.asked")),
    money(state.asked.amount, "huge"),
    el("p.hint", {}, say("st.asked_say")),
    ways(null, true),
    el("button.button.quiet.touch", { type: "button", click: () => set({ typing: true, note: null }) }, say("st.other_amount")),
  );
}

/** An order that was begun and is not paid. */
function begun() {
  const { order } = state;
  const declined = order.last?.state === "declined";
  const reason = declined && order.last.reason ? say("st.declined_say") : null;
  const over = () => location.assign(here);
  return el(
    "section.state.stack.begun",
    { "data-begun": order.token },
    el("h2", {}, say("st.to_pay")),
    money(order.amount, "huge"),
    state.note ? null : declined ? note("stop", say("st.declined"), reason) : note("check", say("st.not_yet"), say("st.not_yet_say")),
    ways(data.wallet ? say("st.pay_again") : null, true),
    el("button.button.quiet.touch", { type: "button", "data-over": true, click: over }, say("st.start_over")),
  );
}

function taken() {
  return el(
    "section.state.stack.taken",
    {},
    note("check", say("st.other_pays"), say("st.other_pays_say")),
    el("button.button.main.touch", { type: "button", "data-take-over": true, click: () => pay(state.taken.channel, true) }, say("st.take_over")),
    el("button.button.quiet.touch", { type: "button", click: () => set({ taken: null, typing: true, order: null }) }, say("st.other_amount")),
  );
}

function busy() {
  const confirming = state.busy.what === "confirming";
  return el(
    "section.state.stack.busy",
    { role: "status" },
    el("span.spinner"),
    el("h2", {}, confirming ? say("st.confirming") : say("st.opening", { channel: name(state.busy.channel) })),
    confirming ? el("p.hint", {}, say("st.confirming_say")) : null,
  );
}

function draw() {
  const shown = state.busy ? busy() : state.taken ? taken() : state.order ? begun() : state.typing || !state.asked ? keypad() : askedCard();
  const focus = document.activeElement?.dataset?.key;
  stage.replaceChildren(...[state.note && !state.busy ? note(state.note.tone, state.note.title, state.note.say) : null, shown].filter(Boolean));
  if (focus) stage.querySelector(`[data-key="${focus}"]`)?.focus({ preventScroll: true });
}

/** What the shop sends to the stand while the page is open; what the visitor is doing is never taken away. */
async function ask() {
  if (document.hidden || state.busy || state.order || state.taken) return;
  const { asked } = await read(`${here}/asked`).catch(() => ({ asked: state.asked }));
  if (state.busy || state.order || JSON.stringify(asked) === JSON.stringify(state.asked)) return;
  const idle = state.amount === 0;
  set({ asked, typing: idle ? !asked : state.typing || !asked });
}

addEventListener("keydown", (event) => {
  if (!(state.typing || !state.asked) || state.order || state.busy || event.ctrlKey || event.metaKey) return;
  if (/^[0-9]$/.test(event.key)) press(event.key);
  else if (event.key === "Backspace") press("erase");
});
// back from the cashier by the browser's own button: the page is as it was left, and the payment may be made
addEventListener("pageshow", (event) => event.persisted && location.reload());
if (state.order) {
  if (state.order.last?.state === "other") state.taken = { channel: data.wallet ?? data.ways[0] };
  watch(state.order.token);
}
draw();
setInterval(ask, ASK_EVERY_MS);
