//! Who there is: merchants, sites, terminals, operators, keys and sessions, channel accounts.
//!
//! Rows that find a merchant (keys, sign-in names, sessions) name it as their `tenant` and live under [`store::Merchant::DIRECTORY`]; everything else under its merchant.

use store::{Id, Json, Millis};

use super::words::{Role, Standing};

store::rows! {
    /// A tenant. Lives in the directory; its id is the merchant of all its rows.
    pub struct MerchantRow in merchants_dir {
        key { id: Id }
        fixed { created_at: Millis }
        fields { name: String, currency: String, standing: Standing }
    }
}

store::rows! {
    /// A secret that was given out (API key, terminal key, session): found by the SHA-256 of it. Lives in the directory.
    pub struct Token in tokens {
        key { hash: Vec<u8> }
        fixed { tenant: Id, kind: String, holder: Id, created_at: Millis }
        fields { role: Role, name: String, csrf: Option<String>, expires_at: Option<Millis>, revoked_at: Option<Millis> }
    }
}

store::rows! {
    /// A sign-in name, unique over all merchants. Lives in the directory.
    pub struct Login in logins {
        key { name: String }
        fixed { tenant: Id, operator: Id }
        fields { failed: i64, locked_until: Option<Millis> }
    }
}

store::rows! {
    /// A one-time enrolment code of a terminal, by its SHA-256. Lives in the directory.
    pub struct Enrolment in enrolments {
        key { hash: Vec<u8> }
        fixed { tenant: Id, terminal: Id, expires_at: Millis }
        fields { used_at: Option<Millis> }
    }
}

store::rows! {
    /// A person who works for the merchant.
    pub struct Operator in operators {
        key { id: Id }
        fixed { created_at: Millis }
        fields { name: String, password: String, role: Role, standing: Standing }
    }
}

store::rows! {
    /// A station, car park, attraction, shop or hall, with the zone and cut-off of its business dates.
    pub struct Site in sites {
        key { id: Id }
        fixed { created_at: Millis }
        fields { name: String, zone: String, cut_off_minutes: i64, address: String, standing: Standing }
    }
}

store::rows! {
    /// A device at a site with its capability profile.
    pub struct Terminal in terminals {
        key { id: Id }
        fixed { site: Id, created_at: Millis }
        fields { name: String, kind: String, capabilities: Json<Vec<String>>, unattended: bool, standing: Standing, shift: Option<Id>, seen_at: Option<Millis> }
    }
}

store::rows! {
    /// A person's time at a terminal, with the drawer counted at both ends. Amounts are minor units.
    pub struct Shift in shifts {
        key { id: Id }
        fixed { terminal: Id, operator: Option<Id>, opened_at: Millis, float: i64, currency: String }
        fields { closed_at: Option<Millis>, counted: Option<i64>, expected: Option<i64>, note: Option<String> }
    }
}

store::rows! {
    /// A merchant's account at a remote channel; secrets are file paths or PEM texts in the settings.
    pub struct ChannelAccount in channel_accounts {
        key { id: Id }
        fixed { channel: String, created_at: Millis }
        fields { name: String, settings: Json<serde_json::Value>, standing: Standing, version: i64 }
    }
}

store::rows! {
    /// The merchant's present accounts, one for each channel code.
    pub struct ChannelUse in channel_uses {
        key { channel: String }
        fixed { }
        fields { account: Option<Id> }
    }
}
