// Signing in by operator number, and the shift: the drawer counted piece by piece at its beginning and its end.

import { data, el, icon, money, moneyText, say } from "./core.js";
import { key, own, write } from "./hh-api.js";

const PIECES = { CNY: [10000, 5000, 2000, 1000, 500, 100, 50, 10] }[data.currency.code] ?? [10000, 5000, 2000, 1000, 500, 200, 100, 50, 20, 10];
const alert = (text) => el("div.banner.stop", { role: "alert" }, icon("alert"), el("strong", {}, text));

/** The sign-in form; `done` gets the operator's name and the session's token. */
export function signIn(done) {
  const problem = el("div");
  const name = el("input.input.touch", { id: "hh-name", name: "name", autocomplete: "username", autocapitalize: "none", required: true, "data-first": true });
  const password = el("input.input.touch", { id: "hh-password", name: "password", type: "password", autocomplete: "current-password", required: true });
  const send = el("button.button.main.touch", { type: "submit" }, say("ph.sign_in"));
  const submit = async (event) => {
    event.preventDefault();
    send.disabled = true;
    try {
      const session = await write("/v1/session", { name: name.value.trim(), password: password.value });
      await done(name.value.trim(), session.csrf_token);
    } catch (error) {
      password.value = "";
      problem.replaceChildren(alert(error.message || say("ph.away_sign_in")));
    } finally {
      send.disabled = false;
    }
  };
  return el("form.hh-card", { submit },
    el("h1", {}, say("ph.sign_in")), el("p.muted", {}, say("ph.sign_in_say")), problem,
    el("div.field", {}, el("label", { for: "hh-name" }, say("ph.number")), name),
    el("div.field", {}, el("label", { for: "hh-password" }, say("ph.password")), password), send);
}

function counter() {
  const counts = new Map(PIECES.map((value) => [value, 0]));
  const sum = el("strong", {}, money(0, "big"));
  const total = () => [...counts].reduce((whole, [value, count]) => whole + value * count, 0);
  const row = (value) =>
    el("label.piece", {}, el("span", {}, moneyText(value)),
      el("input.input", { type: "number", min: 0, max: 9999, inputmode: "numeric", placeholder: "0", "data-piece": value, "aria-label": say("t.pieces", { value: moneyText(value) }),
        input: (event) => { counts.set(value, Math.max(0, Math.floor(Number(event.target.value) || 0))); sum.replaceChildren(money(total(), "big")); } }));
  const grid = el("div.piece-grid", {}, [...counts.keys()].map(row));
  return { part: [grid, el("p.total", { "aria-live": "polite" }, el("span", {}, say("t.drawer_total")), sum)], counts, total };
}

/** The form that opens the operator's shift. */
export function openShift(done) {
  const { part, counts } = counter();
  const problem = el("div");
  const once = key();
  const submit = async (event) => {
    event.preventDefault();
    try {
      await write(own("/shift"), { float: Object.fromEntries([...counts].filter(([, n]) => n > 0)) }, once);
      await done();
    } catch (error) {
      problem.replaceChildren(alert(error.detail || error.message || say("ph.needs_network")));
    }
  };
  return el("form.hh-card", { submit }, el("h1", {}, say("t.shift_open")), el("p.muted", {}, say("t.shift_open_say")), part, problem,
    el("button.button.main.touch", { type: "submit", "data-shift": "open" }, say("t.shift_open")));
}

/** The form that closes the shift, and what the count came to. `waiting` payments have to be sent first. */
export function closeShift(waiting, back, done) {
  const { part, total } = counter();
  const problem = el("div");
  const once = key();
  const note = el("input.input", { id: "hh-note", maxlength: 200 });
  const submit = async (event) => {
    event.preventDefault();
    try {
      const shift = await write(`/v1/terminals/${data.terminal.id}/shift/close`, { counted: total(), ...(note.value.trim() && { note: note.value.trim() }) }, once);
      form.replaceChildren(el("h1", {}, say("t.shift_closed")),
        el("dl.facts", {}, el("dt", {}, say("t.expected")), el("dd", {}, moneyText(shift.expected ?? 0)), el("dt", {}, say("t.counted")), el("dd", {}, moneyText(shift.counted)),
          el("dt", {}, say("t.difference")), el("dd", {}, el("b", {}, moneyText(shift.counted - (shift.expected ?? shift.counted))))),
        el("button.button.main.touch", { type: "button", click: done }, say("ph.sign_out")));
    } catch (error) {
      problem.replaceChildren(alert(error.detail || error.message || say("ph.needs_network")));
    }
  };
  const form = el("form.hh-card", { submit }, el("h1", {}, say("t.shift_close")), el("p.muted", {}, say("t.shift_close_say")),
    waiting ? el("div.banner.check", {}, icon("clock"), el("strong", {}, say("ph.send_first", { n: waiting }))) : null,
    part, el("div.field", {}, el("label", { for: "hh-note" }, say("ph.note")), note), problem,
    el("button.button.main.touch", { type: "submit", disabled: waiting > 0, "data-shift": "close" }, say("t.shift_close")),
    el("button.button.touch", { type: "button", click: back }, say("c.back")));
  return form;
}
