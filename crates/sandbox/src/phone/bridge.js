// For pages that are tried outside a real wallet: stands in for the bridge that WeChat's or Alipay's own browser gives a page.
// Load it as <script src="SANDBOX/phone/bridge.js?wallet=wechat">; it opens the sandbox's cashier, which leads back to the page.
(() => {
  'use strict';
  const source = new URL(document.currentScript.src);
  const open = (wallet, fields) => {
    const query = new URLSearchParams({ wallet, ...fields, return: location.href });
    location.assign(`${source.origin}/phone/cashier?${query}`);
  };
  if (source.searchParams.get('wallet') === 'alipay') {
    window.AlipayJSBridge = window.AlipayJSBridge || {
      call(name, fields) {
        if (name !== 'tradePay') return;
        open('alipay', fields.orderStr ? { orderStr: fields.orderStr } : { tradeNO: fields.tradeNO });
      },
    };
    document.dispatchEvent(new Event('AlipayJSBridgeReady'));
  } else {
    window.WeixinJSBridge = window.WeixinJSBridge || {
      invoke(name, fields) {
        if (name === 'getBrandWCPayRequest') open('wechat', fields);
      },
    };
    document.dispatchEvent(new Event('WeixinJSBridgeReady'));
  }
})();
