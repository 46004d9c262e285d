// Where a sale stands, worked out from the order alone, and the screens of how it ended. It says what happened, what happens now
// and what to do; an outcome that is not known is never called failed.

import { channel, data, el, icon, money, moneyText, now, pieceText, say, word } from "./core.js";
import { cancel, choose, newSale } from "./terminal.js";
import { change as changePieces } from "./cash.js";

const done = (order) => order.state === "paid" || order.state === "fulfilled";
// a scan that is younger has hardly reached the wallet: the password is not mentioned yet
const FRESH_MS = 1500;
const bound = () => data.bound_ms ?? 45000;
const fresh = (attempt) => now() - Date.parse(attempt.created_at) < FRESH_MS;

/** The scan that counts now. */
export function scanned(state) {
  const scans = state.order.attempts.filter((a) => a.presentment === "customer_presented");
  return scans.find((a) => a.id === state.attemptId) ?? scans.at(-1);
}

/** `{view}` and what belongs to it. */
export function outcome(state) {
  const { order } = state;
  if (done(order)) return { view: "paid" };
  if (order.state === "closed") {
    const late = order.refunds.find((r) => r.cause === "paid_after_close" || r.cause === "reversal_too_late");
    if (late) return { view: "late", refund: late };
    return { view: state.cancelled ? "cancelled" : "over" };
  }
  if (state.sending?.what === "charge") return { view: "asking" };
  const doubt = order.attempts.find((a) => a.state === "in_doubt");
  if (doubt) return { view: "checking", attempt: doubt };
  if (state.method === "scan") {
    const attempt = scanned(state);
    if (!state.attemptId && attempt?.state !== "pending") return { view: "scan" };
    if (attempt?.state === "pending") return { view: fresh(attempt) ? "asking" : "password", attempt };
    if (attempt?.state === "declined") return { view: "declined", attempt };
    if (attempt?.state === "reversed") return { view: "reversed", attempt };
    if (attempt?.state === "closed") return { view: "stopped", attempt };
    return { view: "scan" };
  }
  return { view: ["cash", "stand"].includes(state.method) ? state.method : "show" };
}

/** In how many milliseconds the screen says something else although nothing happened; nothing when it does not. */
export function changesAt(state) {
  const { view, attempt } = outcome(state);
  if (!attempt || state.sending) return null;
  const age = now() - Date.parse(attempt.created_at);
  const turn = view === "asking" ? FRESH_MS : view === "checking" ? bound() : 0;
  return turn > age ? turn - age + 50 : null;
}

const named = (attempt) => word("channel", attempt?.channel ?? "", attempt?.channel ?? "");

function actions(...buttons) {
  return el("div.actions", {}, buttons);
}

const button = (words, click, sign, main = "") => el(`button.button.touch${main}`, { type: "button", click, "data-first": main ? true : null }, sign && icon(sign), words);

/** A screen with a large sign, a title, a sentence, more, and what to do. */
function result(tone, sign, title, text, more, ...buttons) {
  return el(
    `section.result.${tone}`,
    { role: tone === "stop" ? "alert" : "status", "aria-live": "assertive" },
    el("div.sign", {}, typeof sign === "string" ? icon(sign) : sign),
    el("h1", {}, title),
    text ? el("p.say", {}, text) : null,
    more,
    actions(buttons),
  );
}

/** Money that went back, or is going back, as a banner. */
function refundsBanner(order) {
  const banners = [];
  for (const refund of order.refunds) {
    const attempt = order.attempts.find((a) => a.id === refund.attempt);
    const values = { amount: moneyText(refund.amount.value), channel: named(attempt) };
    let key;
    let tone = "tell";
    if (refund.state === "failed") {
      key = "refund_stuck";
      tone = "stop";
    } else if (refund.cause === "duplicate_payment") key = refund.state === "succeeded" ? "twice_done" : "twice";
    else if (refund.cause === "requested") continue;
    else key = refund.state === "succeeded" ? "late_money_done" : "late_money";
    banners.push(el(`div.banner.${tone}`, { role: "status" }, icon(tone === "stop" ? "alert" : "undo"), el("strong", {}, word("t", key)), el("p", {}, say(`t.${key}_say`, values))));
  }
  const asked = order.refunds.filter((r) => r.cause === "requested" && r.state === "succeeded").reduce((sum, r) => sum + r.amount.value, 0);
  if (asked > 0) {
    const values = { amount: moneyText(asked) };
    banners.push(el("div.banner.tell", { role: "status" }, icon("undo"), el("strong", {}, say("t.refunded")), el("p", {}, say("t.refunded_say", values))));
  }
  return banners;
}

function paid(state) {
  const { order } = state;
  const attempt = order.attempts.find((a) => a.state === "succeeded" && !order.refunds.some((r) => r.attempt === a.id && r.cause === "duplicate_payment")) ?? order.attempts.find((a) => a.state === "succeeded");
  const receipt = order.fulfilments.find((f) => f.kind === "receipt");
  const back = attempt?.change?.value ?? 0;
  const cash = attempt?.presentment === "cash";
  return el(
    "section.paid-screen",
    {},
    el(
      "div.field-of-green",
      { role: "status", "aria-live": "assertive" },
      el("div.sign", {}, icon("tick")),
      el("h1", {}, say("t.paid")),
      money(order.amount.value, "huge"),
      attempt ? el("p.by", {}, cash ? say("t.paid_cash") : say("t.paid_by", { channel: named(attempt) })) : null,
    ),
    el(
      "div.after",
      {},
      cash
        ? el(
            "div.change",
            {},
            el("p", {}, back ? say("t.cash_give") : say("t.cash_no_change")),
            back ? money(back, "huge") : null,
            back ? el("ul.pieces", {}, changePieces(attempt).map(([value, count]) => el("li", {}, el("b", {}, `${count} ×`), el("span", { class: value >= 100 * 10 ** (data.currency.digits - 2) ? "note" : "coin" }, pieceText(value))))) : null,
            el("p.muted", {}, `${say("t.cash_given")} ${moneyText(attempt.tendered?.value ?? 0)}`),
          )
        : el("p.say", {}, say("t.paid_say")),
      refundsBanner(order),
      actions(
        button(say("t.new_sale"), newSale, "tick", ".main"),
        receipt ? el("a.button.touch", { href: `/receipts/${receipt.id}?as_terminal=${data.terminal.id}`, target: "_blank" }, icon("receipt"), say("t.receipt")) : null,
        receipt ? button(say("t.print_receipt"), () => print(receipt.id), "print") : null,
      ),
    ),
  );
}

function print(id) {
  const page = open(`/receipts/${id}?as_terminal=${data.terminal.id}`, "_blank");
  page?.addEventListener("load", () => page.print());
}

function late(state, refund) {
  const attempt = state.order.attempts.find((a) => a.id === refund.attempt);
  const values = { amount: moneyText(refund.amount.value), channel: named(attempt) };
  const key = refund.state === "succeeded" ? "late_money_done" : refund.state === "failed" ? "refund_stuck" : "late_money";
  return result("tell", "undo", word("t", key), word("t", `${key}_say`, "") && say(`t.${key}_say`, values), null, button(say("t.new_sale"), newSale, "tick", ".main"));
}

const again = (state) => [
  button(say("c.retry"), () => choose(state.method), "scan", ".main"),
  button(say("t.other_way"), () => choose("show"), "show"),
  button(say("t.cancel_sale"), cancel, "cross", ".danger"),
];

/** The screen of an outcome; nothing while a payment can still be made. */
export function drawOutcome(state) {
  const { view, attempt, refund } = outcome(state);
  const values = { channel: named(attempt) };
  const owed = el("p.owed", {}, say("t.to_pay"), " ", money(state.order.amount.value));
  const waited = attempt ? el("p.waited", {}, el("b", { "data-since": Date.parse(attempt.created_at) }, "")) : null;
  switch (view) {
    case "paid":
      return paid(state);
    case "late":
      return late(state, refund);
    case "cancelled":
      return result("plain", "tick", say("t.cancelled"), say("t.over_say"), null, button(say("t.new_sale"), newSale, "tick", ".main"));
    case "over":
      return result("plain", "clock", say("t.over"), say("t.over_say"), null, button(say("t.new_sale"), newSale, "tick", ".main"));
    case "asking":
      return result("wait", el("span.spinner"), say("t.asking", { channel: word("channel", attempt?.channel ?? state.sending?.channel ?? "", "…") }), say("t.asking_say"), owed);
    case "password":
      return result("wait", "phone", say("t.password"), say("t.password_say"), [owed, el("p.channel-line", {}, channel(attempt.channel)), waited]);
    case "checking":
      return result("check", el("span.spinner"), say("t.checking"), say("t.checking_say", values), [
        owed,
        waited,
        now() - Date.parse(attempt.created_at) > bound() ? el("p.say", {}, say("t.checking_long")) : null,
      ]);
    case "declined":
      return result("stop", "cross", say("t.not_paid"), word("reason", attempt.reason ?? "declined", word("reason", "declined")), owed, again(state));
    case "reversed":
      return result("plain", "undo", say("t.reversed"), say("t.reversed_say", values), owed, again(state));
    case "stopped":
      return result("plain", "cross", say("t.stopped"), say("t.stopped_say"), owed, again(state));
    default:
      return null;
  }
}
