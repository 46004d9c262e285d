//! Channels, watched: the same calls with the same answers, counted, timed, logged with their order and traced.

use std::sync::Arc;
use std::time::Instant;

use async_trait::async_trait;
use desk::channel::{
    Ack, Billing, Channel, ChargeAsk, Closing, Facts, Forged, Funding, InAppAsk, InAppCall, Line, Notice,
    PresentAsk, RefundAsk, RefundStanding, Remote, Reversal, SettingsError, Standing, Trouble, Wallet,
};
use store::Millis;

use super::{Call, Watch};

/// The channel, watched if it talks to a gateway.
pub(super) fn watched(watch: &Arc<Watch>, channel: Channel) -> Channel {
    match channel {
        Channel::Remote(inner) => Channel::Remote(Arc::new(Gateway { inner, watch: watch.clone() })),
        value @ Channel::Value(_) => value,
    }
}

struct Gateway {
    inner: Arc<dyn Remote>,
    watch: Arc<Watch>,
}

impl Remote for Gateway {
    fn facts(&self) -> &Facts {
        self.inner.facts()
    }

    fn open(&self, settings: &serde_json::Value) -> Result<Arc<dyn Line>, Vec<SettingsError>> {
        let inner = self.inner.open(settings)?;
        Ok(Arc::new(Wire { inner, channel: self.facts().code, watch: self.watch.clone() }))
    }

    fn bill_zone(&self) -> &'static str {
        self.inner.bill_zone()
    }

    fn wallet(&self) -> Option<Wallet> {
        self.inner.wallet()
    }
}

struct Wire {
    inner: Arc<dyn Line>,
    channel: &'static str,
    watch: Arc<Watch>,
}

impl Wire {
    async fn call<T>(
        &self,
        name: &'static str,
        number: &str,
        asked: impl Future<Output = Result<T, Trouble>>,
    ) -> Result<T, Trouble> {
        let call = Call { channel: self.channel, name, number, began: Instant::now() };
        let answer = asked.await;
        match &answer {
            Ok(_) => self.watch.called(&call, "answered", None),
            Err(trouble) => self.watch.called(&call, word(trouble), Some(&trouble.to_string())),
        }
        answer
    }
}

/// The word for a metric's label.
fn word(trouble: &Trouble) -> &'static str {
    match trouble {
        Trouble::Unknown(_) => "unknown",
        Trouble::NotSent(_) => "not_sent",
        Trouble::Throttled(_) => "throttled",
        Trouble::Refused { .. } => "refused",
    }
}

#[async_trait]
impl Line for Wire {
    async fn present(&self, ask: &PresentAsk) -> Result<String, Trouble> {
        self.call("present", &ask.out_trade_no, self.inner.present(ask)).await
    }

    async fn charge(&self, ask: &ChargeAsk) -> Result<Standing, Trouble> {
        self.call("charge", &ask.common.out_trade_no, self.inner.charge(ask)).await
    }

    async fn in_app(&self, ask: &InAppAsk) -> Result<InAppCall, Trouble> {
        self.call("in_app", &ask.common.out_trade_no, self.inner.in_app(ask)).await
    }

    fn login(&self, back: &str, state: &str) -> Option<String> {
        self.inner.login(back, state)
    }

    async fn payer(&self, code: &str, now: Millis) -> Result<String, Trouble> {
        // neither the code nor who it is belongs into a log
        self.call("payer", "", self.inner.payer(code, now)).await
    }

    async fn bill(&self, day: &str, now: Millis) -> Result<Billing, Trouble> {
        self.call("bill", day, self.inner.bill(day, now)).await
    }

    async fn funds(&self, day: &str, now: Millis) -> Result<Funding, Trouble> {
        self.call("funds", day, self.inner.funds(day, now)).await
    }

    async fn query(&self, out_trade_no: &str, now: Millis) -> Result<Standing, Trouble> {
        self.call("query", out_trade_no, self.inner.query(out_trade_no, now)).await
    }

    async fn close(&self, out_trade_no: &str, now: Millis) -> Result<Closing, Trouble> {
        self.call("close", out_trade_no, self.inner.close(out_trade_no, now)).await
    }

    async fn reverse(&self, out_trade_no: &str, now: Millis) -> Result<Reversal, Trouble> {
        self.call("reverse", out_trade_no, self.inner.reverse(out_trade_no, now)).await
    }

    async fn refund(&self, ask: &RefundAsk) -> Result<RefundStanding, Trouble> {
        self.call("refund", &ask.out_trade_no, self.inner.refund(ask)).await
    }

    async fn refund_query(&self, ask: &RefundAsk) -> Result<RefundStanding, Trouble> {
        self.call("refund_query", &ask.out_trade_no, self.inner.refund_query(ask)).await
    }

    async fn repair(&self, ask: &RefundAsk) -> Result<RefundStanding, Trouble> {
        self.call("repair", &ask.out_trade_no, self.inner.repair(ask)).await
    }

    fn notification(&self, headers: &[(String, String)], body: &[u8], now: Millis) -> Result<Notice, Forged> {
        let read = self.inner.notification(headers, body, now);
        self.watch.metrics.told(self.channel, read.is_ok());
        read
    }

    fn ack(&self) -> Ack {
        self.inner.ack()
    }

    fn nack(&self, why: &str) -> Ack {
        self.inner.nack(why)
    }
}

#[cfg(test)]
mod tests {
    /// A method with a usual answer would be answered here instead of by the channel, without a word from the compiler.
    #[test]
    fn every_method_of_the_contract_is_passed_on() {
        let contract = include_str!("../../../desk/src/channel.rs");
        let own = include_str!("lines.rs");
        for contract_name in ["pub trait Remote", "pub trait Line"] {
            let from = contract.find(contract_name).unwrap();
            let body = &contract[from..from + contract[from..].find("\n}\n").unwrap()];
            let names: Vec<&str> = body
                .lines()
                .filter_map(|line| {
                    line.strip_prefix("    async fn ").or_else(|| line.strip_prefix("    fn "))
                })
                .map(|rest| rest.split('(').next().unwrap())
                .collect();
            assert!(names.len() >= 2, "{contract_name} has methods");
            for name in names {
                assert!(own.contains(&format!("fn {name}(")), "{contract_name}: {name} is not passed on");
            }
        }
    }
}
