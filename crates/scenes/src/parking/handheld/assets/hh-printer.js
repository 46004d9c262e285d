// A receipt on a Bluetooth printer, where one is connected. Without one nothing is wrong: the payment stands, and the receipt can be
// opened on the screen or printed later.

import { say, toast } from "./core.js";

// the serial-like service that small receipt printers share
const SERVICE = 0x18f0;
const WRITE = 0x2af1;
const PIECE = 180;
let port;

/** Whether this browser can look for a printer. */
export const able = () => Boolean(navigator.bluetooth);

/** Asks for a printer once. */
export async function connect() {
  try {
    const device = await navigator.bluetooth.requestDevice({ filters: [{ services: [SERVICE] }] });
    const service = await (await device.gatt.connect()).getPrimaryService(SERVICE);
    port = await service.getCharacteristic(WRITE);
    device.addEventListener("gattserverdisconnected", () => (port = undefined));
    toast(say("ph.printer_ready"));
  } catch {
    toast(say("ph.printer_none"));
  }
}

/** Prints a receipt, or says that there is no printer. */
export async function print(fulfilment) {
  if (!port) {
    toast(say("ph.printer_none"));
    return false;
  }
  try {
    const answer = await fetch(`/v1/fulfilments/${fulfilment}/escpos?columns=32`);
    const bytes = new Uint8Array(await answer.arrayBuffer());
    for (let at = 0; at < bytes.length; at += PIECE) await port.writeValueWithoutResponse(bytes.slice(at, at + PIECE));
    toast(say("ph.printed"));
    return true;
  } catch {
    toast(say("ph.printer_none"));
    return false;
  }
}
