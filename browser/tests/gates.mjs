// P29: a car that was paid for by any of the four ways leaves by any gate; P24: who has not paid is offered the exit's own code.

import assert from "node:assert/strict";
import { OUTCOME } from "../lib/sandbox.mjs";
import { atHandheld, barrierOpens, car, exitOf, fits, leaves, mall, payOn, seenAt, shot, stayNow } from "../lib/mall.mjs";
import { Kiosk } from "./kiosk.mjs";

const byPhone = (channel, gate, plate) => ({
  name: `P29 P${channel === "wechat" ? 1 : 2}: ${channel} by the card's code, out by the ${gate} gate`,
  async run(shop) {
    const { site } = mall(shop);
    const card = `G-${channel.toUpperCase()}`;
    const stay = await car(shop, plate, 3, card);
    const page = await shop.open(`/park/${site.id}/card/${card}`, { size: "phone", lang: "zh" });
    const lines = await page.locator(".slip .lines").innerText();
    assert.doesNotMatch(lines, /working day|day off|night|up to|over/, `a Chinese bill speaks Chinese: ${lines}`);
    await page.click("form.state button[type=submit]");
    await page.waitForSelector(".wallets");
    await payOn(shop, page, channel);
    await leaves(shop, gate, plate, stay);
    await page.goto(new URL(`/park/${site.id}/card/${card}`, shop.demo.base_url).href);
    assert.match(await page.locator("main").innerText(), /未绑定车辆/, "the card is free for the next car");
  },
});

const unpaid = (gate, channel, plate) => ({
  name: `P24: unpaid at the ${gate} exit, its own code is paid with ${channel} and the barrier opens`,
  async run(shop) {
    const { site } = mall(shop);
    const stay = await car(shop, plate, 2);
    const exit = await exitOf(shop, gate);
    assert.equal(await seenAt(shop, exit, plate), "unpaid");
    const lang = gate === "north" ? "zh" : "en";
    const display = await shop.open(`/t/${exit.barrier}`, { size: "machine", lang });
    await display.waitForSelector(".pay .code svg");
    await shop.shot(display, `parking-display-${gate}-1-pay`);
    const page = await shop.open(`/park/${site.id}/lane/${exit.id}`, { size: "phone", lang });
    await fits(page, "the exit's page");
    assert.ok(!(await page.locator("main").innerText()).includes(plate.slice(2)), "the plate is masked");
    await shot(shop, page, `exit-${gate}-1-bill`);
    await page.click("form.state button[type=submit]");
    await page.waitForSelector(".wallets");
    await payOn(shop, page, channel);
    await display.waitForSelector(".outcome.paid");
    await shop.shot(display, `parking-display-${gate}-2-open`);
    await display.click("#help");
    await display.waitForFunction(() => document.getElementById("called").textContent.length > 0);
    assert.equal(await barrierOpens(shop, exit), "paid_here");
    assert.equal((await stayNow(shop, stay.id)).state, "left");
    await page.goto(new URL(`/park/${site.id}/lane/${exit.id}`, shop.demo.base_url).href);
    await shot(shop, page, `exit-${gate}-2-nobody`);
    assert.match(await page.locator("main").innerText(), /No car is waiting|没有等待的车辆/);
  },
});

export const cases = [
  byPhone("wechat", "east", "粤B81E01"),
  byPhone("alipay", "south", "粤B82E02"),
  {
    name: "P29: cash at the kiosk, out by the west gate",
    async run(shop) {
      const plate = "粤B83E03";
      const stay = await car(shop, plate, 3);
      const kiosk = new Kiosk(shop, 0);
      const page = await kiosk.open({ lang: "zh" });
      await kiosk.car(plate);
      const lines = await page.locator(".lines").innerText();
      assert.doesNotMatch(lines, /working day|day off|night/, `a Chinese bill speaks Chinese: ${lines}`);
      await kiosk.cash();
      const { due } = await kiosk.machine();
      await kiosk.note(due > 2000 ? 5000 : 2000);
      await page.click("[data-focus=pay]");
      await kiosk.view("paid");
      await leaves(shop, "west", plate, stay);
    },
  },
  {
    name: "P29: cash at the handheld, out by the north gate",
    async run(shop) {
      const plate = "粤B84E04";
      const stay = await car(shop, plate, 3);
      const page = await atHandheld(shop, 2, "8003", plate, { lang: "zh" });
      await page.click("[data-way=cash]");
      await page.click("[data-sum] >> nth=0");
      await page.click("[data-take]");
      await page.waitForSelector(".hh-done.paid");
      await shot(shop, page, "handheld-paid-zh");
      await leaves(shop, "north", plate, stay);
    },
  },
  {
    name: "P29: the handheld shows a code, out by the south gate",
    async run(shop) {
      const plate = "粤B85E05";
      const stay = await car(shop, plate, 2);
      const page = await atHandheld(shop, 2, "8003", plate);
      await page.click("[data-way=show]");
      await page.click("[data-wallet=wechat]");
      const code = await page.waitForSelector("img[data-code^='weixin']");
      await shot(shop, page, "handheld-shows-code");
      await shop.sandbox.pay(await code.getAttribute("data-code"));
      await page.waitForSelector(".hh-done.paid");
      await leaves(shop, "south", plate, stay);
    },
  },
  {
    name: "P29: the handheld scans the driver's code: poor, then paid, out by the east gate",
    async run(shop) {
      const plate = "粤B86E06";
      const stay = await car(shop, plate, 2);
      const page = await atHandheld(shop, 2, "8003", plate);
      assert.ok(OUTCOME.poor);
      for (const outcome of ["poor", "pays"]) {
        await page.click("[data-way=scan]");
        await page.fill("#hh-code", shop.sandbox.payerCode("alipay", outcome));
        await page.click(".stack button[type=submit]");
        if (outcome === "poor") {
          await page.waitForFunction(() => /enough money/.test(document.querySelector(".hh-fee")?.innerText ?? ""));
          await shot(shop, page, "handheld-scan-poor");
        }
      }
      await page.waitForSelector(".hh-done.paid");
      await leaves(shop, "east", plate, stay);
    },
  },
  unpaid("south", "wechat", "粤B87E07"),
  unpaid("north", "alipay", "粤B88E08"),
  {
    name: "kiosk P11: cover open and printer off are told in words, and the receipt comes when it is well",
    async run(shop) {
      const plate = "粤B89E09";
      await car(shop, plate, 2);
      const kiosk = new Kiosk(shop, 0);
      const page = await kiosk.open({ lang: "zh" });
      for (const [deed, code, words] of [["cover", "cover_open", /打印机盖/], ["printer", "printer_away", /打印机无响应/]]) {
        await kiosk.deed(deed);
        await kiosk.until((m) => m.alarms.some((a) => a.code === code), code);
        if (deed === "cover") await kiosk.car(plate);
        await page.waitForFunction((text) => new RegExp(text).test(document.querySelector("section.bill")?.innerText ?? ""), words.source);
        await shop.shot(page, `kiosk-printer-${deed}`);
        await kiosk.deed(deed);
        await kiosk.until((m) => !m.alarms.some((a) => a.unit === "printer"), "well again");
      }
      const printed = (await kiosk.simulator()).printed;
      await shop.scanner(page, shop.sandbox.payerCode("wechat", "pays"));
      await kiosk.view("paid");
      await page.click("[data-focus=print]");
      for (let n = 0; n < 80 && (await kiosk.simulator()).printed === printed; n += 1) await new Promise((done) => setTimeout(done, 200));
      assert.equal((await kiosk.simulator()).printed, printed + 1);
    },
  },
];
