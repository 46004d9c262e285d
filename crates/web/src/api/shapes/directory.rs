//! Sites, terminals, operators, shifts, channel accounts, sessions.

use desk::ApiKey;
use desk::rows::{ChannelAccount, Operator, Role, Shift, Site, Standing, Terminal};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use store::{Id, Millis};
use utoipa::ToSchema;

/// A new site.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SiteBody {
    /// Its name.
    #[schema(max_length = 80)]
    pub name: String,
    /// IANA time zone of its business dates.
    #[schema(example = "Asia/Shanghai")]
    pub zone: Option<String>,
    /// Minutes after local midnight at which a new business date begins.
    #[schema(minimum = 0, maximum = 1439)]
    pub cut_off_minutes: Option<i64>,
    /// Where it is.
    pub address: Option<String>,
}

/// A station, car park, attraction, shop or hall.
#[derive(Serialize, ToSchema)]
#[schema(as = Site)]
pub struct SiteView<'a> {
    /// Its id.
    #[schema(value_type = String)]
    pub id: Id,
    /// Its name.
    pub name: &'a str,
    /// Time zone.
    pub zone: &'a str,
    /// Minutes after local midnight at which a new business date begins.
    pub cut_off_minutes: i64,
    /// Where it is.
    pub address: &'a str,
    /// `on` or `off`.
    #[schema(value_type = String)]
    pub standing: &'a Standing,
}

impl<'a> From<&'a Site> for SiteView<'a> {
    fn from(s: &'a Site) -> Self {
        SiteView {
            id: s.id,
            name: &s.name,
            zone: &s.zone,
            cut_off_minutes: s.cut_off_minutes,
            address: &s.address,
            standing: &s.standing,
        }
    }
}

/// A new terminal.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TerminalBody {
    /// The site it stands at.
    #[schema(value_type = String)]
    pub site: Id,
    /// Its name.
    #[schema(max_length = 80)]
    pub name: String,
    /// What sort of device: `counter`, `tvm`, `gate`, `handheld` …
    #[schema(example = "counter")]
    pub kind: String,
    /// What it can do: `shows_code`, `scans_code`, `taps`, `takes_cash`, `gives_change`, `prints`, `photographs`, `opens_barrier`.
    pub capabilities: Vec<String>,
    /// True where it takes cash with nobody on a shift.
    #[serde(default)]
    pub unattended: bool,
}

/// A change of a terminal.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StandingBody {
    /// `on` or `off`.
    pub standing: String,
}

/// A device with its capability profile.
#[derive(Serialize, ToSchema)]
#[schema(as = Terminal)]
pub struct TerminalView<'a> {
    /// Its id.
    #[schema(value_type = String)]
    pub id: Id,
    /// The site it stands at.
    #[schema(value_type = String)]
    pub site: Id,
    /// Its name.
    pub name: &'a str,
    /// What sort of device.
    pub kind: &'a str,
    /// What it can do.
    pub capabilities: &'a [String],
    /// True where it takes cash with nobody on a shift.
    pub unattended: bool,
    /// `on` or `off`.
    #[schema(value_type = String)]
    pub standing: &'a Standing,
    /// The open shift.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub shift: Option<Id>,
    /// When it was last heard of.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub seen_at: Option<Millis>,
}

impl<'a> From<&'a Terminal> for TerminalView<'a> {
    fn from(t: &'a Terminal) -> Self {
        TerminalView {
            id: t.id,
            site: t.site,
            name: &t.name,
            kind: &t.kind,
            capabilities: &t.capabilities,
            unattended: t.unattended,
            standing: &t.standing,
            shift: t.shift,
            seen_at: t.seen_at,
        }
    }
}

/// A one-time code by which a device becomes the terminal.
#[derive(Serialize, ToSchema)]
pub struct EnrolmentCode {
    /// Type it at the device; it works once and for a short time.
    pub code: String,
}

/// What a device says to become a terminal.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EnrolBody {
    /// The one-time code.
    pub code: String,
}

/// A device that is a terminal now.
#[derive(Serialize, ToSchema)]
#[schema(as = Enrolled)]
pub struct EnrolledView<'a> {
    /// Its key: kept by the device, sent as `Authorization: Bearer`, never shown again.
    pub key: &'a str,
    /// The terminal.
    pub terminal: TerminalView<'a>,
}

/// A new operator.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OperatorBody {
    /// Sign-in name, unique over all merchants.
    #[schema(max_length = 60)]
    pub name: String,
    /// At least eight characters.
    #[schema(min_length = 8, max_length = 200)]
    pub password: String,
    /// `owner`, `manager`, `cashier` or `auditor`.
    pub role: String,
}

/// A person who works for the merchant.
#[derive(Serialize, ToSchema)]
#[schema(as = Operator)]
pub struct OperatorView<'a> {
    /// Its id.
    #[schema(value_type = String)]
    pub id: Id,
    /// Sign-in name.
    pub name: &'a str,
    /// `owner`, `manager`, `cashier` or `auditor`.
    #[schema(value_type = String)]
    pub role: &'a Role,
    /// `on` or `off`.
    #[schema(value_type = String)]
    pub standing: &'a Standing,
}

impl<'a> From<&'a Operator> for OperatorView<'a> {
    fn from(o: &'a Operator) -> Self {
        OperatorView { id: o.id, name: &o.name, role: &o.role, standing: &o.standing }
    }
}

/// A new API key.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct KeyBody {
    /// What it is for.
    #[schema(max_length = 80)]
    pub name: String,
    /// `owner`, `manager`, `cashier` or `auditor`.
    pub role: String,
}

/// An API key without its secret.
#[derive(Serialize, ToSchema)]
#[schema(as = Key)]
pub struct KeyView {
    /// Its id.
    #[schema(value_type = String)]
    pub id: Id,
    /// What it is for.
    pub name: String,
    /// What it may do.
    pub role: String,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Millis,
    /// When it was taken back; it proves nothing from then on.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub revoked_at: Option<Millis>,
}

impl From<ApiKey> for KeyView {
    fn from(key: ApiKey) -> Self {
        KeyView {
            id: key.id,
            name: key.name,
            role: key.role.as_str().to_owned(),
            created_at: key.created_at,
            revoked_at: key.revoked_at,
        }
    }
}

/// An API key, told once.
#[derive(Serialize, ToSchema)]
pub struct NewKey {
    /// Send it as `Authorization: Bearer`; it is never shown again.
    pub key: String,
}

/// A count of the drawer at the start of a shift.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OpenShiftBody {
    /// The float: how many pieces of each value (minor units), `{"10000": 2, "100": 30}`; nothing changes in the drawer when absent.
    #[schema(value_type = Option<Object>, example = json!({"10000": 2, "100": 30}))]
    pub float: Option<std::collections::BTreeMap<String, i64>>,
}

/// A count of the drawer at the end of a shift.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CloseShiftBody {
    /// What was counted, in minor units.
    #[schema(minimum = 0)]
    pub counted: i64,
    /// What explains a difference.
    #[schema(max_length = 200)]
    pub note: Option<String>,
}

/// A person's time at a terminal.
#[derive(Serialize, ToSchema)]
#[schema(as = Shift)]
pub struct ShiftView<'a> {
    /// Its id.
    #[schema(value_type = String)]
    pub id: Id,
    /// The terminal.
    #[schema(value_type = String)]
    pub terminal: Id,
    /// Who works it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub operator: Option<Id>,
    /// Its currency.
    pub currency: &'a str,
    /// The float, in minor units.
    pub float: i64,
    /// When it began.
    #[schema(value_type = String, format = DateTime)]
    pub opened_at: Millis,
    /// When it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub closed_at: Option<Millis>,
    /// What was counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub counted: Option<i64>,
    /// What the books say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expected: Option<i64>,
}

impl<'a> From<&'a Shift> for ShiftView<'a> {
    fn from(s: &'a Shift) -> Self {
        ShiftView {
            id: s.id,
            terminal: s.terminal,
            operator: s.operator,
            currency: &s.currency,
            float: s.float,
            opened_at: s.opened_at,
            closed_at: s.closed_at,
            counted: s.counted,
            expected: s.expected,
        }
    }
}

/// The merchant's account at a channel.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChannelBody {
    /// What people call it.
    #[schema(max_length = 80)]
    pub name: String,
    /// The channel's own settings.
    #[schema(value_type = Object)]
    pub settings: Value,
}

/// The merchant's account at a channel; secrets are told to be there and not shown.
#[derive(Serialize, ToSchema)]
#[schema(as = ChannelAccount)]
pub struct ChannelAccountView<'a> {
    /// Its id.
    #[schema(value_type = String)]
    pub id: Id,
    /// The channel.
    pub channel: &'a str,
    /// What people call it.
    pub name: &'a str,
    /// `on` or `off`.
    #[schema(value_type = String)]
    pub standing: &'a Standing,
    /// Its settings, secrets masked.
    #[schema(value_type = Object)]
    pub settings: Map<String, Value>,
    /// Grows with every change.
    pub version: i64,
}

impl<'a> From<&'a ChannelAccount> for ChannelAccountView<'a> {
    fn from(a: &'a ChannelAccount) -> Self {
        let settings = a.settings.0.as_object().map(masked).unwrap_or_default();
        ChannelAccountView {
            id: a.id,
            channel: &a.channel,
            name: &a.name,
            standing: &a.standing,
            settings,
            version: a.version,
        }
    }
}

/// What is shown of a secret.
pub const MASK: &str = "(set)";

fn masked(settings: &Map<String, Value>) -> Map<String, Value> {
    let secret =
        |name: &str| ["key", "secret", "password", "token", "certificate"].iter().any(|w| name.contains(w));
    let shown = |(name, value): (&String, &Value)| {
        let hidden = secret(name) && value.as_str().is_some_and(|v| !v.is_empty());
        (name.clone(), if hidden { Value::from(MASK) } else { value.clone() })
    };
    settings.iter().map(shown).collect()
}

/// Name and password.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SignInBody {
    /// Sign-in name.
    pub name: String,
    /// Password.
    pub password: String,
}

/// Who is signed in.
#[derive(Serialize, ToSchema)]
#[schema(as = Session)]
pub struct SessionView<'a> {
    /// The merchant everything is done for.
    #[schema(value_type = String)]
    pub merchant: Id,
    /// `key`, `terminal` or `operator`.
    pub actor: &'static str,
    /// `owner`, `manager`, `cashier` or `auditor`.
    #[schema(value_type = String)]
    pub role: &'a Role,
    /// Send it as `X-CSRF-Token` with every write that is proven by a cookie.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub csrf_token: Option<&'a str>,
}
