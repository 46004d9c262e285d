//! Merchants, sites and terminals; the one-time enrolment of a terminal to a key it keeps.

use money::Currency;
use serde::{Deserialize, Serialize};
use store::{Id, Json, Merchant, Stop, View};

use super::people::name_is_usable;
use super::tokens::hash;
use crate::access::{Act, Who};
use crate::boxed;
use crate::dates;
use crate::desk::{Desk, Ruled};
use crate::once::Once;
use crate::problem::{Refusal, desk as problems};
use crate::rows::{Enrolment, MerchantRow, Role, Site, Standing, Terminal};

/// What a terminal may be able to do.
pub const CAPABILITIES: [&str; 8] = [
    "shows_code",
    "scans_code",
    "taps",
    "takes_cash",
    "gives_change",
    "prints",
    "photographs",
    "opens_barrier",
];

/// A site to be opened.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewSite {
    /// Its name.
    pub name: String,
    /// Its IANA time zone; Asia/Shanghai when left out.
    pub zone: Option<String>,
    /// Minutes after local midnight at which its business day ends; 0 when left out.
    #[serde(default)]
    pub cut_off_minutes: i64,
    /// Where it is.
    #[serde(default)]
    pub address: String,
}

/// A terminal to be set up.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewTerminal {
    /// Where it stands.
    pub site: Id,
    /// Its name.
    pub name: String,
    /// What sort of device: `counter`, `kiosk`, `handheld`, `gate` …
    pub kind: String,
    /// What it can do, of [`CAPABILITIES`].
    pub capabilities: Vec<String>,
    /// True where nobody works shifts at it.
    #[serde(default)]
    pub unattended: bool,
}

impl Desk {
    /// A new merchant with its currency. For the platform's own set-up.
    #[boxed]
    pub async fn create_merchant(&self, name: &str, currency: Currency) -> Result<Merchant, Refusal> {
        name_is_usable(name)?;
        let name = name.to_owned();
        self.decide(Merchant::DIRECTORY, move |view| {
            let id = view.id();
            let created_at = view.now();
            view.add(MerchantRow {
                id,
                created_at,
                name: name.clone(),
                currency: currency.code().to_owned(),
                standing: Standing::On,
            });
            Ok(Merchant(id))
        })
        .await
    }

    /// Every merchant. For the platform's own work.
    #[boxed]
    pub async fn merchants(&self) -> Result<Vec<MerchantRow>, Refusal> {
        let rows = self
            .read(|sql| sql.rows::<MerchantRow>("where merchant = $1 order by id", &[&Merchant::DIRECTORY.0]))
            .await?;
        Ok(rows.into_iter().map(|(_, row)| row).collect())
    }

    /// The merchant somebody acts for.
    #[boxed]
    pub async fn merchant(&self, who: &Who) -> Result<MerchantRow, Refusal> {
        let id = who.merchant.0;
        self.decide(Merchant::DIRECTORY, move |view| view.need::<MerchantRow, Refusal>(id)).await
    }

    /// Opens a site. Errors: `forbidden`, `invalid_request`.
    #[boxed]
    pub async fn create_site(&self, who: &Who, new: NewSite) -> Result<Site, Refusal> {
        self.make_site(who, None, new).await
    }

    /// The same, once for an idempotency key.
    #[boxed]
    pub async fn create_site_once(&self, who: &Who, key: &str, new: NewSite) -> Result<Site, Refusal> {
        let once = Once::new(key, "site", &new)?;
        self.make_site(who, Some(once), new).await
    }

    async fn make_site(&self, who: &Who, once: Option<Once>, new: NewSite) -> Result<Site, Refusal> {
        who.need(Act::ManageTerminals)?;
        name_is_usable(&new.name)?;
        let zone = new.zone.clone().unwrap_or_else(|| "Asia/Shanghai".to_owned());
        dates::zone(&zone)?;
        if !(0..24 * 60).contains(&new.cut_off_minutes) {
            return Err(problems::INVALID_REQUEST.with("cut_off_minutes: 0 to 1439"));
        }
        self.decide(who.merchant, move |view| {
            if let Some(made) = made_before(view, once.as_ref())? {
                return view.need::<Site, Refusal>(made);
            }
            let site = Site {
                id: view.id(),
                created_at: view.now(),
                name: new.name.clone(),
                zone: zone.clone(),
                cut_off_minutes: new.cut_off_minutes,
                address: new.address.clone(),
                standing: Standing::On,
            };
            view.add(site.clone());
            if let Some(once) = &once {
                once.record(view, site.id);
            }
            Ok(site)
        })
        .await
    }

    /// The merchant's sites, oldest first.
    #[boxed]
    pub async fn sites(&self, who: &Who) -> Result<Vec<Site>, Refusal> {
        who.need(Act::Look)?;
        let merchant = who.merchant;
        let rows = self
            .read(move |sql| sql.rows::<Site>("where merchant = $1 order by id limit 2000", &[&merchant.0]))
            .await?;
        Ok(rows.into_iter().map(|(_, row)| row).collect())
    }

    /// Sets a terminal up. Errors: `forbidden`, `not_found`, `invalid_request`.
    #[boxed]
    pub async fn create_terminal(&self, who: &Who, new: NewTerminal) -> Result<Terminal, Refusal> {
        self.make_terminal(who, None, new).await
    }

    /// The same, once for an idempotency key.
    #[boxed]
    pub async fn create_terminal_once(
        &self,
        who: &Who,
        key: &str,
        new: NewTerminal,
    ) -> Result<Terminal, Refusal> {
        let once = Once::new(key, "terminal", &new)?;
        self.make_terminal(who, Some(once), new).await
    }

    async fn make_terminal(
        &self,
        who: &Who,
        once: Option<Once>,
        new: NewTerminal,
    ) -> Result<Terminal, Refusal> {
        who.need(Act::ManageTerminals)?;
        name_is_usable(&new.name)?;
        name_is_usable(&new.kind)?;
        if let Some(odd) = new.capabilities.iter().find(|c| !CAPABILITIES.contains(&c.as_str())) {
            return Err(problems::INVALID_REQUEST
                .with(format!("capabilities: {odd:?} is not one of {}", CAPABILITIES.join(", "))));
        }
        self.decide(who.merchant, move |view| {
            if let Some(made) = made_before(view, once.as_ref())? {
                return view.need::<Terminal, Refusal>(made);
            }
            view.need::<Site, Refusal>(new.site)?;
            let terminal = Terminal {
                id: view.id(),
                site: new.site,
                created_at: view.now(),
                name: new.name.clone(),
                kind: new.kind.clone(),
                capabilities: Json(new.capabilities.clone()),
                unattended: new.unattended,
                standing: Standing::On,
                shift: None,
                seen_at: None,
            };
            view.add(terminal.clone());
            if let Some(once) = &once {
                once.record(view, terminal.id);
            }
            Ok(terminal)
        })
        .await
    }

    /// The merchant's terminals, oldest first.
    #[boxed]
    pub async fn terminals(&self, who: &Who) -> Result<Vec<Terminal>, Refusal> {
        who.need(Act::Look)?;
        let merchant = who.merchant;
        let rows = self
            .read(move |sql| {
                sql.rows::<Terminal>("where merchant = $1 order by id limit 5000", &[&merchant.0])
            })
            .await?;
        Ok(rows.into_iter().map(|(_, row)| row).collect())
    }

    /// One terminal. Error: `not_found`.
    #[boxed]
    pub async fn terminal(&self, who: &Who, id: Id) -> Result<Terminal, Refusal> {
        who.need(Act::Look)?;
        self.decide(who.merchant, move |view| view.need::<Terminal, Refusal>(id)).await
    }

    /// The terminal of a screen's address and whose it is, before anybody has proved anything. Error: `not_found`.
    #[boxed]
    pub async fn find_terminal(&self, id: Id) -> Result<(Merchant, Terminal), Refusal> {
        let rows = self.read(move |sql| sql.rows::<Terminal>("where id = $1", &[&id])).await?;
        rows.into_iter().next().ok_or_else(|| problems::NOT_FOUND.with(format!("no terminal {id}")))
    }

    /// Switches a terminal off or on again. Errors: `forbidden`, `not_found`.
    #[boxed]
    pub async fn set_terminal(&self, who: &Who, id: Id, standing: Standing) -> Result<Terminal, Refusal> {
        who.need(Act::ManageTerminals)?;
        self.decide(who.merchant, move |view| {
            let mut row = view.need::<Terminal, Refusal>(id)?;
            row.standing = standing.clone();
            view.put(row.clone());
            view.emit("terminal.changed", id, serde_json::json!({"standing": row.standing.as_str()}));
            Ok(row)
        })
        .await
    }

    /// A one-time code with which a browser becomes this terminal. Errors: `forbidden`, `not_found`.
    #[boxed]
    pub async fn new_enrolment(&self, who: &Who, terminal: Id) -> Result<String, Refusal> {
        let code = self.secret("").to_uppercase()[..16].to_owned();
        self.enrolment(who, terminal, code).await
    }

    /// The same, once for an idempotency key.
    #[boxed]
    pub async fn new_enrolment_once(&self, who: &Who, key: &str, terminal: Id) -> Result<String, Refusal> {
        self.once_only(who, key, "new_enrolment", &terminal).await?;
        let code = self.secret_of(who, "", "enrolment", key).to_uppercase()[..16].to_owned();
        self.enrolment(who, terminal, code).await
    }

    async fn enrolment(&self, who: &Who, terminal: Id, code: String) -> Result<String, Refusal> {
        who.need(Act::ManageTerminals)?;
        self.decide(who.merchant, move |view| view.need::<Terminal, Refusal>(terminal)).await?;
        let (key, merchant, life) = (hash(&code), who.merchant, self.settings.enrolment_life);
        self.decide(Merchant::DIRECTORY, move |view| {
            let expires_at = view.now().plus(life);
            if view.get::<Enrolment>(key.clone())?.is_some() {
                return Ok(());
            }
            view.add(Enrolment {
                hash: key.clone(),
                tenant: merchant.0,
                terminal,
                expires_at,
                used_at: None,
            });
            Ok(())
        })
        .await?;
        Ok(code)
    }

    /// Turns a one-time code into the terminal's key. Error: `enrolment_invalid`.
    #[boxed]
    pub async fn enrol(&self, code: &str) -> Result<(String, Terminal), Refusal> {
        let key = hash(&code.trim().to_uppercase());
        let used = self
            .decide(Merchant::DIRECTORY, move |view| {
                let row = view.get::<Enrolment>(key.clone())?;
                let Some(mut row) = row.filter(|r| r.used_at.is_none() && r.expires_at > view.now()) else {
                    return Err(Stop::Refused((&problems::ENROLMENT_INVALID).into()));
                };
                row.used_at = Some(view.now());
                view.put(row.clone());
                Ok(row)
            })
            .await?;
        let (merchant, id) = (Merchant(used.tenant), used.terminal);
        let terminal = self.decide(merchant, move |view| view.need::<Terminal, Refusal>(id)).await?;
        let secret = self.secret("tk_");
        let token =
            self.token(&secret, merchant, "terminal", Some(id), Role::Cashier, &terminal.name).await?;
        self.keep_token(&secret, token).await?;
        Ok((secret, terminal))
    }
}

fn made_before(view: &mut View, once: Option<&Once>) -> Ruled<Option<Id>> {
    once.map_or(Ok(None), |once| once.made(view))
}
