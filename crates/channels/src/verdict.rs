//! What a channel's error code means for the call that got it: the one vocabulary both tables of errors are written in,
//! and its translation into the answers of the desk's contract. What is not surely without effect stays unknown (rule 2).

use desk::channel::{Closing, Decline, RefundStanding, Reversal, Standing, Trouble};

/// Which call of the contract was answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Asked {
    /// For a code to show.
    Present,
    /// To debit a payer's code.
    Charge,
    /// Where a payment stands.
    Query,
    /// To stop an unpaid payment.
    Close,
    /// To undo a payment whose outcome is unclear.
    Reverse,
    /// To give money back.
    Refund,
    /// Where a refund stands.
    RefundQuery,
}

/// What an error code means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// The payer is still at it.
    Waiting,
    /// The payer cannot or will not pay; final.
    Declined(Decline),
    /// Closed unpaid.
    Closed,
    /// Undone already.
    Reversed,
    /// The channel knows no such thing.
    Absent,
    /// Paid already.
    Paid,
    /// Our request was refused; nothing happened.
    Refused,
    /// Nothing may be assumed.
    Unknown,
    /// Slow down; nothing happened.
    Throttled,
    /// Cannot be done now; the same request may succeed later.
    Later,
    /// Will never be done.
    Failed,
    /// The time in which it could be done is over.
    TooLate,
}

/// A channel's own code and words.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Said {
    /// The code; may be empty.
    pub code: String,
    /// The words; may be empty.
    pub message: String,
}

impl Said {
    /// A code and words.
    pub fn new(code: impl Into<String>, message: impl Into<String>) -> Said {
        Said { code: code.into(), message: message.into() }
    }

    /// Both in one line, kept as data.
    pub fn line(&self) -> String {
        match (self.code.as_str(), self.message.as_str()) {
            (code, "") => code.to_owned(),
            ("", message) => message.to_owned(),
            (code, message) => format!("{code}: {message}"),
        }
    }

    fn unknown(&self) -> Trouble {
        Trouble::Unknown(self.line())
    }

    fn refused(self) -> Trouble {
        Trouble::Refused { code: self.code, message: self.message }
    }
}

impl Verdict {
    /// For a call that asked for a code to show.
    pub fn presenting(self, said: Said) -> Trouble {
        match self {
            Verdict::Throttled => Trouble::Throttled(said.line()),
            Verdict::Refused
            | Verdict::Closed
            | Verdict::Reversed
            | Verdict::Declined(_)
            | Verdict::Failed => said.refused(),
            _ => said.unknown(),
        }
    }

    /// For a call that charged, or asked where a payment stands.
    pub fn standing(self, said: Said) -> Result<Standing, Trouble> {
        Ok(match self {
            Verdict::Waiting => Standing::Waiting,
            Verdict::Declined(why) => Standing::Declined { why, channel_said: said.line() },
            Verdict::Closed => Standing::Closed,
            Verdict::Reversed => Standing::Reversed,
            Verdict::Absent => Standing::Absent,
            Verdict::Refused => return Err(said.refused()),
            Verdict::Throttled => return Err(Trouble::Throttled(said.line())),
            Verdict::Paid | Verdict::Unknown | Verdict::Later | Verdict::Failed | Verdict::TooLate => {
                return Err(said.unknown());
            }
        })
    }

    /// For a call that closed.
    pub fn closing(self, said: Said) -> Result<Closing, Trouble> {
        Ok(match self {
            Verdict::Closed | Verdict::Reversed => Closing::Closed,
            Verdict::Paid => Closing::Paid,
            Verdict::Absent => Closing::Absent,
            Verdict::Refused => return Err(said.refused()),
            Verdict::Throttled => return Err(Trouble::Throttled(said.line())),
            _ => return Err(said.unknown()),
        })
    }

    /// For a call that reversed. A payment the channel never heard of counts as undone: the charge is long over when one reverses.
    pub fn reversal(self, said: Said) -> Result<Reversal, Trouble> {
        Ok(match self {
            Verdict::Reversed | Verdict::Closed | Verdict::Absent => Reversal::Reversed,
            Verdict::Waiting | Verdict::Later => Reversal::Again,
            Verdict::TooLate => Reversal::TooLate,
            Verdict::Refused => return Err(said.refused()),
            Verdict::Throttled => return Err(Trouble::Throttled(said.line())),
            _ => return Err(said.unknown()),
        })
    }

    /// For a call that refunded, or asked where a refund stands.
    pub fn refund(self, said: Said) -> Result<RefundStanding, Trouble> {
        Ok(match self {
            Verdict::Absent => RefundStanding::Absent,
            Verdict::Failed | Verdict::TooLate => RefundStanding::Failed(said.line()),
            Verdict::Later => RefundStanding::Later(said.line()),
            Verdict::Waiting => RefundStanding::Processing,
            Verdict::Refused => return Err(said.refused()),
            Verdict::Throttled => return Err(Trouble::Throttled(said.line())),
            _ => return Err(said.unknown()),
        })
    }
}
