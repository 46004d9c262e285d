// The code of a stand: opened by WeChat, by Alipay and by an ordinary browser; amounts typed and sent by the counter; payers who cancel, who are
// declined, who close the page, and two who want the same.

import assert from "node:assert/strict";

const AGENT = {
  wechat: "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/126.0 Mobile Safari/537.36 MicroMessenger/8.0.50 WeChat/arm64",
  alipay: "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/126.0 Mobile Safari/537.36 AlipayClient/10.6.0",
};

const standOf = (shop) => shop.demo.terminals.find((t) => t.kind === "stand" && t.merchant === shop.merchant);

/** A telephone whose wallet opens the stand's code. */
async function scan(shop, wallet, { payer, lang = "en", path } = {}) {
  const page = await shop.open("about:blank", { size: "phone", lang, agent: AGENT[wallet] });
  const sandbox = new URL(shop.demo.sandbox_url);
  if (payer) await page.context().addCookies([{ name: "phone-payer", value: payer, domain: sandbox.hostname, path: "/" }]);
  await page.goto(path ?? standOf(shop).stand_url);
  return page;
}

async function type(page, value) {
  for (const figure of String(value)) await page.click(`[data-key="${figure}"]`);
}

/** The wallet's own cashier: pays and goes back to the page. */
async function payInWallet(page) {
  await page.click("form[action='/phone/pay'] button");
  await page.click(".sheet.done a.main");
}

const token = (page) => new URL(page.url()).searchParams.get("o") ?? new URL(page.url()).pathname.split("/").pop();
const orderOf = (page) => token(page).slice(0, 13);

async function toStand(shop, value) {
  const counter = await shop.counter();
  await shop.amount(counter, value);
  await counter.click("[data-way=stand]");
  await counter.waitForSelector("[data-stand]");
  return counter;
}

export const cases = [
  {
    name: "stand: WeChat, typed amount, the counter is told",
    async run(shop) {
      const counter = await shop.counter();
      const page = await scan(shop, "wechat");
      assert.match(await page.locator(".shop").innerText(), /Harbour Tea/);
      await shop.shot(page, "stand-keypad");
      await type(page, "1280");
      await shop.shot(page, "stand-typed");
      await page.click("[data-pay=wechat]");
      await page.waitForURL(/\/phone\/scan/);
      await shop.shot(page, "stand-cashier");
      await payInWallet(page);
      await page.waitForURL(/\/p\//);
      await page.waitForSelector(".done");
      await shop.shot(page, "stand-paid");
      await counter.waitForSelector(".received");
      assert.match(await counter.locator(".received").innerText(), /12\.80/);
      await shop.shot(counter, "stand-received");
      await counter.click(".received button");
      await counter.waitForSelector(".received", { state: "detached" });
      const order = await shop.api("GET", `/v1/orders/${orderOf(page)}`);
      assert.equal(order.state, "fulfilled");
      assert.equal(order.terminal, standOf(shop).id);
      assert.equal(order.attempts[0].presentment, "in_app");
      assert.equal(order.attempts[0].call, undefined, "what the page was given is not told any more");
      await page.click("a[href^='/receipts/']");
      await page.waitForSelector(".receipt");
      const cookies = await page.context().cookies();
      assert.ok(!cookies.some((c) => c.name === "saoma_visitor"), "who paid is forgotten");
    },
  },
  {
    name: "stand: Alipay in Chinese, the counter's amount",
    async run(shop) {
      const counter = await toStand(shop, 2600);
      await shop.shot(counter, "stand-waits");
      const page = await scan(shop, "alipay", { lang: "zh", payer: "li" });
      await page.waitForSelector("[data-asked]");
      assert.match(await page.locator("#stage").innerText(), /26\.00/);
      await shop.shot(page, "stand-asked-zh");
      await page.click("[data-pay=alipay]");
      await page.waitForURL(/\/phone\/scan/);
      await counter.waitForSelector(".begun");
      await payInWallet(page);
      await page.waitForURL(/\/p\//);
      await page.waitForSelector(".done");
      await shop.shot(page, "stand-paid-zh");
      await shop.view(counter, "paid");
      const order = await shop.order(counter);
      assert.equal(order.attempts.at(-1).channel, "alipay");
      assert.equal(order.id, orderOf(page));
    },
  },
  {
    name: "stand: an amount arrives while the page is open; taken back it goes",
    async run(shop) {
      const page = await scan(shop, "wechat");
      await page.waitForSelector("[data-key='1']");
      const counter = await toStand(shop, 990);
      await page.waitForSelector("[data-asked]");
      const typing = await scan(shop, "alipay");
      await typing.click("text=Another amount");
      await type(typing, "7");
      await counter.click("[data-way=show]");
      await page.waitForSelector("[data-asked]", { state: "detached" });
      assert.match(await typing.locator(".amount").innerText(), /0\.07/, "what is typed stays");
    },
  },
  {
    name: "stand: cancelled in the wallet, then paid",
    async run(shop) {
      const page = await scan(shop, "wechat");
      await type(page, "500");
      await page.click("[data-pay=wechat]");
      await page.waitForURL(/\/phone\/scan/);
      await page.click("[data-not-now]");
      await page.waitForSelector("[data-begun]");
      await shop.shot(page, "stand-not-yet");
      await page.click("[data-pay=wechat]");
      await page.waitForURL(/\/phone\/scan/);
      await payInWallet(page);
      await page.waitForSelector(".done");
      const order = await shop.api("GET", `/v1/orders/${orderOf(page)}`);
      assert.equal(order.attempts.length, 1, "the same call opened the cashier again");
    },
  },
  {
    name: "stand: declined, then paid by a second try",
    async run(shop) {
      const page = await scan(shop, "wechat");
      await type(page, "600");
      await page.click("[data-pay=wechat]");
      await page.waitForURL(/\/phone\/scan/);
      const back = new URL(page.url()).searchParams.get("return");
      const id = new URL(back).searchParams.get("o").slice(0, 13);
      const { attempts } = await shop.api("GET", `/v1/orders/${id}`);
      await shop.sandbox.decline("wechat", attempts[0].out_trade_no);
      await shop.until(id, (o) => o.attempts[0].state === "declined", "the decline is heard");
      await page.goto(back);
      await page.waitForSelector(".banner.stop");
      await shop.shot(page, "stand-declined");
      await page.click("[data-pay=wechat]");
      await page.waitForURL(/\/phone\/scan/);
      await payInWallet(page);
      await page.waitForSelector(".done");
      const order = await shop.api("GET", `/v1/orders/${id}`);
      assert.deepEqual(order.attempts.map((a) => a.state), ["declined", "succeeded"]);
    },
  },
  {
    name: "stand: the tab is closed in the cashier, the code is scanned again",
    async run(shop) {
      const counter = await toStand(shop, 1500);
      const first = await scan(shop, "wechat");
      await first.click("[data-pay=wechat]");
      await first.waitForURL(/\/phone\/scan/);
      await first.close();
      const again = await first.context().newPage();
      await again.goto(standOf(shop).stand_url);
      await again.waitForSelector("[data-asked]");
      await again.click("[data-pay=wechat]");
      await again.waitForURL(/\/phone\/scan/);
      await payInWallet(again);
      await again.waitForSelector(".done");
      await shop.view(counter, "paid");
      const order = await shop.order(counter);
      assert.equal(order.attempts.filter((a) => a.presentment === "in_app").length, 1);
    },
  },
  {
    name: "stand: two payers want the same amount; one pays, nothing is mixed",
    async run(shop) {
      const counter = await toStand(shop, 3300);
      const ann = await scan(shop, "wechat");
      const bob = await scan(shop, "alipay");
      await ann.waitForSelector("[data-asked]");
      await bob.waitForSelector("[data-asked]");
      await ann.click("[data-pay=wechat]");
      await ann.waitForURL(/\/phone\/scan/);
      await bob.click("[data-pay=alipay]");
      await bob.waitForSelector(".taken");
      await shop.shot(bob, "stand-taken");
      await bob.click(".taken .quiet");
      await type(bob, "450");
      await bob.click("[data-pay=alipay]");
      await bob.waitForURL(/\/phone\/scan/);
      await payInWallet(ann);
      await payInWallet(bob);
      await ann.waitForSelector(".done");
      await bob.waitForSelector(".done");
      assert.match(await ann.locator("main").innerText(), /33\.00/);
      assert.match(await bob.locator("main").innerText(), /4\.50/);
      assert.notEqual(orderOf(ann), orderOf(bob));
      await shop.view(counter, "paid");
    },
  },
  {
    name: "stand: taken over by another wallet, the first try is closed",
    async run(shop) {
      await toStand(shop, 2100);
      const first = await scan(shop, "wechat");
      await first.click("[data-pay=wechat]");
      await first.waitForURL(/\/phone\/scan/);
      const second = await scan(shop, "alipay");
      await second.click("[data-pay=alipay]");
      await second.click("[data-take-over]");
      await second.waitForURL(/\/phone\/scan/);
      await payInWallet(second);
      await second.waitForSelector(".done");
      const order = await shop.until(orderOf(second), (o) => o.attempts.every((a) => a.state !== "pending"), "the first try is closed");
      assert.deepEqual(order.attempts.map((a) => [a.channel, a.state]), [["wechat", "closed"], ["alipay", "succeeded"]]);
    },
  },
  {
    name: "stand: an ordinary browser pays through the wallet's own address",
    async run(shop) {
      for (const wallet of ["alipay", "wechat"]) {
        const page = await shop.open(new URL(standOf(shop).stand_url).pathname, { size: "phone" });
        await type(page, "320");
        if (wallet === "alipay") await shop.shot(page, "stand-browser");
        await page.click(`[data-pay=${wallet}]`);
        await page.waitForURL(/\/phone\/scan/);
        await payInWallet(page);
        await page.waitForSelector(".done");
      }
    },
  },
  {
    name: "stand: the sandbox's phone opens the scanned code in either wallet",
    async run(shop) {
      for (const wallet of ["wechat", "alipay"]) {
        const page = await shop.open("about:blank", { size: "phone" });
        await page.goto(`${shop.demo.sandbox_url}/phone?wallet=${wallet}&payer=li`);
        await page.fill("#code", standOf(shop).stand_url);
        await page.click("form.paste button");
        await page.waitForSelector(`[data-pay=${wallet}]`);
        await type(page, "180");
        await page.click(`[data-pay=${wallet}]`);
        await page.waitForURL(/\/phone\/scan/);
        await payInWallet(page);
        await page.waitForSelector(".done");
        const { id, attempts } = await shop.api("GET", `/v1/orders/${orderOf(page)}`);
        await shop.api("POST", `/v1/orders/${id}/refunds`, { amount: { value: 80, currency: "CNY" }, reason: "a test" });
        await shop.until(id, (o) => o.refunds[0]?.state === "succeeded", "the refund");
        await page.goto(`${shop.demo.sandbox_url}/phone?wallet=${wallet}&payer=li&tab=bills`);
        await page.waitForSelector(".item .back");
        await shop.shot(page, `phone-bills-${wallet}`);
        assert.equal(attempts[0].channel, wallet);
      }
    },
  },
  {
    name: "stand: a wallet that is switched off is told so",
    async run(shop) {
      await shop.api("PATCH", "/v1/channel-accounts/wechat", { standing: "off" });
      try {
        const page = await scan(shop, "wechat");
        await page.waitForSelector("#closed");
        assert.match(await page.locator("#closed").innerText(), /WeChat Pay is not taken/);
        await shop.shot(page, "stand-closed");
        const zh = await scan(shop, "wechat", { lang: "zh" });
        await shop.shot(zh, "stand-closed-zh");
      } finally {
        await shop.api("PATCH", "/v1/channel-accounts/wechat", { standing: "on" });
      }
    },
  },
  {
    name: "stand: a wrong state is not believed",
    async run(shop) {
      const page = await scan(shop, "wechat");
      await page.waitForSelector("[data-key='1']");
      await page.context().clearCookies();
      await page.goto(`${standOf(shop).stand_url}/back?code=abc&state=0123`);
      await page.waitForSelector("#unknown");
      await page.click("#unknown a");
      await page.waitForSelector("[data-key='1']");
    },
  },
  {
    name: "stand: code, poster and tag in the console",
    async run(shop) {
      const desk = await shop.console("/terminals");
      await desk.click(`a[href='/terminals/${standOf(shop).id}/stand']`);
      await desk.waitForSelector(".bytes");
      await shop.shot(desk, "stand-console");
      const shown = await desk.locator(".bytes").last().innerText();
      const file = await desk.evaluate(async (path) => Array.from(new Uint8Array(await (await fetch(path)).arrayBuffer())), `/terminals/${standOf(shop).id}/ndef.bin`);
      assert.equal(file.map((b) => b.toString(16).toUpperCase().padStart(2, "0")).join(" "), shown.trim());
      assert.deepEqual(file.slice(0, 5), [0xd1, 0x01, file.length - 4, 0x55, 0x03]);
      assert.equal(`http://${String.fromCharCode(...file.slice(5))}`, standOf(shop).stand_url);
      await desk.click("a[href$='/poster']");
      await desk.waitForSelector(".poster svg");
      await shop.shot(desk, "stand-poster");
    },
  },
];
