//! Operators: names, passwords (argon2id), sign-in with a lock after failures, sessions.

use argon2::{Argon2, PasswordHash, PasswordHasher, PasswordVerifier, password_hash::SaltString};
use serde::Deserialize;
use store::{Id, Merchant, Stop};

use super::tokens::{hash, holder};
use crate::access::{Act, Who};
use crate::boxed;
use crate::desk::Desk;
use crate::once::Once;
use crate::problem::{Refusal, desk as problems};
use crate::rows::{Login, Operator, Role, Standing};

/// A person to be taken in.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewOperator {
    /// The sign-in name, unique over all merchants.
    pub name: String,
    /// At least eight characters.
    pub password: String,
    /// What the person may do.
    pub role: Role,
}

/// A session.
#[derive(Clone, Debug)]
pub struct SignedIn {
    /// The session's secret.
    pub token: String,
    /// What forms must carry.
    pub csrf: String,
    /// Who acts.
    pub who: Who,
    /// The person.
    pub operator: Operator,
}

/// Refuses names that screens and logs could not carry. Error: `invalid_request`.
pub(super) fn name_is_usable(name: &str) -> Result<(), Refusal> {
    let count = name.chars().count();
    if (1..=80).contains(&count) && !name.chars().any(char::is_control) && name.trim() == name {
        return Ok(());
    }
    Err(problems::INVALID_REQUEST
        .with("name: 1 to 80 characters, no control characters, no space at either end"))
}

fn taken(name: &str) -> Refusal {
    problems::NAME_TAKEN.with(format!("{name:?} is taken"))
}

/// Compared against when there is no such name, so that both take the same time.
const NOBODY: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$c2FvbWEtbm9ib2R5LXNhbHQ$2WpCbrkhlN0n5QZV7lH3sHDIbYfWxbYFVt0xvKiXaVQ";

impl Desk {
    async fn password_hash(&self, password: String) -> Result<String, Refusal> {
        let mut salt = [0; 16];
        self.random.fill(&mut salt);
        let hashed = tokio::task::spawn_blocking(move || {
            let salt = SaltString::encode_b64(&salt).expect("16 bytes are a salt");
            Argon2::default().hash_password(password.as_bytes(), &salt).map(|h| h.to_string())
        });
        let hashed = hashed.await.expect("hashing does not panic");
        hashed.map_err(|e| problems::INVALID_REQUEST.with(format!("password: {e}")))
    }

    /// Takes a person in. Errors: `forbidden`, `invalid_request`, `name_taken`.
    #[boxed]
    pub async fn create_operator(&self, who: &Who, new: NewOperator) -> Result<Operator, Refusal> {
        self.take_in(who, None, new).await
    }

    /// The same, once for an idempotency key.
    #[boxed]
    pub async fn create_operator_once(
        &self,
        who: &Who,
        key: &str,
        new: NewOperator,
    ) -> Result<Operator, Refusal> {
        let once = Once::new(key, "operator", &(&new.name, &new.password, new.role.as_str()))?;
        self.take_in(who, Some(once), new).await
    }

    async fn take_in(&self, who: &Who, once: Option<Once>, new: NewOperator) -> Result<Operator, Refusal> {
        who.need(Act::ManagePeople)?;
        name_is_usable(&new.name)?;
        if new.password.chars().count() < 8 || new.password.len() > 200 {
            return Err(problems::INVALID_REQUEST.with("password: 8 to 200 characters"));
        }
        if matches!(new.role, Role::Other(_)) {
            return Err(problems::INVALID_REQUEST.with("role: owner, manager, cashier or auditor"));
        }
        let password = self.password_hash(new.password).await?;
        let (merchant, name) = (who.merchant, new.name.clone());
        let id = self
            .decide(Merchant::DIRECTORY, move |view| {
                if let Some(login) = view.get::<Login>(name.clone())? {
                    // The own merchant's may be the first half of a write that was cut off: the second decides.
                    return match login.tenant == merchant.0 {
                        true => Ok(login.operator),
                        false => Err(Stop::Refused(taken(&name))),
                    };
                }
                let operator = view.id();
                view.add(Login {
                    name: name.clone(),
                    tenant: merchant.0,
                    operator,
                    failed: 0,
                    locked_until: None,
                });
                Ok(operator)
            })
            .await?;
        let row = move |created_at| Operator {
            id,
            created_at,
            name: new.name.clone(),
            password: password.clone(),
            role: new.role.clone(),
            standing: Standing::On,
        };
        self.decide(merchant, move |view| {
            if let Some(once) = &once
                && let Some(made) = once.made(view)?
            {
                return view.need::<Operator, Refusal>(made);
            }
            if let Some(known) = view.get::<Operator>(id)? {
                return Err(Stop::Refused(taken(&known.name)));
            }
            let operator = row(view.now());
            view.add(operator.clone());
            if let Some(once) = &once {
                once.record(view, id);
            }
            Ok(operator)
        })
        .await
    }

    /// Signs a person in. Errors: `sign_in_failed`, `sign_in_locked`; both say nothing about which part was wrong.
    #[boxed]
    pub async fn sign_in(&self, name: &str, password: &str) -> Result<SignedIn, Refusal> {
        let login = self.login(name).await?;
        let operator = match &login {
            Some(login) => {
                let id = login.operator;
                self.decide(Merchant(login.tenant), move |view| Ok(view.get::<Operator>(id)?)).await?
            }
            None => None,
        };
        let stored = operator.as_ref().map_or_else(|| NOBODY.to_owned(), |o| o.password.clone());
        let given = password.to_owned();
        let matches = tokio::task::spawn_blocking(move || {
            PasswordHash::new(&stored)
                .is_ok_and(|h| Argon2::default().verify_password(given.as_bytes(), &h).is_ok())
        });
        let matches = matches.await.expect("verifying does not panic");
        let known = operator.filter(|o| o.standing == Standing::On);
        let (Some(login), Some(operator), true) = (login, known, matches) else {
            self.count_failure(name).await?;
            return Err((&problems::SIGN_IN_FAILED).into());
        };
        self.open_session(login, operator).await
    }

    /// The sign-in name, unless it is locked now.
    async fn login(&self, name: &str) -> Result<Option<Login>, Refusal> {
        let key = name.to_owned();
        self.decide(Merchant::DIRECTORY, move |view| {
            let login = view.get::<Login>(key.clone())?;
            if let Some(until) = login.as_ref().and_then(|l| l.locked_until)
                && until > view.now()
            {
                return Err(Stop::Refused(problems::SIGN_IN_LOCKED.with(format!("locked until {until}"))));
            }
            Ok(login)
        })
        .await
    }

    async fn count_failure(&self, name: &str) -> Result<(), Refusal> {
        let (name, tries, lock) = (name.to_owned(), self.settings.sign_in_tries, self.settings.sign_in_lock);
        self.decide(Merchant::DIRECTORY, move |view| {
            if let Some(mut login) = view.get::<Login>(name.clone())? {
                login.failed += 1;
                if login.failed >= tries {
                    login.failed = 0;
                    login.locked_until = Some(view.now().plus(lock));
                }
                view.put(login);
            }
            Ok(())
        })
        .await
    }

    async fn open_session(&self, login: Login, operator: Operator) -> Result<SignedIn, Refusal> {
        let (secret, csrf) = (self.secret("ss_"), self.secret("cs_"));
        let merchant = Merchant(login.tenant);
        let mut token = self
            .token(&secret, merchant, "session", Some(operator.id), operator.role.clone(), &operator.name)
            .await?;
        token.csrf = Some(csrf.clone());
        token.expires_at = Some(self.now().plus(self.settings.session_life));
        let who = holder(&token)?;
        self.keep_token(&secret, token).await?;
        if login.failed > 0 {
            let name = login.name;
            self.decide(Merchant::DIRECTORY, move |view| {
                if let Some(mut login) = view.get::<Login>(name.clone())? {
                    login.failed = 0;
                    view.put(login);
                }
                Ok(())
            })
            .await?;
        }
        Ok(SignedIn { token: secret, csrf, who, operator })
    }

    /// The session of a secret. Error: `unauthenticated`.
    #[boxed]
    pub async fn session(&self, secret: &str) -> Result<SignedIn, Refusal> {
        let token = self.find_token(hash(secret)).await?;
        let who = holder(&token)?;
        let (Some(id), Some(csrf)) = (who.operator(), token.csrf) else {
            return Err((&problems::UNAUTHENTICATED).into());
        };
        let operator = self.decide(who.merchant, move |view| Ok(view.get::<Operator>(id)?)).await?;
        let operator = operator.filter(|o| o.standing == Standing::On).ok_or(&problems::UNAUTHENTICATED)?;
        Ok(SignedIn { token: secret.to_owned(), csrf, who, operator })
    }

    /// Ends a session.
    #[boxed]
    pub async fn sign_out(&self, secret: &str) -> Result<(), Refusal> {
        self.revoke(secret).await
    }

    /// The merchant's people, by name.
    #[boxed]
    pub async fn operators(&self, who: &Who) -> Result<Vec<Operator>, Refusal> {
        who.need(Act::Look)?;
        let merchant = who.merchant;
        self.read(move |sql| {
            sql.rows::<Operator>("where merchant = $1 order by name, id limit 500", &[&merchant.0])
        })
        .await
        .map(|rows| rows.into_iter().map(|(_, row)| row).collect())
    }

    /// Switches a person off or on again. A person cannot switch off themselves. Errors: `forbidden`, `not_found`.
    #[boxed]
    pub async fn set_operator(&self, who: &Who, id: Id, standing: Standing) -> Result<Operator, Refusal> {
        who.need(Act::ManagePeople)?;
        if who.operator() == Some(id) {
            return Err(problems::FORBIDDEN.with("nobody switches off the own sign-in"));
        }
        self.decide(who.merchant, move |view| {
            let mut row = view.need::<Operator, Refusal>(id)?;
            row.standing = standing.clone();
            view.put(row.clone());
            Ok(row)
        })
        .await
    }
}
