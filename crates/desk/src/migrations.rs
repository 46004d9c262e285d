//! The desk's tables. Primary keys are (key, merchant); nothing else is unique. Indexes serve lists and follow ids, which are ordered by time.

use store::Migration;

/// Every step of the desk's schema.
pub const MIGRATIONS: &[Migration] = &[
    Migration { room: "desk", number: 1, sql: TRADE },
    Migration { room: "desk", number: 2, sql: DIRECTORY },
    Migration { room: "desk", number: 3, sql: BOOKS },
    // An order's own events, for its time line. Order ids are ordered by time, so the index grows at its end.
    Migration {
        room: "desk",
        number: 4,
        sql: "create index store_events_of_subject on store_events (subject, merchant);",
    },
    Migration { room: "desk", number: 5, sql: HOOKS },
    // The traceparent of the request that made an attempt: calls to its channel go on in that trace.
    Migration { room: "desk", number: 6, sql: "alter table attempts add column trace text;" },
    Migration { room: "stand", number: 1, sql: STANDS },
    crate::machine::MIGRATION,
    // Lists of what is rare among many: open orders, refunds that somebody waits for or should look at. All three stay small.
    Migration { room: "desk", number: 7, sql: RARE },
    Migration { room: "reconcile", number: 1, sql: BILLS },
    // Until when nobody but the sender of the reversal under way may send another.
    Migration { room: "desk", number: 8, sql: "alter table attempts add column reversing_until bigint;" },
    Migration { room: "desk", number: 9, sql: DAY },
    // Keys are forgotten by their age.
    Migration { room: "desk", number: 10, sql: "create index done_keys_by_time on done_keys (created_at);" },
];

const RARE: &str = r#"
create index orders_open on orders (merchant, id) where state = 'open';
create index refunds_by_state on refunds (merchant, state);
create index refunds_to_look_at on refunds (merchant, id, "order") where state = 'failed' or cause <> 'requested';
"#;

/// The day's overview adds these up without a look at the rows; the second does the work of the one it replaces, too.
const DAY: &str = r#"
create index attempts_of_day on attempts (merchant, business_date, channel, received, refunded, "order") where state = 'succeeded';
create index orders_made on orders (merchant, id, created_at, site, paid_at);
drop index orders_of_merchant;
"#;

const TRADE: &str = r#"
create table orders{by_id} (
    id bigint not null, merchant bigint not null,
    scene text not null, site bigint not null, terminal bigint, operator bigint, subject text, currency text not null, due bigint not null,
    description text not null, lines text not null, request text not null, secret {bytes} not null, business_date text not null,
    created_at bigint not null, expires_at bigint not null,
    state text not null, paid bigint not null, refunded bigint not null, reserved bigint not null, kept bigint, tries bigint not null,
    paid_at bigint, closed_at bigint, version bigint not null,
    primary key (id, merchant)
);
create index orders_of_merchant on orders (merchant, id);
create table attempts{by_id} (
    id bigint not null, merchant bigint not null,
    "order" bigint not null, channel text not null, account bigint, terminal bigint, operator bigint, presentment text not null,
    currency text not null, amount bigint not null, out_trade_no text not null, created_at bigint not null, expires_at bigint not null,
    state text not null, step text not null, payer_code text, code text, reason text, channel_said text, channel_txn text, paid_at bigint,
    received bigint not null, refunded bigint not null, reserved bigint not null, tendered bigint, "change" bigint, details text,
    asked bigint not null, ended_at bigint, business_date text, job bigint,
    primary key (id, merchant)
);
create index attempts_of_order on attempts ("order", merchant);
create table refunds{by_id} (
    id bigint not null, merchant bigint not null,
    "order" bigint not null, attempt bigint not null, currency text not null, amount bigint not null, out_refund_no text not null,
    cause text not null, reason text not null, operator bigint, terminal bigint, created_at bigint not null,
    state text not null, channel_refund text, channel_said text, advice text, asked bigint not null, ended_at bigint, business_date text, job bigint,
    primary key (id, merchant)
);
create index refunds_of_order on refunds ("order", merchant);
create index refunds_of_merchant on refunds (merchant, id);
create table fulfilments{by_id} (
    id bigint not null, merchant bigint not null,
    "order" bigint not null, kind text not null, body text not null, device bigint, created_at bigint not null,
    state text not null, done_at bigint, note text,
    primary key (id, merchant)
);
create index fulfilments_of_order on fulfilments ("order", merchant);
create table quotes (
    id bigint not null, merchant bigint not null,
    scene text not null, site bigint not null, terminal bigint, request text not null, lines text not null, currency text not null,
    total bigint not null, description text not null, subject text, valid_until bigint not null, created_at bigint not null, "order" bigint,
    primary key (id, merchant)
);
create table done_keys{by_hash} (
    name text not null, merchant bigint not null, input {bytes} not null, made bigint not null, created_at bigint not null,
    primary key (name, merchant)
){clustered};
create table subjects (
    name text not null, merchant bigint not null, "order" bigint,
    primary key (name, merchant)
){clustered};
"#;

const DIRECTORY: &str = r#"
create table merchants_dir (
    id bigint not null, merchant bigint not null, created_at bigint not null, name text not null, currency text not null, standing text not null,
    primary key (id, merchant)
);
create table tokens (
    hash {bytes} not null, merchant bigint not null, tenant bigint not null, kind text not null, holder bigint not null, created_at bigint not null,
    role text not null, name text not null, csrf text, expires_at bigint, revoked_at bigint,
    primary key (hash, merchant)
);
create table logins (
    name text not null, merchant bigint not null, tenant bigint not null, operator bigint not null, failed bigint not null, locked_until bigint,
    primary key (name, merchant)
);
create table enrolments (
    hash {bytes} not null, merchant bigint not null, tenant bigint not null, terminal bigint not null, expires_at bigint not null, used_at bigint,
    primary key (hash, merchant)
);
create table operators (
    id bigint not null, merchant bigint not null, created_at bigint not null, name text not null, password text not null, role text not null,
    standing text not null,
    primary key (id, merchant)
);
create table sites (
    id bigint not null, merchant bigint not null, created_at bigint not null, name text not null, zone text not null, cut_off_minutes bigint not null,
    address text not null, standing text not null,
    primary key (id, merchant)
);
create table terminals (
    id bigint not null, merchant bigint not null, site bigint not null, created_at bigint not null, name text not null, kind text not null,
    capabilities text not null, unattended bigint not null, standing text not null, shift bigint, seen_at bigint,
    primary key (id, merchant)
);
create table shifts (
    id bigint not null, merchant bigint not null, terminal bigint not null, operator bigint, opened_at bigint not null, "float" bigint not null,
    currency text not null, closed_at bigint, counted bigint, expected bigint, note text,
    primary key (id, merchant)
);
create table channel_accounts (
    id bigint not null, merchant bigint not null, channel text not null, created_at bigint not null, name text not null, settings text not null,
    standing text not null, version bigint not null,
    primary key (id, merchant)
);
create table channel_uses (
    channel text not null, merchant bigint not null, account bigint,
    primary key (channel, merchant)
);
"#;

const BOOKS: &str = r#"
create table accounts (
    owner bigint not null, class bigint not null, merchant bigint not null, balance bigint not null, entries bigint not null,
    primary key (owner, class, merchant)
);
create table entries (
    owner bigint not null, class bigint not null, id bigint not null, merchant bigint not null, movement bigint not null, amount bigint not null,
    cause text not null, subject bigint not null, at bigint not null, business_date text not null,
    primary key (owner, class, id, merchant)
){clustered};
create index entries_of_subject on entries (subject, id);
create table sweep_heads (
    name text not null, merchant bigint not null, upto bigint not null,
    primary key (name, merchant)
);
create table seal_heads (
    one bigint not null, merchant bigint not null, upto bigint not null, root {bytes} not null,
    primary key (one, merchant)
);
create table seals (
    upto bigint not null, merchant bigint not null, from_seq bigint not null, tree {bytes} not null, "before" {bytes} not null, root {bytes} not null,
    signature {bytes} not null, at bigint not null,
    primary key (upto, merchant)
);
"#;

const HOOKS: &str = r#"
create table hook_endpoints (
    id bigint not null, merchant bigint not null, created_at bigint not null, secret text not null, url text not null, standing text not null,
    cursor bigint not null, failures bigint not null, shut_until bigint, held_until bigint,
    primary key (id, merchant)
);
create table hook_deliveries (
    endpoint bigint not null, seq bigint not null, merchant bigint not null, created_at bigint not null, tries bigint not null,
    due_at bigint not null, parked bigint not null, said text,
    primary key (endpoint, seq, merchant)
){clustered};
"#;

const STANDS: &str = r#"
create table stand_asks (
    stand bigint not null, merchant bigint not null, "order" bigint, asked_by bigint, asked_at bigint not null,
    primary key (stand, merchant)
);
"#;

const BILLS: &str = r#"
create table reconciliations (
    account bigint not null, day text not null, merchant bigint not null, channel text not null, created_at bigint not null,
    state text not null, said text, rows bigint not null, matched bigint not null, paid bigint not null, back bigint not null,
    fees_thousandths bigint not null, open bigint not null, looked_at bigint,
    primary key (account, day, merchant)
);
create index reconciliations_of_merchant on reconciliations (merchant, day);
create table differences (
    account bigint not null, day text not null, name text not null, merchant bigint not null, kind text not null, "order" bigint,
    out_trade_no text not null, channel_txn text not null, out_refund_no text not null, currency text not null, created_at bigint not null,
    billed bigint, booked bigint, said text not null, state text not null, owner bigint, note text, ended_at bigint,
    primary key (account, day, name, merchant)
);
create table billed (
    account bigint not null, name text not null, merchant bigint not null, day text not null,
    primary key (account, name, merchant)
){clustered};
"#;
