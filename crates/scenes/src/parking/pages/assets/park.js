// What the driver's pages do beyond plain links and forms: plate keys, plates kept on this phone, the phone's own place.

import { el, icon, say } from "./core.js";
import { plateKeys } from "./plate.js";

const PLACE = "saoma.plates";
const MOST_KEPT = 5;

function kept() {
  try {
    const list = JSON.parse(localStorage.getItem(PLACE) ?? "[]");
    return Array.isArray(list) ? list.filter((p) => typeof p === "string") : [];
  } catch {
    return [];
  }
}

const keep = (list) => localStorage.setItem(PLACE, JSON.stringify(list.slice(0, MOST_KEPT)));

function drawKept(place, input, form) {
  const list = kept();
  place.replaceChildren(
    list.length === 0
      ? ""
      : el("div.kept", {}, el("p.small.muted", {}, say("pd.kept")),
          el("div.row", {}, list.map((plate) =>
            el("span.one", {},
              el("button", { type: "button", "data-kept": plate, click: () => { input.value = plate; form.requestSubmit(); } }, plate),
              el("button", { type: "button", "aria-label": say("pd.forget", { plate }), click: () => { keep(kept().filter((p) => p !== plate)); drawKept(place, input, form); } }, icon("cross")))))),
  );
}

const form = document.querySelector("[data-plate-form]");
if (form) {
  const input = form.querySelector("[data-plate]");
  drawKept(form.querySelector("[data-kept-plates]"), input, form);
  plateKeys(input, form.querySelector("[data-plate-keys]"));
  document.getElementById("found")?.scrollIntoView({ block: "start" });
}

// a plate is kept when its owner goes on to pay, not when somebody tries one
const paying = document.querySelector("form[data-keep-plate]");
paying?.addEventListener("submit", () => {
  const plate = paying.dataset.keepPlate.toUpperCase();
  keep([plate, ...kept().filter((p) => p !== plate)]);
});

const near = document.querySelector("[data-near]");
if (near && "geolocation" in navigator) {
  near.hidden = false;
  const said = document.querySelector("[data-near-said]");
  const tell = (key) => said.replaceChildren(el("p.banner.tell", {}, el("strong", {}, say(key))));
  near.addEventListener("click", () => {
    tell("pd.locating");
    const micro = (degrees) => Math.round(degrees * 1e6);
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => {
        const address = new URL(location.href);
        address.searchParams.set("lat", micro(coords.latitude));
        address.searchParams.set("lon", micro(coords.longitude));
        location.assign(address);
      },
      () => tell("pd.location_refused"),
      { timeout: 8000, maximumAge: 60000 },
    );
  });
}
