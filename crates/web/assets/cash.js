// Cash: what is due, what was handed over by quick amounts or figures, what is missing or goes back, and in which pieces.

import { data, el, icon, money, pieceText, say } from "./core.js";
import { cancel, cash, set } from "./terminal.js";

/** Notes and coins of the currency, largest first, in minor units. */
export const PIECES = { CNY: [10000, 5000, 2000, 1000, 500, 100, 50, 10, 5, 1] }[data.currency?.code] ?? [10000, 5000, 2000, 1000, 500, 200, 100, 50, 20, 10, 5, 2, 1];

/** What a person is likely to hand over for `due`: the exact sum, then the next round ones. */
export function quick(due) {
  const sums = new Set([due]);
  for (const step of [100, 500, 1000, 2000, 5000, 10000]) sums.add(Math.ceil(due / step) * step);
  const all = [...sums].filter((sum) => sum >= due).sort((a, b) => a - b);
  return all.slice(0, 6);
}

/** Which pieces to hand out: what the drawer decided, else the fewest. */
export function change(attempt) {
  const told = attempt.details?.given;
  if (told) return Object.entries(told).map(([value, count]) => [Number(value), Number(count)]).filter(([, count]) => count > 0).sort((a, b) => b[0] - a[0]);
  let left = attempt.change?.value ?? 0;
  const out = [];
  for (const value of PIECES) {
    const count = Math.floor(left / value);
    if (count) out.push([value, count]);
    left -= count * value;
  }
  return out;
}

function press(state, figure) {
  let typed = state.typed;
  if (figure === "erase") typed = Math.floor(typed / 10);
  else if (figure === "00") typed *= 100;
  else typed = typed * 10 + Number(figure);
  if (String(typed).length <= 8) set({ typed });
}

/** The cash pad. */
export function drawCash(state, trouble) {
  const due = state.order.amount.value;
  const given = state.typed;
  const rest = given - due;
  const busy = Boolean(state.sending);
  const key = (figure, label = figure) =>
    el("button.key", { type: "button", "data-focus": `cash-${figure}`, "aria-label": figure === "erase" ? say("t.erase") : null, click: () => press(state, figure) }, label);
  return el(
    "section.cash",
    {},
    el(
      "div.sums",
      {},
      el("dl", {}, el("dt", {}, say("t.cash_due")), el("dd", {}, money(due, "big"))),
      el("dl.given", {}, el("dt", {}, say("t.cash_given")), el("dd", {}, money(given, "huge"))),
      el(`dl.rest${rest < 0 ? ".missing" : ""}`, { "aria-live": "polite" }, el("dt", {}, say(rest < 0 ? "t.cash_missing" : "t.cash_change")), el("dd", {}, money(Math.abs(rest), "big"))),
      trouble,
      el(
        "div.actions",
        {},
        el("button.button.touch.main", { type: "button", disabled: busy || rest < 0, "data-focus": "cash-take", click: () => cash(given) }, busy ? el("span.spinner") : icon("cash"), say("t.cash_take")),
        el("button.button.touch", { type: "button", disabled: busy, click: () => set({ method: "show", trouble: null, typed: 0 }) }, icon("back"), say("t.other_way")),
        el("button.button.touch.danger", { type: "button", disabled: busy, click: cancel }, icon("cross"), say("t.cancel_sale")),
      ),
    ),
    el(
      "div.tender",
      {},
      el(
        "div.quick",
        {},
        quick(due).map((sum) =>
          el("button.key.sum", { type: "button", "data-focus": `quick-${sum}`, "data-sum": sum, class: sum === given ? "key sum chosen" : "key sum", click: () => set({ typed: sum }) }, sum === due ? el("small", {}, say("t.cash_exact")) : null, sum === due ? money(sum) : pieceText(sum)),
        ),
      ),
      el("div.keys", {}, ["1", "2", "3", "4", "5", "6", "7", "8", "9"].map((n) => key(n)), key("00"), key("0"), key("erase", icon("erase"))),
    ),
  );
}
