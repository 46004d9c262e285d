// Money that a stand brought, told at the shop's screens: large enough to be seen from the other side of the room, with a tune and, where the
// browser can speak, in words. What came while the screen was away is told when it is back.

import { channel, data, el, icon, money, moneyText, say, word } from "./core.js";
import { read } from "./api.js";
import * as sound from "./sound.js";

const PLACE = `saoma.heard.${data.terminal.id}`;
const SHOWN_MS = 12000;
const AGAIN_MS = 3000;
const MOST = 4;
const list = [];
const known = new Set();
let layer;
let leaving;

const time = (at) => new Date(at).toLocaleTimeString(data.tag, { hour: "2-digit", minute: "2-digit", second: "2-digit" });

/** Says an amount aloud, if sounds are on and the browser has a voice. */
export function speak(code, value) {
  if (!sound.isOn() || !("speechSynthesis" in window)) return;
  const amount = data.lang === "zh" ? String(value / 10 ** data.currency.digits) : moneyText(value);
  const words = new SpeechSynthesisUtterance(say("t.received_spoken", { channel: word("channel", code), amount }));
  words.lang = data.tag;
  speechSynthesis.speak(words);
}

function hide() {
  clearTimeout(leaving);
  list.length = 0;
  layer?.remove();
  layer = null;
}

function draw() {
  const [newest, ...before] = list;
  const shown = el(
    "div.received",
    { role: "alertdialog", "aria-live": "assertive", "aria-label": say("t.received"), click: hide },
    el("div.sign", {}, icon("tick")),
    el("h1", {}, say("t.received")),
    money(newest.value, "huge"),
    el("p.by", {}, channel(newest.channel)),
    el("p.at", {}, say("t.received_at", { name: newest.name, time: time(newest.at) })),
    before.length ? el("div.before", {}, el("h2", {}, say("t.received_more")), el("ul", {}, before.map((one) => el("li", {}, channel(one.channel), money(one.value), el("span", {}, time(one.at)))))) : null,
    el("button.button.touch", { type: "button", click: hide }, say("t.received_done")),
  );
  layer?.remove();
  layer = shown;
  document.body.append(shown);
  clearTimeout(leaving);
  leaving = setTimeout(hide, SHOWN_MS);
}

async function tell(id, shownAlready) {
  if (known.has(id)) return;
  known.add(id);
  const order = await read(`/v1/orders/${id}`).catch(() => null);
  if (!order || order.site !== data.terminal.site) return;
  const attempt = order.attempts.findLast((a) => a.presentment === "in_app" && a.state === "succeeded");
  if (!attempt) return;
  speak(attempt.channel, order.amount.value);
  if (shownAlready(id)) return; // this screen follows that order and shows it itself
  sound.play("paid");
  const stand = data.stands.find((one) => one.id === order.terminal);
  list.unshift({ value: order.amount.value, channel: attempt.channel, at: attempt.paid_at ?? order.paid_at, name: stand?.name ?? data.stands[0]?.name ?? "" });
  list.length = Math.min(list.length, MOST);
  draw();
}

function heard(seq) {
  const last = Number(localStorage.getItem(PLACE) ?? 0);
  if (seq > last) localStorage.setItem(PLACE, String(seq));
}

/** What happened since this screen last listened. */
async function missed(shownAlready) {
  const last = localStorage.getItem(PLACE);
  if (!last) return;
  const page = await read(`/v1/events?after=${last}&limit=200`).catch(() => null);
  for (const event of page?.items ?? []) {
    heard(Number(event.id));
    if (event.type === "stand.paid") await tell(event.subject, shownAlready);
  }
}

/** Listens for money at the stands of this site. `shownAlready` says whether the screen shows an order by itself. */
export function listenToStands(shownAlready) {
  if (!data.stands?.length) return;
  const source = new EventSource(`/v1/stream?as_terminal=${data.terminal.id}`);
  source.onopen = () => missed(shownAlready);
  source.onmessage = (message) => {
    const event = JSON.parse(message.data);
    heard(event.seq);
    if (event.kind === "stand.paid") tell(event.subject, shownAlready);
  };
  source.addEventListener("again", () => missed(shownAlready));
  source.onerror = () => {
    if (source.readyState === EventSource.CLOSED) setTimeout(() => listenToStands(shownAlready), AGAIN_MS);
  };
}
