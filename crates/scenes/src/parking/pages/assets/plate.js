// The keys of a mainland number plate: provinces first, then letters and figures. Other plates are typed with the phone's own keys.

import { el, icon, say } from "./core.js";

// I and O are in no plate; ? stands for what cannot be read
const WIDE = { provinces: ["京津沪渝冀豫云辽黑", "湘皖鲁新苏浙赣鄂桂", "甘晋蒙陕吉闽贵粤青", "藏川宁琼使领警学港"], signs: ["1234567890", "QWERTYUP", "ASDFGHJKL", "ZXCVBNM?"] };
// seven to a line, so that a key on a phone is as wide as a finger; in the order of the alphabet, as lines of a keyboard do not fit
const NARROW = {
  provinces: ["京津沪渝冀豫云", "辽黑湘皖鲁新苏", "浙赣鄂桂甘晋蒙", "陕吉闽贵粤青藏", "川宁琼使领警学", "港"],
  signs: ["1234567", "890ABCD", "EFGHJKL", "MNPQRST", "UVWXYZ?"],
};
const narrow = matchMedia("(max-width: 40rem)");
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
  const line = (text, more) => el("div.line", {}, [...text].map(key), more);
  const draw = () => {
    const lines = (narrow.matches ? NARROW : WIDE)[provinces ? "provinces" : "signs"];
    const other = el("button.wide", { type: "button", click: () => ((provinces = !provinces), draw()) }, provinces ? "ABC 123" : say("pd.provinces"));
    const back = el("button.wide", { type: "button", "aria-label": say("pd.erase"), click: erase }, icon("erase"));
    back.disabled = input.value === "";
    // what is left of a line is for these two
    const room = lines.at(-1).length < 4 ? lines.at(-1) : "";
    const whole = room ? lines.slice(0, -1) : lines;
    place.replaceChildren(el("div.plate-keys", {}, whole.map((text) => line(text)), line(room, [other, back])));
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
  narrow.addEventListener("change", draw);
  draw();
  return draw;
}
