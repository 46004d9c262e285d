// What is being sold: items with quantity, or an amount with a description; the ticket beside it; the ways to pay under it.

import { data, el, icon, money, say } from "./core.js";
import { choose, offers, set } from "./terminal.js";

const MOST_DIGITS = 8;
const MOST_STANDS = 3;

const nameOf = (item) => (data.lang === "zh" ? (item.name_zh ?? item.name) : (item.name_en ?? item.name));
const priceOf = (item) => (item.price ?? item.unit_price).value;

/** What the customer owes, in minor units. */
export function total(state) {
  if (state.tab === "amount") return state.amount;
  return lines(state).reduce((sum, line) => sum + line.quantity * priceOf(line.item), 0);
}

function lines(state) {
  return Object.entries(state.cart)
    .map(([sku, quantity]) => ({ item: state.items.find((item) => item.sku === sku), quantity }))
    .filter((line) => line.item && line.quantity > 0);
}

/** What the scene is asked for. */
export function request(state) {
  if (state.tab === "amount") {
    return { amount: { value: state.amount, currency: data.currency.code }, description: state.description.trim() || say("t.description_default") };
  }
  return { items: lines(state).map(({ item, quantity }) => ({ sku: item.sku, quantity })) };
}

function add(state, sku, by) {
  const quantity = Math.max(0, Math.min(99, (state.cart[sku] ?? 0) + by));
  const cart = { ...state.cart, [sku]: quantity };
  if (!quantity) delete cart[sku];
  set({ cart, orderKey: null, trouble: null });
}

/** A figure of the amount, from the keypad or the keyboard. */
export function press(state, figure) {
  let amount = state.amount;
  if (figure === "erase") amount = Math.floor(amount / 10);
  else if (figure === "00") amount *= 100;
  else amount = amount * 10 + Number(figure);
  if (String(amount).length <= MOST_DIGITS) set({ amount, orderKey: null, trouble: null });
}

function tabs(state) {
  const tab = (name, sign, words) =>
    el("button.tab", { type: "button", role: "tab", "aria-selected": String(state.tab === name), "data-focus": `tab-${name}`, click: () => set({ tab: name, orderKey: null }) }, icon(sign), words);
  return el("div.tabs", { role: "tablist" }, tab("items", "basket", say("t.items")), tab("amount", "keypad", say("t.keypad")));
}

function grid(state) {
  if (!state.items.length) return el("div.empty", {}, icon("basket"), el("h3", {}, say("t.no_items")), el("p", {}, say("t.no_items_say")));
  return el(
    "div.items",
    {},
    state.items.map((item) => {
      const quantity = state.cart[item.sku] ?? 0;
      return el(
        "button.item",
        { type: "button", class: quantity ? "item chosen" : "item", "data-focus": `item-${item.sku}`, click: () => add(state, item.sku, 1) },
        el("span.name", {}, nameOf(item)),
        el("span.price", {}, money(priceOf(item))),
        quantity ? el("span.count", { "aria-label": `× ${quantity}` }, String(quantity)) : null,
      );
    }),
  );
}

function keypad(state) {
  const button = (figure, label = figure) =>
    el("button.key", { type: "button", "data-focus": `key-${figure}`, "aria-label": figure === "erase" ? say("t.erase") : null, click: () => press(state, figure) }, label);
  return el(
    "div.pad",
    {},
    el("output.amount", { "aria-live": "polite", "aria-label": say("c.amount"), class: state.amount ? "amount" : "amount none" }, money(state.amount, "huge")),
    el(
      "div.field",
      {},
      el("label.sr", { for: "description" }, say("t.description")),
      el("input.input.touch", {
        id: "description", "data-focus": "description", placeholder: say("t.description"), maxlength: 60, autocomplete: "off", value: state.description,
        input: (event) => {
          state.description = event.target.value;
          state.orderKey = null;
        },
        change: () => set({}),
      }),
    ),
    el("div.keys", {}, ["1", "2", "3", "4", "5", "6", "7", "8", "9"].map((n) => button(n)), button("00"), button("0"), button("erase", icon("erase"))),
  );
}

function ticket(state) {
  const due = total(state);
  const rows =
    state.tab === "amount"
      ? due > 0
        ? [el("li", {}, el("span.grow", {}, state.description.trim() || say("t.description_default")), money(due))]
        : []
      : lines(state).map(({ item, quantity }) =>
          el(
            "li",
            {},
            el("span.grow", {}, el("span.name", {}, nameOf(item)), el("small.muted", {}, `${quantity} × `, money(priceOf(item)))),
            el(
              "span.stepper",
              {},
              el("button", { type: "button", "aria-label": `${say("t.less")}: ${nameOf(item)}`, "data-focus": `less-${item.sku}`, click: () => add(state, item.sku, -1) }, "−"),
              el("b", {}, String(quantity)),
              el("button", { type: "button", "aria-label": `${say("t.more")}: ${nameOf(item)}`, "data-focus": `more-${item.sku}`, click: () => add(state, item.sku, 1) }, "+"),
            ),
            el("span.sum", {}, money(priceOf(item) * quantity)),
          ),
        );
  return el(
    "section.ticket",
    { "aria-label": say("t.to_pay") },
    el(
      "header",
      {},
      el("h1", {}, say("t.new_sale")),
      due > 0 ? el("button.button.quiet", { type: "button", click: () => set({ cart: {}, amount: 0, description: "", orderKey: null, trouble: null }) }, say("t.clear")) : null,
    ),
    rows.length ? el("ul.rows", {}, rows) : el("div.nothing", {}, el("strong", {}, say("t.empty_sale")), el("p", {}, say("t.empty_sale_say"))),
    state.trouble ? troubleOf(state.trouble) : null,
    el("div.total", { "aria-live": "polite" }, el("span", {}, say("t.to_pay")), money(due, "big")),
  );
}

/** What went wrong, in place. */
export function troubleOf({ title, say: more }) {
  return el("div.banner.stop", { role: "alert" }, icon("alert"), el("strong", {}, title), more ? el("p", {}, more) : null);
}

function ways(state) {
  const due = total(state);
  const busy = Boolean(state.sending);
  const able = (presentment) => offers(presentment).length > 0;
  const way = (method, sign, words, more, open, main = "") =>
    el(
      `button.way${main}`,
      { type: "button", disabled: busy || due <= 0 || !open, "data-focus": `way-${method}`, "data-way": method, click: () => choose(method) },
      busy && state.sending.what === method ? el("span.spinner") : icon(sign),
      el("span", {}, el("strong", {}, words), el("small", {}, more)),
    );
  const cashOpen = able("cash") && (state.shift || data.terminal.unattended);
  return el(
    "div.ways",
    {},
    data.can.shows_code ? way("show", "show", say("t.show_code"), say("t.show_code_say"), able("merchant_presented"), ".main") : null,
    data.can.scans_code ? way("scan", "scan", say("t.scan_code"), say("t.scan_code_say"), able("customer_presented")) : null,
    (able("in_app") ? (data.stands ?? []) : []).slice(0, MOST_STANDS).map((stand) =>
      el("button.way", { type: "button", disabled: busy || due <= 0, "data-focus": `way-stand-${stand.id}`, "data-way": "stand", click: () => choose("stand", null, stand.id) }, icon("tag"), el("span", {}, el("strong", {}, say("t.stand")), el("small", {}, say("t.stand_say", { name: stand.name })))),
    ),
    data.can.takes_cash ? way("cash", "cash", say("t.take_cash"), say(cashOpen ? "t.take_cash_say" : "t.cash_needs_shift"), cashOpen) : null,
  );
}

/** The whole sale. */
export function drawSale(state) {
  return el(
    "div.sale",
    {},
    el("section.build", {}, tabs(state), state.tab === "amount" ? keypad(state) : grid(state)),
    el("aside.side", {}, ticket(state), ways(state)),
  );
}
