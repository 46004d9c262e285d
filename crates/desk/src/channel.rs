//! The contract between the desk and a channel: what a channel can do, how it is asked, and what it may answer.
//!
//! A *remote* channel talks to a gateway, so every answer may be lost: the desk writes down what it is about to ask
//! before it asks, and drives the attempt by [`Line::query`] until the answer is final (rules 2 and 3). A *value* channel moves a balance kept
//! here, inside the payment's own decision.

mod bill;
mod exchange;
mod funds;
mod in_app;

use std::sync::Arc;
use std::time::Duration;

use money::{Currency, Money};
use store::{Id, Millis, Stop, View};

use crate::ledger::AccountKey;
use crate::machine::Pieces;
use crate::problem::Refusal;
use crate::rows::{Attempt, Order, Presentment, Refund};

pub use bill::{Bill, BillKind, BillRow, Billing};
pub use exchange::{Exchange, Exchanged};
pub use funds::{FundKind, FundRow, Funding, Funds};
pub use in_app::{InAppAsk, InAppCall, InAppWay, Wallet};

/// Which payment codes belong to a channel: digits only, a length range and a range of the first two digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PayerCodes {
    /// Fewest digits.
    pub min_len: usize,
    /// Most digits.
    pub max_len: usize,
    /// Lowest first two digits.
    pub first: u8,
    /// Highest first two digits.
    pub last: u8,
}

impl PayerCodes {
    /// Whether `code` is one of these.
    pub fn matches(&self, code: &str) -> bool {
        let digits = code.bytes().all(|b| b.is_ascii_digit());
        let prefix = code.get(..2).and_then(|p| p.parse::<u8>().ok());
        digits
            && (self.min_len..=self.max_len).contains(&code.len())
            && prefix.is_some_and(|p| (self.first..=self.last).contains(&p))
    }
}

/// What is fixed about a channel.
#[derive(Clone, Debug)]
pub struct Facts {
    /// The code in the API: `wechat`.
    pub code: &'static str,
    /// The name on English screens.
    pub name_en: &'static str,
    /// The name on Chinese screens.
    pub name_zh: &'static str,
    /// How payer and terminal can meet.
    pub presentments: &'static [Presentment],
    /// Its payment codes.
    pub payer_codes: &'static [PayerCodes],
    /// The currencies it takes.
    pub currencies: &'static [Currency],
    /// How long a shown code lives at most.
    pub code_life: Duration,
    /// How long after success money can be given back.
    pub refund_window: Duration,
    /// True where a code that nobody scanned cannot be closed at the channel (rule 5).
    pub unscanned_stays_open: bool,
}

/// Ask for a code that the payer scans.
#[derive(Clone, Debug)]
pub struct PresentAsk {
    /// Our number of the attempt, at most 32 of `[0-9A-Z]`.
    pub out_trade_no: String,
    /// How much.
    pub amount: Money,
    /// What the payer reads; no personal data (rule 12).
    pub description: String,
    /// The last moment to pay.
    pub expires_at: Millis,
    /// Where the channel calls back.
    pub notify_url: String,
    /// The terminal's id, for the channel's own records.
    pub terminal: String,
    /// The site's id.
    pub site: String,
    /// When the attempt was made: the channel's wall-clock strings derive from it.
    pub now: Millis,
}

/// Ask to debit the payer's code.
#[derive(Clone, Debug)]
pub struct ChargeAsk {
    /// All that presenting needs too.
    pub common: PresentAsk,
    /// What the terminal scanned.
    pub payer_code: String,
}

/// Ask to give money back. The same number is the same refund at every repetition (rule 7).
#[derive(Clone, Debug)]
pub struct RefundAsk {
    /// The attempt's number.
    pub out_trade_no: String,
    /// The channel's own number of the payment, when known.
    pub channel_txn: Option<String>,
    /// Our number of the refund.
    pub out_refund_no: String,
    /// How much goes back.
    pub amount: Money,
    /// How much the payment was.
    pub paid: Money,
    /// Why, as the payer may read it.
    pub reason: String,
    /// Where the channel calls back.
    pub notify_url: String,
    /// Now.
    pub now: Millis,
}

/// Proof of money received.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// The channel's number of the payment.
    pub channel_txn: String,
    /// What the order was charged.
    pub amount: Money,
    /// The channel's success time.
    pub paid_at: Millis,
    /// Other currencies it was exchanged to.
    pub exchange: Option<Exchange>,
}

/// Why a payer could not pay; worded on the screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Decline {
    /// Not enough money or credit.
    NotEnoughMoney,
    /// The payment code is expired, used or wrong.
    CodeExpired,
    /// The payer said no, or the password was not entered.
    PayerCancelled,
    /// The wallet's or bank's limits or risk rules.
    WalletRefused,
    /// Our own account or settings are at fault.
    MerchantRefused,
    /// Another final reason; see the channel's code.
    Other,
}

impl Decline {
    /// The stable word in the API and on screens.
    pub const fn as_str(self) -> &'static str {
        match self {
            Decline::NotEnoughMoney => "not_enough_money",
            Decline::CodeExpired => "payer_code_expired",
            Decline::PayerCancelled => "payer_cancelled",
            Decline::WalletRefused => "wallet_refused",
            Decline::MerchantRefused => "merchant_refused",
            Decline::Other => "declined",
        }
    }
}

/// What a channel says of a payment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It knows no such payment (for Alipay also: nobody scanned the code yet).
    Absent,
    /// Not paid yet, and the payer still may.
    Waiting,
    /// Paid.
    Paid(Receipt),
    /// Will never be paid under this number.
    Declined {
        /// Why.
        why: Decline,
        /// The channel's own code and words, kept as data.
        channel_said: String,
    },
    /// Closed unpaid.
    Closed,
    /// Undone: nothing was taken, or what was taken went back.
    Reversed,
    /// Paid, and some or all of it given back since; the receipt if the channel still tells it.
    Refunded(Option<Receipt>),
    /// A value this release does not know: kept as data, asked again, shown to the operator (rule 10).
    Strange(String),
}

/// What became of a close.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Closing {
    /// Closed for good.
    Closed,
    /// Too late: the money is there; query it.
    Paid,
    /// The channel knows no such payment: nothing to close, and the code may still be scanned.
    Absent,
}

/// What became of a reversal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reversal {
    /// Nothing is or will be taken.
    Reversed,
    /// The channel asks to call again.
    Again,
    /// The channel no longer reverses this one: query it and refund it if it was paid.
    TooLate,
}

/// What a channel says of a refund.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RefundStanding {
    /// The money is back, or will be without anything more to do; when, and the channel's number.
    Succeeded {
        /// The channel's number of the refund.
        channel_refund: String,
        /// When it happened.
        at: Millis,
    },
    /// Accepted and on its way.
    Processing,
    /// It knows no such refund.
    Absent,
    /// It will not happen; the channel's code and words.
    Failed(String),
    /// It cannot happen now (our balance, its limits): ask again later with the same number.
    Later(String),
    /// The payer's side did not take it: it rests until somebody has it repaired ([`Line::repair`]).
    Stuck(String),
    /// A value this release does not know.
    Strange(String),
}

/// Why a call brought no answer to rely on.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Trouble {
    /// Sent, perhaps done: nothing may be assumed (rule 2).
    #[error("no reliable answer: {0}")]
    Unknown(String),
    /// Surely had no effect: the connection was never made.
    #[error("not sent: {0}")]
    NotSent(String),
    /// Told to slow down; nothing happened.
    #[error("asked to slow down: {0}")]
    Throttled(String),
    /// Refused by the channel; nothing happened.
    #[error("refused by the channel: {code} {message}")]
    Refused {
        /// The channel's own code.
        code: String,
        /// The channel's own words.
        message: String,
    },
}

/// Something a channel told us by itself, after signature and form were checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    /// About a payment: our number, what it says, and what it repeats of our account (checked by the line).
    Payment {
        /// Our number of the attempt.
        out_trade_no: String,
        /// What it says.
        standing: Standing,
    },
    /// About a refund.
    Refund {
        /// Our number of the attempt.
        out_trade_no: String,
        /// Our number of the refund.
        out_refund_no: String,
        /// What it says.
        standing: RefundStanding,
    },
    /// Genuine, and nothing for us to do; the text names what it was.
    Other(String),
}

/// What the channel wants to hear in return.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ack {
    /// HTTP status.
    pub status: u16,
    /// Content type, empty for none.
    pub content_type: &'static str,
    /// Body.
    pub body: String,
}

/// Why a notification is not believed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Forged(pub String);

/// Which settings are missing or wrong: the key and what it should be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{key}: {what}")]
pub struct SettingsError {
    /// The settings key.
    pub key: String,
    /// What is wrong and what to write.
    pub what: String,
}

/// A remote channel: makes lines from the settings of a merchant's account.
pub trait Remote: Send + Sync {
    /// What is fixed about it.
    fn facts(&self) -> &Facts;
    /// The zone of the calendar its bills go by.
    fn bill_zone(&self) -> &'static str {
        "Asia/Shanghai"
    }
    /// A line for one merchant account. Errors: every setting that is missing or wrong.
    fn open(&self, settings: &serde_json::Value) -> Result<Arc<dyn Line>, Vec<SettingsError>>;
    /// The app in which its pages are opened, where it can be paid inside one.
    fn wallet(&self) -> Option<Wallet> {
        None
    }
}

/// One merchant's account at one remote channel. No call repeats itself unless the channel's own rules make the repetition harmless.
#[async_trait::async_trait]
pub trait Line: Send + Sync {
    /// Asks for a code to show. Harmless to repeat with the same ask. Answers the text of the QR code.
    async fn present(&self, ask: &PresentAsk) -> Result<String, Trouble>;
    /// Debits a payer's code. Called once an attempt, never repeated.
    async fn charge(&self, ask: &ChargeAsk) -> Result<Standing, Trouble>;
    /// Makes an order to be paid inside a wallet or a browser. Harmless to repeat with the same ask.
    async fn in_app(&self, ask: &InAppAsk) -> Result<InAppCall, Trouble> {
        let _ = ask;
        Err(Trouble::Refused {
            code: "NOT_OFFERED".to_owned(),
            message: "this channel is not paid in apps".to_owned(),
        })
    }
    /// Where a page inside the wallet sends its visitor to learn who that is; the wallet sends the browser back to `back` with a code and
    /// `state`. Nothing where the account is not set up for that.
    fn login(&self, back: &str, state: &str) -> Option<String> {
        let _ = (back, state);
        None
    }
    /// Turns the code that came back into the wallet's id of the payer, once.
    async fn payer(&self, code: &str, now: Millis) -> Result<String, Trouble> {
        let _ = (code, now);
        Err(Trouble::Refused {
            code: "NOT_OFFERED".to_owned(),
            message: "this account cannot tell who a visitor is".to_owned(),
        })
    }
    /// Fetches and reads the file of a day (`2026-11-22`, the channel's own calendar).
    async fn bill(&self, day: &str, now: Millis) -> Result<Billing, Trouble> {
        let _ = (day, now);
        Err(Trouble::Refused {
            code: "NOT_OFFERED".to_owned(),
            message: "this channel has no bills".to_owned(),
        })
    }
    /// Fetches and reads the channel's statement of its account for a day: fees and balances.
    async fn funds(&self, day: &str, now: Millis) -> Result<Funding, Trouble> {
        let _ = (day, now);
        Err(Trouble::Refused {
            code: "NOT_OFFERED".to_owned(),
            message: "this channel has no statement of its account".to_owned(),
        })
    }
    /// Where a payment stands.
    async fn query(&self, out_trade_no: &str, now: Millis) -> Result<Standing, Trouble>;
    /// Stops an unpaid payment.
    async fn close(&self, out_trade_no: &str, now: Millis) -> Result<Closing, Trouble>;
    /// Undoes a code payment whose outcome is unclear.
    async fn reverse(&self, out_trade_no: &str, now: Millis) -> Result<Reversal, Trouble>;
    /// Gives money back. Harmless to repeat with the same number.
    async fn refund(&self, ask: &RefundAsk) -> Result<RefundStanding, Trouble>;
    /// Where a refund stands.
    async fn refund_query(&self, ask: &RefundAsk) -> Result<RefundStanding, Trouble>;
    /// Sends a refund that the payer's bank gave back on its way again, to the merchant's own bank account: no data of the payer is needed, and the
    /// merchant gives the money back by hand. Only where the channel says that it waits for this.
    async fn repair(&self, ask: &RefundAsk) -> Result<RefundStanding, Trouble> {
        let _ = ask;
        Err(Trouble::Refused {
            code: "NOT_OFFERED".to_owned(),
            message: "this channel's refunds need no repair".to_owned(),
        })
    }
    /// Checks and reads a notification: signature, freshness against `now`, account, form.
    /// `headers` are lower-case names, and `:path`, the path of our address as the channel knows it; `body` the raw bytes.
    fn notification(&self, headers: &[(String, String)], body: &[u8], now: Millis) -> Result<Notice, Forged>;
    /// The answer that makes the channel stop repeating.
    fn ack(&self) -> Ack;
    /// The answer that makes the channel come again (or give up, for a forgery).
    fn nack(&self, why: &str) -> Ack;
}

/// What a value channel is told when it takes money.
pub struct TakeAsk<'a> {
    /// The order being paid.
    pub order: &'a Order,
    /// The attempt being made; the channel may set its `tendered`, `change` and `details`.
    pub attempt: &'a mut Attempt,
    /// Extra data of the request (pieces handed over, card number …).
    pub data: &'a serde_json::Value,
}

/// A value channel: moves a balance kept here, inside the payment's own decision.
pub trait Value: Send + Sync {
    /// What is fixed about it.
    fn facts(&self) -> &Facts;
    /// Names the rows that [`Value::take`] will look at, so that they are loaded in one round with others.
    fn foresee(&self, view: &mut View, terminal: Option<Id>, currency: Currency) {
        let _ = (view, terminal, currency);
    }
    /// Takes the attempt's amount; answers the account that now holds the money (it is debited). Refusals leave nothing behind.
    fn take(&self, view: &mut View, ask: TakeAsk<'_>) -> Result<AccountKey, Stop<Refusal>>;
    /// Gives the refund's amount back; answers the account the money leaves (it is credited).
    fn give_back(
        &self,
        view: &mut View,
        attempt: &Attempt,
        refund: &Refund,
        terminal: Option<Id>,
    ) -> Result<AccountKey, Stop<Refusal>>;
    /// Puts the opening float of a shift into the terminal's holder and answers how much it is; `pieces` is the channel's own form
    /// (`{"10000": 2, "100": 50}` for a drawer: pieces by denomination in minor units). A channel without a holder takes nothing.
    fn load(
        &self,
        view: &mut View,
        terminal: Id,
        currency: Currency,
        pieces: &serde_json::Value,
    ) -> Result<Money, Stop<Refusal>> {
        let _ = (view, terminal, pieces);
        Ok(Money::zero(currency))
    }
    /// The fewest pieces of a stock that make an amount. Error: the largest amount below it that can be made; 0 for a channel without pieces.
    fn pieces_of(&self, amount: i64, stock: &Pieces) -> Result<Pieces, i64> {
        let _ = stock;
        if amount == 0 { Ok(Pieces::new()) } else { Err(0) }
    }
    /// Takes these pieces out of the terminal's holder. A channel without a holder does nothing.
    fn take_out(
        &self,
        view: &mut View,
        terminal: Id,
        currency: Currency,
        pieces: &Pieces,
    ) -> Result<(), Stop<Refusal>> {
        let _ = (view, terminal, currency, pieces);
        Ok(())
    }
    /// Takes an amount out of the terminal's holder by the fewest pieces. A channel without a holder does nothing.
    fn hand_over(&self, view: &mut View, terminal: Id, amount: Money) -> Result<(), Stop<Refusal>> {
        let _ = (view, terminal, amount);
        Ok(())
    }
    /// Empties the terminal's holder at the end of a shift. A channel without a holder does nothing.
    fn unload(&self, view: &mut View, terminal: Id, currency: Currency) -> Result<(), Stop<Refusal>> {
        let _ = (view, terminal, currency);
        Ok(())
    }
}

/// A channel of either sort.
#[derive(Clone)]
pub enum Channel {
    /// Talks to a gateway.
    Remote(Arc<dyn Remote>),
    /// Moves a balance kept here.
    Value(Arc<dyn Value>),
}

impl Channel {
    /// What is fixed about it.
    pub fn facts(&self) -> &Facts {
        match self {
            Channel::Remote(c) => c.facts(),
            Channel::Value(c) => c.facts(),
        }
    }
}
