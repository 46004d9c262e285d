//! Faults that a control call sets: by rate or for the next times, drawn from the sandbox's seed.

use serde::Serialize;

use crate::model::Channel;
use crate::random::Random;

/// Every fault the sandbox knows, with what it does.
pub(crate) const NAMES: [(&str, &str); 26] = [
    ("callback_lost", "a callback is never sent"),
    ("callback_late", "a callback comes after delay_ms"),
    ("callback_twice", "a callback that was taken is sent again"),
    ("callback_reordered", "a callback waits until a later one has passed it, at most delay_ms"),
    ("callback_forged", "a stranger's copy of the callback comes first"),
    ("error_before", "500 before the call did anything"),
    ("error_after", "500 although the call did its work"),
    ("timeout_before", "no answer; the call did nothing"),
    ("timeout_after", "no answer; the call did its work"),
    (
        "pays_after_close",
        "a closed or reversed order is paid all the same, delay_ms later or when a wallet pays it",
    ),
    ("pays_twice", "one order number is paid by two transactions"),
    ("slow", "the answer comes after delay_ms"),
    ("refused_as", "the call is refused with the error named by code, and did nothing"),
    ("rate_limited", "429 before the call did anything"),
    (
        "signtest",
        "a wrong signature marked WECHATPAY/SIGNTEST/ on the answer or on the first try of a callback",
    ),
    ("clock_skew", "signature timestamps are off by delay_ms"),
    ("refund_abnormal", "WeChat Pay: a refund ends abnormal and waits for its repair"),
    ("refund_closed", "WeChat Pay closes a refund; what it held can be refunded again"),
    ("refund_told", "Alipay tells a refund by a callback of its trade, with refund_fee"),
    ("refund_not_enough", "the merchant has not enough money for a refund"),
    ("retry_cancel", "a cancel or reverse asks to be called again"),
    ("row_missing", "a row of the next bill is missing"),
    ("row_twice", "a row of the next bill is there twice"),
    ("row_altered", "an amount in the next bill is wrong"),
    ("row_late", "a row of the next bill comes in the bill of the day after"),
    ("certificate_rotation", "the platform certificate changes before the answer"),
];

/// One fault that was set.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Fault {
    pub(crate) id: u64,
    /// None: every channel.
    pub(crate) channel: Option<Channel>,
    pub(crate) fault: &'static str,
    pub(crate) rate: Option<f64>,
    /// How many more times.
    pub(crate) next: Option<u32>,
    pub(crate) delay_ms: Option<i64>,
    /// Of `refused_as`: the channel's name of the error.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) code: Option<String>,
    /// How often it happened.
    pub(crate) happened: u64,
}

/// The faults that are set.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    pub(crate) all: Vec<Fault>,
    last_id: u64,
}

/// A fault that happens now.
#[derive(Clone, Debug)]
pub(crate) struct Fired {
    pub(crate) delay_ms: Option<i64>,
    pub(crate) code: Option<String>,
}

impl Faults {
    /// The one channel that can have a fault, where no other knows such a thing.
    pub(crate) fn only_of(name: &str) -> Option<Channel> {
        match name {
            "refund_abnormal" | "refund_closed" | "signtest" => Some(Channel::Wechat),
            "refund_told" => Some(Channel::Alipay),
            _ => None,
        }
    }

    pub(crate) fn known(name: &str) -> Option<&'static str> {
        NAMES.iter().find(|(known, _)| *known == name).map(|(known, _)| *known)
    }

    pub(crate) fn set(&mut self, mut fault: Fault) -> Fault {
        self.last_id += 1;
        fault.id = self.last_id;
        self.all.push(fault.clone());
        fault
    }

    /// Takes away those that match; returns how many went.
    pub(crate) fn clear(&mut self, channel: Option<Channel>, name: Option<&str>) -> usize {
        let before = self.all.len();
        self.all.retain(|fault| {
            let other_channel = channel.is_some_and(|channel| fault.channel != Some(channel));
            other_channel || name.is_some_and(|name| fault.fault != name)
        });
        before - self.all.len()
    }

    /// Whether this fault happens to this channel now.
    pub(crate) fn fire(&mut self, random: &mut Random, channel: Channel, name: &str) -> Option<Fired> {
        for fault in &mut self.all {
            if fault.fault != name || fault.channel.is_some_and(|only| only != channel) {
                continue;
            }
            let happens = match (&mut fault.next, fault.rate) {
                (Some(0), _) => false,
                (Some(left), _) => {
                    *left -= 1;
                    true
                }
                (None, Some(rate)) => random.unit() < rate,
                (None, None) => false,
            };
            if happens {
                fault.happened += 1;
                return Some(Fired { delay_ms: fault.delay_ms, code: fault.code.clone() });
            }
        }
        None
    }
}

impl crate::state::State {
    /// Whether this fault happens to this channel now.
    pub(crate) fn fires(&mut self, channel: Channel, name: &str) -> Option<Fired> {
        self.faults.fire(&mut self.random, channel, name)
    }
}

#[cfg(test)]
#[path = "faults_tests.rs"]
mod tests;
