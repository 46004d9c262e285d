// The fee window: what a temporary car owes, the two photos, and the ways to pay.

import { channel, data, el, icon, lineName, money, moneyText, now, say, toast } from "./core.js";
import { Away, Refused, isUp, key, read, write } from "./hh-api.js";
import { WANTED, camera } from "./hh-camera.js";
import { flush, takeDown } from "./hh-queue.js";
import * as printer from "./hh-printer.js";

const FOLLOW_MS = 1500;
const alert = (text, tone = "stop") => el(`div.banner.${tone}`, { role: "alert" }, icon(tone === "stop" ? "alert" : "clock"), el("strong", {}, text));
const time = (ms) => new Date(ms).toLocaleString(data.tag, { month: "numeric", day: "numeric", hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: data.zone });

function length(ms) {
  const minutes = Math.max(0, Math.floor(ms / 60000));
  const parts = [[Math.floor(minutes / 1440), "pd.days"], [Math.floor(minutes / 60) % 24, "pd.hours"], [minutes % 60, "pd.minutes"]];
  const said = parts.filter(([n]) => n > 0).map(([n, words]) => say(words, { n }));
  return said.join(" ") || say("pd.minutes", { n: 0 });
}

/** What a kept stay owes: the last step that has begun. */
export function keptDue(stay) {
  const begun = stay.steps.filter((step) => step.at <= now());
  return begun.at(-1) ?? stay.steps[0] ?? null;
}

/** What is due: asked of the platform, or as it was kept for the time without a network. */
async function priced(stay) {
  if (isUp()) {
    try {
      const quote = await write("/v1/quotes", { scene: "parking", terminal: data.terminal.id, request: { stay: stay.id } });
      return { due: quote.total.value, lines: quote.lines, quote: quote.id, pricedAt: now() };
    } catch (error) {
      if (!(error instanceof Away)) throw error;
    }
  }
  const step = keptDue(stay);
  if (!step) throw new Error(say("ph.no_kept_fee"));
  return { due: step.due, lines: [], quote: null, pricedAt: step.at, kept: true };
}

/** Draws the fee window of a stay into `stage`; `back` leaves it. */
export async function feeWindow(stage, stay, back) {
  stage.replaceChildren(el("div.loading", {}, el("span.spinner"), el("p", {}, say("c.loading"))));
  let fee;
  try {
    fee = await priced(stay);
  } catch (error) {
    stage.replaceChildren(el("section.hh-card", {}, alert(error.message), el("button.button.touch", { type: "button", click: back }, say("c.back"))));
    return;
  }
  const reason = el("input.input.touch", { id: "hh-reason", maxlength: 200, input: () => ready() });
  const ways = el("div.ways");
  const below = el("div.stack");
  const why = el("div.field", { hidden: true }, el("label", { for: "hh-reason" }, say("ph.why_no_photo")), reason);
  const cam = camera(() => ready());
  const leave = () => {
    cam.stop();
    back();
  };
  const proven = () => cam.photos.length >= WANTED || reason.value.trim() !== "";
  const ready = () => {
    why.hidden = cam.photos.length >= WANTED || !(cam.failed() || reason.value);
    for (const button of ways.querySelectorAll("button")) button.disabled = !proven() || (button.dataset.network === "yes" && !isUp());
  };
  const skip = el("button.button.quiet", { type: "button", "data-no-photo": "", click: () => { why.hidden = false; reason.focus(); } }, say("ph.no_photo"));
  const evidence = () => ({ photos: cam.photos, reason: cam.photos.length >= WANTED ? "" : reason.value.trim() });
  // what a way asks for comes below it, and into view: the screen is short
  const into = (act) => async () => {
    await act();
    below.scrollIntoView({ block: "end" });
  };
  const way = (name, sign, words, network, act) => el("button.button.touch", { type: "button", "data-way": name, "data-network": network, click: into(act) }, icon(sign), words);
  const ctx = { stay, fee, evidence, below, leave, cam, stage };
  if (fee.due === 0) {
    below.replaceChildren(alert(say("pd.nothing_due"), "paid"));
    cam.panel.remove();
  } else {
    ways.append(
      way("cash", "cash", say("t.take_cash"), "no", () => cash(ctx)),
      way("scan", "scan", say("t.scan_code"), "yes", () => scan(ctx)),
      way("show", "show", say("t.show_code"), "yes", () => show(ctx)),
    );
  }
  stage.replaceChildren(
    el("section.hh-fee", {},
      el("div.slip-head", {}, el("strong.plate-text", {}, stay.plate || say("ph.no_plate")), el("span", {}, `${say("pd.came_at")} ${time(stay.entered_at)} · ${length(now() - stay.entered_at)}`)),
      el("p.due", {}, money(fee.due, "huge")),
      fee.kept ? alert(say("ph.kept_fee"), "check") : el("ul.lines", {}, fee.lines.map((line) => el("li", {}, el("span", {}, lineName(line)), money(line.amount.value)))),
      fee.due === 0 ? null : [cam.panel, skip, why, ways],
      below,
      el("button.button.quiet.touch", { type: "button", click: leave }, icon("back"), say("c.back"))),
  );
  ready();
}

/** Cash: it is written down first, then sent; the driver gets the change at once. */
function cash({ stay, fee, evidence, below, leave, cam, stage }) {
  const notes = [fee.due, ...[500, 1000, 2000, 5000, 10000].filter((note) => note > fee.due)].slice(0, 5);
  const field = el("input.input.touch", { id: "hh-given", inputmode: "decimal", "aria-label": say("t.cash_given") });
  const given = () => Math.round(Number(field.value.replace(",", ".")) * 10 ** data.currency.digits) || 0;
  const change = el("p.change", { "aria-live": "polite" });
  const take = el("button.button.main.touch", { type: "button", "data-take": "", disabled: true }, say("t.cash_take"));
  const counted = () => {
    const rest = given() - fee.due;
    change.replaceChildren(say(rest < 0 ? "t.cash_missing" : "t.cash_change"), " ", money(Math.abs(rest), "big"));
    take.disabled = rest < 0;
  };
  field.addEventListener("input", counted);
  const put = (value) => {
    field.value = (value / 10 ** data.currency.digits).toFixed(data.currency.digits);
    counted();
  };
  take.addEventListener("click", async () => {
    take.disabled = true;
    const tendered = given();
    const item = await takeDown({ stay: stay.id, plate: stay.plate, due: fee.due, tendered, pricedAt: fee.pricedAt, quote: fee.quote, ...evidence() });
    cam.stop();
    await flush();
    done(stage, leave, await current(item.id), { change: tendered - fee.due });
  });
  below.replaceChildren(el("div.cash", {}, el("div.row", {}, notes.map((value) => el("button.button.touch", { type: "button", "data-sum": value, click: () => put(value) }, value === fee.due ? say("t.cash_exact") : moneyText(value)))), field, change, take));
  counted();
}

async function current(id) {
  const { get } = await import("./hh-store.js");
  return get("queue", id);
}

/** An order for the wallets, with the photos sent after it is paid. */
async function orderOf({ stay, fee }) {
  try {
    return await write("/v1/orders", { quote: fee.quote }, `order-${fee.quote}`);
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    if (error.code !== "subject_has_open_order") throw error;
    const row = await read(`/v1/parking/stays/${stay.id}`);
    if (!row.open_order) throw error;
    return read(`/v1/orders/${row.open_order}`);
  }
}

async function attempt(ctx, body) {
  const order = await orderOf(ctx);
  const made = await write(`/v1/orders/${order.id}/attempts`, { ...body, terminal: data.terminal.id }, key());
  return { order, made };
}

/** Follows an order until its attempt has ended. */
async function followed(id, attemptId, live) {
  for (;;) {
    if (!live()) return null;
    const order = await read(`/v1/orders/${id}`).catch((error) => (error instanceof Away ? null : Promise.reject(error)));
    const own = order?.attempts.find((a) => a.id === attemptId);
    if (order && ["paid", "fulfilled"].includes(order.state)) return { order };
    if (own && ["declined", "closed", "reversed"].includes(own.state)) return { order, ended: own };
    await new Promise((next) => setTimeout(next, FOLLOW_MS));
  }
}

async function paidByWallet(ctx, order) {
  const { evidence, cam, stage, leave, stay } = ctx;
  cam.stop();
  const { proof } = await import("./hh-proof.js");
  await proof(order.id, stay, evidence());
  done(stage, leave, { order: order.id, state: "done" }, {});
}

const sorry = (ctx, error) => ctx.below.replaceChildren(alert(error instanceof Away ? say("ph.needs_network") : error.message));

/** Reads the code on the driver's phone. */
function scan(ctx) {
  const field = el("input.input.touch", { id: "hh-code", inputmode: "numeric", autocomplete: "off", "aria-label": say("t.type_code") });
  let live = true;
  const send = async (event) => {
    event.preventDefault();
    const code = field.value.replace(/\s/g, "");
    ctx.below.replaceChildren(alert(say("t.asking_say"), "check"));
    try {
      const { order, made } = await attempt(ctx, { presentment: "customer_presented", payer_code: code });
      const end = await followed(order.id, made.id, () => live);
      if (end?.ended) ctx.below.replaceChildren(alert(say(`reason.${end.ended.reason}`) || say("t.not_paid")));
      else if (end) await paidByWallet(ctx, end.order);
    } catch (error) {
      sorry(ctx, error);
    }
  };
  ctx.below.replaceChildren(el("form.stack", { submit: send }, el("p", {}, say("t.scan_now")), field, el("button.button.main.touch", { type: "submit" }, say("t.send_code"))));
  field.focus();
  return () => (live = false);
}

/** Shows a code for the driver to scan. */
async function show(ctx) {
  const offers = data.offers.filter((offer) => offer.presentments.includes("merchant_presented"));
  const choose = async (code) => {
    ctx.below.replaceChildren(el("div.loading", {}, el("span.spinner")));
    try {
      const { order, made } = await attempt(ctx, { presentment: "merchant_presented", channel: code });
      ctx.below.replaceChildren(el("div.stack", {}, el("h2", {}, channel(code)), el("div.code", {}, el("img", { src: `/qr.svg?text=${encodeURIComponent(made.code)}`, alt: say("t.scan_with", { channel: say(`channel.${code}`) }), "data-code": made.code })), el("p.how", {}, say("t.waiting"))));
      const image = ctx.below.querySelector("img");
      image.addEventListener("load", () => ctx.below.scrollIntoView({ block: "end" }));
      const end = await followed(order.id, made.id, () => document.contains(ctx.below));
      if (end?.ended) ctx.below.replaceChildren(alert(say("t.code_over")));
      else if (end) await paidByWallet(ctx, end.order);
    } catch (error) {
      sorry(ctx, error);
    }
  };
  ctx.below.replaceChildren(el("div.row", {}, offers.map((offer) => el("button.button.touch", { type: "button", "data-wallet": offer.channel, click: () => choose(offer.channel) }, channel(offer.channel, offer.name)))));
}

/** How it ended: what was taken, the change, until when to leave, the receipt if somebody wants one. */
async function done(stage, back, item, { change }) {
  document.body.dataset.view = "paid";
  const contested = item.state === "contested";
  const waiting = item.state === "waiting";
  const order = item.order && !waiting ? await read(`/v1/orders/${item.order}`).catch(() => null) : null;
  const receipt = order?.fulfilments.find((f) => f.kind === "receipt");
  const permission = order?.fulfilments.find((f) => f.kind === "exit_permission");
  const leaveBy = permission?.body?.leave_by && say("pd.leave_by", { time: time(Date.parse(permission.body.leave_by)) });
  stage.replaceChildren(
    el(`section.hh-done.${contested ? "stop" : waiting ? "check" : "paid"}`, { role: "status" },
      icon(contested ? "alert" : waiting ? "clock" : "tick"),
      el("h1", {}, say(contested ? "ph.contested" : waiting ? "ph.kept_payment" : "t.paid")),
      contested ? el("p", {}, say("ph.contested_say", { why: item.note ?? "" })) : null,
      waiting ? el("p", {}, say("ph.kept_payment_say")) : null,
      change !== undefined ? el("p.change", {}, say("t.cash_change"), " ", money(item.change ?? change, "big")) : null,
      item.back > 0 ? el("p", {}, say("ph.give_back", { amount: moneyText(item.back) })) : null,
      leaveBy ? el("p.handed", {}, leaveBy) : null),
    el("div.stack", {},
      receipt ? el("div.row", {}, el("button.button.touch", { type: "button", "data-print": "", click: () => printer.print(receipt.id) }, icon("print"), say("t.print_receipt")),
        el("a.button.touch", { href: `/receipts/${receipt.id}`, target: "_blank" }, say("t.receipt")),
        printer.able() ? el("button.button.quiet.touch", { type: "button", click: printer.connect }, say("ph.connect_printer")) : null) : null,
      el("button.button.main.touch", { type: "button", "data-next": "", click: back }, say("ph.next_car"))),
  );
  if (contested) toast(say("ph.contested"));
}
