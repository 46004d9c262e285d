//! What a shop sells: items by SKU, each merchant's own.

use store::{Migration, Millis};

store::rows! {
    /// An item of the catalogue. The price is in minor units.
    pub struct Item in retail_items {
        key { sku: String }
        fixed { created_at: Millis }
        fields { name_en: String, name_zh: String, unit_price: i64, currency: String, active: bool, version: i64 }
    }
}

/// The tables of retail.
pub const MIGRATIONS: &[Migration] = &[Migration {
    room: "retail",
    number: 1,
    sql: "
create table retail_items (sku text not null, merchant bigint not null, created_at bigint not null, name_en text not null, name_zh text not null,
  unit_price bigint not null, currency text not null, active bigint not null, version bigint not null, primary key (sku, merchant));
",
}];

/// Whether a text can be a SKU.
pub(super) fn is_sku(text: &str) -> bool {
    (1..=40).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_'))
}
