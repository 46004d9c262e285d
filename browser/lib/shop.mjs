// What a test has in hand: the counter, the payer's page, the console, the API, and the wallets.

import assert from "node:assert/strict";
import { join } from "node:path";

export const SIZES = { counter: [1280, 800], handheld: [480, 800], phone: [390, 844], machine: [1080, 1920] };

export class Shop {
  constructor({ demo, browser, sandbox, shots }) {
    Object.assign(this, { demo: demo.json, browser, sandbox, shots, pages: [], contexts: [], errors: [] });
    this.merchant = this.demo.merchants[0].id;
    this.terminal = this.demo.terminals.find((t) => t.kind === "counter" && t.merchant === this.merchant);
  }

  /** A page in a browser of its own. */
  async open(path, { size = "counter", lang = "en", script = true, dark = false, agent } = {}) {
    const [width, height] = SIZES[size];
    const context = await this.browser.newContext({ viewport: { width, height }, locale: lang === "zh" ? "zh-CN" : "en", javaScriptEnabled: script, colorScheme: dark ? "dark" : "light", userAgent: agent });
    this.contexts.push(context);
    const page = await context.newPage();
    page.setDefaultTimeout(30_000);
    page.on("pageerror", (error) => this.errors.push(error.message));
    page.on("console", (message) => {
      if (message.type() === "error" && /Content.Security|Uncaught|SyntaxError/.test(message.text())) this.errors.push(message.text());
    });
    this.pages.push(page);
    if (path !== "about:blank") await page.goto(new URL(path, this.demo.base_url).href);
    return page;
  }

  /** The counter's screen, ready to sell. */
  async counter(options) {
    const page = await this.open(`/t/${this.terminal.id}`, options);
    await page.waitForSelector(".item, .key");
    return page;
  }

  /** Types an amount in minor units at the counter. */
  async amount(page, value) {
    await page.click("[data-focus=tab-amount]");
    for (const figure of String(value)) await page.click(`[data-focus=key-${figure}]`);
  }

  /** An amount, and a way to pay it. */
  async sell(page, value, way) {
    await this.amount(page, value);
    await page.click(`[data-way=${way}]`);
  }

  /** The code a channel shows; chooses the channel's tab first. Answers the text of the code. */
  async shown(page, channel) {
    await page.click(`[data-wallet=${channel}]`);
    return page.locator(`[data-panel=${channel}] img`).getAttribute("data-code");
  }

  /** Types like a scanner: fast, with Enter at the end. */
  async scanner(page, code) {
    await page.keyboard.type(code);
    await page.keyboard.press("Enter");
  }

  /** Waits for the counter to show a view. */
  async view(page, name, timeout = 30_000) {
    await page.waitForSelector(`body[data-view=${name}]`, { timeout });
  }

  /** The order at the counter, as the API tells it. */
  async order(page) {
    const id = await page.evaluate((place) => JSON.parse(localStorage.getItem(place)).orderId, `saoma.sale.${this.terminal.id}`);
    return this.api("GET", `/v1/orders/${id}`);
  }

  async api(method, path, body, key = this.demo.api_key) {
    const headers = { authorization: `Bearer ${key}`, "content-type": "application/json", "idempotency-key": crypto.randomUUID() };
    const answer = await fetch(new URL(path, this.demo.base_url), { method, headers, body: body && JSON.stringify(body) });
    return answer.json();
  }

  /** An order made by a partner system. */
  async apiOrder(value = 1250, description = "Tea for two") {
    const request = { amount: { value, currency: "CNY" }, description };
    return this.api("POST", "/v1/orders", { scene: "retail", terminal: this.terminal.id, request });
  }

  /** Waits until an order is as a test wants it. */
  async until(id, fits, what, limit = 30_000) {
    const began = Date.now();
    for (;;) {
      const order = await this.api("GET", `/v1/orders/${id}`);
      if (fits(order)) return order;
      if (Date.now() - began > limit) assert.fail(`${what}: ${JSON.stringify(order, null, 1)}`);
      await new Promise((done) => setTimeout(done, 200));
    }
  }

  /** The console, signed in. */
  async console(path = "/", options = {}) {
    const person = options.person ?? this.demo.operators.find((o) => o.merchant === this.merchant && o.role === "owner");
    const page = await this.open(`/sign-in?next=${encodeURIComponent(path)}`, options);
    const form = page.locator("form").filter({ has: page.locator("input[type=password]") }).first();
    await form.locator("[name=name]").fill(person.name);
    await form.locator("[name=password]").fill(person.password);
    await form.locator("button[type=submit]").click();
    await page.waitForSelector(".console");
    return page;
  }

  shot = (page, name) => page.screenshot({ path: join(this.shots, `${name}.png`) });

  async shotAll(name) {
    for (const [n, page] of this.pages.entries()) await this.shot(page, `${name}-${n}`).catch(() => {});
  }

  async close() {
    for (const context of this.contexts) await context.close();
  }
}
