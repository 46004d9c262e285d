//! Double-entry books, the seals over the events, and who is told of them.

use store::{Id, Millis};

use super::words::Standing;

store::rows! {
    /// A balance: the running sum of its entries, in minor units, debit positive.
    pub struct Account in accounts {
        key { owner: Id, class: i64 }
        fixed { }
        fields { balance: i64, entries: i64 }
    }
}

store::log_rows! {
    /// One side of a movement of money. Clustered by account, never changed. `amount` is minor units, debit positive.
    pub struct Entry in entries {
        key { owner: Id, class: i64, id: Id }
        fixed { movement: Id, amount: i64, cause: String, subject: Id, at: Millis, business_date: String }
        fields { }
    }
}

store::rows! {
    /// How far a merchant's events are sealed.
    pub struct SealHead in seal_heads {
        key { one: i64 }
        fixed { }
        fields { upto: i64, root: Vec<u8> }
    }
}

store::log_rows! {
    /// A signed head over the events `from..=upto`: the tree hash over them, chained to the seal before it.
    pub struct Seal in seals {
        key { upto: i64 }
        fixed { from_seq: i64, tree: Vec<u8>, before: Vec<u8>, root: Vec<u8>, signature: Vec<u8>, at: Millis }
        fields { }
    }
}

store::rows! {
    /// How far a sweep over ids has come. Lives in the directory.
    pub struct SweepHead in sweep_heads {
        key { name: String }
        fixed { }
        fields { upto: Id }
    }
}

store::rows! {
    /// Where a merchant wants to be told of events, and how far that has come.
    pub struct Endpoint in hook_endpoints {
        key { id: Id }
        fixed { created_at: Millis, secret: String }
        fields { url: String, standing: Standing, cursor: i64, failures: i64, shut_until: Option<Millis>, held_until: Option<Millis> }
    }
}

store::rows! {
    /// An event an endpoint has not taken yet.
    pub struct Delivery in hook_deliveries {
        key { endpoint: Id, seq: i64 }
        fixed { created_at: Millis }
        fields { tries: i64, due_at: Millis, parked: bool, said: Option<String> }
    }
}
