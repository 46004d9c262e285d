// What every screen's script shares: words, money, elements, countdowns, toasts.

const holder = document.getElementById("page-data");
/** What the server put into the page. */
export const data = holder ? JSON.parse(holder.textContent) : {};
const words = data.words ?? {};
// clocks differ: times are compared with the server's
const ahead = data.now ? data.now - Date.now() : 0;

/** The server's time in milliseconds. */
export const now = () => Date.now() + ahead;

/** The words for a key, with {name} replaced. */
export function say(key, values = {}) {
  const text = words[key] ?? key;
  return text.replace(/\{(\w+)\}/g, (all, name) => values[name] ?? all);
}

/** The words for a code that came from the server, or `otherwise`. */
export const word = (group, code, otherwise = code) => words[`${group}.${code}`] ?? otherwise;

/** A refusal of the platform, worded. */
export class Refused extends Error {
  constructor(problem) {
    super(word("problem", problem.code, problem.title ?? problem.code));
    this.code = problem.code;
    this.detail = problem.detail ?? "";
    this.status = problem.status;
  }
}

/** Makes an element: `el("p.small", {title: "x"}, "text", child)`. Functions become listeners. */
export function el(what, attributes = {}, ...children) {
  const [name, ...classes] = what.split(".");
  const node = document.createElement(name || "div");
  if (classes.length) node.className = classes.join(" ");
  for (const [key, value] of Object.entries(attributes ?? {})) {
    if (value === undefined || value === null || value === false) continue;
    if (typeof value === "function") node.addEventListener(key, value);
    else if (key === "value") node.value = value;
    else node.setAttribute(key, value === true ? "" : value);
  }
  node.append(...children.flat(4).filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

/** A sign from the page's sprite. */
export function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", `#i-${name}`);
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  svg.append(use);
  return svg;
}

const currency = () => data.currency ?? { code: "CNY", sign: "¥", digits: 2 };

function pieces(value) {
  const { digits } = currency();
  const unsigned = String(Math.abs(value)).padStart(digits + 1, "0");
  const whole = unsigned.slice(0, unsigned.length - digits).replace(/\B(?=(\d{3})+$)/g, ",");
  return { minus: value < 0 ? "−" : "", whole, minor: digits ? "." + unsigned.slice(-digits) : "" };
}

/** An amount in minor units as text. */
export function moneyText(value) {
  const { minus, whole, minor } = pieces(value);
  return minus + currency().sign + whole + minor;
}

/** An amount in minor units, set like the server sets it. */
export function money(value, size = "") {
  const { minus, whole, minor } = pieces(value);
  return el("span.money" + (size ? "." + size : ""), {}, minus, el("span.sign", {}, currency().sign), whole, minor && el("span.minor", {}, minor));
}

const dayMinute = (text) => {
  const [, month, day, time] = /^\d{4}-(\d\d)-(\d\d)T(\d\d:\d\d)/.exec(text) ?? [];
  if (!time) return text;
  const names = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
  return data.lang === "zh" ? `${+month}月${+day}日 ${time}` : `${+day} ${names[month - 1]} ${time}`;
};

/** A priced line in words, as the server words it: by `line.{code}` with its parameters, else by the name it holds. */
export function lineName(line, otherwise = "") {
  const text = words[`line.${line.code}`];
  let whole = text !== undefined;
  const filled = text?.replace(/\{(\w+)\}/g, (all, name) => {
    const value = line.params[`${name}_${data.lang}`] ?? line.params[name];
    if (value === undefined || value === null) whole = false;
    if (typeof value === "object") return value ? moneyText(value.value) : "";
    return typeof value === "string" ? dayMinute(value) : String(value);
  });
  if (whole) return filled;
  return line.params[`name_${data.lang}`] ?? line.params.name ?? line.params.description ?? otherwise;
}

/** A note or coin: no minor part where it has none. */
export function pieceText(value) {
  return value % 10 ** currency().digits ? moneyText(value) : currency().sign + pieces(value).whole;
}

const glyphs = { wechat: "微", alipay: "支", alipay_plus: "支", ecny: "数", cash: "¥" };
/** A channel with its badge. */
export function channel(code, name = word("channel", code)) {
  return el(`span.channel.${code}`, {}, el("i", { "aria-hidden": "true" }, glyphs[code] ?? "•"), el("span", {}, name));
}

/** Says something for a few seconds. */
export function toast(text) {
  const place = document.querySelector(".toasts");
  const note = el("div.toast", { role: "status" }, text);
  place?.append(note);
  setTimeout(() => note.remove(), 5000);
}

/** Minutes and seconds. */
export function clock(ms) {
  const s = Math.max(0, Math.ceil(ms / 1000));
  return `${Math.floor(s / 60)}:${String(s % 60).padStart(2, "0")}`;
}

function tick() {
  for (const node of document.querySelectorAll("[data-until]")) {
    const from = Number(node.dataset.from);
    const until = Number(node.dataset.until);
    const left = Math.min(until - from, until - now());
    const text = node.querySelector(".left");
    const words = say("t.left", { time: clock(left) });
    if (text && text.textContent !== words) text.textContent = words;
    const share = until > from ? Math.max(0, Math.min(1, left / (until - from))) : 0;
    node.querySelector("circle + circle")?.setAttribute("stroke-dasharray", `${(share * 100).toFixed(1)} 100`);
    node.classList.toggle("short", left < 20000);
  }
  for (const node of document.querySelectorAll("[data-since]")) {
    const seconds = Math.max(0, Math.floor((now() - Number(node.dataset.since)) / 1000));
    const words = say("t.seconds", { n: seconds });
    if (node.textContent !== words) node.textContent = words;
  }
}
setInterval(tick, 250);
tick();

/** A countdown between two moments. */
export function countdown(from, until) {
  const node = el("span.countdown", { "data-from": from, "data-until": until, role: "timer" });
  node.innerHTML = `<svg viewBox="0 0 36 36" aria-hidden="true"><circle cx="18" cy="18" r="15"/><circle cx="18" cy="18" r="15" pathLength="100" stroke-dasharray="100 100"/></svg><span class="left"></span>`;
  node.querySelector(".left").textContent = say("t.left", { time: clock(Math.min(until - from, until - now())) });
  return node;
}

document.addEventListener("click", async (event) => {
  const button = event.target.closest?.("[data-copy]");
  if (!button) return;
  await navigator.clipboard?.writeText(button.dataset.copy).catch(() => {});
  toast(say("c.copied"));
});
