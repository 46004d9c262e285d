// Opening and closing a shift: the drawer is counted piece by piece at both ends.

import { data, el, icon, money, moneyText, pieceText, say, toast } from "./core.js";
import { Refused, key, write } from "./api.js";
import { PIECES } from "./cash.js";

/** Opens the dialog that fits: opening when no shift runs, closing when one does. `changed` gets the running shift or null. */
export function openShiftDialog(state, changed) {
  const closing = Boolean(state.shift);
  const counts = new Map(PIECES.map((value) => [value, 0]));
  const once = key();
  const sum = el("strong", {}, money(0, "big"));
  const total = () => [...counts].reduce((all, [value, count]) => all + value * count, 0);
  const problem = el("div", {});
  const row = (value) =>
    el(
      "label.piece",
      {},
      el("span", {}, pieceText(value)),
      el("input.input", {
        type: "number", min: 0, max: 9999, inputmode: "numeric", value: "", placeholder: "0", "aria-label": say("t.pieces", { value: pieceText(value) }), "data-piece": value,
        input: (event) => {
          counts.set(value, Math.max(0, Math.floor(Number(event.target.value) || 0)));
          sum.replaceChildren(money(total(), "big"));
        },
      }),
    );
  const send = async (event) => {
    event.preventDefault();
    submit.disabled = true;
    try {
      const path = `/v1/terminals/${data.terminal.id}/shift`;
      if (closing) {
        closed(await write(`${path}/close`, { counted: total() }, once));
      } else {
        const float = Object.fromEntries([...counts].filter(([, count]) => count > 0));
        const shift = await write(path, { float }, once);
        dialog.close();
        toast(say("t.shift_since", { time: new Date(shift.opened_at).toLocaleTimeString(data.tag, { hour: "2-digit", minute: "2-digit" }) }));
        changed(shift);
      }
    } catch (error) {
      submit.disabled = false;
      const text = error instanceof Refused ? error.message : String(error);
      problem.replaceChildren(el("div.banner.stop", { role: "alert" }, icon("alert"), el("strong", {}, text)));
    }
  };
  const closed = (shift) => {
    const difference = shift.counted - (shift.expected ?? shift.counted);
    form.replaceChildren(
      el("h2", {}, say("t.shift_closed")),
      el("dl.facts", {}, el("dt", {}, say("t.expected")), el("dd", {}, moneyText(shift.expected ?? 0)), el("dt", {}, say("t.counted")), el("dd", {}, moneyText(shift.counted)), el("dt", {}, say("t.difference")), el("dd", {}, el("b", {}, moneyText(difference)))),
      el("div.actions", {}, el("button.button.touch.main", { type: "button", click: () => dialog.close() }, say("c.close"))),
    );
    changed(null);
  };
  const submit = el("button.button.touch.main", { type: "submit", "data-shift": "send" }, say(closing ? "t.shift_close" : "t.shift_open"));
  const form = el(
    "form",
    { submit: send },
    el("h2", {}, say(closing ? "t.shift_close" : "t.shift_open")),
    el("p", {}, say(closing ? "t.shift_close_say" : "t.shift_open_say")),
    el("div.piece-grid", {}, PIECES.map(row)),
    el("p.total", { "aria-live": "polite" }, el("span", {}, say("t.drawer_total")), sum),
    problem,
    el("div.actions", {}, submit, el("button.button.touch", { type: "button", click: () => dialog.close() }, say("c.cancel"))),
  );
  const dialog = el("dialog.dialog", { "aria-label": say("t.shift") }, form);
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}
