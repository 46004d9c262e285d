// Every screen at every size, in both languages: pictures, and what can be checked of them (no sideways scrolling, fingers fit).

import assert from "node:assert/strict";
import { SIZES } from "../lib/shop.mjs";

/** Nothing sticks out sideways. */
async function fits(page, what) {
  const [inner, scroll] = await page.evaluate(() => [document.documentElement.clientWidth, document.documentElement.scrollWidth]);
  assert.ok(scroll <= inner + 1, `${what}: ${scroll} px wide on a screen of ${inner}`);
}

/** Every control a finger uses on a machine is at least 64 px high or wide enough to be hit. */
async function touchable(page, what) {
  const small = await page.evaluate(() =>
    [...document.querySelectorAll("button, a.button, .languages a")]
      .filter((node) => node.offsetParent && !node.closest(".stepper"))
      .map((node) => ({ box: node.getBoundingClientRect(), text: node.innerText || node.getAttribute("aria-label") }))
      .filter(({ box }) => box.height < 63.5 && box.height > 0)
      .map(({ box, text }) => `${text} (${Math.round(box.height)} px)`),
  );
  const allowed = small.filter((one) => !/^(Clear|清空) /.test(one));
  assert.deepEqual(allowed, [], `${what}: too small for a finger`);
}

const machine = (size, lang) => ({
  name: `screens: counter at ${SIZES[size].join("×")}, ${lang}`,
  async run(shop) {
    const page = await shop.counter({ size, lang });
    const look = async (name) => {
      await page.waitForTimeout(350);
      await fits(page, name);
      await touchable(page, name);
      await shop.shot(page, `${size}-${lang}-${name}`);
    };
    await look("1-sale");
    for (const sku of ["tea-jasmine", "milk-tea", "egg-tart"]) await page.click(`[data-focus=item-${sku}]`);
    await look("2-items");
    await shop.amount(page, 1250);
    await look("3-amount");
    await page.click("[data-way=show]");
    await shop.shown(page, "wechat");
    await look("4-code");
    await page.click("[data-way=scan]");
    await look("5-scan");
    await page.click("[data-way=cash]");
    await page.click("[data-sum='2000']");
    await look("6-cash");
    await page.click("[data-focus=cash-take]");
    await shop.view(page, "paid");
    await look("7-paid");
    assert.equal(await page.locator("html").getAttribute("lang"), lang === "zh" ? "zh-CN" : "en");
  },
});

const console_ = (size, lang, dark = false) => ({
  name: `screens: console at ${SIZES[size].join("×")}, ${lang}${dark ? ", dark" : ""}`,
  async run(shop) {
    const page = await shop.console("/", { size, lang, dark });
    const tag = `console-${size}-${lang}${dark ? "-dark" : ""}`;
    for (const path of ["/", "/orders", "/terminals", "/shifts", "/sites", "/channels", "/people", "/keys"]) {
      await page.goto(new URL(path, shop.demo.base_url).href);
      await fits(page, path);
      await shop.shot(page, `${tag}-${path === "/" ? "today" : path.slice(1)}`);
    }
    await page.goto(new URL("/orders", shop.demo.base_url).href);
    await page.click("table a.cover >> nth=0");
    await page.waitForSelector(".timeline");
    await fits(page, "order");
    await page.screenshot({ path: `${shop.shots}/${tag}-order.png`, fullPage: true });
  },
});

const payer = (lang) => ({
  name: `screens: payer, ${lang}`,
  async run(shop) {
    const order = await shop.apiOrder(3600, lang === "zh" ? "两杯茉莉花茶" : "Two cups of jasmine tea");
    const page = await shop.open(order.pay_url, { size: "phone", lang });
    await fits(page, "payer");
    await page.click("button[value=alipay]");
    await page.waitForSelector(".code svg");
    await fits(page, "payer's code");
    await page.screenshot({ path: `${shop.shots}/payer-${lang}-code.png`, fullPage: true });
    await shop.sandbox.pay((await shop.api("GET", `/v1/orders/${order.id}`)).attempts[0].code);
    await page.waitForSelector(".done");
    await page.screenshot({ path: `${shop.shots}/payer-${lang}-paid.png`, fullPage: true });
  },
});

const languages = {
  name: "language: by address, kept by cookie, switched on the screen",
  async run(shop) {
    const page = await shop.open("/sign-in", { lang: "zh" });
    assert.match(await page.locator("h1").innerText(), /登录/);
    await page.click(".languages a[lang=en]");
    assert.match(await page.locator("h1").innerText(), /Sign in/);
    await page.goto(new URL("/sign-in", shop.demo.base_url).href);
    assert.match(await page.locator("h1").innerText(), /Sign in/);
  },
};

export const cases = [
  languages,
  machine("counter", "en"),
  machine("counter", "zh"),
  machine("handheld", "zh"),
  machine("handheld", "en"),
  machine("machine", "en"),
  payer("en"),
  payer("zh"),
  console_("counter", "en"),
  console_("counter", "zh"),
  console_("counter", "en", true),
  console_("phone", "zh"),
];
