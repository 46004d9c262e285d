//! What the callers need: merchants, each with a site, a key, and a terminal with a drawer for each of its callers.

use desk::access::Who;
use desk::rows::Role;
use desk::{NewSite, NewTerminal};
use futures_util::future::try_join_all;
use money::Currency;
use store::Id;

use crate::out::{Outcome, While as _};
use crate::platform::Platform;

/// One caller's place.
#[derive(Clone, Debug)]
pub(super) struct Caller {
    /// Its place among the callers.
    pub(super) number: usize,
    /// Who it is when it calls the desk itself.
    pub(super) who: Who,
    /// Its key when it calls over HTTP.
    pub(super) key: String,
    /// Where it sells.
    pub(super) site: Id,
    /// Its terminal.
    pub(super) terminal: Id,
}

/// Sets up as many callers, spread over as many merchants.
pub(super) async fn set_up(platform: &Platform, merchants: usize, callers: usize) -> Outcome<Vec<Caller>> {
    let desk = &platform.desk;
    let merchants = merchants.clamp(1, callers.max(1));
    let mut all = Vec::with_capacity(callers);
    for number in 0..merchants {
        let merchant = desk.create_merchant(&format!("Bench {number}"), Currency::CNY).await;
        let who = Who::system(merchant.during("setting the merchants up")?);
        let key = desk.create_key(&who, "bench", Role::Owner).await.during("making a key")?;
        let new = NewSite { name: "Site".to_owned(), zone: None, cut_off_minutes: 0, address: String::new() };
        let site = desk.create_site(&who, new).await.during("setting a site up")?.id;
        let own = (number..callers).step_by(merchants).map(|caller| {
            let capabilities =
                ["takes_cash", "gives_change", "scans_code", "shows_code"].map(str::to_owned).to_vec();
            let name = format!("Till {caller}");
            let new = NewTerminal { site, name, kind: "counter".to_owned(), capabilities, unattended: true };
            desk.create_terminal(&who, new)
        });
        let own = try_join_all(own).await.during("setting the terminals up")?;
        all.extend(own.into_iter().enumerate().map(|(at, t)| Caller {
            number: number + at * merchants,
            who: who.clone(),
            key: key.clone(),
            site,
            terminal: t.id,
        }));
    }
    Ok(all)
}
