// Scans that do not succeed at once: the password, a decline, a lost answer, a payer who never answers.

import assert from "node:assert/strict";

const text = (page) => page.locator("#stage").innerText();

export const cases = [
  {
    name: "password: asked and confirmed",
    async run(shop) {
      const page = await shop.counter();
      await shop.amount(page, 9900);
      await shop.scanner(page, shop.sandbox.payerCode("wechat", "password"));
      await shop.view(page, "password");
      await shop.shot(page, "password-asked");
      const [attempt] = (await shop.order(page)).attempts;
      await shop.sandbox.confirm("wechat", attempt.out_trade_no);
      await shop.view(page, "paid");
    },
  },
  {
    name: "password: the payer says no",
    async run(shop) {
      const page = await shop.counter();
      await shop.amount(page, 9900);
      await shop.scanner(page, shop.sandbox.payerCode("alipay", "password"));
      await page.waitForSelector("body[data-view=password]");
      const [attempt] = (await shop.order(page)).attempts;
      await shop.sandbox.decline("alipay", attempt.out_trade_no);
      await page.waitForSelector("body[data-view=declined], body[data-view=reversed], body[data-view=stopped]");
      assert.equal((await shop.order(page)).paid.value, 0);
    },
  },
  ...["wechat", "alipay"].map((channel) => ({
    name: `declined: not enough money (${channel})`,
    async run(shop) {
      const page = await shop.counter();
      await shop.amount(page, 5000);
      await shop.scanner(page, shop.sandbox.payerCode(channel, "poor"));
      await shop.view(page, "declined");
      assert.match(await text(page), /Not paid[\s\S]*Not enough money/);
      await shop.shot(page, `declined-${channel}`);
      // the same sale goes on with another code
      await shop.scanner(page, shop.sandbox.payerCode(channel, "pays"));
      await shop.view(page, "paid");
    },
  })),
  {
    name: "unknown wallet and short code: said at once",
    async run(shop) {
      const page = await shop.counter();
      await shop.sell(page, 100, "scan");
      await shop.scanner(page, "990012345678901234");
      await page.waitForSelector(".banner.stop");
      assert.match(await text(page), /wallet is not taken|not a payment code/);
      await page.fill("#payer-code", "1300");
      await page.click("form.by-hand button");
      await page.waitForFunction(() => /not a payment code/.test(document.querySelector("#stage").innerText));
    },
  },
  {
    name: "never answered: being checked, then reversed, and the screen says so",
    async run(shop) {
      const page = await shop.counter();
      await shop.amount(page, 1500);
      await shop.scanner(page, shop.sandbox.payerCode("wechat", "silent"));
      await page.waitForSelector("body[data-view=password], body[data-view=checking]");
      await shop.shot(page, "never-answered-waiting");
      assert.doesNotMatch(await text(page), /fail/i);
      await shop.view(page, "reversed", 60_000);
      assert.match(await text(page), /Nothing was taken/);
      await shop.shot(page, "never-answered-reversed");
      const order = await shop.order(page);
      assert.equal(order.attempts[0].state, "reversed");
      assert.equal(order.paid.value, 0);
    },
  },
  {
    name: "lost answer that paid: being checked, then paid",
    async run(shop) {
      const page = await shop.counter();
      await shop.amount(page, 2600);
      await shop.scanner(page, shop.sandbox.payerCode("alipay", "lostPaid"));
      await page.waitForSelector("body[data-view=checking], body[data-view=paid]", { timeout: 45_000 });
      await shop.shot(page, "lost-answer-checking");
      await shop.view(page, "paid", 60_000);
      assert.equal((await shop.order(page)).paid.value, 2600);
    },
  },
  {
    name: "lost answer that did not pay: ends reversed",
    async run(shop) {
      const page = await shop.counter();
      await shop.amount(page, 2600);
      await shop.scanner(page, shop.sandbox.payerCode("wechat", "lostUnpaid"));
      await page.waitForSelector("body[data-view=reversed], body[data-view=declined]", { timeout: 60_000 });
      assert.match(await text(page), /Nothing was taken|Not paid/);
      assert.equal((await shop.order(page)).paid.value, 0);
    },
  },
];
