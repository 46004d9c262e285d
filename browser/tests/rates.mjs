// Money in two currencies: a wallet from abroad pays in the shop's currency, and the console shows what the wallet was charged and what is settled.

import assert from "node:assert/strict";

export const cases = [
  {
    name: "alipay+: both amounts and the rate are on the order",
    async run(shop) {
      const [, books] = shop.demo.merchants;
      const till = shop.demo.terminals.find((t) => t.kind === "counter" && t.merchant === books.id);
      const sale = { scene: "retail", terminal: till.id, request: { amount: { value: 4500, currency: "CNY" }, description: "A novel" } };
      const order = await shop.api("POST", "/v1/orders", sale, books.api_key);
      const shown = { presentment: "merchant_presented", channel: "alipay_plus", terminal: till.id };
      const attempt = await shop.api("POST", `/v1/orders/${order.id}/attempts`, shown, books.api_key);
      await shop.sandbox.pay(attempt.code);
      let paid;
      for (let n = 0; n < 100 && paid?.state !== "fulfilled"; n += 1) {
        paid = await shop.api("GET", `/v1/orders/${order.id}`, undefined, books.api_key);
        await new Promise((done) => setTimeout(done, 200));
      }
      const { exchange } = paid.attempts[0].details;
      assert.equal(exchange.settled.amount.currency, "USD");
      assert.ok(Number(exchange.settled.rate) > 0, JSON.stringify(exchange));
      const person = shop.demo.operators.find((o) => o.merchant === books.id && o.role === "owner");
      const desk = await shop.console(`/orders/${order.id}`, { person });
      const facts = await desk.locator(".exchange").innerText();
      assert.match(facts, /US\$/);
      assert.match(facts, new RegExp(exchange.settled.rate.replace(".", "\\.")));
      await shop.shot(desk, "alipay-plus-order");
    },
  },
];
