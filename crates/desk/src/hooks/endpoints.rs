//! Endpoints: where a merchant wants to be told, with which secret, and what became of it.

use serde::Deserialize;
use store::{Id, Stop};

use super::sign::base64_encode;
use crate::access::{Act, Who};
use crate::boxed;
use crate::desk::Desk;
use crate::once::Once;
use crate::problem::{Refusal, desk as problems};
use crate::rows::{Delivery, Endpoint, Standing};

/// How a secret begins.
pub(super) const SECRET_PREFIX: &str = "whsec_";

/// An address to be told.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewEndpoint {
    /// Where to post.
    pub url: String,
    /// The number of the event after which it wants to be told; from now on when left out.
    pub after: Option<i64>,
}

/// The most endpoints a merchant may have.
const MOST: usize = 16;

impl Desk {
    /// A new endpoint; its `secret` signs what is posted to it. Errors: `forbidden`, `webhook_endpoint_invalid`, `too_many_webhook_endpoints`.
    #[boxed]
    pub async fn create_endpoint(&self, who: &Who, key: &str, new: NewEndpoint) -> Result<Endpoint, Refusal> {
        who.need(Act::ManagePeople)?;
        check_address(&new.url)?;
        if self.endpoints(who).await?.len() >= MOST {
            return Err((&problems::TOO_MANY_ENDPOINTS).into());
        }
        let once = Once::new(key, "create_endpoint", &(&new.url, new.after))?;
        let mut bytes = [0; 24];
        self.random.fill(&mut bytes);
        let secret = format!("{SECRET_PREFIX}{}", base64_encode(&bytes));
        let cursor = match new.after {
            Some(after) => after.max(0),
            None => self.last_event(who).await?,
        };
        self.decide(who.merchant, move |view| {
            if let Some(made) = once.made(view)? {
                return view.need::<Endpoint, Refusal>(made);
            }
            let row = Endpoint {
                id: view.id(),
                created_at: view.now(),
                url: new.url.clone(),
                secret: secret.clone(),
                standing: Standing::On,
                cursor,
                failures: 0,
                shut_until: None,
                held_until: None,
            };
            view.add(row.clone());
            once.record(view, row.id);
            Ok(row)
        })
        .await
    }

    async fn last_event(&self, who: &Who) -> Result<i64, Refusal> {
        let merchant = who.merchant;
        let text = "select coalesce(max(seq), 0) from store_events where merchant = $1";
        self.read(move |sql| sql.query(text, &[&merchant.0])?.first().map_or(Ok(0), |row| row.get(0))).await
    }

    /// The merchant's endpoints.
    #[boxed]
    pub async fn endpoints(&self, who: &Who) -> Result<Vec<Endpoint>, Refusal> {
        who.need(Act::Look)?;
        let merchant = who.merchant;
        let rows = self
            .read(move |sql| sql.rows::<Endpoint>("where merchant = $1 order by id", &[&merchant.0]))
            .await?;
        Ok(rows.into_iter().map(|(_, row)| row).collect())
    }

    /// Switches an endpoint off or on, and can set its cursor back: everything after it is posted again (replay).
    #[boxed]
    pub async fn set_endpoint(
        &self,
        who: &Who,
        id: Id,
        standing: Standing,
        replay_after: Option<i64>,
    ) -> Result<Endpoint, Refusal> {
        who.need(Act::ManagePeople)?;
        self.decide(who.merchant, move |view| {
            let mut row = view.need::<Endpoint, Refusal>(id)?;
            row.standing = standing.clone();
            if let Some(after) = replay_after {
                row.cursor = after.clamp(0, row.cursor);
                row.held_until = None; // what is under way was posted before this, and does not count
            }
            (row.failures, row.shut_until) = (0, None);
            view.put(row.clone());
            Ok(row)
        })
        .await
    }

    /// Deliveries that were given up, newest first: visibly parked (rule 10).
    #[boxed]
    pub async fn parked_deliveries(&self, who: &Who) -> Result<Vec<Delivery>, Refusal> {
        who.need(Act::Look)?;
        let merchant = who.merchant;
        let rows = self
            .read(move |sql| {
                sql.rows::<Delivery>(
                    "where merchant = $1 and parked = 1 order by seq desc limit 500",
                    &[&merchant.0],
                )
            })
            .await?;
        Ok(rows.into_iter().map(|(_, row)| row).collect())
    }

    /// Sends a parked delivery once more, from the start of its schedule. Errors: `not_found`, `webhook_delivery_not_parked`.
    #[boxed]
    pub async fn resend(&self, who: &Who, endpoint: Id, seq: i64) -> Result<Delivery, Refusal> {
        who.need(Act::ManagePeople)?;
        self.decide(who.merchant, move |view| {
            let mut row = view.need::<Delivery, Refusal>((endpoint, seq))?;
            if !row.parked {
                return Err(Stop::Refused((&problems::DELIVERY_NOT_PARKED).into()));
            }
            (row.parked, row.tries, row.due_at) = (false, 0, view.now());
            view.put(row.clone());
            Ok(row)
        })
        .await
    }
}

/// Refuses what cannot or must not be posted to. Error: `webhook_endpoint_invalid`.
fn check_address(url: &str) -> Result<(), Refusal> {
    let bad = |why: &str| Err(problems::ENDPOINT_INVALID.with(format!("{url:?}: {why}")));
    if url.len() > 500 || url.chars().any(|c| c.is_control() || c.is_whitespace()) {
        return bad("it is too long or holds spaces");
    }
    let (plain, rest) = match (url.strip_prefix("https://"), url.strip_prefix("http://")) {
        (Some(rest), _) => (false, rest),
        (_, Some(rest)) => (true, rest),
        _ => return bad("it must begin with https://"),
    };
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if host.is_empty() || host.contains('@') || rest.contains('#') {
        return bad("it needs a host and must not carry a user name or fragment");
    }
    let name = host
        .rsplit_once(':')
        .map_or(host, |(name, port)| if port.bytes().all(|b| b.is_ascii_digit()) { name } else { host });
    if plain && !["127.0.0.1", "localhost", "[::1]"].contains(&name) {
        return bad("plain http is for this machine only");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::check_address;

    #[test]
    fn addresses_by_table() {
        let cases = [
            ("https://example.com/hook", true),
            ("https://example.com:8443/hook?x=1", true),
            ("http://127.0.0.1:9000/h", true),
            ("http://localhost/h", true),
            ("http://[::1]:80/h", true),
            ("http://example.com/hook", false),
            ("http://127.0.0.1.example.com/h", false),
            ("https://user@example.com/", false),
            ("https://example.com/#part", false),
            ("https:///hook", false),
            ("ftp://example.com", false),
            ("https://exa mple.com", false),
            ("", false),
        ];
        for (url, good) in cases {
            assert_eq!(check_address(url).is_ok(), good, "{url}");
        }
    }
}
