//! Secrets that were given out: API keys (`sk_`), terminal keys (`tk_`), sessions (`ss_`). Only their SHA-256 is kept.

use std::time::Duration;

use data_encoding::HEXLOWER;
use store::{Id, Merchant, Millis};

use crate::access::{Act, Actor, Who};
use crate::boxed;
use crate::desk::Desk;
use crate::once::Once;
use crate::problem::{Refusal, desk as problems};
use crate::rows::{Role, Token};

/// How long a checked token is believed without asking the database: a revoked one lives at most this long on other nodes.
const BELIEVED: Duration = Duration::from_secs(5);

/// How many checked tokens are remembered.
const REMEMBERED: usize = 50_000;

/// The SHA-256 under which a secret is kept.
pub(super) fn hash(secret: &str) -> Vec<u8> {
    aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, secret.as_bytes()).as_ref().to_vec()
}

impl Desk {
    /// A fresh secret: the prefix and 128 random bits in hexadecimal.
    pub(super) fn secret(&self, prefix: &str) -> String {
        let mut bytes = [0; 16];
        self.random.fill(&mut bytes);
        format!("{prefix}{}", HEXLOWER.encode(&bytes))
    }

    /// The secret of one write: the same for the same merchant and idempotency key (rule 8), and as good as random to everybody without the
    /// platform's own key. So a write whose answer was lost can be repeated although only the secret's hash is kept.
    pub(super) fn secret_of(&self, who: &Who, prefix: &str, kind: &str, key: &str) -> String {
        let label = format!("{kind}\n{}\n{key}", who.merchant.0);
        format!("{prefix}{}", HEXLOWER.encode(&self.sealer.derive(label.as_bytes())))
    }

    /// Notes that a key was used for this write. Repeating it is fine. Error: `idempotency_key_reused` for another one.
    pub(super) async fn once_only(
        &self,
        who: &Who,
        key: &str,
        operation: &str,
        input: &impl serde::Serialize,
    ) -> Result<(), Refusal> {
        let once = Once::new(key, operation, input)?;
        self.decide(who.merchant, move |view| {
            if once.made(view)?.is_none() {
                let made = view.id();
                once.record(view, made);
            }
            Ok(())
        })
        .await
    }

    /// Keeps a secret's hash in the directory.
    pub(super) async fn keep_token(&self, secret: &str, token: Token) -> Result<(), Refusal> {
        debug_assert_eq!(hash(secret), token.hash);
        self.decide(Merchant::DIRECTORY, move |view| {
            view.put(token.clone());
            Ok(())
        })
        .await
    }

    /// A new API key for the merchant; the secret is told once. Errors: `forbidden`, `invalid_request`.
    #[boxed]
    pub async fn create_key(&self, who: &Who, name: &str, role: Role) -> Result<String, Refusal> {
        who.need(Act::ManagePeople)?;
        super::people::name_is_usable(name)?;
        self.give_key(who, name, role, self.secret("sk_")).await
    }

    /// The same, once for an idempotency key: the repetition is told the same key.
    #[boxed]
    pub async fn create_key_once(
        &self,
        who: &Who,
        key: &str,
        name: &str,
        role: Role,
    ) -> Result<String, Refusal> {
        who.need(Act::ManagePeople)?;
        super::people::name_is_usable(name)?;
        self.once_only(who, key, "create_key", &(name, role.as_str())).await?;
        self.give_key(who, name, role, self.secret_of(who, "sk_", "key", key)).await
    }

    async fn give_key(&self, who: &Who, name: &str, role: Role, secret: String) -> Result<String, Refusal> {
        let known = hash(&secret);
        // A key that was taken back stays so, also when the call that made it is repeated.
        if self
            .decide(Merchant::DIRECTORY, move |view| Ok(view.get::<Token>(known.clone())?))
            .await?
            .is_some()
        {
            return Ok(secret);
        }
        let token = self.token(&secret, who.merchant, "key", None, role, name).await?;
        self.keep_token(&secret, token).await?;
        Ok(secret)
    }

    /// A token row for a fresh secret; a key without a holder gets an id of its own.
    pub(super) async fn token(
        &self,
        secret: &str,
        merchant: Merchant,
        kind: &str,
        holder: Option<Id>,
        role: Role,
        name: &str,
    ) -> Result<Token, Refusal> {
        let (hash, kind, name) = (hash(secret), kind.to_owned(), name.to_owned());
        self.decide(Merchant::DIRECTORY, move |view| {
            Ok(Token {
                hash: hash.clone(),
                tenant: merchant.0,
                kind: kind.clone(),
                holder: holder.unwrap_or_else(|| view.id()),
                created_at: view.now(),
                role: role.clone(),
                name: name.clone(),
                csrf: None,
                expires_at: None,
                revoked_at: None,
            })
        })
        .await
    }

    /// Who holds this secret. Error: `unauthenticated`.
    #[boxed]
    pub async fn who_by_token(&self, secret: &str) -> Result<Who, Refusal> {
        let key = hash(secret);
        let now = self.now();
        if let Some((who, until)) = self.known.lock().expect("no panic holds this lock").get(&key)
            && *until > now
        {
            return Ok(who.clone());
        }
        let row = self.find_token(key.clone()).await?;
        let who = holder(&row)?;
        let mut known = self.known.lock().expect("no panic holds this lock");
        if known.len() >= REMEMBERED {
            known.retain(|_, (_, until)| *until > now);
        }
        let until = row.expires_at.map_or(now.plus(BELIEVED), |end| end.min(now.plus(BELIEVED)));
        known.insert(key, (who.clone(), until));
        Ok(who)
    }

    /// The live token of a secret's hash. Error: `unauthenticated`.
    pub(super) async fn find_token(&self, key: Vec<u8>) -> Result<Token, Refusal> {
        let now = self.now();
        let row = self.decide(Merchant::DIRECTORY, move |view| Ok(view.get::<Token>(key.clone())?)).await?;
        let live = |t: &Token| t.revoked_at.is_none() && t.expires_at.is_none_or(|end: Millis| end > now);
        row.filter(live).ok_or_else(|| (&problems::UNAUTHENTICATED).into())
    }

    /// Ends a token: a session that signs out, a key that is withdrawn.
    pub(super) async fn revoke(&self, secret: &str) -> Result<(), Refusal> {
        let key = hash(secret);
        self.known.lock().expect("no panic holds this lock").remove(&key);
        self.decide(Merchant::DIRECTORY, move |view| {
            if let Some(mut token) = view.get::<Token>(key.clone())? {
                token.revoked_at = Some(view.now());
                view.put(token);
            }
            Ok(())
        })
        .await
    }
}

/// What sort of token an API key is.
pub(super) const KEY: &str = "key";

/// The API keys of a merchant.
pub(super) async fn fetch(desk: &Desk, merchant: Merchant) -> Result<Vec<Token>, Refusal> {
    desk.read(move |sql| {
        sql.rows::<Token>(
            "where tenant = $1 and kind = $2 order by created_at limit 1000",
            &[&merchant.0, &KEY],
        )
    })
    .await
    .map(|rows| rows.into_iter().map(|(_, row)| row).collect())
}

/// Who a token stands for.
pub(super) fn holder(token: &Token) -> Result<Who, Refusal> {
    let actor = match token.kind.as_str() {
        "key" => Actor::Key(token.holder),
        "terminal" => Actor::Terminal(token.holder),
        "session" => Actor::Operator(token.holder),
        _ => return Err((&problems::UNAUTHENTICATED).into()),
    };
    Ok(Who { merchant: Merchant(token.tenant), role: token.role.clone(), actor })
}
