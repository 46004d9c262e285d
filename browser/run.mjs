// Runs the browser tests one after the other against one demo: each gets a fresh browser context. Ends with 1 when one failed.

import { mkdir, rm } from "node:fs/promises";
import { join, dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";
import { startDemo } from "./lib/demo.mjs";
import { Sandbox } from "./lib/sandbox.mjs";
import { Shop } from "./lib/shop.mjs";
import { cases as ways } from "./tests/ways.mjs";
import { cases as unclear } from "./tests/unclear.mjs";
import { cases as back } from "./tests/back.mjs";
import { cases as screens } from "./tests/screens.mjs";
import { cases as places } from "./tests/places.mjs";
import { cases as stands } from "./tests/stands.mjs";
import { cases as rates } from "./tests/rates.mjs";
import { cases as kiosk } from "./tests/kiosk.mjs";
import { cases as parking } from "./tests/parking.mjs";
import { cases as gates } from "./tests/gates.mjs";

const FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync",
  // a camera that shows a test picture, for handhelds
  "--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream"];
const TIME_LIMIT_MS = 90_000;
const [binary, ...words] = process.argv.slice(2);
const shots = process.env.SHOTS ?? join(dirname(fileURLToPath(import.meta.url)), "shots");

const limited = (promise, name) =>
  Promise.race([promise, new Promise((_, fail) => setTimeout(() => fail(new Error(`${name} took longer than ${TIME_LIMIT_MS} ms`)), TIME_LIMIT_MS).unref())]);

async function run(test, demo, browser) {
  const shop = new Shop({ demo, browser, sandbox: new Sandbox(demo.json.sandbox_url), shots });
  const began = Date.now();
  try {
    await shop.sandbox.clearFaults();
    await limited(test.run(shop), test.name);
    if (shop.errors.length) throw new Error(`the page reported: ${shop.errors.join("; ")}`);
    console.log(`ok    ${test.name}  (${Date.now() - began} ms)`);
    return true;
  } catch (error) {
    console.log(`FAIL  ${test.name}\n      ${String(error?.stack ?? error).split("\n").join("\n      ")}`);
    await shop.shotAll(`failed-${test.name.replace(/\W+/g, "-")}`);
    return false;
  } finally {
    await shop.close();
  }
}

const all = [...ways, ...unclear, ...back, ...places, ...stands, ...kiosk, ...parking, ...gates, ...screens];
const chosen = words.length ? all.filter((test) => words.some((word) => test.name.includes(word))) : all;
await rm(shots, { recursive: true, force: true });
await mkdir(shots, { recursive: true });
const demo = await startDemo(binary);
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: FLAGS });
let failed = 0;
try {
  for (const test of chosen) failed += (await run(test, demo, browser)) ? 0 : 1;
} finally {
  await browser.close();
  await demo.stop();
}
console.log(`${chosen.length - failed} of ${chosen.length} passed; screenshots in ${shots}`);
process.exit(failed || !chosen.length ? 1 : 0);
