// The handheld: sign in, open the shift, type a plate, take money. It goes on without a network with what it keeps.

import { data, el, icon, moneyText, say, toast } from "./core.js";
import { Away, isUp, net, own, read, call, session, write, key } from "./hh-api.js";
import { feeWindow } from "./hh-fee.js";
import { flush, items, queue, settle, worded } from "./hh-queue.js";
import { closeShift, openShift, signIn } from "./hh-shift.js";
import { plateKeys } from "./plate.js";
import * as store from "./hh-store.js";

const stage = document.getElementById("stage");
const SYNC_MS = 120000;
let person = null;
let kept = [];

const banner = (tone, title, text) => el(`div.banner.${tone}`, { role: "status" }, icon(tone === "stop" ? "alert" : tone === "check" ? "clock" : "info"), el("strong", {}, title), text ? el("p", {}, text) : null);
const view = (name, ...parts) => {
  document.body.dataset.view = name;
  stage.replaceChildren(...parts);
  stage.querySelector("[data-first]")?.focus();
};
const time = (ms) => new Date(ms).toLocaleString(data.tag, { month: "numeric", day: "numeric", hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: data.zone });

async function start() {
  navigator.serviceWorker?.register(data.paths.worker, { scope: "/t/" }).catch(() => {});
  person = (await store.get("kept", "person")) ?? null;
  kept = (await store.get("kept", "stays")) ?? [];
  document.getElementById("offline").hidden = isUp();
  try {
    const told = await read("/v1/session");
    if (told.actor !== "operator") return showSignIn();
    session.csrf = told.csrf_token;
    await entered(person?.name ?? "");
  } catch (error) {
    if (!(error instanceof Away)) return showSignIn();
    // without a network whoever signed in before goes on; the platform checks again before it books anything
    if (!person) return view("away", el("section.hh-card", {}, banner("check", say("t.offline"), say("ph.away_sign_in")), el("button.button.touch", { type: "button", click: start }, say("c.retry"))));
    session.csrf = person.csrf;
    showPerson();
    showHome();
  }
}

function showSignIn() {
  person = null;
  store.remove("kept", "person");
  showPerson();
  view("sign-in", signIn(async (name, csrf) => {
    session.csrf = csrf;
    await entered(name);
  }));
}

async function entered(name) {
  const state = await read(own("/state"));
  person = { name: state.operator.name || name, csrf: session.csrf, shift: Boolean(state.shift?.own) };
  await store.put("kept", "person", person);
  showPerson();
  flush();
  if (state.shift && !state.shift.own) {
    const name_ = state.shift.operator?.name ?? "—";
    return view("taken", el("section.hh-card", {}, banner("stop", say("ph.other_shift", { name: name_ }), say("ph.other_shift_say")),
      el("button.button.touch", { type: "button", click: showClose }, say("t.shift_close")), el("button.button.quiet.touch", { type: "button", click: signOut }, say("ph.sign_out"))));
  }
  if (state.elsewhere) {
    return view("elsewhere", el("section.hh-card", {}, banner("stop", say("ph.elsewhere", { device: state.elsewhere }), say("ph.elsewhere_say")), el("button.button.touch", { type: "button", click: signOut }, say("ph.sign_out"))));
  }
  if (!state.shift) return view("open-shift", openShift(() => entered(name)));
  sync();
  showHome();
}

async function signOut() {
  await call("DELETE", "/v1/session").catch(() => {});
  showSignIn();
}

/** Keeps the stays for the time without a network. */
async function sync() {
  if (!person || !isUp()) return;
  try {
    const told = await read(own("/stays"));
    kept = told.stays;
    await store.put("kept", "stays", kept);
  } catch {
    // the list that is kept stays as it is
  }
}
setInterval(sync, SYNC_MS);

function showPerson() {
  const button = document.getElementById("person");
  button.hidden = !person;
  if (person) button.querySelector("span").textContent = person.name;
}
document.getElementById("person").addEventListener("click", async () => {
  view("person", el("section.hh-card", {}, el("h1", {}, person?.name ?? ""), el("button.button.touch", { type: "button", click: showClose }, say("t.shift_close")),
    el("button.button.touch", { type: "button", click: signOut }, say("ph.sign_out")), el("button.button.quiet.touch", { type: "button", click: showHome }, say("c.back"))));
});

async function showClose() {
  await flush();
  const waiting = (await items()).filter((i) => i.state === "waiting").length;
  view("close-shift", closeShift(waiting, showHome, signOut));
}

function showHome(message) {
  const input = el("input.input.touch.plate-input", { id: "plate", maxlength: 12, autocomplete: "off", autocapitalize: "characters", spellcheck: false, "aria-label": say("pd.plate"), "data-plate": "" });
  const keys = el("div");
  const found = el("div.stack");
  const find = async (event) => {
    event?.preventDefault();
    const typed = input.value.trim().toUpperCase();
    if (!typed) return;
    found.replaceChildren(el("div.loading", {}, el("span.spinner")));
    const cars = await look(typed).catch((error) => error);
    if (cars instanceof Error) return found.replaceChildren(banner("stop", cars.message));
    keys.replaceChildren();
    found.replaceChildren(...(cars.length ? cars.map(car) : [nobody(typed)]));
  };
  view("home",
    el("section.hh-home", {}, message ?? null,
      el("form.stack", { submit: find }, input, keys, el("button.button.main.touch", { type: "submit", "data-find": "" }, icon("search"), say("pd.find"))), found));
  const draw = plateKeys(input, keys);
  input.addEventListener("focus", () => draw());
}

/** Cars that a plate may mean: by the platform, or from what is kept. */
async function look(typed) {
  if (isUp()) {
    try {
      const told = await read(`/v1/parking/lookup?site=${data.terminal.site}&plate=${encodeURIComponent(typed)}`);
      return told.items.map((f) => ({ id: f.stay, plate: f.plate, entered_at: Date.parse(f.entered_at), pass: f.pass, why: f.why, photo: f.photo, paid_until: f.paid_until && Date.parse(f.paid_until), steps: kept.find((k) => k.id === f.stay)?.steps ?? [] }));
    } catch (error) {
      if (!(error instanceof Away)) throw error;
    }
  }
  const wrong = (plate) => {
    if (plate.length !== typed.length) return 9;
    return [...plate].filter((c, n) => c !== typed[n] && typed[n] !== "?" && c !== "?").length;
  };
  return kept.map((stay) => ({ ...stay, wrong: wrong(stay.plate) })).filter((s) => s.wrong <= 1).sort((a, b) => a.wrong - b.wrong)
    .map((s) => ({ ...s, why: s.wrong ? "one_wrong" : "same" }));
}

/** One car: a temporary one opens the fee window, one with a pass does not. */
function car(stay) {
  const open = stay.pass ? null : el("button.button.main.touch", { type: "button", "data-fee": stay.id, click: () => feeWindow(stage, stay, showHome) }, say("ph.open_fee"));
  if (open) document.body.dataset.view = "found";
  return el("article.hh-car", {},
    stay.photo ? el("img", { src: `/v1/parking/photos/${stay.photo}`, alt: say("pd.photo"), loading: "lazy" }) : null,
    el("div.stack.tight", {}, el("strong.plate-text", {}, stay.plate || say("ph.no_plate")), el("p.small", {}, say(`pd.why_${stay.why}`)), el("p", {}, `${say("pd.came_at")} ${time(stay.entered_at)}`),
      stay.pass ? banner("tell", say("ph.monthly"), say("ph.monthly_say")) : null,
      stay.paid_until ? el("p.small", {}, say("pd.leave_by", { time: time(stay.paid_until) })) : null),
    open);
}

/** Nobody was found: the entry is written by hand, with a reason. */
function nobody(typed) {
  const at = el("input.input.touch", { id: "hh-came", type: "datetime-local", required: true });
  const reason = el("input.input.touch", { id: "hh-why", maxlength: 200, required: true });
  const problem = el("div");
  const once = key();
  const send = async (event) => {
    event.preventDefault();
    try {
      const stay = await write("/v1/parking/stays", { site: data.terminal.site, plate: typed, entered_at: new Date(at.value).toISOString(), reason: reason.value }, once);
      feeWindow(stage, { id: stay.id, plate: stay.plate, entered_at: Date.parse(stay.entered_at), steps: [] }, showHome);
    } catch (error) {
      problem.replaceChildren(banner("stop", error instanceof Away ? say("ph.needs_network") : error.message));
    }
  };
  return el("div.stack", {}, banner("tell", say("pd.none_found"), say("ph.none_say")),
    el("details", {}, el("summary", {}, say("ph.by_hand")),
      el("form.stack", { submit: send }, el("div.field", {}, el("label", { for: "hh-came" }, say("pd.came_at")), at), el("div.field", {}, el("label", { for: "hh-why" }, say("ph.reason")), reason), problem,
        el("button.button.touch", { type: "submit" }, say("ph.open_fee")))));
}

async function showQueue() {
  const all = await items();
  view("queue", el("section.hh-card", {}, el("h1", {}, say("ph.queue")),
    el("ul.queue", {}, all.slice(0, 40).map((item) =>
      el(`li.${item.state}`, {}, el("div.row.between", {}, el("strong", {}, item.plate || "—"), el("span", {}, item.due === undefined ? "" : moneyText(item.due))),
        el("p.small", {}, `${time(item.at)} · ${worded(item)}`), item.trouble ? el("p.small", {}, item.trouble) : null,
        item.state === "contested" ? el("button.button", { type: "button", click: async () => { await settle(item); showQueue(); } }, say("ph.settled")) : null))),
    el("button.button.touch", { type: "button", click: async () => { toast(say((await flush()) ? "ph.sent" : "ph.needs_network")); showQueue(); } }, say("ph.send_now")),
    el("button.button.quiet.touch", { type: "button", click: () => showHome() }, say("c.back"))));
}

async function count() {
  const all = await items();
  const open = all.filter((i) => i.state === "waiting" || i.state === "contested");
  const button = document.getElementById("queue");
  button.hidden = open.length === 0;
  button.classList.toggle("stop", open.some((i) => i.state === "contested"));
  button.querySelector("span").textContent = say("ph.queue_n", { n: open.length });
}
document.getElementById("queue").addEventListener("click", showQueue);
queue.addEventListener("change", count);
net.addEventListener("change", () => {
  document.getElementById("offline").hidden = isUp();
  if (isUp()) sync();
});
count();
start();
