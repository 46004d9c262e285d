// Money that flows back: by itself when it came late or twice, and by hand up to what was paid.

import assert from "node:assert/strict";

const refundOf = (order, cause) => order.refunds.find((refund) => refund.cause === cause);

async function cancelled(shop, value, channel) {
  const page = await shop.counter();
  await shop.sell(page, value, "show");
  const code = await shop.shown(page, channel);
  const attempt = (await shop.order(page)).attempts.find((a) => a.channel === channel);
  return { page, code, attempt };
}

async function flowsBack(shop, page, shot) {
  const { id } = await shop.order(page);
  const order = await shop.until(id, (o) => refundOf(o, "paid_after_close")?.state === "succeeded", "the money flows back");
  assert.equal(order.state, "closed");
  await shop.view(page, "late");
  assert.match(await page.locator("#stage").innerText(), /given back|going back/);
  await shop.shot(page, shot);
}

export const cases = [
  {
    name: "callback_late: paid in time, told after the order closed, flows back",
    async run(shop) {
      const { page, code } = await cancelled(shop, 1990, "wechat");
      // the platform hears nothing: no callback for a while, and no answer to its questions
      await shop.sandbox.fault("wechat", "callback_late", { next: 1, delay_ms: 4000 });
      await shop.sandbox.fault("wechat", "error_before", { rate: 1 });
      await shop.sandbox.pay(code);
      await page.click("[data-way=cancel]");
      await page.waitForSelector("body[data-view=cancelled], body[data-view=late], body[data-view=paid]");
      await shop.shot(page, "callback-late-cancelled");
      await shop.sandbox.call("DELETE", "faults?fault=error_before");
      await flowsBack(shop, page, "callback-late-back");
    },
  },
  {
    name: "pays_after_close: a channel takes money for a closed order, it flows back",
    async run(shop) {
      const { page, attempt } = await cancelled(shop, 2990, "wechat");
      await shop.sandbox.fault("wechat", "pays_after_close", { next: 1, delay_ms: 1500 });
      await page.click("[data-way=cancel]");
      await page.waitForSelector("body[data-view=cancelled], body[data-view=late]");
      await shop.sandbox.payNumber("wechat", attempt.out_trade_no).catch(() => {}); // the fault may have paid already
      await flowsBack(shop, page, "pays-after-close-back");
    },
  },
  {
    name: "double payment through two channels: one is kept, one flows back",
    async run(shop) {
      const page = await shop.counter();
      await shop.sell(page, 1680, "show");
      const wechat = await shop.shown(page, "wechat");
      const alipay = await shop.shown(page, "alipay");
      await page.click("[data-wallet=all]");
      await page.waitForSelector("[data-panel=alipay] img");
      await shop.shot(page, "two-codes");
      const both = await Promise.allSettled([shop.sandbox.pay(wechat), shop.sandbox.pay(alipay)]);
      await shop.view(page, "paid");
      const { id } = await shop.order(page);
      const paid = both.filter((b) => b.status === "fulfilled").length;
      const settled = (o) => o.refunds.every((r) => r.state === "succeeded") && o.refunds.length === paid - 1;
      const order = await shop.until(id, settled, "one of two payments flows back");
      assert.equal(order.state, "fulfilled");
      assert.equal(order.paid.value - order.refunded.value, 1680);
      assert.equal(paid, 2, "both wallets paid");
      assert.equal(order.refunds[0].cause, "duplicate_payment");
      await page.waitForSelector(".paid-screen .banner");
      assert.match(await page.locator(".paid-screen").innerText(), /second payment has been given back|Paid twice/);
      await shop.shot(page, "double-payment");
    },
  },
  {
    name: "refunds: in parts up to the total, and the one too much is refused",
    async run(shop) {
      const page = await shop.counter();
      await shop.amount(page, 1000);
      await shop.scanner(page, shop.sandbox.payerCode("alipay", "pays"));
      await shop.view(page, "paid");
      const { id } = await shop.order(page);
      const desk = await shop.console(`/orders/${id}`);
      const give = async (amount) => {
        await desk.fill("#refund [name=amount]", amount);
        await desk.click("#refund button[type=submit]");
        await desk.waitForLoadState();
      };
      await give("3.00");
      await desk.waitForSelector(".flash .banner.paid");
      await shop.until(id, (o) => o.refunded.value === 300, "the first part is back");
      await desk.goto(new URL(`/orders/${id}`, shop.demo.base_url).href);
      await give("7.01");
      assert.match(await desk.locator(".flash").innerText(), /more than can still be given back/);
      await shop.shot(desk, "refund-too-much");
      await give("7.00");
      const order = await shop.until(id, (o) => o.refunded.value === 1000, "all of it is back");
      assert.equal(order.refunds.length, 2);
      await desk.goto(new URL(`/orders/${id}`, shop.demo.base_url).href);
      assert.equal(await desk.locator("#refund").count(), 0, "nothing is left to give back");
      await desk.waitForSelector(".timeline");
      await shop.shot(desk, "order-refunded");
      await page.waitForSelector(".paid-screen .banner");
    },
  },
  {
    name: "cash: given back from the console",
    async run(shop) {
      const page = await shop.counter();
      await shop.sell(page, 600, "cash");
      await page.click("[data-sum='600']");
      await page.click("[data-focus=cash-take]");
      await shop.view(page, "paid");
      const { id } = await shop.order(page);
      const desk = await shop.console(`/orders/${id}`);
      await desk.click("#refund button[type=submit]");
      await desk.waitForSelector(".flash");
      await shop.until(id, (o) => o.refunded.value === 600, "the cash is given back");
    },
  },
];
