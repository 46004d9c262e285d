// Starts the demo of a binary in a folder of its own and stops it again.

import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

const START_LIMIT_MS = 60_000;
const pause = (ms) => new Promise((done) => setTimeout(done, ms));

/** A running demo: `json` is what it wrote to demo.json. */
export async function startDemo(binary) {
  const data = await mkdtemp(join(tmpdir(), "saoma-browser-"));
  const child = spawn(binary, ["demo", "--data", data, "--listen", "127.0.0.1:0", "--sandbox-listen", "127.0.0.1:0"], { stdio: ["ignore", "ignore", "pipe"] });
  let said = "";
  let ended = false;
  child.stderr.on("data", (chunk) => (said = (said + chunk).slice(-4000)));
  child.on("exit", () => (ended = true));
  const began = Date.now();
  for (;;) {
    const text = await readFile(join(data, "demo.json"), "utf8").catch(() => null);
    if (text) {
      const stop = async () => {
        if (!ended) child.kill("SIGTERM");
        for (let n = 0; !ended && n < 50; n += 1) await pause(100);
        if (!ended) child.kill("SIGKILL");
        await rm(data, { recursive: true, force: true });
      };
      return { json: JSON.parse(text), data, stop };
    }
    if (ended || Date.now() - began > START_LIMIT_MS) {
      child.kill("SIGKILL");
      throw new Error(`the demo did not start: ${said}`);
    }
    await pause(50);
  }
}
