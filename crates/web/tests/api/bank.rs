//! A remote channel and a till for these tests. The bank believes only what is signed `good` and is at most five minutes old.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use desk::Refusal;
use desk::channel::{
    Ack, ChargeAsk, Closing, Facts, Forged, FundKind, FundRow, Funding, Funds, InAppAsk, InAppCall, InAppWay,
    Line, Notice, PayerCodes, PresentAsk, Receipt, RefundAsk, RefundStanding, Remote, Reversal,
    SettingsError, Standing, TakeAsk, Trouble, Value, Wallet,
};
use desk::ledger::{AccountKey, Class};
use desk::rows::{Attempt, Presentment, Refund};
use money::{Currency, Money};
use store::{Id, Millis, Stop, View};

/// The channel `bank`.
pub struct Bank(Facts);

impl Bank {
    pub fn new() -> Bank {
        Bank(Facts {
            code: "bank",
            name_en: "Bank",
            name_zh: "银行",
            presentments: &[
                Presentment::MerchantPresented,
                Presentment::CustomerPresented,
                Presentment::InApp,
            ],
            payer_codes: &[PayerCodes { min_len: 18, max_len: 18, first: 10, last: 15 }],
            currencies: &[Currency::CNY],
            code_life: Duration::from_secs(7200),
            refund_window: Duration::from_secs(365 * 24 * 3600),
            unscanned_stays_open: false,
        })
    }
}

impl Remote for Bank {
    fn facts(&self) -> &Facts {
        &self.0
    }
    fn wallet(&self) -> Option<Wallet> {
        Some(Wallet { agent: "BankWallet", code_field: "code" })
    }
    fn open(&self, settings: &serde_json::Value) -> Result<Arc<dyn Line>, Vec<SettingsError>> {
        match settings.get("mchid").and_then(|v| v.as_str()) {
            Some(_) => Ok(Arc::new(Counter)),
            None => Err(vec![SettingsError { key: "mchid".to_owned(), what: "is missing".to_owned() }]),
        }
    }
}

struct Counter;

#[async_trait]
impl Line for Counter {
    async fn present(&self, ask: &PresentAsk) -> Result<String, Trouble> {
        Ok(format!("bank://{}", ask.out_trade_no))
    }
    async fn in_app(&self, ask: &InAppAsk) -> Result<InAppCall, Trouble> {
        let no = &ask.common.out_trade_no;
        Ok(match &ask.way {
            InAppWay::Page { payer_id } => {
                InAppCall::Parameters(serde_json::json!({"prepay": no, "for": payer_id}))
            }
            _ => InAppCall::Address(format!(
                "bank://open/{no}?back={}",
                ask.return_url.as_deref().unwrap_or("")
            )),
        })
    }
    fn login(&self, back: &str, state: &str) -> Option<String> {
        Some(format!("https://bank.test/who?back={back}&state={state}"))
    }
    async fn payer(&self, code: &str, _: Millis) -> Result<String, Trouble> {
        match code.strip_prefix("is-") {
            Some(payer) => Ok(payer.to_owned()),
            None => Err(Trouble::Refused { code: "40029".to_owned(), message: "invalid code".to_owned() }),
        }
    }
    async fn charge(&self, ask: &ChargeAsk) -> Result<Standing, Trouble> {
        Ok(Standing::Paid(receipt(&ask.common.out_trade_no, ask.common.amount, ask.common.now)))
    }
    async fn query(&self, _: &str, _: Millis) -> Result<Standing, Trouble> {
        Ok(Standing::Waiting)
    }
    async fn close(&self, _: &str, _: Millis) -> Result<Closing, Trouble> {
        Ok(Closing::Closed)
    }
    async fn reverse(&self, _: &str, _: Millis) -> Result<Reversal, Trouble> {
        Ok(Reversal::Reversed)
    }
    async fn refund(&self, ask: &RefundAsk) -> Result<RefundStanding, Trouble> {
        if ask.reason == "stuck" {
            return Ok(RefundStanding::Stuck("ABNORMAL".to_owned()));
        }
        Ok(RefundStanding::Succeeded { channel_refund: format!("r{}", ask.out_refund_no), at: ask.now })
    }
    async fn refund_query(&self, ask: &RefundAsk) -> Result<RefundStanding, Trouble> {
        self.refund(ask).await
    }
    async fn repair(&self, ask: &RefundAsk) -> Result<RefundStanding, Trouble> {
        Ok(RefundStanding::Succeeded { channel_refund: format!("r{}", ask.out_refund_no), at: ask.now })
    }
    async fn funds(&self, day: &str, now: Millis) -> Result<Funding, Trouble> {
        if day != "2026-11-21" {
            return Ok(Funding::None("NO_STATEMENT_EXIST".to_owned()));
        }
        let row = |kind, word: &str, fen, left| FundRow {
            account: "BASIC".to_owned(),
            at: now,
            number: word.to_owned(),
            channel_txn: "t1".to_owned(),
            reference: "A1".to_owned(),
            kind,
            word: word.to_owned(),
            amount: Money::fen(fen),
            balance: Money::fen(left),
        };
        let rows = vec![row(FundKind::Payment, "交易", 1000, 1500), row(FundKind::Fee, "手续费", -6, 1494)];
        Ok(Funding::Ready(Funds { rows, strange: vec!["a strange line".to_owned()] }))
    }
    fn notification(&self, headers: &[(String, String)], body: &[u8], now: Millis) -> Result<Notice, Forged> {
        let header = |name: &str| headers.iter().find(|(n, _)| n == name).map_or("", |(_, v)| v.as_str());
        if header("x-signature") != "good" {
            return Err(Forged("the signature is wrong".to_owned()));
        }
        let at = Millis(header("x-at").parse().map_err(|_| Forged("no time".to_owned()))?);
        if now.since(at) > Duration::from_secs(300) {
            return Err(Forged("too old".to_owned()));
        }
        let body: serde_json::Value = serde_json::from_slice(body).map_err(|e| Forged(e.to_string()))?;
        let out_trade_no = body["out_trade_no"].as_str().unwrap_or_default().to_owned();
        let amount = Money::fen(body["amount"].as_i64().unwrap_or(0));
        Ok(Notice::Payment { standing: Standing::Paid(receipt(&out_trade_no, amount, now)), out_trade_no })
    }
    fn ack(&self) -> Ack {
        Ack { status: 200, content_type: "text/plain", body: "success".to_owned() }
    }
    fn nack(&self, why: &str) -> Ack {
        Ack { status: 401, content_type: "text/plain", body: why.to_owned() }
    }
}

fn receipt(out_trade_no: &str, amount: Money, paid_at: Millis) -> Receipt {
    Receipt { channel_txn: format!("t{out_trade_no}"), amount, paid_at, exchange: None }
}

/// The channel `cash`, with a drawer that always has change.
pub struct Till(Facts);

impl Till {
    pub fn new() -> Till {
        Till(Facts {
            code: "cash",
            name_en: "Cash",
            name_zh: "现金",
            presentments: &[Presentment::Cash],
            payer_codes: &[],
            currencies: &[Currency::CNY],
            code_life: Duration::from_secs(60),
            refund_window: Duration::from_secs(365 * 24 * 3600),
            unscanned_stays_open: false,
        })
    }
}

impl Value for Till {
    fn facts(&self) -> &Facts {
        &self.0
    }
    fn take(&self, _: &mut View, ask: TakeAsk<'_>) -> Result<AccountKey, Stop<Refusal>> {
        let tendered = ask.attempt.tendered.unwrap_or(ask.order.due);
        if tendered < ask.order.due {
            return Err(Stop::Refused((&desk::problem::desk::TENDERED_TOO_LITTLE).into()));
        }
        ask.attempt.change = Some(tendered - ask.order.due);
        Ok(AccountKey::new(ask.attempt.terminal.unwrap(), Class::Drawer, Currency::CNY))
    }
    fn give_back(
        &self,
        _: &mut View,
        attempt: &Attempt,
        _: &Refund,
        _: Option<Id>,
    ) -> Result<AccountKey, Stop<Refusal>> {
        Ok(AccountKey::new(attempt.terminal.unwrap(), Class::Drawer, Currency::CNY))
    }
}
