//! Sets the sample places up. Every step first looks whether an earlier start did it, so a start that was cut off is taken up where it ended.

use std::path::Path;

use desk::access::Who;
use desk::rows::{Role, Site, Terminal};
use desk::{Desk, NewChannel, NewOperator, NewSite, NewTerminal};
use futures_util::future::try_join_all;
use money::Currency;
use sandbox::AccountJson;
use serde_json::{Value, json};
use store::Merchant;

use super::places::{FLOAT, SampleMerchant, SampleTerminal};
use super::record::Secrets;
use crate::out::{Failed, Outcome, While as _};

/// How long the platform waits for the sandbox: short, so that a lost answer is soon asked about.
const CHANNEL_TIMEOUT_MS: u64 = 3_000;

/// A merchant that is set up.
pub(super) struct Ready {
    /// Who the platform is when it acts for the merchant.
    pub(super) who: Who,
    /// Its API key.
    pub(super) api_key: String,
    /// Its site.
    pub(super) site: Site,
    /// Its terminals with their keys.
    pub(super) terminals: Vec<(Terminal, String)>,
}

/// Sets one merchant up, or finds it as an earlier start left it.
pub(super) async fn merchant(
    desk: &Desk,
    sample: &SampleMerchant,
    account: &AccountJson,
    secrets: &mut Secrets,
    data: &Path,
) -> Outcome<Ready> {
    let who = Who::system(find_or_make_merchant(desk, sample).await?);
    let site = site(desk, &who, sample).await?;
    operators(desk, &who, sample).await?;
    catalogue(desk, &who, sample).await?;
    channel_accounts(desk, &who, sample, account).await?;
    let api_key = api_key(desk, &who, secrets, data).await?;
    let known = desk.terminals(&who).await.during("reading the terminals")?;
    let mut terminals = Vec::new();
    for wanted in sample.site.terminals {
        let terminal = match known.iter().find(|t| t.name == wanted.name) {
            Some(terminal) => terminal.clone(),
            None => terminal(desk, &who, &site, wanted).await?,
        };
        open_first_shift(desk, &who, &terminal).await?;
        let key = terminal_key(desk, &who, &terminal, secrets, data).await?;
        terminals.push((terminal, key));
    }
    Ok(Ready { who, api_key, site, terminals })
}

async fn find_or_make_merchant(desk: &Desk, sample: &SampleMerchant) -> Outcome<Merchant> {
    let all = desk.merchants().await.during("reading the merchants")?;
    match all.iter().find(|m| m.name == sample.name) {
        Some(row) => Ok(Merchant(row.id)),
        None => desk.create_merchant(sample.name, Currency::CNY).await.during("setting a merchant up"),
    }
}

async fn site(desk: &Desk, who: &Who, sample: &SampleMerchant) -> Outcome<Site> {
    let known = desk.sites(who).await.during("reading the sites")?;
    if let Some(site) = known.into_iter().find(|s| s.name == sample.site.name) {
        return Ok(site);
    }
    let new = NewSite {
        name: sample.site.name.to_owned(),
        zone: None,
        cut_off_minutes: 0,
        address: sample.site.address.to_owned(),
    };
    desk.create_site(who, new).await.during("setting a site up")
}

async fn terminal(desk: &Desk, who: &Who, site: &Site, sample: &SampleTerminal) -> Outcome<Terminal> {
    let new = NewTerminal {
        site: site.id,
        name: sample.name.to_owned(),
        kind: sample.kind.to_owned(),
        capabilities: sample.capabilities.iter().map(|c| (*c).to_owned()).collect(),
        unattended: sample.kind == "parking_kiosk",
    };
    desk.create_terminal(who, new).await.during("setting a terminal up")
}

/// Password hashes are slow on purpose, so the people are taken in side by side.
async fn operators(desk: &Desk, who: &Who, sample: &SampleMerchant) -> Outcome {
    let known = desk.operators(who).await.during("reading the operators")?;
    let missing = sample.operators.iter().filter(|o| known.iter().all(|k| k.name != o.name));
    let made = missing.map(|o| async {
        let new =
            NewOperator { name: o.name.to_owned(), password: o.password.to_owned(), role: o.role.clone() };
        desk.create_operator(who, new).await
    });
    try_join_all(made).await.during("taking the operators in (start with --fresh to begin again)")?;
    Ok(())
}

async fn catalogue(desk: &Desk, who: &Who, sample: &SampleMerchant) -> Outcome {
    let items = sample.items;
    desk.decide(who.merchant, move |view| {
        let skus: Vec<String> = items.iter().map(|item| item.0.to_owned()).collect();
        let known = view.all::<scenes::retail::Item>(skus)?;
        for (item, known) in items.iter().zip(known) {
            if known.is_none() {
                view.add(scenes::retail::Item {
                    sku: item.0.to_owned(),
                    created_at: view.now(),
                    name_en: item.1.to_owned(),
                    name_zh: item.2.to_owned(),
                    unit_price: item.3,
                    currency: Currency::CNY.code().to_owned(),
                    active: true,
                    version: 1,
                });
            }
        }
        Ok(())
    })
    .await
    .during("filling the catalogue")
}

/// The settings of the sandbox's accounts; written again only where they changed, such as after a start on another port.
async fn channel_accounts(desk: &Desk, who: &Who, sample: &SampleMerchant, account: &AccountJson) -> Outcome {
    let known = desk.channel_accounts(who).await.during("reading the channel accounts")?;
    let mut wanted = vec![
        ("wechat", "WeChat Pay (sandbox)", wechat_settings(account)),
        ("alipay", "Alipay (sandbox)", alipay_settings(account)),
    ];
    if let Some(currency) = sample.settled_in {
        wanted.push(("alipay_plus", "Alipay+ (sandbox)", alipay_plus_settings(account, sample, currency)));
    }
    for (channel, name, settings) in wanted {
        if known.iter().any(|row| row.channel == channel && row.settings.0 == settings) {
            continue;
        }
        let new = NewChannel { channel: channel.to_owned(), name: name.to_owned(), settings };
        desk.set_channel(who, new).await.during(format_args!("setting {channel} up"))?;
    }
    Ok(())
}

/// The settings of a WeChat Pay account at the sandbox.
pub(crate) fn wechat_settings(account: &AccountJson) -> Value {
    let own = &account.wechat;
    let origin = account.alipay.v3_endpoint.trim_end_matches('/');
    json!({
        "base_url": origin,
        "appid": own.appid,
        "mchid": own.mchid,
        "merchant_private_key_file": own.merchant_private_key,
        "merchant_cert_serial": own.merchant_cert_serial,
        "apiv3_key": own.apiv3_key,
        "platform_public_key_id": own.platform_public_key_id,
        "platform_public_key_file": own.platform_public_key,
        "platform_certificate_file": own.platform_certificate,
        "app_secret": own.app_secret,
        "oauth_url": own.authorize_url,
        "oauth_token_url": format!("{origin}/sns/oauth2/access_token"),
        "timeout_ms": CHANNEL_TIMEOUT_MS,
    })
}

/// Wallets from abroad: the shop prices in yuan and is settled in another currency, so that both amounts and the rate can be seen.
fn alipay_plus_settings(account: &AccountJson, sample: &SampleMerchant, settled_in: &str) -> Value {
    let own = &account.alipay_plus;
    json!({
        "gateway_url": own.gateway_url,
        "client_id": own.client_id,
        "client_private_key_file": own.client_private_key,
        "alipay_plus_public_key_file": own.alipay_plus_public_key,
        "merchant_id": account.wechat.mchid,
        "merchant_name": sample.name,
        "merchant_mcc": "5942",
        "settlement_currency": settled_in,
        "timeout_ms": CHANNEL_TIMEOUT_MS,
    })
}

fn alipay_settings(account: &AccountJson) -> Value {
    let own = &account.alipay;
    json!({
        "gateway_url": own.gateway_url,
        "app_id": own.app_id,
        "seller_id": own.seller_id,
        "app_private_key_file": own.app_private_key,
        "alipay_public_key_file": own.alipay_public_key,
        "oauth_url": own.authorize_url,
        "timeout_ms": CHANNEL_TIMEOUT_MS,
    })
}

async fn holds(desk: &Desk, secret: Option<&String>, who: &Who) -> bool {
    match secret {
        Some(secret) => desk.who_by_token(secret).await.is_ok_and(|found| found.merchant == who.merchant),
        None => false,
    }
}

async fn api_key(desk: &Desk, who: &Who, secrets: &mut Secrets, data: &Path) -> Outcome<String> {
    let id = who.merchant.0.to_string();
    if !holds(desk, secrets.api_keys.get(&id), who).await {
        let key = desk.create_key(who, "demo", Role::Owner).await.during("making an API key")?;
        secrets.api_keys.insert(id.clone(), key);
        secrets.write(data)?;
    }
    Ok(secrets.api_keys[&id].clone())
}

async fn terminal_key(
    desk: &Desk,
    who: &Who,
    terminal: &Terminal,
    secrets: &mut Secrets,
    data: &Path,
) -> Outcome<String> {
    let id = terminal.id.to_string();
    if !holds(desk, secrets.terminal_keys.get(&id), who).await {
        let code = desk.new_enrolment(who, terminal.id).await.during("enrolling a terminal")?;
        let (key, _) = desk.enrol(&code).await.during("enrolling a terminal")?;
        secrets.terminal_keys.insert(id.clone(), key);
        secrets.write(data)?;
    }
    Ok(secrets.terminal_keys[&id].clone())
}

/// Opens the first shift of a terminal with a drawer. The key is always the same: a shift that somebody closed stays closed.
async fn open_first_shift(desk: &Desk, who: &Who, terminal: &Terminal) -> Outcome {
    // whoever works with a handheld counts its drawer and opens the shift; at a machine nobody works one
    let own_shift = terminal.unattended || terminal.kind == "parking_handheld";
    if own_shift || terminal.shift.is_some() || !terminal.capabilities.0.iter().any(|c| c == "takes_cash") {
        return Ok(());
    }
    let pieces: serde_json::Map<String, Value> =
        FLOAT.iter().map(|(value, count)| (value.to_string(), json!(count))).collect();
    let key = format!("demo-first-shift-{}", terminal.id);
    let opened = desk.open_shift(who, &key, terminal.id, Some(Value::Object(pieces))).await;
    match opened {
        Ok(_) => Ok(()),
        Err(refusal) => Err(Failed::call(format!("opening the shift of {}: {refusal}", terminal.name))),
    }
}
