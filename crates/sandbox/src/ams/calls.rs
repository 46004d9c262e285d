//! pay, inquiryPayment, cancel, refund, inquiryRefund.

use serde_json::{Value, json};

use super::{Answer, Call, Ending, Outcome, view};
use crate::bank::{self, BadCode, NewRefund, Refusal};
use crate::clock;
use crate::model::{Channel, Outcome as CodeOutcome, Product, Refund, RefundState, Trade, TradeState};
use crate::rates;

const MINUTE_MS: i64 = 60_000;
const WINDOW_MS: i64 = 365 * 86_400_000;

impl Call<'_> {
    fn text(&self, pointer: &str) -> Option<String> {
        self.body.pointer(pointer).and_then(Value::as_str).filter(|text| !text.is_empty()).map(String::from)
    }

    fn need(&self, pointer: &str, longest: usize) -> Result<String, Ending> {
        let text = self.text(pointer).ok_or_else(|| illegal(pointer, "is required"))?;
        if text.chars().count() > longest {
            return Err(illegal(pointer, &format!("has more than {longest} characters")));
        }
        Ok(text)
    }

    /// A positive amount in a currency the sandbox exchanges.
    fn amount(&self, pointer: &str) -> Result<(i64, String), Ending> {
        let currency = self.need(&format!("{pointer}/currency"), 3)?;
        if !rates::known(&currency) {
            return Err(Ending::fail("CURRENCY_NOT_SUPPORT", format!("{currency} is not exchanged here.")));
        }
        let value = self.need(&format!("{pointer}/value"), 16)?;
        match value.parse::<i64>() {
            Ok(minor) if minor > 0 => Ok((minor, currency)),
            _ => Err(illegal(pointer, "should be a positive whole number of minor units, as a string")),
        }
    }

    fn known(&mut self, number: &str) -> Option<Trade> {
        self.state.trade_by_number(Channel::AlipayPlus, &self.merchant.ams_client_id, number)
    }

    /// The payment that `paymentId` or `paymentRequestId` names.
    fn payment(&mut self) -> Result<Trade, Ending> {
        let found = match (self.text("/paymentId"), self.text("/paymentRequestId")) {
            (Some(id), _) => self.state.trade_by_trade_no(&id),
            (None, Some(number)) => self.known(&number),
            (None, None) => return Err(illegal("/paymentRequestId", "or paymentId is required")),
        };
        found
            .filter(|trade| {
                trade.channel == Channel::AlipayPlus && trade.account == self.merchant.ams_client_id
            })
            .ok_or_else(|| Ending::fail("ORDER_NOT_EXIST", "The order does not exist."))
    }
}

fn illegal(pointer: &str, issue: &str) -> Ending {
    Ending::fail("PARAM_ILLEGAL", format!("{} {issue}.", pointer.trim_start_matches('/').replace('/', ".")))
}

fn in_process() -> Ending {
    Ending::unknown("PAYMENT_IN_PROCESS", "The payment is being processed.")
}

/// `payments/pay`
pub(super) fn pay(call: &mut Call<'_>) -> Outcome {
    let mut trade = new_trade(call)?;
    let scenario = call.text("/paymentFactor/inStorePaymentScenario").unwrap_or_else(|| "PaymentCode".into());
    if let Some(known) = call.known(&trade.out_trade_no) {
        return repeat(call, &known, &trade);
    }
    match scenario.as_str() {
        "PaymentCode" => {
            let code = call.need("/paymentMethod/paymentMethodId", 128)?;
            scan(call, trade, &code)
        }
        "OrderCode" | "EntryCode" => {
            let code = format!("https://global.alipay.com/{}", call.state.random.letters(24));
            trade.product = Product::Scan;
            trade.codes.push(code.clone());
            call.state.save_trade(&trade);
            let mut fields = view::payment(call.state, &trade);
            fields["orderCodeForm"] = json!({
                "paymentMethodType": "CONNECT_WALLET",
                "expireTime": clock::rfc3339(trade.expires_ms),
                "codeDetails": [{"codeValueType": "QRCODE", "codeValue": code, "displayType": "TEXT"}],
            });
            Ok(Answer::Told(in_process(), fields))
        }
        _ => Err(illegal(
            "/paymentFactor/inStorePaymentScenario",
            "should be PaymentCode, OrderCode or EntryCode",
        )),
    }
}

fn new_trade(call: &mut Call<'_>) -> Result<Trade, Ending> {
    let product = call.need("/productCode", 32)?;
    if product != "IN_STORE_PAYMENT" {
        return Err(illegal("/productCode", "should be IN_STORE_PAYMENT"));
    }
    let (total_fen, currency) = call.amount("/paymentAmount")?;
    call.amount("/order/orderAmount")?;
    call.need("/order/referenceOrderId", 64)?;
    let now_ms = call.state.now_ms;
    let expires_ms = match call.text("/paymentExpiryTime") {
        Some(text) => {
            clock::parse_rfc3339(&text).ok_or_else(|| illegal("/paymentExpiryTime", "should be a time"))?
        }
        None => now_ms + 3 * MINUTE_MS, // unpaid in-store payments are closed after three minutes
    };
    Ok(Trade {
        trade_no: Some(bank::new_trade_no(call.state, Channel::AlipayPlus)),
        total_fen,
        currency,
        subject: call.need("/order/orderDescription", 256)?,
        notify_url: call.text("/paymentNotifyUrl"),
        request: call.body.clone(),
        expires_ms,
        ..Trade::open(
            call.state.next_id(),
            Channel::AlipayPlus,
            call.merchant.ams_client_id.clone(),
            call.need("/paymentRequestId", 64)?,
            call.state.now_ms,
        )
    })
}

/// The same request id again has the same answer; with other data it is refused.
fn repeat(call: &Call<'_>, known: &Trade, fresh: &Trade) -> Outcome {
    if known.request != fresh.request {
        return Err(Ending::fail("REPEAT_REQ_INCONSISTENT", "Repeated requests are inconsistent."));
    }
    let ending = match known.state {
        TradeState::Paid => Ending::success(),
        TradeState::Precreated | TradeState::Unpaid | TradeState::Prompted => in_process(),
        TradeState::Closed | TradeState::Revoked => {
            Ending::fail("ORDER_IS_CANCELED", "The order has been canceled.")
        }
        TradeState::Failed => Ending::fail("PROCESS_FAIL", "A general business failure occurred."),
    };
    Ok(Answer::Told(ending, view::payment(call.state, known)))
}

fn scan(call: &mut Call<'_>, mut trade: Trade, code: &str) -> Outcome {
    let (payer, outcome) = bank::use_code(call.state, Channel::AlipayPlus, code, &trade.out_trade_no)
        .map_err(|bad| match bad {
            BadCode::Expired => Ending::fail("EXPIRED_CODE", "The code is expired."),
            BadCode::Used | BadCode::Malformed => Ending::fail("INVALID_CODE", "The code is invalid."),
        })?;
    trade.payer = Some(payer.clone());
    let poor = || Ending::fail("USER_BALANCE_NOT_ENOUGH", "The user balance is not enough for this payment.");
    match outcome {
        CodeOutcome::AsksPassword | CodeOutcome::NeverAnswered => {
            bank::ask(call.state, &mut trade, &payer);
            Ok(Answer::Told(in_process(), view::payment(call.state, &trade)))
        }
        CodeOutcome::NotEnough => {
            fail(call, &mut trade);
            Err(poor())
        }
        CodeOutcome::LostUnpaid => {
            call.state.save_trade(&trade);
            Ok(Answer::Lost)
        }
        _ => {
            call.state.save_trade(&trade);
            match bank::pay(call.state, trade.id, &payer) {
                Ok(_) if outcome == CodeOutcome::LostPaid => Ok(Answer::Lost),
                Ok(paid) => Ok(Answer::Told(Ending::success(), view::payment(call.state, &paid))),
                Err(refusal) => {
                    fail(call, &mut trade);
                    Err(if refusal == Refusal::NotEnough {
                        poor()
                    } else {
                        Ending::fail("PROCESS_FAIL", "The payment failed.")
                    })
                }
            }
        }
    }
}

fn fail(call: &mut Call<'_>, trade: &mut Trade) {
    trade.state = TradeState::Failed;
    trade.ended_ms = Some(call.state.now_ms);
    call.state.save_trade(trade);
}

/// `payments/inquiryPayment`
pub(super) fn inquire(call: &mut Call<'_>) -> Outcome {
    let trade = call.payment()?;
    let mut fields = view::payment(call.state, &trade);
    fields["paymentStatus"] = json!(view::payment_status(&trade));
    fields["transactions"] = call
        .state
        .refunds_of(trade.id)
        .iter()
        .map(|refund| {
            json!({
                "transactionType": "REFUND",
                "transactionStatus": refund_status(refund),
                "transactionId": refund.refund_no,
                "transactionRequestId": refund.out_refund_no,
                "transactionAmount": view::money(refund.amount_fen, &trade.currency),
                "transactionResult": Ending::success().json(),
            })
        })
        .collect();
    Ok(Answer::Told(Ending::success(), fields))
}

/// `payments/cancel`: unpaid ends, paid goes back.
pub(super) fn cancel(call: &mut Call<'_>) -> Outcome {
    let mut trade = call.payment()?;
    if call.state.fires(Channel::AlipayPlus, "retry_cancel").is_some() {
        return Err(Ending::unknown("UNKNOWN_EXCEPTION", "Call again."));
    }
    match trade.state {
        TradeState::Closed | TradeState::Revoked => {}
        TradeState::Paid if trade.refunded_fen > 0 => {
            return Err(Ending::fail("ORDER_STATUS_INVALID", "The order was refunded."));
        }
        TradeState::Paid => bank::undo(call.state, &mut trade, TradeState::Revoked),
        _ => bank::end(call.state, &mut trade, TradeState::Revoked),
    }
    let fields = json!({
        "paymentId": trade.trade_no,
        "paymentRequestId": trade.out_trade_no,
        "cancelTime": clock::rfc3339(trade.ended_ms.unwrap_or(call.state.now_ms)),
    });
    Ok(Answer::Told(Ending::success(), fields))
}

/// `payments/refund`
pub(super) fn refund(call: &mut Call<'_>) -> Outcome {
    let mut trade = call.payment()?;
    let number = call.need("/refundRequestId", 64)?;
    let (amount_fen, currency) = call.amount("/refundAmount")?;
    if currency != trade.currency {
        return Err(Ending::fail("CURRENCY_NOT_SUPPORT", "A refund is in the currency of its payment."));
    }
    let same = call.state.refunds_by_number(Channel::AlipayPlus, &trade.account, &number);
    if let Some(known) = same.first() {
        if known.trade != trade.id || known.amount_fen != amount_fen {
            return Err(Ending::fail("REPEAT_REQ_INCONSISTENT", "Repeated requests are inconsistent."));
        }
        return Ok(Answer::Told(Ending::success(), view::refund(&trade, known)));
    }
    if trade.state != TradeState::Paid {
        return Err(Ending::fail("ORDER_STATUS_INVALID", "The order status is invalid."));
    }
    if trade.refunded_fen + amount_fen > trade.total_fen {
        return Err(Ending::fail(
            "REFUND_AMOUNT_EXCEED",
            "The total refund amount exceeds the payment amount.",
        ));
    }
    if call.state.now_ms - trade.paid_ms.unwrap_or_default() > WINDOW_MS {
        return Err(Ending::fail("REFUND_WINDOW_EXCEED", "The refund date exceeds the refundable period."));
    }
    if call.state.fires(Channel::AlipayPlus, "refund_not_enough").is_some() {
        return Err(Ending::fail("MERCHANT_BALANCE_NOT_ENOUGH", "The merchant's balance is insufficient."));
    }
    let new = NewRefund {
        out_refund_no: number,
        amount_fen,
        reason: call.text("/refundReason"),
        notify_url: call.text("/refundNotifyUrl"),
        request: call.body.clone(),
        public_key: false,
    };
    let refund = bank::refund(call.state, &mut trade, new);
    let ending = if refund.state == RefundState::Success {
        Ending::success()
    } else {
        Ending::unknown("REFUND_IN_PROCESS", "The refund is being processed.")
    };
    Ok(Answer::Told(ending, view::refund(&trade, &refund)))
}

fn refund_status(refund: &Refund) -> &'static str {
    match refund.state {
        RefundState::Success => "SUCCESS",
        RefundState::Processing => "PROCESSING",
        RefundState::Abnormal | RefundState::Closed => "FAIL",
    }
}

/// `payments/inquiryRefund`
pub(super) fn inquire_refund(call: &mut Call<'_>) -> Outcome {
    let missing = || Ending::fail("REFUND_NOT_EXIST", "The refund does not exist.");
    let (number, id) = (call.text("/refundRequestId"), call.text("/refundId"));
    let account = &call.merchant.ams_client_id;
    let found = call.state.refunds().find(|refund| {
        let own = refund.channel == Channel::AlipayPlus && refund.account == *account;
        own && (number.as_ref() == Some(&refund.out_refund_no) || id.as_ref() == Some(&refund.refund_no))
    });
    let refund = found.cloned().ok_or_else(missing)?;
    let trade = call.state.trade(refund.trade).ok_or_else(missing)?;
    let mut fields = view::refund(&trade, &refund);
    fields["refundStatus"] = json!(refund_status(&refund));
    Ok(Answer::Told(Ending::success(), fields))
}
