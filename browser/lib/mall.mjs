// The sample mall in a test's hand: its cars, cashiers and gates.

import assert from "node:assert/strict";

export const mall = (shop) => {
  const { demo } = shop;
  const site = demo.sites.find((s) => s.kind === "car_park");
  const merchant = demo.merchants.find((m) => m.id === site.merchant);
  const handhelds = demo.terminals.filter((t) => t.kind === "parking_handheld");
  return { site, merchant, handhelds, key: merchant.api_key, person: (name) => demo.operators.find((o) => o.name === name) };
};

export const fits = async (page, what) => {
  const [inner, scroll] = await page.evaluate(() => [document.documentElement.clientWidth, document.documentElement.scrollWidth]);
  assert.ok(scroll <= inner + 1, `${what}: ${scroll} px wide on a screen of ${inner}`);
};

export const shot = (shop, page, name) => page.screenshot({ path: `${shop.shots}/parking-${name}.png`, fullPage: true });

/** A car that came in some hours ago, as the API lets it in. */
export async function car(shop, plate, hours, card) {
  const { site, key } = mall(shop);
  const entered_at = new Date(Date.now() - hours * 3600_000 - 300_000).toISOString();
  const stay = await shop.api("POST", "/v1/parking/stays", { site: site.id, plate, entered_at, reason: "test" }, key);
  assert.ok(stay.id, JSON.stringify(stay));
  if (card) await shop.api("POST", `/v1/parking/stays/${stay.id}/card`, { card }, key);
  return stay;
}

export const stayNow = (shop, id) => shop.api("GET", `/v1/parking/stays/${id}`, undefined, mall(shop).key);

/** Pays the order page in a wallet. */
export async function payOn(shop, page, channel) {
  await page.click(`button[value=${channel}]`);
  await page.waitForSelector(".code svg");
  const url = new URL(page.url());
  const token = url.pathname.split("/").pop();
  const order = await (await fetch(new URL(`/v1/pay/${token}`, shop.demo.base_url))).json();
  const attempt = order.attempts.find((a) => a.channel === channel && a.state === "pending");
  await shop.sandbox.pay(attempt.code);
  await page.waitForSelector(".done", { timeout: 30_000 });
}

/** Signs a cashier in on a handheld and opens the shift where none runs. */
export async function cashier(shop, page, name) {
  const person = mall(shop).person(name);
  await page.waitForSelector("#hh-name");
  await page.fill("#hh-name", person.name);
  await page.fill("#hh-password", person.password);
  await page.click("form.hh-card button[type=submit]");
  await page.waitForSelector("[data-view=open-shift], [data-view=home]");
  if (await page.locator("[data-shift=open]").count()) {
    for (const [value, count] of [[10000, 2], [2000, 5], [1000, 10], [500, 10], [100, 50]]) await page.fill(`[data-piece="${value}"]`, String(count));
    await shop.shot(page, "parking-handheld-shift");
    await page.click("[data-shift=open]");
  }
  await page.waitForSelector("body[data-view=home]");
}

/** Types a plate on the handheld and opens its fee window. */
export async function openFee(page, plate) {
  await page.fill("#plate", plate);
  await page.click("[data-find]");
  await page.waitForSelector("[data-fee]");
  await page.click("[data-fee] >> nth=0");
  await page.waitForSelector(".hh-fee");
}

/** Signs in on a handheld, opens a car's fee window, and says why there are no photos. */
export async function atHandheld(shop, number, name, plate, options = {}) {
  const page = await shop.open(`/t/${mall(shop).handhelds[number].id}`, { size: "handheld", ...options });
  await cashier(shop, page, name);
  await openFee(page, plate);
  await page.click("[data-no-photo]");
  await page.fill("#hh-reason", "rain");
  await page.waitForSelector("[data-way=cash]:not(:disabled)");
  return page;
}

/** The exit of a gate with the key of its barrier. */
export async function exitOf(shop, gate) {
  const { site, key } = mall(shop);
  const lanes = await shop.api("GET", `/v1/parking/parks/${site.id}/lanes`, undefined, key);
  const lane = lanes.items.find((l) => l.gate === gate && l.direction === "exit");
  return { ...lane, key: shop.demo.terminals.find((t) => t.id === lane.barrier).key };
}

/** The exit's camera sees a plate; what the lane decides. */
export async function seenAt(shop, exit, plate) {
  return (await shop.api("POST", `/v1/parking/lanes/${exit.id}/camera/plain`, { plate, confidence: 98 }, exit.key)).outcome;
}

/** The barrier's controller fetches its command and opens; answers the cause. */
export async function barrierOpens(shop, exit) {
  const began = Date.now();
  for (;;) {
    const { items } = await shop.api("GET", `/v1/parking/lanes/${exit.id}/commands`, undefined, exit.key);
    if (items.length) {
      await shop.api("POST", `/v1/parking/commands/${items[0].id}/ack`, { done: true }, exit.key);
      return items[0].cause;
    }
    assert.ok(Date.now() - began < 20_000, `${exit.name}: no command`);
    await new Promise((done) => setTimeout(done, 200));
  }
}

/** A car that was paid for leaves by a gate: its plate is read, the barrier opens, the stay is over. */
export async function leaves(shop, gate, plate, stay) {
  const exit = await exitOf(shop, gate);
  assert.equal(await seenAt(shop, exit, plate), "opened", `${plate} at ${gate}`);
  assert.equal(await barrierOpens(shop, exit), "paid");
  const now = await stayNow(shop, stay.id);
  assert.deepEqual([now.state, now.exit_lane], ["left", exit.id]);
}
