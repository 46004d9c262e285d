//! What the channels' bills said, and what did not match.

use store::{Id, Millis};

store::text_enum! {
    /// What came of a day's bill.
    pub enum ReconciliationState {
        /// Asked for; the channel has not made it yet.
        Waiting = "waiting",
        /// The channel has none for that day, and there is nothing it could say: a result.
        NoBill = "no_bill",
        /// Bill and ledger say the same.
        Agrees = "agrees",
        /// Something does not match.
        Differs = "differs",
    }
}

store::text_enum! {
    /// How bill and ledger differ.
    pub enum DifferenceKind {
        /// The bill has it, the ledger does not.
        MissingHere = "missing_here",
        /// The ledger has it, the bill does not.
        MissingThere = "missing_there",
        /// Both have it, with different amounts.
        Amount = "amount",
        /// Both have it, and mean different things by it.
        State = "state",
        /// The bill has it twice.
        Twice = "twice",
        /// A line of the bill that could not be read or does not add up.
        Unreadable = "unreadable",
    }
}

store::text_enum! {
    /// Where a difference stands.
    pub enum DifferenceState {
        /// Somebody should look at it.
        Open = "open",
        /// Somebody has looked, and said why.
        Explained = "explained",
        /// It is no longer there: a later bill or the ledger has caught up.
        Cleared = "cleared",
    }
}

store::rows! {
    /// One account's bill of one day of the channel's calendar. Amounts are minor units, fees thousandths of them.
    pub struct Reconciliation in reconciliations {
        key { account: Id, day: String }
        fixed { channel: String, created_at: Millis }
        fields {
            state: ReconciliationState, said: Option<String>, rows: i64, matched: i64, paid: i64, back: i64, fees_thousandths: i64,
            open: i64, looked_at: Option<Millis>
        }
    }
}

store::rows! {
    /// Something that does not match. `name` stays the same however often the day is compared; numbers that do not apply are empty.
    pub struct Difference in differences {
        key { account: Id, day: String, name: String }
        fixed {
            kind: DifferenceKind, order: Option<Id>, out_trade_no: String, channel_txn: String, out_refund_no: String, currency: String,
            created_at: Millis
        }
        fields {
            billed: Option<i64>, booked: Option<i64>, said: String, state: DifferenceState, owner: Option<Id>, note: Option<String>,
            ended_at: Option<Millis>
        }
    }
}

store::rows! {
    /// In which bill a movement was found.
    pub struct Billed in billed {
        key { account: Id, name: String }
        fixed { day: String }
        fields { }
    }
}
