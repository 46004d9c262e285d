//! What a node at the site told that does not fit, and how far the two have told each other.

use store::{Id, Json, Millis};

store::rows! {
    /// A fact of an edge that contradicts what the centre knows. The fact stands; somebody looks at this and settles it.
    /// `what`: `entered_while_inside`, `left_unpaid`, `ended_twice`, `plate_inside`, `voucher_used_twice`, `pass_differs`,
    /// `sold_beside`, `unreadable`, or the code of the rule that did not allow it. `amount` is in minor units.
    pub struct Contradiction in parking_contradictions {
        key { id: Id }
        fixed {
            site: Id, edge: Id, fact: String, what: String, stay: Option<Id>, amount: Option<i64>,
            detail: Json<serde_json::Value>, at: Millis
        }
        fields { settled_at: Option<Millis>, operator: Option<Id>, note: Option<String> }
    }
}

store::rows! {
    /// On an edge: how far it has read, and how far it has been heard.
    pub struct EdgeMark in parking_edge_marks {
        key { name: String }
        fixed { }
        fields { value: String }
    }
}
