// While a payment can be made: a code to scan, the scanner's turn, or cash.

import { channel, countdown, data, el, icon, lineName, money, say, word } from "./core.js";
import { cancel, charge, choose, offers, present, set } from "./terminal.js";
import { outcome } from "./outcome.js";
import { drawCash } from "./cash.js";
import { troubleOf } from "./sale.js";

const shownBy = (state, code) => state.order.attempts.findLast((a) => a.channel === code && a.presentment === "merchant_presented");
const live = (attempt) => attempt && attempt.state === "pending" && attempt.code;

/** One code with its wallet's name, its time, and what to do when the time is over. */
function panel(state, code) {
  const attempt = shownBy(state, code);
  const asking = state.sending?.what === "code" && state.sending.channel === code;
  const name = word("channel", code);
  let inside;
  if (live(attempt)) inside = el("div.code", { role: "img", "aria-label": say("t.scan_with", { channel: name }) }, el("img", { src: `/qr.svg?text=${encodeURIComponent(attempt.code)}`, alt: "", "data-code": attempt.code, "data-trade": attempt.out_trade_no, "data-channel": code }));
  else if (asking || attempt?.state === "pending") inside = el("div.code.empty-code", {}, el("div.middle", {}, el("span.spinner"), el("p", {}, say("t.code_coming", { channel: name }))));
  else
    inside = el(
      "div.code.empty-code",
      {},
      el("div.middle", {}, icon("clock"), el("strong", {}, say(attempt ? "t.code_over" : "t.fresh_code")), attempt ? el("p", {}, say("t.code_over_say")) : null, el("button.button.touch.main", { type: "button", click: () => present(code, true) }, say("t.fresh_code"))),
    );
  return el(
    "figure.panel",
    { "data-panel": code },
    el("figcaption", {}, channel(code, say("t.scan_with", { channel: name }))),
    inside,
    live(attempt) ? countdown(Date.parse(attempt.created_at), Date.parse(attempt.expires_at)) : el("span.countdown"),
  );
}

function showCodes(state) {
  const ways = offers("merchant_presented");
  const chosen = ways.find((offer) => offer.channel === state.channel)?.channel ?? ways[0]?.channel;
  const several = ways.length > 1;
  const tabs = several
    ? el(
        "div.tabs.wallets",
        { role: "tablist" },
        ways.map((offer) => el("button.tab", { type: "button", role: "tab", "aria-selected": String(!state.both && offer.channel === chosen), "data-focus": `wallet-${offer.channel}`, "data-wallet": offer.channel, click: () => { set({ both: false }); present(offer.channel); } }, channel(offer.channel))),
        el("button.tab", { type: "button", role: "tab", "aria-selected": String(state.both), "data-focus": "wallet-all", "data-wallet": "all", click: () => showAll(ways) }, icon("show"), say("t.both")),
      )
    : null;
  const shown = state.both && several ? ways.map((offer) => offer.channel) : [chosen];
  return el(
    "section.codes",
    {},
    tabs,
    el(`div.panels${shown.length > 1 ? ".several" : ""}`, {}, shown.map((code) => panel(state, code))),
    el("p.how", {}, say("t.scan_say")),
  );
}

async function showAll(ways) {
  set({ both: true });
  for (const offer of ways) await present(offer.channel);
}

function scanStage(state) {
  return el(
    "section.scan-stage",
    {},
    el("div.target", {}, el("div.sweep"), icon("phone")),
    el("h1", {}, say("t.scan_now")),
    el("p.how", {}, say("t.scan_now_say")),
    el("div.row.wallets-line", {}, offers("customer_presented").map((offer) => channel(offer.channel))),
    el(
      "form.by-hand",
      {
        submit: (event) => {
          event.preventDefault();
          const code = event.target.elements.code.value.replace(/\s/g, "");
          if (code) charge(code);
        },
      },
      el("label", { for: "payer-code" }, say("t.type_code")),
      el("div.row", {}, el("input.input.touch", { id: "payer-code", name: "code", inputmode: "numeric", autocomplete: "off", "data-focus": "payer-code" }), el("button.button.touch", { type: "submit" }, say("t.send_code"))),
    ),
  );
}

/** The order waits at a stand: which one, and whether somebody has begun. */
function standStage(state) {
  const stand = (data.stands ?? []).find((one) => one.id === state.stand);
  const begun = state.order.attempts.findLast((a) => a.presentment === "in_app" && a.state === "pending");
  return el(
    "section.scan-stage.at-stand",
    { "data-stand": state.stand },
    el("div.target", {}, el("div.sweep"), icon("tag")),
    el("h1", {}, say("t.stand_waits", { name: stand?.name ?? "" })),
    el("p.how", {}, say("t.stand_waits_say")),
    begun ? el("p.begun", { role: "status" }, el("span.pulse"), say("t.stand_begun", { channel: word("channel", begun.channel) })) : null,
    stand ? el("p.small.mono", {}, stand.url) : null,
  );
}

/** What is owed and for what, and the ways out. */
function summary(state, view) {
  const { order } = state;
  return el(
    "aside.summary",
    {},
    el("p.label", {}, say("t.to_pay")),
    money(order.amount.value, "huge"),
    el("p.status", { role: "status" }, el("span.pulse"), say(view === "scan" ? "t.scan_now" : "t.waiting")),
    el("ul.rows", {}, order.lines.map((line) => el("li", {}, el("span.grow", {}, lineName(line, order.description), line.params.quantity > 1 ? el("small", {}, ` × ${line.params.quantity}`) : null), money(line.amount.value)))),
    state.trouble ? troubleOf(state.trouble) : null,
    el(
      "div.actions",
      {},
      view !== "show" && data.can.shows_code ? el("button.button.touch", { type: "button", "data-way": "show", click: () => choose("show") }, icon("show"), say("t.show_code")) : null,
      view !== "scan" && data.can.scans_code ? el("button.button.touch", { type: "button", "data-way": "scan", click: () => choose("scan") }, icon("scan"), say("t.scan_code")) : null,
      data.can.takes_cash && offers("cash").length && (state.shift || data.terminal.unattended) ? el("button.button.touch", { type: "button", "data-way": "cash", click: () => choose("cash") }, icon("cash"), say("t.take_cash")) : null,
      el("button.button.touch.danger", { type: "button", "data-way": "cancel", disabled: Boolean(state.sending), click: cancel }, icon("cross"), say("t.cancel_sale")),
    ),
  );
}

/** The stage of an open payment. */
export function drawPay(state) {
  const { view } = outcome(state);
  if (view === "cash") return drawCash(state, state.trouble ? troubleOf(state.trouble) : null);
  const stage = view === "scan" ? scanStage : view === "stand" ? standStage : showCodes;
  return el("div.pay", {}, stage(state), summary(state, view));
}
