//! What channels tell by themselves: believed only after signature, account, number and amount are checked, and never relied on (rule 4).

use store::{Id, Merchant, Stop, View};

use crate::boxed;
use crate::channel::{Ack, Notice, Standing};
use crate::desk::{Desk, Ruled};
use crate::drive;
use crate::late;
use crate::problem::{Refusal, desk as problems};
use crate::refund;
use crate::rows::{Attempt, ChannelAccount, Refund};
use crate::trace;

impl Desk {
    /// Takes a notification. Always answers what the channel should hear: its own success words, or a failure that makes it come again.
    #[boxed]
    pub async fn notification(
        &self,
        channel: &str,
        account: &str,
        headers: &[(String, String)],
        body: &[u8],
    ) -> Ack {
        let plain = |status: u16, why: &str| Ack {
            status,
            content_type: "text/plain; charset=utf-8",
            body: why.to_owned(),
        };
        let Ok(account) = account.parse::<Id>() else {
            return plain(404, "no such channel account");
        };
        let Ok(Some((merchant, row))) = self.find_account(channel, account).await else {
            return plain(404, "no such channel account");
        };
        let Ok(line) = self.line(merchant, row.id).await else {
            return plain(503, "the channel account is not usable");
        };
        let mut headers = headers.to_vec();
        headers.push((":path".to_owned(), path_of(&self.notify_url(channel, row.id)).to_owned()));
        let notice = match line.notification(&headers, body, self.now()) {
            Ok(notice) => notice,
            Err(forged) => {
                tracing::warn!(channel, %account, why = %forged, "a notification was not believed");
                return line.nack(&forged.to_string());
            }
        };
        match self.take_notice(merchant, account, notice).await {
            Ok(()) => line.ack(),
            Err(refusal) => {
                tracing::warn!(channel, %account, %refusal, "a notification does not fit");
                line.nack(&refusal.to_string())
            }
        }
    }

    async fn find_account(
        &self,
        channel: &str,
        account: Id,
    ) -> Result<Option<(Merchant, ChannelAccount)>, Refusal> {
        let channel = channel.to_owned();
        let found = self.read(move |sql| sql.rows::<ChannelAccount>("where id = $1", &[&account])).await?;
        Ok(found.into_iter().find(|(_, row)| row.channel == channel))
    }

    pub(crate) async fn take_notice(
        &self,
        merchant: Merchant,
        account: Id,
        notice: Notice,
    ) -> Result<(), Refusal> {
        let attempt = match notice {
            Notice::Payment { out_trade_no, standing } => {
                let (id, desk) = (number(&out_trade_no)?, self.clone());
                self.decide(merchant, move |view| {
                    let attempt = own_attempt(view, id, account)?;
                    take_payment(&desk, view, attempt.clone(), &standing)?;
                    Ok(attempt)
                })
                .await?
            }
            Notice::Refund { out_trade_no, out_refund_no, standing } => {
                let (attempt, id) = (number(&out_trade_no)?, number(&out_refund_no)?);
                let desk = self.clone();
                self.decide(merchant, move |view| {
                    let attempt = own_attempt(view, attempt, account)?;
                    let refund = view.need::<Refund, Refusal>(id)?;
                    let paid = view.need::<Attempt, Refusal>(refund.attempt)?;
                    if paid.out_trade_no != out_trade_no {
                        return Err(Stop::Refused(
                            problems::NOTIFICATION_MISMATCH.with("the refund belongs to another payment"),
                        ));
                    }
                    refund::apply(&desk, view, id, &standing)?;
                    Ok(attempt)
                })
                .await?
            }
            Notice::Other(what) => {
                tracing::info!(what, "a notification with nothing to do");
                return Ok(());
            }
        };
        trace::about(attempt.order, attempt.trace.as_deref());
        Ok(())
    }
}

/// What follows from being told of a payment: only that it was paid is believed, and only if the amount is ours.
fn take_payment(desk: &Desk, view: &mut View, attempt: Attempt, standing: &Standing) -> Ruled<()> {
    let Standing::Paid(receipt) = standing else { return Ok(()) };
    if receipt.amount.value != attempt.amount || receipt.amount.currency.code() != attempt.currency {
        let detail =
            format!("it says {}, the attempt is {} {}", receipt.amount, attempt.currency, attempt.amount);
        return Err(Stop::Refused(problems::NOTIFICATION_MISMATCH.with(detail)));
    }
    if late::overtaken(&attempt, None) {
        late::ask_anew(view, attempt);
        return Ok(());
    }
    drive::stood(desk, view, attempt, standing).map(drop)
}

/// The path of an address.
fn path_of(url: &str) -> &str {
    let after_scheme = url.split_once("://").map_or(url, |(_, rest)| rest);
    after_scheme.find('/').map_or("/", |at| &after_scheme[at..])
}

/// One of our numbers. Error: `notification_mismatch` for a number we never gave.
fn number(text: &str) -> Result<Id, Refusal> {
    text.parse::<Id>()
        .map_err(|_| problems::NOTIFICATION_MISMATCH.with(format!("{text:?} is not a number of ours")))
}

/// The attempt of a notice, if it was made through this very account.
fn own_attempt(view: &mut View, id: Id, account: Id) -> Result<Attempt, Stop<Refusal>> {
    match view.get::<Attempt>(id)? {
        Some(attempt) if attempt.account == Some(account) => Ok(attempt),
        _ => Err(Stop::Refused(
            problems::NOTIFICATION_MISMATCH.with("no attempt of this account has that number"),
        )),
    }
}
