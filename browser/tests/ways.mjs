// The five ways to pay at the counter, from the sale to the receipt.

import assert from "node:assert/strict";

const shown = (channel) => ({
  name: `${channel}: the customer scans`,
  async run(shop) {
    const page = await shop.counter();
    await shop.sell(page, 1250, "show");
    await shop.sandbox.pay(await shop.shown(page, channel));
    await shop.view(page, "paid");
    const order = await shop.order(page);
    assert.equal(order.state, "fulfilled");
    assert.equal(order.paid.value, 1250);
    assert.equal(order.attempts.filter((a) => a.state === "succeeded").length, 1);
    await shop.shot(page, `${channel}-shown-paid`);
    const [receipt] = await Promise.all([page.context().waitForEvent("page"), page.click("a[href^='/receipts/']")]);
    await receipt.waitForSelector(".receipt");
    await shop.shot(receipt, `${channel}-receipt`);
    await page.click(".paid-screen .main");
    await shop.view(page, "sale");
  },
});

const scanned = (channel) => ({
  name: `${channel}: the customer is scanned`,
  async run(shop) {
    const page = await shop.counter();
    await shop.amount(page, 880);
    // no button first: the scanner works wherever the focus is, also in a field
    await page.focus("#description");
    await page.fill("#description", "Two buns");
    await page.focus("#description");
    await shop.scanner(page, shop.sandbox.payerCode(channel, "pays"));
    await shop.view(page, "paid");
    const order = await shop.order(page);
    assert.equal(order.paid.value, 880);
    assert.equal(order.description, "Two buns", "the figures of the scan are not in the field");
    assert.equal(order.attempts[0].channel, channel);
    await shop.shot(page, `${channel}-scanned-paid`);
  },
});

export const cases = [
  shown("wechat"),
  shown("alipay"),
  scanned("wechat"),
  scanned("alipay"),
  {
    name: "cash: tendered, change in pieces",
    async run(shop) {
      const page = await shop.counter();
      await shop.sell(page, 1250, "cash");
      await page.click("[data-sum='2000']");
      await shop.shot(page, "cash-tendered");
      await page.click("[data-focus=cash-take]");
      await shop.view(page, "paid");
      const order = await shop.order(page);
      assert.equal(order.attempts[0].tendered.value, 2000);
      assert.equal(order.attempts[0].change.value, 750);
      const text = await page.locator(".change").innerText();
      assert.match(text.replace(/\s/g, ""), /7\.50/);
      assert.ok((await page.locator(".pieces li").count()) >= 2, "the pieces to hand out are named");
      await shop.shot(page, "cash-change");
    },
  },
  {
    name: "items: quantity, language, payment",
    async run(shop) {
      const page = await shop.counter({ lang: "zh" });
      for (const sku of ["tea-jasmine", "tea-jasmine", "egg-tart"]) await page.click(`[data-focus=item-${sku}]`);
      await page.click("[data-focus=more-egg-tart]");
      assert.match(await page.locator(".ticket .total").innerText(), /48/);
      await shop.shot(page, "items-zh");
      await page.click("[data-way=show]");
      await shop.sandbox.pay(await shop.shown(page, "wechat"));
      await shop.view(page, "paid");
      assert.match(await page.locator(".paid-screen").innerText(), /收款成功/);
      assert.equal((await shop.order(page)).paid.value, 4800);
    },
  },
  {
    name: "reload: a sale goes on where it was",
    async run(shop) {
      const page = await shop.counter();
      await shop.sell(page, 333, "show");
      const code = await shop.shown(page, "alipay");
      await page.reload();
      await shop.view(page, "show");
      await shop.sandbox.pay(code);
      await shop.view(page, "paid");
    },
  },
  {
    name: "network: lost while paying, said, and repeated with the same key",
    async run(shop) {
      const page = await shop.counter();
      await shop.amount(page, 455);
      const keys = new Set();
      let lost = 2;
      await page.route("**/v1/orders", async (route) => {
        keys.add(route.request().headers()["idempotency-key"]);
        if (lost-- > 0) {
          await route.fetch(); // it arrived, the answer is lost
          await route.abort("connectionreset");
        } else await route.continue();
      });
      await page.click("[data-way=scan]");
      await page.waitForSelector("#offline:not([hidden])");
      await shop.shot(page, "network-lost");
      await shop.view(page, "scan");
      assert.equal(keys.size, 1, "every repetition has the same key");
      await page.waitForSelector("#offline", { state: "hidden" });
      await shop.scanner(page, shop.sandbox.payerCode("wechat", "pays"));
      await shop.view(page, "paid");
    },
  },
];
