// Parking as drivers, cashiers and owners see it: by the card's code, by plate, by the exit's code, by the handheld with and without
// a network, and the owner's pages.

import assert from "node:assert/strict";
import { car, cashier, fits, mall, openFee, payOn, shot, stayNow } from "../lib/mall.mjs";

const byCard = (channel) => ({
  name: `parking: the code on the card is scanned and paid with ${channel}`,
  async run(shop) {
    const { site } = mall(shop);
    const card = `T-${channel.toUpperCase()}`;
    const stay = await car(shop, channel === "wechat" ? "粤B70001" : "粤B70002", 3, card);
    const page = await shop.open(`/park/${site.id}/card/${card}`, { size: "phone", lang: "zh" });
    assert.doesNotMatch(await page.locator("main").innerText(), /70001|70002/, "the plate is masked for whoever holds the card");
    await fits(page, "card bill");
    await shot(shop, page, `card-${channel}-1-bill`);
    await page.click("form.state button[type=submit]");
    await page.waitForSelector(".wallets");
    await shot(shop, page, `card-${channel}-2-order`);
    await payOn(shop, page, channel);
    assert.match(await page.locator(".done").innerText(), /前离场/);
    await shot(shop, page, `card-${channel}-3-paid`);
    const now = await stayNow(shop, stay.id);
    assert.ok(now.paid > 0 && now.paid_until, JSON.stringify(now));
    await page.goto(new URL(`/park/${site.id}/card/${card}`, shop.demo.base_url).href);
    assert.match(await page.locator("main").innerText(), /前离场/, "the card's page says until when to leave");
    assert.equal(await page.locator("form.state button[type=submit]").count(), 0, "nothing is asked for twice");
  },
});

/** Every key of the plate is as large as a finger: 44 by 44. */
async function fingers(page) {
  const sizes = await page.locator(".plate-keys button").evaluateAll((keys) => keys.map((key) => [key.textContent, key.offsetWidth, key.offsetHeight]));
  assert.ok(sizes.length > 30);
  assert.deepEqual(sizes.filter(([, wide, high]) => wide < 44 || high < 44), []);
}

export const cases = [
  byCard("wechat"),
  byCard("alipay"),
  {
    name: "parking: car park on the map, plate typed, wrong character, bill, paid",
    async run(shop) {
      const { site } = mall(shop);
      const stay = await car(shop, "粤B8D70K", 2);
      const page = await shop.open("/park", { size: "phone", lang: "zh" });
      await fits(page, "car parks");
      assert.ok((await page.locator(".map .pin").count()) >= 3, "every car park has a pin");
      await shot(shop, page, "1-parks");
      await page.fill("[name=q]", "码头");
      await page.click("form.find button");
      assert.equal(await page.locator(".parks .place").count(), 1, "the search leaves one");
      await page.goto(new URL("/park", shop.demo.base_url).href);
      await page.click(`.map a[href="/park/${site.id}"]`);
      await page.waitForSelector(".plate-keys");
      await fingers(page);
      await page.setViewportSize({ width: 360, height: 780 });
      await fingers(page);
      await fits(page, "plate on a small phone");
      await shot(shop, page, "2-plate");
      await page.setViewportSize({ width: 390, height: 844 });
      for (const key of "粤BBD70K") await page.click(`.plate-keys button:text-is("${key}")`);
      await fingers(page);
      await shot(shop, page, "3-typed");
      await page.click("form[data-plate-form] button[type=submit]");
      await page.waitForSelector(".car");
      assert.doesNotMatch(await page.locator(".cars").innerText(), /8D70K/, "another plate than the one typed is masked");
      await shot(shop, page, "4-candidates");
      await page.click(`.car a[href*="${stay.id}"]`);
      await page.waitForSelector(".slip .lines");
      await fits(page, "bill");
      await shot(shop, page, "5-bill");
      await page.click("form.state button[type=submit]");
      await page.waitForSelector(".wallets");
      await payOn(shop, page, "alipay");
      await shot(shop, page, "6-paid");
      // another device that opens the same car is told that it is paid
      const again = await shop.open(`/park/${site.id}?plate=${encodeURIComponent("粤B8D70K")}`, { size: "phone" });
      await again.click(".car a.button");
      await again.waitForSelector(".banner.paid");
      assert.match(await again.locator("main").innerText(), /Leave before/);
      await shot(shop, again, "7-again-en");
      // the plate that was paid for is offered next time
      await page.goto(new URL(`/park/${site.id}`, shop.demo.base_url).href);
      await page.waitForSelector("[data-kept]");
    },
  },
  {
    name: "parking: a refused location leads to the list; without scripts everything works",
    async run(shop) {
      const page = await shop.open("/park", { size: "phone" });
      await page.click("[data-near]");
      await page.waitForSelector("[data-near-said] .banner");
      await page.waitForFunction(() => /not known/.test(document.querySelector("[data-near-said]").innerText), null, { timeout: 15_000 });
      await shot(shop, page, "location-refused");
      const { site } = mall(shop);
      await car(shop, "粤B7N001", 1);
      const plain = await shop.open(`/park/${site.id}`, { size: "phone", script: false });
      await plain.fill("#plate", "粤B7N001");
      await plain.click("form[data-plate-form] button[type=submit]");
      await plain.click(".car a.button");
      await plain.click("form.state button[type=submit]");
      await plain.waitForSelector(".wallets");
    },
  },
  {
    name: "parking: unknown cards, cards of nobody and strange car parks are told in words",
    async run(shop) {
      const { site } = mall(shop);
      const page = await shop.open(`/park/${site.id}/card/NOBODY`, { size: "phone", lang: "zh" });
      assert.match(await page.locator("main").innerText(), /此卡不属于本停车场/);
      await shot(shop, page, "card-unknown");
      await page.goto(new URL("/park/0000000000000", shop.demo.base_url).href);
      assert.match(await page.locator("main").innerText(), /不是本平台的停车场/);
    },
  },
  {
    name: "parking: handheld: wrong password, shift, two photos, cash, receipt; a pass opens no fee",
    async run(shop) {
      const { handhelds } = mall(shop);
      const stay = await car(shop, "粤B71111", 2);
      const page = await shop.open(`/t/${handhelds[0].id}`, { size: "handheld" });
      await page.waitForSelector("#hh-name");
      await shop.shot(page, "parking-handheld-sign-in");
      await page.fill("#hh-name", "8001");
      await page.fill("#hh-password", "not this one");
      await page.click("form.hh-card button[type=submit]");
      await page.waitForSelector(".banner.stop");
      await cashier(shop, page, "8001");
      await shop.shot(page, "parking-handheld-home");
      await page.fill("#plate", "粤BM8888");
      await page.click("[data-find]");
      await page.waitForSelector(".hh-car");
      assert.equal(await page.locator("[data-fee]").count(), 0, "a car with a pass opens no fee window");
      await shop.shot(page, "parking-handheld-pass");
      await openFee(page, "粤B71111");
      assert.ok(await page.locator("[data-way=cash]").isDisabled(), "no payment before photos or a reason");
      await page.waitForFunction(() => document.querySelector("video")?.videoWidth > 0, null, { timeout: 15_000 });
      await page.keyboard.press("F10");
      await page.waitForSelector(".slot img");
      await page.click("[data-shoot]");
      await page.waitForFunction(() => document.querySelectorAll(".slot img").length === 2);
      await fits(page, "fee");
      await shot(shop, page, "handheld-fee");
      await page.click("[data-way=cash]");
      await page.click("[data-sum='2000']");
      await shot(shop, page, "handheld-cash");
      await page.click("[data-take]");
      await page.waitForSelector(".hh-done.paid");
      await shot(shop, page, "handheld-paid");
      await page.click("[data-print]");
      await page.waitForSelector(".toast");
      const now = await stayNow(shop, stay.id);
      assert.ok(now.paid > 0);
      const photos = await shop.api("GET", `/v1/parking/photos?stay=${stay.id}`, undefined, mall(shop).key);
      assert.deepEqual(photos.items.map((p) => p.kind).sort(), ["evidence_1", "evidence_2"]);
      assert.ok(photos.items.every((p) => p.sha256.length === 64 && p.mime === "image/jpeg"));
    },
  },
  {
    name: "parking: handheld without a network: cash goes on, is sent once, and the page opens from its own store",
    async run(shop) {
      const { handhelds, key } = mall(shop);
      const stay = await car(shop, "粤B72222", 3);
      const page = await shop.open(`/t/${handhelds[1].id}`, { size: "handheld", lang: "zh" });
      await cashier(shop, page, "8002");
      await page.evaluate(() => navigator.serviceWorker.ready);
      await page.reload();
      await page.waitForSelector("body[data-view=home]");
      await page.waitForTimeout(1500);
      await page.context().setOffline(true);
      await page.reload();
      await page.waitForSelector("body[data-view=home]", { timeout: 20_000 });
      await page.fill("#plate", "粤B72222");
      await page.click("[data-find]");
      await page.waitForSelector("[data-fee]");
      await page.click("[data-fee] >> nth=0");
      await page.waitForSelector(".hh-fee");
      await page.click("[data-no-photo]");
      await page.fill("#hh-reason", "雨太大");
      await page.click("[data-way=cash]");
      await page.click("[data-sum] >> nth=0");
      await shot(shop, page, "handheld-offline-fee");
      await page.click("[data-take]");
      await page.waitForSelector(".hh-done.check");
      await shot(shop, page, "handheld-offline-kept");
      assert.equal((await stayNow(shop, stay.id)).paid, 0, "nothing was sent yet");
      await page.context().setOffline(false);
      const began = Date.now();
      while ((await stayNow(shop, stay.id)).paid === 0 && Date.now() - began < 30_000) await page.waitForTimeout(500);
      await page.waitForTimeout(3000);
      const now = await stayNow(shop, stay.id);
      assert.ok(now.paid > 0 && now.flags.includes("paid_offline"), JSON.stringify(now));
      const orders = await shop.api("GET", "/v1/orders?limit=50", undefined, key);
      const own = orders.items.filter((o) => o.paid.value > 0 && o.request?.stay === stay.id);
      assert.ok(own.length <= 1, "paid once");
    },
  },
  {
    name: "parking: the owner's pages, English and Chinese",
    async run(shop) {
      const { site, key, person } = mall(shop);
      for (const [gate, state] of [["east", "slow"], ["south", "clear"], ["north", "jammed"]]) {
        await shop.api("POST", `/v1/parking/parks/${site.id}/roads`, { gate, state, waiting: 3, source: "camera" }, key);
      }
      for (const [size, lang] of [["counter", "en"], ["phone", "zh"]]) {
        const page = await shop.console("/parking", { size, lang, person: person("ning") });
        for (const path of ["", "/occupancy", "/roads", "/throughput", "/money", "/validation", "/staffing", "/costs", "/map"]) {
          await page.goto(new URL(`/parking${path}`, shop.demo.base_url).href);
          await page.waitForSelector(".tabs");
          await fits(page, `/parking${path} ${lang}`);
          await shot(shop, page, `owner-${size}-${lang}${path.replace("/", "-")}`);
        }
        await page.goto(new URL("/parking/staffing", shop.demo.base_url).href);
        assert.match(await page.locator(".figure.hero").innerText(), /180,000\.00/);
        await page.goto(new URL("/parking/costs", shop.demo.base_url).href);
        const costs = await page.locator("main").innerText();
        for (const part of ["214,500.00", "27,500.00", "423,501.00", "35,003.00", "14.3"]) assert.ok(costs.includes(part), part);
        await page.goto(new URL("/parking/throughput", shop.demo.base_url).href);
        const flow = await page.locator("main").innerText();
        for (const part of ["3250", "1600", "2.03", "111", "225"]) assert.ok(flow.includes(part), part);
        await page.goto(new URL(`/parking/roads?park=${site.id}`, shop.demo.base_url).href);
        assert.match(await page.locator("main").innerText(), lang === "en" ? /Best exit now: South[\s\S]*Unknown/ : /现在推荐出口：南门[\s\S]*未知/);
      }
    },
  },
];
