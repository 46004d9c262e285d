//! Channels: which are open, and the settings of the merchant's account at each. What is missing is said by the channel itself, which
//! opens a line with the settings before they are kept. Secrets are never shown; an empty field keeps the one that is stored.

use axum::extract::{Path, State};
use axum::response::Response;
use desk::channel::Channel;
use desk::rows::{ChannelAccount, Standing};
use desk::{Act, NewChannel, Refusal};
use maud::{Markup, Render, html};
use serde_json::{Map, Value};

use super::Staff;
use super::frame::Section;
use crate::AppState;
use crate::design::{Field, Tone, banner, channel_named, chip};
use crate::i18n::k;
use crate::screens::kit::{Posted, Shown, after, worded};

/// Whether a setting's value must not be shown.
fn is_secret(key: &str) -> bool {
    let plain = ["_id", "_serial", "_file", "_path"].iter().any(|end| key.ends_with(end));
    !plain && ["key", "secret", "password", "token", "certificate"].iter().any(|word| key.contains(word))
}

/// Whether a value has several lines.
fn is_long(key: &str) -> bool {
    is_secret(key) && ["private_key", "public_key", "certificate"].iter().any(|word| key.contains(word))
}

async fn account(state: &AppState, staff: &Staff, channel: &str) -> Result<Option<ChannelAccount>, Refusal> {
    Ok(state.desk.channel_accounts(staff.who()).await?.into_iter().rfind(|a| a.channel == channel))
}

pub(super) async fn page(State(state): State<AppState>, staff: Staff) -> Shown {
    let accounts =
        state.desk.channel_accounts(staff.who()).await.map_err(|refusal| staff.refused(&refusal))?;
    let row = |code: &'static str| {
        let account = accounts.iter().rfind(|a| a.channel == code);
        let remote = matches!(state.desk.channel(code), Ok(Channel::Remote(_)));
        html! {
            li.card.device {
                div.row.between {
                    div.stack.tight {
                        div.row { h2 { (channel_named(staff.lang, code)) } (state_chip(&staff, remote, account)) }
                        p.muted {
                            @match account {
                                Some(account) => { (account.name) " · " (k::VERSION.fill(staff.lang, &[("n", &account.version.to_string())])) },
                                None if !remote => (staff.say(&k::CHANNEL_VALUE)),
                                None => (staff.say(&k::CHANNEL_UNSET)),
                            }
                        }
                    }
                    @if remote { a.button href={ "/channels/" (code) } { (staff.say(&k::SETTINGS)) } }
                }
            }
        }
    };
    let body = html! {
        div.stack {
            div.title { h1 { (staff.say(&k::CHANNELS)) } p.muted { (staff.say(&k::CHANNELS_SAY)) } }
            ul.stack { @for code in state.desk.channel_codes() { (row(code)) } }
        }
    };
    Ok(staff.show(&state, Section::Channels, staff.say(&k::CHANNELS), &body))
}

fn state_chip(staff: &Staff, remote: bool, account: Option<&ChannelAccount>) -> Markup {
    match account {
        Some(a) if a.standing == Standing::On => chip(Tone::Paid, staff.say(&k::CHANNEL_ON)),
        Some(_) => chip(Tone::Plain, staff.say(&k::CHANNEL_OFF)),
        None if !remote => chip(Tone::Paid, staff.say(&k::CHANNEL_ON)),
        None => chip(Tone::Check, staff.say(&k::CHANNEL_UNSET)),
    }
}

/// What the form starts from.
struct Draft {
    name: String,
    settings: Map<String, Value>,
    problem: Option<String>,
}

pub(super) async fn one(State(state): State<AppState>, Path(channel): Path<String>, staff: Staff) -> Shown {
    let sorry = |refusal: Refusal| staff.refused(&refusal);
    let stored = account(&state, &staff, &channel).await.map_err(sorry)?;
    let draft = Draft {
        name: stored
            .as_ref()
            .map_or_else(|| crate::i18n::code(staff.lang, "channel", &channel), |a| a.name.clone()),
        settings: stored.as_ref().and_then(|a| a.settings.0.as_object().cloned()).unwrap_or_default(),
        problem: None,
    };
    form_page(&state, &staff, &channel, stored.as_ref(), &draft).map_err(|refusal| staff.refused(&refusal))
}

/// The settings with what the channel says of them.
fn form_page(
    state: &AppState,
    staff: &Staff,
    channel: &str,
    stored: Option<&ChannelAccount>,
    draft: &Draft,
) -> Result<Response, Refusal> {
    let wrong = match state.desk.channel(channel)? {
        Channel::Remote(remote) => {
            remote.open(&Value::Object(draft.settings.clone())).err().unwrap_or_default()
        }
        Channel::Value(_) => Vec::new(),
    };
    let mut keys: Vec<&str> = draft.settings.keys().map(String::as_str).collect();
    keys.extend(
        wrong
            .iter()
            .map(|w| w.key.as_str())
            .filter(|key| !draft.settings.contains_key(*key) && *key != "settings"),
    );
    let body = html! {
        div.stack {
            div.title { div.row { h1 { (channel_named(staff.lang, channel)) } (state_chip(staff, true, stored)) } p.muted { (staff.say(&k::CHANNELS_SAY)) } }
            @if let Some(problem) = &draft.problem { (banner(Tone::Stop, problem, None, None)) }
            @if !wrong.is_empty() {
                (banner(Tone::Check, staff.say(&k::MISSING_SAY), None, Some(html! {
                    ul { @for one in &wrong { li { code { (one.key) } " " (one.what) } } }
                })))
            }
            @if staff.who().may(Act::ManageChannels) {
                form.card.fields method="post" action={ "/channels/" (channel) } {
                    (staff.token())
                    (Field::text("account_name", staff.say(&k::ACCOUNT_NAME), &draft.name).render())
                    @for key in keys { (setting(staff, key, &draft.settings, wrong.iter().find(|w| w.key == key).map(|w| w.what.as_str()))) }
                    div.field.whole {
                        label for="f-more" { (staff.say(&k::SETTINGS_JSON)) }
                        textarea.input #f-more name="more" rows="4" spellcheck="false" placeholder="{\"key\": \"value\"}" {}
                    }
                    button.button.main type="submit" { (staff.say(&crate::i18n::c::SAVE)) }
                }
            }
            @if let Some(stored) = stored { (below(state, staff, stored)) }
        }
    };
    Ok(staff.show(state, Section::Channels, staff.say(&k::CHANNELS), &body))
}

fn setting(staff: &Staff, key: &str, settings: &Map<String, Value>, wrong: Option<&str>) -> Markup {
    let text = settings
        .get(key)
        .map(|v| v.as_str().map_or_else(|| v.to_string(), str::to_owned))
        .unwrap_or_default();
    let (name, secret) = (format!("set.{key}"), is_secret(key));
    let hint = if secret && !text.is_empty() { Some(staff.say(&k::STORED)) } else { None };
    if is_long(key) {
        return html! {
            div.field.whole {
                label for={ "f-" (name) } { code { (key) } }
                textarea.input id={ "f-" (name) } name=(name) rows="3" spellcheck="false" placeholder=(hint.unwrap_or(staff.say(&k::MISSING))) {}
                @if let Some(wrong) = wrong { span.wrong { (wrong) } }
            }
        };
    }
    let shown = if secret { "" } else { text.as_str() };
    let kind = if secret { "password" } else { "text" };
    Field { kind, hint, wrong, required: false, ..Field::text(&name, key, shown) }.render()
}

fn below(state: &AppState, staff: &Staff, stored: &ChannelAccount) -> Markup {
    let (other, words) =
        if stored.standing == Standing::On { ("off", &k::SWITCH_OFF) } else { ("on", &k::SWITCH_ON) };
    html! {
        section.card.stack {
            dl.facts { dt { (staff.say(&k::NOTIFY_URL)) } dd { code { (state.base_url) "/v1/notify/" (stored.channel) "/" (stored.id) } } }
            @if staff.who().may(Act::ManageChannels) {
                form method="post" action={ "/channels/" (stored.channel) "/standing" } {
                    (staff.token()) input type="hidden" name="standing" value=(other);
                    button.button type="submit" { (staff.say(words)) }
                }
            }
        }
    }
}

/// Stored settings with what the form says: empty secrets stay, other empty fields go, numbers stay numbers.
fn merged(stored: &Map<String, Value>, form: &Posted) -> Map<String, Value> {
    let mut all = stored.clone();
    for (key, text) in form.under("set.") {
        let text = text.trim();
        match (text.is_empty(), is_secret(key)) {
            (true, true) => {}
            (true, false) => {
                all.remove(key);
            }
            (false, _) => {
                let number =
                    stored.get(key).is_some_and(Value::is_number).then(|| text.parse::<i64>().ok()).flatten();
                all.insert(key.to_owned(), number.map_or_else(|| Value::from(text), Value::from));
            }
        }
    }
    if let Ok(Value::Object(more)) = serde_json::from_str(form.get("more")) {
        all.extend(more);
    }
    all
}

pub(super) async fn save(
    State(state): State<AppState>,
    Path(channel): Path<String>,
    staff: Staff,
    form: Posted,
) -> Shown {
    let path = format!("/channels/{channel}");
    staff.check(&form, &path)?;
    let stored = account(&state, &staff, &channel).await.map_err(|refusal| staff.refused(&refusal))?;
    let old = stored.as_ref().and_then(|a| a.settings.0.as_object().cloned()).unwrap_or_default();
    let draft =
        Draft { name: form.get("account_name").to_owned(), settings: merged(&old, &form), problem: None };
    let new = NewChannel {
        channel: channel.clone(),
        name: draft.name.clone(),
        settings: Value::Object(draft.settings.clone()),
    };
    match state.desk.set_channel(staff.who(), new).await {
        Ok(saved) => Ok(after(Ok(saved), &path, "saved")),
        Err(refusal) => {
            let draft = Draft { problem: Some(worded(staff.lang, &refusal)), ..draft };
            form_page(&state, &staff, &channel, stored.as_ref(), &draft)
                .map_err(|refusal| staff.refused(&refusal))
        }
    }
}

pub(super) async fn standing(
    State(state): State<AppState>,
    Path(channel): Path<String>,
    staff: Staff,
    form: Posted,
) -> Shown {
    let path = format!("/channels/{channel}");
    staff.check(&form, &path)?;
    let stored = account(&state, &staff, &channel).await.map_err(|refusal| staff.refused(&refusal))?;
    let id = stored.map_or(store::Id(0), |a| a.id);
    let standing = Standing::parse(form.get("standing"));
    Ok(after(state.desk.set_channel_standing(staff.who(), id, standing).await, &path, "saved"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_a_secret() {
        for (key, want) in [
            ("apiv3_key", true),
            ("merchant_private_key", true),
            ("platform_certificate", true),
            ("app_auth_token", true),
            ("merchant_private_key_file", false),
            ("platform_public_key_id", false),
            ("merchant_cert_serial", false),
            ("mchid", false),
        ] {
            assert_eq!(is_secret(key), want, "{key}");
        }
    }
}
