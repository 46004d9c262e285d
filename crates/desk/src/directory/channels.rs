//! A merchant's accounts at remote channels, and what a terminal may offer with them.

use serde::Deserialize;
use store::{Id, Json};

use crate::access::{Act, Who};
use crate::attempt::capability;
use crate::boxed;
use crate::channel::Channel;
use crate::desk::Desk;
use crate::problem::{Refusal, desk as problems};
use crate::rows::{ChannelAccount, ChannelUse, Presentment, Standing, Terminal};

/// An account at a remote channel.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewChannel {
    /// The channel's code.
    pub channel: String,
    /// What operators call it.
    pub name: String,
    /// The channel's own settings.
    pub settings: serde_json::Value,
}

/// A channel a terminal may use now, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    /// Its code.
    pub channel: &'static str,
    /// Its name on English screens.
    pub name_en: &'static str,
    /// Its name on Chinese screens.
    pub name_zh: &'static str,
    /// How.
    pub presentments: Vec<Presentment>,
}

impl Desk {
    /// Sets the merchant's account at a channel, after opening a line with the settings. An account that exists keeps its id, so callbacks
    /// of payments under way still find it. Errors: `forbidden`, `unknown_channel`, `settings_invalid`.
    #[boxed]
    pub async fn set_channel(&self, who: &Who, new: NewChannel) -> Result<ChannelAccount, Refusal> {
        who.need(Act::ManageChannels)?;
        self.open_line(&new.channel, &new.settings)?;
        self.decide(who.merchant, move |view| {
            let used = view.get::<ChannelUse>(new.channel.clone())?.and_then(|u| u.account);
            let found = match used {
                Some(id) => view.get::<ChannelAccount>(id)?,
                None => None,
            };
            let row = match found {
                Some(mut row) => {
                    row.name = new.name.clone();
                    row.settings = Json(new.settings.clone());
                    row.version += 1;
                    row
                }
                None => ChannelAccount {
                    id: view.id(),
                    channel: new.channel.clone(),
                    created_at: view.now(),
                    name: new.name.clone(),
                    settings: Json(new.settings.clone()),
                    standing: Standing::On,
                    version: 1,
                },
            };
            view.put(row.clone());
            view.put(ChannelUse { channel: new.channel.clone(), account: Some(row.id) });
            view.emit("channel.changed", row.id, serde_json::json!({"version": row.version}));
            Ok(row)
        })
        .await
    }

    /// Switches a channel off or on again: it is no longer offered; payments under way go on. Errors: `forbidden`, `not_found`.
    #[boxed]
    pub async fn set_channel_standing(
        &self,
        who: &Who,
        id: Id,
        standing: Standing,
    ) -> Result<ChannelAccount, Refusal> {
        who.need(Act::ManageChannels)?;
        self.decide(who.merchant, move |view| {
            let mut row = view.need::<ChannelAccount, Refusal>(id)?;
            row.standing = standing.clone();
            row.version += 1;
            view.put(row.clone());
            view.emit("channel.changed", id, serde_json::json!({"version": row.version}));
            Ok(row)
        })
        .await
    }

    /// The merchant's accounts at remote channels.
    #[boxed]
    pub async fn channel_accounts(&self, who: &Who) -> Result<Vec<ChannelAccount>, Refusal> {
        who.need(Act::Look)?;
        let merchant = who.merchant;
        let rows = self
            .read(move |sql| sql.rows::<ChannelAccount>("where merchant = $1 order by id", &[&merchant.0]))
            .await?;
        Ok(rows.into_iter().map(|(_, row)| row).collect())
    }

    /// The channels a terminal (or, without one, the payer's own page) may use now, with the presentments both sides can do.
    #[boxed]
    pub async fn offers(&self, who: &Who, terminal: Option<Id>) -> Result<Vec<Offer>, Refusal> {
        let merchant = who.merchant;
        let desk = self.clone();
        let id = terminal.or(who.terminal());
        self.decide(merchant, move |view| {
            let terminal = match id {
                Some(id) => Some(
                    view.get::<Terminal>(id)?
                        .ok_or_else(|| problems::NOT_FOUND.with(format!("no terminal {id}")))?,
                ),
                None => None,
            };
            let mut offers = Vec::new();
            for channel in desk.channels.values() {
                let facts = channel.facts();
                if matches!(channel, Channel::Remote(_)) {
                    let account = view.get::<ChannelUse>(facts.code.to_owned())?.and_then(|u| u.account);
                    let Some(id) = account else { continue };
                    if view.get::<ChannelAccount>(id)?.is_none_or(|a| a.standing != Standing::On) {
                        continue;
                    }
                }
                let fits = |p: &&Presentment| match (&terminal, capability(p)) {
                    (Some(t), Some(needed)) => t.capabilities.0.iter().any(|c| c == needed),
                    (Some(_), None) => true,
                    (None, _) => matches!(p, Presentment::MerchantPresented | Presentment::InApp),
                };
                let presentments: Vec<Presentment> =
                    facts.presentments.iter().filter(fits).cloned().collect();
                if !presentments.is_empty() {
                    offers.push(Offer {
                        channel: facts.code,
                        name_en: facts.name_en,
                        name_zh: facts.name_zh,
                        presentments,
                    });
                }
            }
            Ok(offers)
        })
        .await
    }
}
