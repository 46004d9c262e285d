// The kiosk's screens. Each says what happened, what happens now and what to do.

import { channel as channelBadge, data, el, icon, lineName, money, moneyText, pieceText, say, word } from "./core.js";
import { plateKeys } from "./plate.js";
import { back, begin, cancel, channel, choose, credit, find, offers, otherWay, pay, payCash, printReceipt, set } from "./kiosk.js";

const button = (words, click, { sign, main, danger, disabled, focus, first } = {}) =>
  el(`button.button.touch${main ? ".main" : ""}${danger ? ".danger" : ""}`, { type: "button", click, disabled, "data-focus": focus, "data-first": first }, sign && icon(sign), words);

const banner = (tone, title, more) =>
  el(`div.banner.${tone}`, { role: tone === "stop" ? "alert" : "status" }, icon(tone === "stop" ? "alert" : tone === "paid" ? "tick" : "clock"), el("strong", {}, title), more ? el("p", {}, more) : null);

const troubleOf = (state) => (state.trouble ? banner("stop", state.trouble.title || say("pk.trouble"), state.trouble.say) : null);

const title = (text, more) => el("header.title", {}, el("h1", { tabindex: -1 }, text), more ? el("p", {}, more) : null);

const when = (text) => {
  const at = new Date(text);
  const zone = { timeZone: data.zone, month: "numeric", day: "numeric", hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
  return new Intl.DateTimeFormat(data.lang === "zh" ? "zh-CN" : "en-GB", { ...zone, month: data.lang === "zh" ? "numeric" : "short" }).format(at);
};

const length = (from) => {
  const minutes = Math.max(0, Math.floor((Date.now() - Date.parse(from)) / 60000));
  return say("pk.minutes", { h: Math.floor(minutes / 60), m: minutes % 60 });
};

// the plate of somebody else's car is nobody's business
const masked = (plate) => (plate.length > 4 ? plate.slice(0, 2) + "*".repeat(plate.length - 4) + plate.slice(-2) : plate);

function plate(state) {
  const input = el("input.input.plate-input", { id: "plate", "data-focus": "plate", "aria-label": say("pk.start"), maxlength: 12, autocomplete: "off", value: state.plate });
  const keys = el("div.plate-keys");
  input.addEventListener("input", () => {
    state.plate = input.value.toUpperCase();
    go.disabled = !state.plate.trim();
  });
  input.addEventListener("keydown", (event) => event.key === "Enter" && find());
  const go = button(say("pk.find"), find, { sign: "search", main: true, disabled: !state.plate.trim() || state.sending });
  plateKeys(input, keys);
  return el("section.plate", {}, title(say("pk.start"), say("pk.start_say")), troubleOf(state), input, keys, go);
}

function found(state) {
  const again = button(say("pk.again"), () => set({ view: "plate", trouble: null }), { sign: "back" });
  if (!state.found.length) return el("section", {}, title(say("pk.none")), banner("tell", say("pk.none"), say("pk.none_say")), again);
  const car = (one) =>
    el(
      "li.car",
      {},
      one.photo
        ? el("img", { src: `/park/${data.terminal.site}/photo/${one.photo}?plate=${encodeURIComponent(state.plate)}`, alt: "" })
        : el("span.no-photo", {}, icon("car")),
      el("div", {}, el("strong.plate-text", {}, one.distance === 0 ? one.plate : masked(one.plate)), el("p", {}, word("pd", `why_${one.why}`)), el("p", {}, `${say("pk.came")} ${when(one.entered_at)}`)),
      button(say("pk.mine"), () => choose(one.stay), { main: true, disabled: state.sending, sign: "tick", focus: `stay-${one.stay}` }),
    );
  return el("section", {}, title(say("pk.which"), say("pk.which_say")), troubleOf(state), el("ul.cars", {}, state.found.map(car)), again);
}

const slip = (state) => {
  const { order, stay } = state;
  const row = (label, value) => [el("dt", {}, label), el("dd", {}, value)];
  return el(
    "div.slip",
    {},
    el("p.plate-text", {}, stay.plate === state.plate ? stay.plate : masked(stay.plate)),
    el("dl", {}, row(say("pk.came"), when(stay.entered_at)), row(say("pk.parked"), length(stay.entered_at)), stay.paid ? row(say("pk.paid_already"), money(stay.paid)) : null),
    el("ul.lines", {}, order.lines.map((line) => el("li", {}, el("span", {}, lineName(line, say("pk.title"))), money(line.amount.value)))),
    el("p.due", {}, el("span", {}, say("pk.due")), money(order.amount.value, "huge")),
  );
};

/** What keeps the printer from printing: the alarm's code; nothing where it can. */
const printerStops = (state) => state.machine?.alarms.find((a) => a.unit === "printer" && a.code !== "paper_low")?.code;

const noPaper = (state) => {
  const why = printerStops(state);
  return why ? banner("check", say("pk.no_paper"), `${word("pk.no_print", why, say("pk.no_print.printer_away"))} ${say("pk.no_paper_say")}`) : null;
};

function bill(state) {
  const { machine } = state;
  const way = (method, sign, words, more, able) =>
    el("button.way", { type: "button", "data-way": method, "data-focus": method, disabled: state.sending || !able, click: () => pay(method) }, icon(sign), el("span", {}, el("strong", {}, words), el("small", {}, more)));
  const cashAble = machine?.online && machine.take.length > 0;
  const cashSay = !cashAble ? say("pk.cash_away") : machine.exact ? say("pk.cash_exact") : say("pk.cash_say");
  return el(
    "section.bill",
    {},
    title(say("pk.bill")),
    troubleOf(state),
    slip(state),
    state.own ? null : banner("tell", say("pk.elsewhere")),
    noPaper(state),
    el("h2", {}, say("pk.how")),
    el(
      "div.ways",
      {},
      data.can.shows_code && offers("merchant_presented").length ? way("show", "show", say("pk.show"), say("pk.show_say"), true) : null,
      data.can.scans_code && offers("customer_presented").length ? way("scan", "scan", say("pk.scan"), say("pk.scan_say"), true) : null,
      data.can.takes_cash ? way("cash", "cash", say("pk.cash"), cashSay, cashAble) : null,
    ),
    button(say("pk.cancel"), cancel, { sign: "cross", danger: true, disabled: state.sending }),
  );
}

const dueLine = (state) => el("p.due", {}, el("span", {}, say("pk.due")), money(state.order.amount.value, "huge"));

function show(state) {
  const attempt = state.order.attempts.findLast((a) => a.channel === state.channel && a.presentment === "merchant_presented" && a.state === "pending");
  const doubt = state.order.attempts.some((a) => a.state === "in_doubt");
  const name = offers("merchant_presented").find((o) => o.channel === state.channel)?.name ?? "";
  const tab = (offer) => el("button.tab", { type: "button", "aria-pressed": String(offer.channel === state.channel), "data-channel": offer.channel, "data-focus": offer.channel, click: () => channel(offer.channel) }, channelBadge(offer.channel, offer.name));
  return el(
    "section.show",
    {},
    title(say("pk.code_say", { channel: name })),
    dueLine(state),
    troubleOf(state),
    el("div.tabs", {}, offers("merchant_presented").map(tab)),
    attempt?.code ? el("div.code", { role: "img", "aria-label": say("pk.show"), "data-code": attempt.code }, el("img", { src: `/qr.svg?text=${encodeURIComponent(attempt.code)}`, alt: "" })) : el("div.loading", {}, el("span.spinner")),
    doubt ? banner("check", say("pk.checking")) : null,
    el("div.actions", {}, button(say("pk.other_way"), otherWay, { sign: "back" }), button(say("pk.cancel"), cancel, { sign: "cross", danger: true })),
  );
}

function scan(state) {
  const scans = state.order.attempts.filter((a) => a.presentment === "customer_presented");
  const attempt = scans.find((a) => a.id === state.attemptId);
  let now = null;
  if (state.sending || attempt?.state === "pending") now = banner("check", say("pk.asking"));
  else if (attempt?.state === "in_doubt") now = banner("check", say("pk.checking"));
  else if (attempt && attempt.state !== "succeeded") now = banner("stop", say("pk.declined"), word("reason", attempt.reason ?? "", ""));
  return el(
    "section.scan",
    {},
    title(say("pk.scan_now")),
    dueLine(state),
    el("div.reader", {}, icon("scan")),
    troubleOf(state),
    now,
    el("div.actions", {}, button(say("pk.other_way"), otherWay, { sign: "back" }), button(say("pk.cancel"), cancel, { sign: "cross", danger: true })),
  );
}

function cash(state) {
  const { machine, order } = state;
  const held = credit();
  const due = order.amount.value;
  const inside = held ? held.stacked + held.escrow : 0;
  const piece = (value) => el("li.piece", {}, pieceText(value));
  const notesAway = machine.equipment.notes.length > 0 && machine.alarms.some((a) => a.unit === "notes");
  return el(
    "section.cash",
    {},
    title(inside >= due ? say("pk.pay", { amount: moneyText(due) }) : say("pk.insert"), say("pk.credit_say")),
    troubleOf(state),
    el(
      "dl.balance",
      { "aria-live": "polite" },
      el("dt", {}, say("pk.due")),
      el("dd", {}, money(due, "big")),
      el("dt", {}, say("pk.in")),
      el("dd", { "data-in": inside }, money(inside, "huge")),
      inside >= due ? [el("dt", {}, say("pk.back")), el("dd", { "data-back": inside - due }, money(inside - due, "big"))] : [el("dt", {}, say("pk.rest")), el("dd", {}, money(due - inside, "big"))],
    ),
    inside < due ? [el("h2", {}, say("pk.takes")), el("ul.pieces", { "data-takes": machine.take.join(" ") }, machine.take.map(piece))] : null,
    inside < due && machine.refuse.length ? banner("check", say("pk.refuses", { values: machine.refuse.map(pieceText).join(" ") })) : null,
    machine.slip && inside < due ? banner("check", say("pk.slip_warn")) : null,
    notesAway ? banner("check", say("pk.notes_full")) : null,
    held?.state === "paying" ? banner("check", say("pk.stacking")) : null,
    el(
      "div.actions",
      {},
      button(say("pk.pay", { amount: moneyText(due) }), payCash, { sign: "tick", main: true, disabled: inside < due || state.sending || held?.state !== "open", focus: "pay" }),
      button(say("pk.cancel"), cancel, { sign: "cross", danger: true, disabled: state.sending, focus: "cancel" }),
      button(say("pk.other_way"), otherWay, { sign: "back", disabled: state.sending }),
    ),
  );
}

const outcome = (tone, sign, words, more, ...rest) => el(`section.outcome.${tone}`, { role: "status", "aria-live": "assertive" }, el("div.sign", {}, icon(sign)), el("h1", { tabindex: -1 }, words), more ? el("p.say", {}, more) : null, rest);

const slipOf = (held) =>
  held?.owed > 0
    ? el("div.owed", {}, banner("stop", say("pk.owed", { amount: moneyText(held.owed) }), say("pk.owed_say")), el("p", {}, say("pk.slip")), el("p.slip-code", { "data-slip": held.slip }, held.slip?.replace(/(.{5})/, "$1 ")))
    : null;

const backOf = (state) => button(say("pk.other_way"), back, { sign: "back", main: true, disabled: state.order?.state !== "open" });

function paid(state) {
  const { order } = state;
  const held = credit();
  const attempt = order.attempts.find((a) => a.state === "succeeded");
  const change = attempt?.presentment === "cash" ? (attempt.change?.value ?? 0) - (held?.owed ?? 0) : 0;
  const leave = order.fulfilments.find((f) => f.kind === "exit_permission")?.body?.leave_by;
  const receipt = state.earlier || (order.amount.value > 0 && order.fulfilments.some((f) => f.kind === "receipt"));
  const paperOut = !state.machine || printerStops(state) !== undefined;
  return outcome(
    "paid",
    "tick",
    order.amount.value > 0 ? say("pk.paid") : say("pk.free"),
    null,
    order.amount.value > 0 ? money(order.amount.value, "huge") : null,
    leave ? el("p.leave", {}, say("pk.leave", { time: when(leave) })) : null,
    el("p.say", {}, say("pk.leave_say")),
    change > 0 ? banner("tell", say("pk.take_change", { amount: moneyText(change) })) : null,
    slipOf(held?.order === order.id ? held : null),
    receipt && paperOut ? noPaper(state) : null,
    receipt && !paperOut && !state.print ? [el("h2", {}, say("pk.receipt")), el("p", {}, say("pk.receipt_say"))] : null,
    state.print ? banner("tell", say(state.print.copy ? "pk.printing_copy" : "pk.printing")) : null,
    troubleOf(state),
    el(
      "div.actions",
      {},
      button(receipt && !paperOut && !state.print ? say("pk.no") : say("pk.done"), begin, { main: true, first: true, focus: "done" }),
      receipt && !paperOut ? button(state.print ? say("pk.print_again") : say("pk.yes"), printReceipt, { sign: "print", disabled: state.sending, focus: "print" }) : null,
    ),
  );
}

/** The screen of a view. */
export function draw(state, view) {
  const held = credit();
  switch (view) {
    case "found":
      return found(state);
    case "bill":
      return bill(state);
    case "show":
      return show(state);
    case "scan":
      return scan(state);
    case "cash":
      return cash(state);
    case "returning":
      return outcome("check", "undo", say("pk.returning"), say("pk.returning_say"));
    case "returned":
      return outcome("check", "undo", say("pk.returned"), say("pk.returned_say", { amount: moneyText(held.back) }), el("div.actions", {}, backOf(state), button(say("pk.done"), begin)));
    case "owed":
      return outcome("stop", "alert", held.back > 0 ? say("pk.returned") : say("pk.owed", { amount: moneyText(held.owed) }), null, held.back > 0 ? el("p.say", {}, say("pk.returned_say", { amount: moneyText(held.back) })) : null, slipOf(held), el("div.actions", {}, backOf(state), button(say("pk.done"), begin)));
    case "paid":
      return paid(state);
    case "over":
      return outcome("check", "clock", say("pk.over"), say("pk.over_say"), el("div.actions", {}, button(say("pk.done"), begin, { main: true })));
    default:
      return plate(state);
  }
}
