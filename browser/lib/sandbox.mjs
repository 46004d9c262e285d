// The other side of the channels: wallets that scan, confirm and decline, and faults.

const DIGITS = { wechat: ["13", 18], alipay: ["28", 18], ecny: ["01", 19] };
/** Outcomes that a payment code carries in digits 3 and 4. */
export const OUTCOME = { pays: "00", password: "01", poor: "02", expired: "03", lostPaid: "04", lostUnpaid: "05", silent: "06" };

export class Sandbox {
  constructor(url) {
    this.url = url;
    this.serial = Date.now() % 1_000_000;
  }

  async call(method, path, body) {
    const answer = await fetch(`${this.url}/_sandbox/${path}`, { method, headers: { "content-type": "application/json" }, body: body && JSON.stringify(body) });
    const told = await answer.json().catch(() => ({}));
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(told)}`);
    return told;
  }

  /** A payment code of a wallet with its outcome; each is new. */
  payerCode(channel, outcome) {
    const [prefix, length] = DIGITS[channel];
    this.serial += 1;
    const rest = `${Date.now()}${String(this.serial).padStart(6, "0")}`;
    return `${prefix}${OUTCOME[outcome]}${rest}`.slice(0, 4) + rest.slice(-(length - 4));
  }

  /** A wallet scans a code and pays. */
  pay = (code) => this.call("POST", "pay", { code });
  payNumber = (channel, out_trade_no) => this.call("POST", "pay", { channel, out_trade_no });
  confirm = (channel, out_trade_no) => this.call("POST", "confirm", { channel, out_trade_no });
  decline = (channel, out_trade_no) => this.call("POST", "decline", { channel, out_trade_no });
  fault = (channel, fault, more) => this.call("POST", "faults", { channel, fault, ...more });
  clearFaults = () => this.call("DELETE", "faults");
  scan = (code) => this.call("POST", "scan", { code });
}
