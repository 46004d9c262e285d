// The keys of a mainland number plate: provinces first, then letters and figures. Other plates are typed with the phone's own keys.

import { el, icon, say } from "./core.js";

const PROVINCES = ["京津沪渝冀豫云辽黑", "湘皖鲁新苏浙赣鄂桂", "甘晋蒙陕吉闽贵粤青", "藏川宁琼使领警学港"];
const FIGURES = "1234567890";
// I and O are in no plate; ? stands for what cannot be read
const LETTERS = ["QWERTYUP", "ASDFGHJKL", "ZXCVBNM?"];
/** The most characters: 7, or 8 of a new energy car. */
const MOST = 8;

/** Draws keys for `input` into `place`; the phone's own keyboard stays away until it is asked for. */
export function plateKeys(input, place) {
  input.setAttribute("inputmode", "none");
  let provinces = input.value === "";
  const put = (text) => {
    if (input.value.length < MOST) input.value += text;
    changed();
  };
  const erase = () => {
    input.value = [...input.value].slice(0, -1).join("");
    changed();
  };
  const changed = () => {
    provinces = input.value === "";
    input.dispatchEvent(new Event("input", { bubbles: true }));
    draw();
  };
  const key = (text) => el("button", { type: "button", click: () => put(text) }, text);
  const line = (text) => el("div.line", {}, [...text].map(key));
  const draw = () => {
    const rows = provinces ? PROVINCES.map(line) : [line(FIGURES), ...LETTERS.map(line)];
    const other = el("button.wide", { type: "button", click: () => ((provinces = !provinces), draw()) }, provinces ? "ABC 123" : say("pd.provinces"));
    const back = el("button.wide", { type: "button", "aria-label": say("pd.erase"), click: erase }, icon("erase"));
    back.disabled = input.value === "";
    place.replaceChildren(el("div.plate-keys", {}, rows, el("div.line", {}, other, back)));
  };
  let focused = 0;
  input.addEventListener("focus", () => {
    focused = performance.now();
    input.setAttribute("inputmode", "none");
  });
  // a second tap on the field brings the phone's own keyboard, for plates of other places
  input.addEventListener("click", () => {
    if (performance.now() - focused > 500) input.setAttribute("inputmode", "text");
  });
  draw();
  return draw;
}
