//! Refusals: what was wrong, under a stable code, and what to do about it. The API renders them as problem details.

use std::borrow::Cow;

/// What sort of refusal it is; the web layer maps it to a status.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// The request itself is wrong (400, or 422 where it is well formed).
    Invalid,
    /// Nobody is signed in, or the key is not known (401).
    Unauthenticated,
    /// Known, but not allowed (403).
    Forbidden,
    /// No such thing, or not yours (404).
    NotFound,
    /// The present state does not allow it (409).
    Conflict,
    /// Too many, come back later (429).
    TooMany,
    /// A part outside is away (503).
    Unavailable,
}

/// A refusal every client can rely on: `code` never changes its meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Stable snake-case code.
    pub code: &'static str,
    /// What sort it is.
    pub kind: Kind,
    /// One sentence for people, in English.
    pub title: &'static str,
    /// What to do now.
    pub fix: &'static str,
}

impl Problem {
    /// A refusal of this sort, with the particulars of this case.
    pub fn with(&'static self, detail: impl Into<Cow<'static, str>>) -> Refusal {
        Refusal { problem: self, detail: detail.into() }
    }
}

/// One refusal: the problem and the particulars. A refused decision leaves nothing behind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Which problem.
    pub problem: &'static Problem,
    /// The particulars: which value, which limit, which state.
    pub detail: Cow<'static, str>,
}

impl Refusal {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        self.problem.code
    }
}

impl From<&'static Problem> for Refusal {
    fn from(problem: &'static Problem) -> Self {
        Refusal { problem, detail: Cow::Borrowed(problem.title) }
    }
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.problem.code, self.detail)
    }
}

impl std::error::Error for Refusal {}
impl store::Refusal for Refusal {}

/// Declares problems: `problems! { NAME = Kind "code" "title" "what to do"; }`. Scenes and channels declare their own.
#[macro_export]
macro_rules! problems {
    ($($name:ident = $kind:ident $code:literal $title:literal $fix:literal;)+) => {
        $(#[doc = $title]
        pub static $name: $crate::problem::Problem = $crate::problem::Problem {
            code: $code, kind: $crate::problem::Kind::$kind, title: $title, fix: $fix };)+
        /// Every problem declared here, for the documentation and its test.
        pub static ALL: &[&$crate::problem::Problem] = &[$(&$name,)+];
    };
}

/// The problems of the desk itself.
pub mod desk {
    problems! {
        NOT_FOUND = NotFound "not_found" "There is no such thing here" "Check the id, and that the key belongs to the merchant who owns it.";
        UNKNOWN_SCENE = Invalid "unknown_scene" "No such scene is sold here" "Use one of the scenes listed in the detail.";
        UNKNOWN_CHANNEL = Invalid "unknown_channel" "No such channel is open here" "Use one of the channels the terminal offers.";
        CHANNEL_CLOSED = Conflict "channel_closed" "This channel is switched off" "Use another channel, or switch it on in the console.";
        PRESENTMENT_UNSUPPORTED = Invalid "presentment_unsupported" "This terminal or channel cannot do that presentment" "Use one of the presentments named in the detail.";
        INVALID_REQUEST = Invalid "invalid_request" "The request is not valid" "Correct the field named in the detail.";
        INVALID_AMOUNT = Invalid "invalid_amount" "The amount is not acceptable" "Send a positive amount in minor units within the limit.";
        CURRENCY_MISMATCH = Invalid "currency_mismatch" "The currency is not the one this order or site uses" "Send the amount in the currency named in the detail.";
        IDEMPOTENCY_KEY_MISSING = Invalid "idempotency_key_missing" "A write needs an Idempotency-Key header" "Send a fresh random key with every new write, and the same key when you repeat it.";
        IDEMPOTENCY_KEY_INVALID = Invalid "idempotency_key_invalid" "The Idempotency-Key is not usable" "Use 1 to 255 printable ASCII characters.";
        IDEMPOTENCY_KEY_REUSED = Conflict "idempotency_key_reused" "This key was used for another request" "Use a fresh key for a new request.";
        ORDER_NOT_OPEN = Conflict "order_not_open" "The order is not open for payment" "Look at its state; make a new order to sell again.";
        ORDER_EXPIRED = Conflict "order_expired" "The order's time is over" "Make a new order.";
        ORDER_PAID = Conflict "order_paid" "The order is paid" "Refund it instead.";
        ORDER_NOT_PAID = Conflict "order_not_paid" "The order has not been paid" "Close it instead of refunding it.";
        SUBJECT_HAS_ORDER = Conflict "subject_has_open_order" "There is an open order for this already" "Pay or close the order named in the detail.";
        QUOTE_EXPIRED = Conflict "quote_expired" "The quote is no longer valid" "Ask for a new quote.";
        ATTEMPT_IN_PROGRESS = Conflict "attempt_in_progress" "Another payment of this order is being checked" "Wait until it has ended; follow the order.";
        TOO_MANY_ATTEMPTS = Conflict "too_many_attempts" "This order has had too many attempts" "Close it and make a new order.";
        PAYER_CODE_INVALID = Invalid "payer_code_invalid" "This is not a payment code" "Ask the payer to show the payment code again and scan it.";
        PAYER_CODE_UNKNOWN_WALLET = Invalid "payer_code_unknown_wallet" "No open channel takes payment codes of this wallet" "Ask the payer for a payment code of a wallet this terminal takes.";
        CASH_NOT_TAKEN = Conflict "cash_not_taken" "This terminal takes no cash now" "Use a terminal with a cash drawer, and open a shift there first.";
        TENDERED_TOO_LITTLE = Invalid "tendered_too_little" "The money handed over is less than what is due" "Ask for the rest before taking the payment.";
        NO_CHANGE = Conflict "no_change" "The drawer cannot give this change" "Ask for a closer amount, fill the drawer, or use another way to pay.";
        REFUND_EXCEEDS_PAID = Conflict "refund_exceeds_paid" "More than was paid cannot be refunded" "Refund at most the amount named in the detail.";
        REFUND_WINDOW_OVER = Conflict "refund_window_over" "The channel no longer refunds this payment" "Give the money back by hand and record it.";
        FULFILMENT_REVOKED = Conflict "fulfilment_revoked" "This was taken back" "Look at the order's refunds.";
        REFUND_NOT_FAILED = Conflict "refund_not_failed" "Only a failed refund can be tried again" "Wait for the refund to end.";
        CHANNEL_UNAVAILABLE = Unavailable "channel_unavailable" "The channel does not answer" "Try again, or use another channel.";
        CHANNEL_REFUSED = Conflict "channel_refused" "The channel refused the request" "See the channel's own code in the detail.";
        NOTIFICATION_FORGED = Unauthenticated "notification_forged" "The notification is not believed" "Only the channel can send these; check the keys in the channel's settings.";
        NOTIFICATION_MISMATCH = Conflict "notification_mismatch" "The notification does not fit the attempt" "An operator sees it in the console.";
        MACHINE_AWAY = Conflict "machine_away" "The cash machine of this terminal does not answer" "Use another way to pay, and look at the process that runs beside the screen.";
        MACHINE_BUSY = Conflict "machine_busy" "Somebody else's money is in this machine" "Wait until it has been paid with or given back.";
        CREDIT_TOO_LITTLE = Conflict "credit_too_little" "Less was put in than is due" "Put in the rest, or cancel and get it back.";
        SLIP_REDEEMED = Conflict "slip_redeemed" "This slip was paid already" "Look at who paid it, and when, in the list of slips.";
        TERMINAL_OFF = Conflict "terminal_off" "This terminal is switched off" "Switch it on in the console.";
        TERMINAL_UNABLE = Conflict "terminal_unable" "This terminal cannot do that" "Use a terminal with the capability named in the detail.";
        NOT_A_STAND = Conflict "not_a_stand" "This terminal is no stand" "Use a terminal of the kind stand.";
        STAND_TAKEN = Conflict "stand_taken" "Another payment waits at this stand" "Wait until it is paid, or take it back first.";
        STAND_BUSY = TooMany "stand_busy" "Too many payments wait at this stand" "Try again in a few minutes, or pay at the counter.";
        SHIFT_OPEN = Conflict "shift_open" "A shift is open at this terminal already" "Close it first.";
        SHIFT_NOT_OPEN = Conflict "shift_not_open" "No shift is open at this terminal" "Open one first.";
        SIGN_IN_FAILED = Unauthenticated "sign_in_failed" "Name and password do not match" "Check both; after several failures the name is locked for a while.";
        SIGN_IN_LOCKED = TooMany "sign_in_locked" "Too many failed sign-ins" "Wait until the time named in the detail.";
        UNAUTHENTICATED = Unauthenticated "unauthenticated" "The request carries no valid key or session" "Send Authorization: Bearer KEY, or sign in.";
        FORBIDDEN = Forbidden "forbidden" "This key or operator may not do that" "Ask somebody with the right named in the detail.";
        CSRF = Forbidden "csrf" "The form is too old or was not ours" "Load the page again and repeat.";
        ENROLMENT_INVALID = Conflict "enrolment_invalid" "This enrolment code is used, expired or wrong" "Make a new code in the console.";
        NAME_TAKEN = Conflict "name_taken" "This name is taken" "Choose another name.";
        SETTINGS_INVALID = Invalid "settings_invalid" "The channel settings are not complete" "Correct the settings named in the detail.";
        ENDPOINT_INVALID = Invalid "webhook_endpoint_invalid" "This address cannot be told" "Use an https address without user name or fragment; plain http is for this machine only.";
        TOO_MANY_ENDPOINTS = Conflict "too_many_webhook_endpoints" "The merchant has enough endpoints" "Remove one first.";
        DELIVERY_NOT_PARKED = Conflict "webhook_delivery_not_parked" "Only a parked delivery can be sent once more" "Wait; it is still being sent by itself.";
        BUSY = Unavailable "busy" "The service is busy" "Repeat the request with the same Idempotency-Key in a moment.";
        CURSOR_TOO_OLD = Conflict "cursor_too_old" "Some events after this cursor are no longer kept" "Read what you need anew, then go on from the beginning: leave after out.";
        NOT_READY = Unavailable "not_ready" "No payment can be taken at the moment" "Send requests to another process; the detail says what is wrong with the database of this one.";
        UNKNOWN_OUTCOME = Unavailable "unknown_outcome" "The database went away while the write was being confirmed" "Repeat the request with the same Idempotency-Key.";
    }
}
