// The display at a lane: what changes is drawn by the platform and fetched once a second; the button calls for help.

import { data, say } from "./core.js";
import { key, write } from "./api.js";

const ROUND_MS = 1000;
/** How long a call is spoken of. */
const CALLED_MS = 30_000;

const stage = document.getElementById("stage");
const offline = document.getElementById("offline");
const called = document.getElementById("called");
let shown = "";
let misses = 0;

async function round() {
  try {
    const answer = await fetch(data.now, { cache: "no-store", signal: AbortSignal.timeout(5000) });
    if (!answer.ok) throw new Error(String(answer.status));
    const text = await answer.text();
    if (text !== shown) stage.innerHTML = shown = text;
    misses = 0;
  } catch {
    misses += 1;
  }
  // one lost answer is nothing to tell
  offline.hidden = misses < 3;
  setTimeout(round, ROUND_MS);
}

document.getElementById("help")?.addEventListener("click", async (event) => {
  const button = event.currentTarget;
  button.disabled = true;
  try {
    await write(`/v1/parking/lanes/${data.lane}/call`, { reason: "" }, key());
    called.textContent = say("pl.called");
    setTimeout(() => ((called.textContent = ""), (button.disabled = false)), CALLED_MS);
  } catch {
    called.textContent = say("pl.not_called");
    button.disabled = false;
  }
});

if (data.lane) round();
