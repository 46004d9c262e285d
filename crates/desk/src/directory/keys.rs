//! API keys as their merchant sees them: which there are, and taking one back.

use store::{Id, Merchant, Millis, Stop};

use super::tokens::{KEY, fetch};
use crate::access::{Act, Who};
use crate::boxed;
use crate::desk::Desk;
use crate::problem::{Refusal, desk as problems};
use crate::rows::{Role, Token};

/// An API key, without its secret: that was told once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiKey {
    /// Its id.
    pub id: Id,
    /// Its name.
    pub name: String,
    /// What it may do.
    pub role: Role,
    /// When it was made.
    pub created_at: Millis,
    /// When it was taken back, if it was.
    pub revoked_at: Option<Millis>,
}

impl From<Token> for ApiKey {
    fn from(token: Token) -> Self {
        ApiKey {
            id: token.holder,
            name: token.name,
            role: token.role,
            created_at: token.created_at,
            revoked_at: token.revoked_at,
        }
    }
}

impl Desk {
    /// The merchant's API keys, those in use first, the newest first. Error: `forbidden`.
    #[boxed]
    pub async fn keys(&self, who: &Who) -> Result<Vec<ApiKey>, Refusal> {
        who.need(Act::ManagePeople)?;
        let mut keys: Vec<ApiKey> = fetch(self, who.merchant).await?.into_iter().map(ApiKey::from).collect();
        keys.sort_by_key(|key| (key.revoked_at.is_some(), std::cmp::Reverse(key.created_at)));
        Ok(keys)
    }

    /// Takes a key back: it proves nothing any more, at other nodes within a few seconds. Taking it back again changes nothing. A key cannot take back
    /// itself. Errors: `forbidden`, `not_found`.
    #[boxed]
    pub async fn revoke_key(&self, who: &Who, id: Id) -> Result<ApiKey, Refusal> {
        who.need(Act::ManagePeople)?;
        if who.key() == Some(id) {
            return Err(
                problems::FORBIDDEN.with("a key does not take back itself: use another one, or the console")
            );
        }
        let own = fetch(self, who.merchant).await?.into_iter().find(|token| token.holder == id);
        let hash = own.ok_or(&problems::NOT_FOUND)?.hash;
        self.known.lock().expect("no panic holds this lock").remove(&hash);
        let merchant = who.merchant;
        self.decide(Merchant::DIRECTORY, move |view| {
            let mut token = view.need::<Token, Refusal>(hash.clone())?;
            if token.tenant != merchant.0 || token.kind != KEY {
                return Err(Stop::Refused((&problems::NOT_FOUND).into()));
            }
            token.revoked_at = token.revoked_at.or(Some(view.now()));
            view.put(token.clone());
            Ok(ApiKey::from(token))
        })
        .await
    }
}
