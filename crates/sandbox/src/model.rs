//! What the channels know: trades, refunds, payers with their wallets, payment codes, callbacks. Neutral between channels;
//! each channel's folder says how it looks on its wire.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Who moves the money.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Channel {
    Wechat,
    Alipay,
    AlipayPlus,
}

impl Channel {
    pub(crate) const ALL: [Channel; 3] = [Channel::Wechat, Channel::Alipay, Channel::AlipayPlus];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Channel::Wechat => "wechat",
            Channel::Alipay => "alipay",
            Channel::AlipayPlus => "alipay_plus",
        }
    }

    pub(crate) fn parse(name: &str) -> Option<Channel> {
        Channel::ALL.into_iter().find(|channel| channel.name() == name)
    }
}

/// How the payment was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Product {
    /// The payer scans (WeChat Native, Alipay precreate, Alipay+ order code).
    Scan,
    /// The terminal scans the payer's code.
    Code,
    /// Inside the wallet (JSAPI, mini program, Alipay create).
    InApp,
    /// A page outside the wallet that opens it.
    Page,
    /// A merchant's own application that opens the wallet.
    App,
}

/// Where a trade stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum TradeState {
    /// An Alipay code nobody has scanned: the channel knows no trade yet.
    Precreated,
    /// Waits for the payer.
    Unpaid,
    /// The payer's telephone asks for the password.
    Prompted,
    /// Money moved; refunds are counted in `refunded_fen`.
    Paid,
    /// Ended without money.
    Closed,
    /// Undone by the merchant.
    Revoked,
    /// Tried and failed.
    Failed,
}

impl TradeState {
    pub(crate) fn name(self) -> &'static str {
        match self {
            TradeState::Precreated => "precreated",
            TradeState::Unpaid => "unpaid",
            TradeState::Prompted => "prompted",
            TradeState::Paid => "paid",
            TradeState::Closed => "closed",
            TradeState::Revoked => "revoked",
            TradeState::Failed => "failed",
        }
    }
}

/// One order as the channel keeps it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Trade {
    pub(crate) id: u64,
    pub(crate) channel: Channel,
    /// Merchant number, application id or client id the trade belongs to.
    pub(crate) account: String,
    /// The integrator that acts for it (WeChat partner mode).
    pub(crate) partner: Option<String>,
    pub(crate) out_trade_no: String,
    /// The channel's own number, once it has one.
    pub(crate) trade_no: Option<String>,
    pub(crate) product: Product,
    pub(crate) state: TradeState,
    /// Minor units of `currency` (fen for CNY).
    pub(crate) total_fen: i64,
    pub(crate) currency: String,
    pub(crate) subject: String,
    pub(crate) attach: Option<String>,
    pub(crate) notify_url: Option<String>,
    /// The request as it came, to tell a repetition from another order and to echo fields.
    pub(crate) request: Value,
    /// What the codes on screens hold, newest last.
    pub(crate) codes: Vec<String>,
    pub(crate) created_ms: i64,
    /// Last moment to pay.
    pub(crate) expires_ms: i64,
    pub(crate) paid_ms: Option<i64>,
    pub(crate) ended_ms: Option<i64>,
    pub(crate) payer: Option<String>,
    /// Given back or on the way back.
    pub(crate) refunded_fen: i64,
    /// Set by `pays_after_close`: when the money comes although the trade ended.
    pub(crate) pays_at_ms: Option<i64>,
    /// Paid by a fault; the first explicit payment finds it done and is content.
    pub(crate) paid_by_fault: bool,
    /// A second payment of the same number (`pays_twice`).
    pub(crate) second_of: Option<u64>,
    /// WeChat: the call asked for answers signed by the public key, so callbacks are too.
    #[serde(default)]
    pub(crate) public_key: bool,
    /// WeChat: when the newest of `codes` dies; another can be asked for while the order may be paid.
    #[serde(default)]
    pub(crate) code_dies_ms: Option<i64>,
}

impl Trade {
    /// A trade that waits, with everything empty that is not known yet.
    pub(crate) fn open(
        id: u64,
        channel: Channel,
        account: String,
        out_trade_no: String,
        now_ms: i64,
    ) -> Self {
        Trade {
            id,
            channel,
            account,
            partner: None,
            out_trade_no,
            trade_no: None,
            product: Product::Code,
            state: TradeState::Unpaid,
            total_fen: 0,
            currency: "CNY".into(),
            subject: String::new(),
            attach: None,
            notify_url: None,
            request: Value::Null,
            codes: Vec::new(),
            created_ms: now_ms,
            expires_ms: now_ms,
            paid_ms: None,
            ended_ms: None,
            payer: None,
            refunded_fen: 0,
            pays_at_ms: None,
            paid_by_fault: false,
            second_of: None,
            public_key: false,
            code_dies_ms: None,
        }
    }
}

/// Where a refund stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum RefundState {
    Processing,
    Success,
    Abnormal,
    Closed,
}

/// Money on its way back.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Refund {
    pub(crate) id: u64,
    pub(crate) trade: u64,
    pub(crate) channel: Channel,
    pub(crate) account: String,
    pub(crate) out_refund_no: String,
    pub(crate) refund_no: String,
    pub(crate) amount_fen: i64,
    pub(crate) reason: Option<String>,
    pub(crate) notify_url: Option<String>,
    pub(crate) state: RefundState,
    pub(crate) created_ms: i64,
    pub(crate) settles_at_ms: i64,
    pub(crate) settled_ms: Option<i64>,
    pub(crate) request: Value,
    /// As for the trade.
    #[serde(default)]
    pub(crate) public_key: bool,
}

/// A person with a wallet at one channel.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Payer {
    pub(crate) id: String,
    pub(crate) channel: Channel,
    pub(crate) name: String,
    pub(crate) name_zh: String,
    /// openid or buyer_id.
    pub(crate) user_id: String,
    /// Masked sign-in name.
    pub(crate) logon_id: String,
    pub(crate) currency: String,
    pub(crate) balance_fen: i64,
}

/// What happens when a payment code is scanned; digits 3 and 4 of the code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Outcome {
    Pays,
    AsksPassword,
    NotEnough,
    Expired,
    LostPaid,
    LostUnpaid,
    NeverAnswered,
}

impl Outcome {
    pub(crate) const ALL: [(Outcome, &'static str, &'static str); 7] = [
        (Outcome::Pays, "00", "pays"),
        (Outcome::AsksPassword, "01", "asks_password"),
        (Outcome::NotEnough, "02", "not_enough"),
        (Outcome::Expired, "03", "expired"),
        (Outcome::LostPaid, "04", "lost_paid"),
        (Outcome::LostUnpaid, "05", "lost_unpaid"),
        (Outcome::NeverAnswered, "06", "never_answered"),
    ];

    /// By digits (`01`, `1`) or by name.
    pub(crate) fn parse(text: &str) -> Option<Outcome> {
        let digits = format!("{text:0>2}");
        Outcome::ALL
            .into_iter()
            .find(|(_, code, name)| *code == digits || *name == text)
            .map(|(outcome, _, _)| outcome)
    }

    pub(crate) fn digits(self) -> &'static str {
        Outcome::ALL.iter().find(|(outcome, _, _)| *outcome == self).map_or("00", |(_, digits, _)| digits)
    }

    pub(crate) fn name(self) -> &'static str {
        Outcome::ALL.iter().find(|(outcome, _, _)| *outcome == self).map_or("pays", |(_, _, name)| name)
    }
}

/// A payment code that a telephone showed or that was scanned.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct PayerCode {
    pub(crate) code: String,
    pub(crate) channel: Channel,
    pub(crate) payer: String,
    pub(crate) issued_ms: i64,
    /// The trade number it was used for; a code is good once.
    pub(crate) used_for: Option<String>,
}

/// How a callback stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum NoticeState {
    Pending,
    Delivered,
    /// Never sent (`callback_lost`).
    Lost,
    /// All tries of the schedule failed.
    GivenUp,
}

/// What a callback tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum NoticeKind {
    Payment,
    Refund,
}

/// One try to deliver a callback.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Delivery {
    pub(crate) at_ms: i64,
    /// HTTP status, or none when no answer came.
    pub(crate) status: Option<u16>,
    pub(crate) taken: bool,
    pub(crate) forged: bool,
}

/// A callback and its tries.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Notice {
    pub(crate) id: u64,
    /// The channel's name of the event; constant over retries.
    pub(crate) event_id: String,
    pub(crate) channel: Channel,
    pub(crate) kind: NoticeKind,
    pub(crate) trade: u64,
    pub(crate) out_trade_no: String,
    pub(crate) url: String,
    /// What it says; signed and sealed anew at every try.
    pub(crate) payload: Value,
    pub(crate) created_ms: i64,
    pub(crate) due_ms: i64,
    pub(crate) state: NoticeState,
    pub(crate) deliveries: Vec<Delivery>,
    /// Sent again after it was taken (`callback_twice`).
    pub(crate) again: bool,
    /// Waits for a later callback to overtake it (`callback_reordered`).
    pub(crate) held: bool,
    /// A stranger's copy goes first (`callback_forged`).
    pub(crate) forged: bool,
    /// The first try carries a wrong signature that says so (`signtest`).
    pub(crate) signtest: bool,
    /// Signed by WeChat Pay's public key, not by its certificate.
    #[serde(default)]
    pub(crate) public_key: bool,
}
