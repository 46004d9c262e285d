// The payer's page and the console: choosing a wallet with and without scripts, live updates, and what one merchant never sees of another.

import assert from "node:assert/strict";

export const cases = [
  {
    name: "payer: chooses a wallet, pays, sees the receipt",
    async run(shop) {
      const order = await shop.apiOrder();
      const page = await shop.open(order.pay_url, { size: "phone" });
      await shop.shot(page, "payer-choose");
      await page.click("button[value=wechat]");
      await page.waitForSelector(".code svg");
      await shop.shot(page, "payer-code");
      const now = await shop.api("GET", `/v1/orders/${order.id}`);
      await shop.sandbox.pay(now.attempts[0].code);
      await page.waitForSelector(".done");
      await shop.shot(page, "payer-paid");
      await page.click("a[href^='/receipts/']");
      await page.waitForSelector(".receipt");
    },
  },
  {
    name: "payer: without scripts",
    async run(shop) {
      const order = await shop.apiOrder(300, "Water");
      const page = await shop.open(order.pay_url, { size: "phone", script: false, lang: "zh" });
      await page.click("button[value=alipay]");
      await page.waitForSelector(".code svg");
      const now = await shop.api("GET", `/v1/orders/${order.id}`);
      await shop.sandbox.pay(now.attempts[0].code);
      await page.waitForSelector(".done");
      assert.match(await page.locator("main").innerText(), /付款成功/);
    },
  },
  {
    name: "console: today follows live, the order has one time line",
    async run(shop) {
      const desk = await shop.console("/");
      const before = await desk.locator(".hero .huge").innerText();
      const page = await shop.counter();
      await shop.amount(page, 2222);
      await shop.scanner(page, shop.sandbox.payerCode("wechat", "pays"));
      await shop.view(page, "paid");
      await desk.waitForFunction((old) => document.querySelector(".hero .huge").innerText !== old, before);
      await shop.shot(desk, "console-today");
      await desk.fill("#f-q, [name=q]", "").catch(() => {});
      await desk.click("table a.cover >> nth=0");
      await desk.waitForSelector(".timeline .booked");
      assert.ok((await desk.locator(".timeline > li").count()) >= 3);
      await shop.shot(desk, "console-order");
    },
  },
  {
    name: "console: wrong password is said; a cashier sees no refund form",
    async run(shop) {
      const page = await shop.open("/sign-in");
      const form = page.locator("form").filter({ has: page.locator("input[type=password]") }).first();
      await form.locator("[name=name]").fill("mei");
      await form.locator("[name=password]").fill("wrong-password");
      await form.locator("button[type=submit]").click();
      await page.waitForSelector(".banner.stop");
      const till = await shop.counter();
      await shop.amount(till, 500);
      await shop.scanner(till, shop.sandbox.payerCode("wechat", "pays"));
      await shop.view(till, "paid");
      const { id } = await shop.order(till);
      const cashier = shop.demo.operators.find((o) => o.role === "cashier" && o.merchant === shop.merchant);
      const desk = await shop.console(`/orders/${id}`, { person: cashier });
      await desk.waitForSelector(".timeline");
      assert.equal(await desk.locator("#refund").count(), 0);
    },
  },
  {
    name: "console: another merchant sees nothing of an order",
    async run(shop) {
      const order = await shop.apiOrder(700, "Not for everybody");
      const other = shop.demo.operators.find((o) => o.merchant !== shop.merchant && o.role === "owner");
      const desk = await shop.console("/orders", { person: other });
      assert.doesNotMatch(await desk.content(), /Not for everybody/);
      const answer = await desk.goto(new URL(`/orders/${order.id}`, shop.demo.base_url).href);
      assert.equal(answer.status(), 404);
      assert.doesNotMatch(await desk.content(), /Not for everybody/);
    },
  },
  {
    name: "terminal: enrolled by a code from the console, switched off and on",
    async run(shop) {
      const desk = await shop.console("/terminals");
      await desk.click("summary:has-text('New terminal')");
      await desk.fill("[name=name] >> visible=true", "Stall 9");
      await desk.click("details[open] button[type=submit]");
      await desk.waitForSelector(".flash .banner.paid");
      const card = () => desk.locator("section.device").filter({ hasText: "Stall 9" }).first();
      await card().locator("form[action$='/code'] button").click();
      const address = (await desk.locator(".enrolment .mono").innerText()).trim();
      const device = await shop.open(address);
      await shop.shot(device, "enrolment");
      await device.click("button.main");
      await device.waitForSelector(".item, .key");
      await device.reload();
      await device.waitForSelector(".item, .key");
      const again = await shop.open(address);
      await again.click("button.main");
      await again.waitForSelector(".banner.stop");
      await card().locator("form[action$='/standing'] button").click();
      await desk.waitForSelector(".flash");
      await device.reload();
      assert.match(await device.locator("main").innerText(), /switched off/);
    },
  },
  {
    name: "shift: closed with a count, cash is refused, opened again",
    async run(shop) {
      shop.terminal = shop.demo.terminals.filter((t) => t.kind === "counter" && t.merchant === shop.merchant)[1];
      const page = await shop.counter();
      const open = await page.locator("#shift.open").count();
      if (open) {
        await page.click("#shift");
        await page.fill("[data-piece='10000']", "3");
        await page.click("[data-shift=send]");
        await page.waitForSelector(".dialog dl");
        await shop.shot(page, "shift-closed");
        await page.click(".dialog button");
      }
      await shop.amount(page, 100);
      assert.ok(await page.locator("[data-way=cash]").isDisabled());
      await page.click("#shift");
      await page.fill("[data-piece='100']", "20");
      await shop.shot(page, "shift-open");
      await page.click("[data-shift=send]");
      await page.waitForSelector("#shift.open");
      await page.click("[data-way=cash]");
      await page.click("[data-sum='500']");
      await page.click("[data-focus=cash-take]");
      await shop.view(page, "paid");
      assert.equal((await shop.order(page)).attempts[0].change.value, 400);
    },
  },
  {
    name: "channels: what is missing is said, secrets are not shown",
    async run(shop) {
      const desk = await shop.console("/channels/wechat");
      const html = await desk.content();
      assert.doesNotMatch(html, /BEGIN (RSA )?PRIVATE KEY/);
      await desk.fill("[name='set.mchid']", "");
      await desk.click("form.card button[type=submit]");
      await desk.waitForSelector(".banner.check");
      assert.match(await desk.locator(".banner.check").innerText(), /mchid/);
      await shop.shot(desk, "channel-settings");
    },
  },
];
