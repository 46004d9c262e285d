// The parking kiosk with its simulated cash machine: notes really go over ccTalk on a pseudo-terminal.

import assert from "node:assert/strict";

const pause = (ms) => new Promise((done) => setTimeout(done, ms));

/** A kiosk's screen and the machine under it. */
export class Kiosk {
  constructor(shop, number) {
    this.shop = shop;
    this.terminal = shop.demo.terminals.filter((t) => t.kind === "parking_kiosk")[number];
    this.key = shop.demo.merchants.find((m) => m.id === this.terminal.merchant).api_key;
  }

  async open(options = {}) {
    this.page = await this.shop.open(`/t/${this.terminal.id}`, { size: "machine", ...options });
    await this.view("plate");
    return this.page;
  }

  view = (name) => this.shop.view(this.page, name);

  /** Types a plate and says which of the cars it is. */
  async car(plate) {
    await this.page.fill("#plate", plate);
    await this.page.click("section.plate .button.main");
    await this.view("found");
    await this.shop.shot(this.page, `kiosk-found-${plate}`);
    await this.page.locator("[data-focus^=stay-]").first().click();
    await this.view("bill");
  }

  /** Somebody does something at the machine. */
  async deed(what, value = 0) {
    const answer = await fetch(this.terminal.cash_simulator, { method: "POST", body: new URLSearchParams({ what, value: String(value) }) });
    assert.ok(answer.ok, `${what} ${value}`);
  }

  async simulator() {
    const text = await (await fetch(this.terminal.cash_simulator)).text();
    const number = (name) => (new RegExp(`data-${name}="([^"]*)"`).exec(text)?.[1] ?? "").split(" ").filter(Boolean).map(Number);
    return { tray: number("tray").reduce((a, b) => a + b, 0), printed: number("printed")[0] };
  }

  api = (method, path, body) => this.shop.api(method, path, body, this.key);
  machine = () => this.api("GET", `/v1/terminals/${this.terminal.id}/machine`);

  async until(fits, what) {
    const began = Date.now();
    for (;;) {
      const now = await this.machine();
      if (fits(now)) return now;
      if (Date.now() - began > 20_000) assert.fail(`${what}: ${JSON.stringify(now)}`);
      await pause(200);
    }
  }

  /** Chooses cash; the machine is there and takes something. */
  async cash() {
    await this.until((m) => m.online, "the machine is heard");
    await this.page.waitForSelector("[data-way=cash]:not(:disabled)");
    await this.page.click("[data-way=cash]");
    await this.view("cash");
  }

  async note(value) {
    const before = Number(await this.page.locator("[data-in]").getAttribute("data-in"));
    // the machine opens for it within a moment
    for (let n = 0; n < 50; n += 1) {
      await this.deed("note", value);
      const found = await this.page.waitForSelector(`[data-in="${before + value}"]`, { timeout: 1500 }).catch(() => null);
      if (found) return;
    }
    assert.fail(`a note of ${value} was never taken`);
  }

  async order() {
    const { credit } = await this.machine();
    return this.api("GET", `/v1/orders/${credit.order}`);
  }

  async tray(value) {
    const began = Date.now();
    while ((await this.simulator()).tray !== value) {
      if (Date.now() - began > 20_000) assert.equal((await this.simulator()).tray, value, "what lies in the tray");
      await pause(200);
    }
    await this.deed("take");
  }
}

export const cases = [
  {
    name: "kiosk P6 P7 P9 P10 P11 P12: a misread plate, cash with change, a receipt and its copy",
    async run(shop) {
      const kiosk = new Kiosk(shop, 0);
      const page = await kiosk.open();
      await shop.shot(page, "kiosk-plate");
      // the driver takes the 8 for a B, as cameras do
      await kiosk.car("粤BBD52K");
      const sums = await page.locator(".lines li").allInnerTexts();
      assert.ok(sums.length > 0, "the bill has lines");
      await shop.shot(page, "kiosk-bill");
      await kiosk.cash();
      const { due } = await kiosk.machine();
      assert.ok(due > 0 && due < 5000, `${due} is due`);
      await kiosk.note(5000);
      await shop.shot(page, "kiosk-cash");
      assert.equal((await kiosk.order()).state, "open", "nothing is paid before the button");
      await page.click("[data-focus=pay]");
      await kiosk.view("paid");
      await kiosk.tray(5000 - due);
      const order = await kiosk.order();
      assert.equal(order.state, "fulfilled");
      assert.equal(order.attempts[0].change.value, 5000 - due);
      assert.match(await page.locator(".leave").innerText(), /\d\d:\d\d/);
      await shop.shot(page, "kiosk-paid");
      assert.equal((await kiosk.simulator()).printed, 0, "nothing is printed unasked");
      for (const [times, words] of [[1, "being printed"], [2, "A copy"]]) {
        await page.click("[data-focus=print]");
        await page.waitForFunction((text) => document.querySelector(".outcome")?.innerText.includes(text), words);
        for (let n = 0; n < 80 && (await kiosk.simulator()).printed < times; n += 1) await pause(200);
        assert.equal((await kiosk.simulator()).printed, times);
      }
      await page.click("[data-focus=done]");
      await kiosk.view("plate");
      // later: the same plate leads to the same receipt, and what is printed then is a copy too
      await page.fill("#plate", "粤BBD52K");
      await page.click("section.plate .button.main");
      await kiosk.view("found");
      await page.locator("[data-focus^=stay-]").first().click();
      await kiosk.view("paid");
      await page.click("[data-focus=print]");
      await page.waitForFunction(() => document.querySelector(".outcome")?.innerText.includes("A copy"));
    },
  },
  {
    name: "kiosk P8: insert 20, cancel, 20 out; then a code",
    async run(shop) {
      const kiosk = new Kiosk(shop, 0);
      const page = await kiosk.open({ lang: "zh" });
      await kiosk.car("粤B12345");
      await kiosk.cash();
      await kiosk.note(2000);
      await page.click("[data-focus=cancel]");
      await kiosk.view("returned");
      await kiosk.tray(2000);
      await shop.shot(page, "kiosk-returned-zh");
      await page.click(".outcome .button.main");
      await kiosk.view("bill");
      await page.click("[data-way=show]");
      await kiosk.view("show");
      await page.click("[data-channel=wechat]");
      const code = await page.waitForSelector("[data-code^='weixin']");
      await shop.shot(page, "kiosk-code-zh");
      await shop.sandbox.pay(await code.getAttribute("data-code"));
      await kiosk.view("paid");
    },
  },
  {
    name: "kiosk: the driver's code is scanned",
    async run(shop) {
      const kiosk = new Kiosk(shop, 0);
      const page = await kiosk.open();
      await kiosk.car("沪C9QP18");
      await shop.scanner(page, shop.sandbox.payerCode("alipay", "pays"));
      await kiosk.view("paid");
      await shop.shot(page, "kiosk-scanned");
    },
  },
  {
    name: "kiosk P8 P10 P11: no paper said first, a jam and an empty hopper end in slips that the office pays",
    async run(shop) {
      const kiosk = new Kiosk(shop, 1);
      const page = await kiosk.open();
      await kiosk.deed("paper");
      await kiosk.until((m) => m.alarms.some((a) => a.code === "paper_out"), "out of paper");
      await kiosk.car("粤Z1A23港");
      await page.waitForSelector("section.bill .banner.check");
      assert.match(await page.locator("section.bill").innerText(), /No receipts now/);
      await shop.shot(page, "kiosk-no-paper");
      await kiosk.cash();
      await kiosk.deed("jam_return");
      const { due } = await kiosk.machine();
      // what the hour makes of the fee: the change is more than the ¥11 that are left in drained hoppers
      const note = due < 3900 ? 5000 : 10_000;
      await kiosk.note(note);
      await page.click("[data-focus=cancel]");
      await kiosk.view("owed");
      const slip = await page.locator("[data-slip]").getAttribute("data-slip");
      assert.match(slip, /^\d{10}$/);
      await shop.shot(page, "kiosk-owed");
      const office = shop.demo.terminals.findLast((t) => t.kind === "parking_handheld" && t.merchant === kiosk.terminal.merchant);
      await kiosk.api("POST", `/v1/terminals/${office.id}/shift`, { float: { 10000: 2, 5000: 4, 1000: 10, 100: 30 } });
      const paid = await kiosk.api("POST", `/v1/slips/${slip}/redeem`, { terminal: office.id });
      assert.ok(paid.redeemed_at, JSON.stringify(paid));
      const twice = await kiosk.api("POST", `/v1/slips/${slip}/redeem`, { terminal: office.id });
      assert.equal(twice.code, "slip_redeemed");
      await kiosk.deed("clear");
      await kiosk.deed("paper");
      await page.click(".outcome .button:not(.main)");
      await kiosk.view("plate");
      // the office frees the note; then somebody steals what is in the hoppers, and the books do not know it
      await kiosk.api("POST", `/v1/terminals/${kiosk.terminal.id}/machine/empty`, {});
      await kiosk.deed("drain");
      await kiosk.car("粤Z1A23港");
      await kiosk.cash();
      const change = note - due;
      await kiosk.note(note);
      await page.click("[data-focus=pay]");
      await kiosk.view("paid");
      await page.waitForSelector("[data-slip]");
      const { credit } = await kiosk.until((m) => m.waiting === 0, "the payout ends");
      assert.equal(credit.back + credit.owed, change, "what did not come out is on the slip");
      assert.ok(credit.owed > 0 && credit.state === "paid");
      await kiosk.tray(credit.back);
      await shop.shot(page, "kiosk-change-owed");
      const manager = shop.demo.operators.find((o) => o.merchant === kiosk.terminal.merchant && o.role === "manager");
      const office_page = await shop.console("/parking/machines", { person: manager });
      await office_page.click(`form:has(input[value="${credit.slip}"]) button`);
      await office_page.waitForSelector(".banner.paid");
      assert.match(await office_page.locator("main").innerText(), /hopper_100/, "the alarm is seen");
      await shop.shot(office_page, "kiosk-office");
      // the office counts and goes: whoever comes next to its device begins a shift of their own
      const left = 53_000 - note - credit.owed;
      const ended = await kiosk.api("POST", `/v1/terminals/${office.id}/shift/close`, { counted: left });
      assert.deepEqual([ended.counted, ended.expected], [left, left], JSON.stringify(ended));
    },
  },
];
