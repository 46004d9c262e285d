//! The tables' SQL. Expand only.

use store::Migration;

/// Every step of parking's schema.
pub const MIGRATIONS: &[Migration] = &[
    Migration { room: "parking", number: 1, sql: PLACES },
    Migration { room: "parking", number: 2, sql: STAYS },
    Migration { room: "parking", number: 10, sql: ROADS },
    Migration { room: "parking_edge", number: 1, sql: EDGE },
];

const ROADS: &str = r#"
create table parking_roads (site bigint not null, gate text not null, merchant bigint not null, state text not null, waiting bigint, note text not null,
    source text not null, seen_at bigint not null, received_at bigint not null, primary key (site, gate, merchant));
"#;

const PLACES: &str = r#"
create table parking_parks (site bigint not null, merchant bigint not null, created_at bigint not null, name_en text not null, name_zh text not null,
    spaces bigint not null, inside bigint not null, latitude bigint not null, longitude bigint not null, options text not null, version bigint not null,
    primary key (site, merchant));
create table parking_tariffs (id bigint not null, merchant bigint not null, site bigint not null, applies_from bigint not null, toml text not null,
    created_at bigint not null, operator bigint, withdrawn_at bigint, primary key (id, merchant));
create index parking_tariffs_of_site on parking_tariffs (site, merchant);
create table parking_lanes (id bigint not null, merchant bigint not null, site bigint not null, direction text not null, created_at bigint not null,
    name text not null, gate text not null, barrier bigint, camera text not null, schedule text not null, latitude bigint not null, longitude bigint not null,
    waiting bigint, waiting_since bigint, waiting_cause text, last_sighting bigint, last_plate text not null, last_at bigint, version bigint not null,
    primary key (id, merchant));
create index parking_lanes_of_site on parking_lanes (site, merchant);
create table parking_commands (id bigint not null, merchant bigint not null, lane bigint not null, site bigint not null, terminal bigint, stay bigint,
    cause text not null, operator bigint, issued_at bigint not null, expires_at bigint not null, state text not null, acked_at bigint, note text,
    primary key (id, merchant));
create index parking_commands_open on parking_commands (lane, merchant) where state = 'issued';
create table parking_passages (id bigint not null, merchant bigint not null, lane bigint not null, site bigint not null, direction text not null,
    stay bigint, sighting bigint, command bigint, opened bigint not null, cause text not null, note text not null, operator bigint, terminal bigint,
    at bigint not null, primary key (id, merchant));
create index parking_passages_of_site on parking_passages (site, merchant, id);
create table parking_calls (id bigint not null, merchant bigint not null, lane bigint not null, site bigint not null, stay bigint, reason text not null,
    created_at bigint not null, answered_at bigint, operator bigint, outcome text, primary key (id, merchant));
create index parking_calls_open on parking_calls (site, merchant) where answered_at is null;
create table parking_cards (site bigint not null, code text not null, merchant bigint not null, created_at bigint not null, stay bigint, issued_at bigint,
    standing text not null, primary key (site, code, merchant));
create table parking_passes (id bigint not null, merchant bigint not null, created_at bigint not null, name text not null, code text not null,
    plates text not null, sites text not null, cars bigint not null, inside text not null, valid_from bigint not null, valid_until bigint not null,
    standing text not null, version bigint not null, primary key (id, merchant));
create table parking_pass_plates (plate text not null, pass bigint not null, merchant bigint not null, primary key (plate, pass, merchant)){clustered};
create table parking_shops (id bigint not null, merchant bigint not null, site bigint not null, created_at bigint not null, name_en text not null,
    name_zh text not null, codes text not null, limits text not null, day text not null, given bigint not null, standing text not null,
    primary key (id, merchant));
"#;

const STAYS: &str = r#"
create table parking_stays (id bigint not null, merchant bigint not null, site bigint not null, created_at bigint not null, plate text not null,
    plate_seen text not null, vehicle text not null, entered_at bigint not null, entry_lane bigint, entry_sighting bigint, entry_photo bigint,
    left_at bigint, exit_lane bigint, exit_sighting bigint, exit_photo bigint, state text not null, paid bigint not null, payments text not null,
    paid_until bigint, card text, pass bigint, previous bigint, flags text not null, version bigint not null, primary key (id, merchant));
create index parking_stays_of_site on parking_stays (site, merchant, id);
create index parking_stays_inside on parking_stays (site, merchant, entered_at) where state = 'inside';
create table parking_present (site bigint not null, plate text not null, merchant bigint not null, stay bigint, last bigint, orphan bigint,
    orphan_at bigint, primary key (site, plate, merchant)){clustered};
create table parking_stay_keys (site bigint not null, part text not null, stay bigint not null, merchant bigint not null, plate text not null,
    primary key (site, part, stay, merchant)){clustered};
create table parking_sightings (id bigint not null, merchant bigint not null, lane bigint not null, site bigint not null, source text not null,
    plate text not null, plate_seen text not null, confidence bigint, heading text not null, vehicle text not null, occurred_at bigint,
    received_at bigint not null, at bigint not null, photos text not null, outcome text not null, stay bigint, repeats bigint not null,
    flags text not null, primary key (id, merchant));
create index parking_sightings_of_site on parking_sightings (site, merchant, id);
create table parking_facts (name text not null, merchant bigint not null, made bigint not null, at bigint not null, primary key (name, merchant));
create table parking_photos (id bigint not null, merchant bigint not null, site bigint not null, kind text not null, mime text not null,
    sha256 {bytes} not null, size bigint not null, taken_at bigint not null, received_at bigint not null, operator bigint, terminal bigint,
    stay bigint, "order" bigint, primary key (id, merchant));
create index parking_photos_of_stay on parking_photos (stay, merchant);
create index parking_photos_of_order on parking_photos ("order", merchant);
create table parking_photo_bytes (id bigint not null, merchant bigint not null, bytes {bytes} not null, primary key (id, merchant));
create table parking_validations (id bigint not null, merchant bigint not null, stay bigint not null, site bigint not null, shop bigint, code text not null,
    serial text, receipts text not null, created_at bigint not null, operator bigint, revoked_at bigint, primary key (id, merchant));
create index parking_validations_of_stay on parking_validations (stay, merchant);
create table parking_vouchers (site bigint not null, code text not null, serial text not null, merchant bigint not null, used_at bigint not null,
    validation bigint not null, primary key (site, code, serial, merchant));
create table parking_changes (id bigint not null, merchant bigint not null, stay bigint not null, site bigint not null, what text not null,
    before text not null, after text not null, reason text not null, operator bigint, terminal bigint, at bigint not null, primary key (id, merchant));
create index parking_changes_of_stay on parking_changes (stay, merchant);
"#;

const EDGE: &str = r#"
create table parking_contradictions (id bigint not null, merchant bigint not null, site bigint not null, edge bigint not null, fact text not null,
    what text not null, stay bigint, amount bigint, detail text not null, at bigint not null, settled_at bigint, operator bigint, note text,
    primary key (id, merchant));
create index parking_contradictions_of_site on parking_contradictions (site, merchant, id);
create table parking_edge_marks (name text not null, merchant bigint not null, value text not null, primary key (name, merchant));
"#;
