//! Which wallet, whose, in which language; and the frame around every page.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use crate::amount::yuan;
use crate::http::Request;
use crate::model::{Channel, Payer};
use crate::state::State;

/// The wallets a person can open.
pub(crate) const WALLETS: [Channel; 3] = [Channel::Wechat, Channel::Alipay, Channel::AlipayPlus];

/// What the address says about the view.
#[derive(Clone, Debug)]
pub(crate) struct Look {
    pub(crate) zh: bool,
    pub(crate) wallet: Channel,
    pub(crate) payer: String,
    pub(crate) tab: String,
    pub(crate) outcome: String,
    /// A prompt the person put aside.
    pub(crate) later: Option<u64>,
    /// The page that asked for the payment.
    pub(crate) back: Option<String>,
    here: String,
}

/// What a page brings into the frame.
pub(crate) struct Page {
    pub(crate) title: String,
    pub(crate) body: Markup,
    /// Query of `/phone/live` beyond the look; none: the page does not change by itself.
    pub(crate) live: Option<String>,
    pub(crate) version: String,
    /// A sheet covers the tabs: one thing at a time.
    pub(crate) sheet: bool,
}

impl Look {
    pub(crate) fn of(state: &State, request: &Request) -> Self {
        let wallet = request
            .asked("wallet")
            .and_then(|name| Channel::parse(&name))
            .filter(|channel| WALLETS.contains(channel))
            .unwrap_or(Channel::Wechat);
        let payer = request
            .asked("payer")
            .or_else(|| owner(request))
            .filter(|id| state.payer(wallet, id).is_some())
            .unwrap_or_else(|| crate::bank::first_payer(state, wallet));
        let mut here: Vec<(String, String)> =
            form_urlencoded::parse(request.query.as_deref().unwrap_or_default().as_bytes())
                .into_owned()
                .filter(|(name, _)| name != "lang")
                .collect();
        here.push(("lang".into(), String::new()));
        let here = form_urlencoded::Serializer::new(String::new()).extend_pairs(here).finish();
        Look {
            zh: speaks_chinese(request),
            wallet,
            payer,
            tab: request.asked("tab").unwrap_or_else(|| "scan".into()),
            outcome: request.asked("outcome").unwrap_or_else(|| "00".into()),
            later: request.asked("later").and_then(|id| id.parse().ok()),
            back: request
                .asked("return")
                .filter(|to| to.starts_with("http://") || to.starts_with("https://")),
            here: format!("{}?{here}", request.path),
        }
    }

    /// One text in two languages.
    pub(crate) fn t(&self, en: &'static str, zh: &'static str) -> &'static str {
        if self.zh { zh } else { en }
    }

    pub(crate) fn wallet_name(&self, wallet: Channel) -> &'static str {
        match wallet {
            Channel::Wechat => self.t("WeChat Pay", "微信支付"),
            Channel::Alipay => self.t("Alipay", "支付宝"),
            Channel::AlipayPlus => self.t("Alipay+", "Alipay+"),
        }
    }

    pub(crate) fn person<'a>(&self, payer: &'a Payer) -> &'a str {
        if self.zh { &payer.name_zh } else { &payer.name }
    }

    /// `wallet=…&payer=…`
    pub(crate) fn who(&self) -> String {
        format!("wallet={}&payer={}", self.wallet.name(), self.payer)
    }

    /// `&return=…`, if a page waits.
    pub(crate) fn returning(&self) -> String {
        self.back.as_ref().map_or_else(String::new, |to| {
            format!("&{}", form_urlencoded::Serializer::new(String::new()).append_pair("return", to).finish())
        })
    }

    pub(crate) fn tab_link(&self, tab: &str) -> String {
        format!("/phone?{}&tab={tab}", self.who())
    }

    /// An amount with its sign, the minor part smaller.
    pub(crate) fn money(&self, fen: i64, currency: &str) -> Markup {
        let text = yuan(fen.abs());
        let (whole, minor) = text.split_once('.').unwrap_or((&text, "00"));
        let sign = if currency == "CNY" { "¥" } else { currency };
        html! {
            span.money {
                @if fen < 0 { "−" }
                span.sign { (sign) } (grouped(whole)) span.minor { "." (minor) }
            }
        }
    }

    /// The whole page.
    pub(crate) fn frame(&self, state: &State, page: &Page) -> String {
        let live =
            page.live.as_ref().map(|more| format!("/phone/live?{}&tab={}{more}", self.who(), self.tab));
        let lang = if self.zh { "zh-CN" } else { "en" };
        html! {
            (DOCTYPE)
            html lang=(lang) {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover";
                    meta name="theme-color" content="#15211d";
                    title { (page.title) " · " (self.t("Sandbox phone", "沙箱手机")) }
                    link rel="stylesheet" href="/phone/phone.css";
                    script src="/phone/phone.js" defer {}
                }
                body data-wallet=(self.wallet.name()) {
                    div.phone {
                        (self.head())
                        main #main data-live=[live] data-version=(page.version) {
                            @if !page.sheet { (self.wallets()) (self.people(state)) }
                            (page.body)
                        }
                        @if !page.sheet { (self.tabs()) }
                    }
                }
            }
        }
        .into_string()
    }

    fn head(&self) -> Markup {
        let other = |lang: &str, label: &str, on: bool| {
            html! { a href=(format!("{}{lang}", self.here)) lang=(lang) aria-current=[on.then_some("true")] { (label) } }
        };
        html! {
            header.head {
                a.brand href=(self.tab_link("scan")) {
                    (PreEscaped(MARK))
                    span { (self.t("Sandbox phone", "沙箱手机")) small { (self.t("play money", "模拟资金")) } }
                }
                nav.lang aria-label=(self.t("Language", "语言")) { (other("en", "EN", !self.zh)) (other("zh", "中", self.zh)) }
            }
        }
    }

    fn wallets(&self) -> Markup {
        html! {
            nav.wallets aria-label=(self.t("Wallet", "钱包")) {
                @for wallet in WALLETS {
                    a.wallet.(wallet.name()) href=(format!("/phone?wallet={}&payer={}&tab={}", wallet.name(), self.payer, self.tab))
                        aria-current=[(wallet == self.wallet).then_some("true")] { (self.wallet_name(wallet)) }
                }
            }
        }
    }

    fn people(&self, state: &State) -> Markup {
        html! {
            nav.people aria-label=(self.t("Whose telephone", "谁的手机")) {
                @for payer in state.payers.iter().filter(|payer| payer.channel == self.wallet) {
                    a.person href=(format!("/phone?wallet={}&payer={}&tab={}", self.wallet.name(), payer.id, self.tab))
                        aria-current=[(payer.id == self.payer).then_some("true")] {
                        span.name { (self.person(payer)) }
                        span.balance { (self.money(payer.balance_fen, &payer.currency)) }
                    }
                }
            }
        }
    }

    fn tabs(&self) -> Markup {
        let tabs = [
            ("scan", self.t("Scan", "扫一扫"), ICON_SCAN),
            ("code", self.t("My code", "付款码"), ICON_CODE),
            ("bills", self.t("Bills", "账单"), ICON_BILLS),
            ("messages", self.t("Messages", "消息"), ICON_MESSAGES),
        ];
        html! {
            nav.tabs aria-label=(self.t("What to do", "功能")) {
                @for (tab, label, icon) in tabs {
                    a href=(self.tab_link(tab)) aria-current=[(tab == self.tab).then_some("page")] {
                        (PreEscaped(icon)) span { (label) }
                    }
                }
            }
        }
    }
}

/// `1234567` → `1,234,567`
fn grouped(digits: &str) -> String {
    let mut out = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// Whose telephone it was the last time.
fn owner(request: &Request) -> Option<String> {
    let cookie = request.header("cookie")?;
    cookie.split(';').find_map(|part| part.trim().strip_prefix("phone-payer=").map(String::from))
}

/// The switch wins, then the cookie, then what the browser prefers.
fn speaks_chinese(request: &Request) -> bool {
    let switched = request.asked("lang").filter(|lang| !lang.is_empty());
    let cookie = request.header("cookie").unwrap_or_default();
    let kept = cookie.split(';').find_map(|part| part.trim().strip_prefix("phone-lang=").map(String::from));
    let preferred = request.header("accept-language").unwrap_or_default();
    let zh = preferred.find("zh");
    let en = preferred.find("en");
    switched.or(kept).map_or_else(|| zh.is_some() && (en.is_none() || zh < en), |lang| lang == "zh")
}

const MARK: &str = r##"<svg viewBox="0 0 32 32" width="32" height="32" aria-hidden="true"><rect width="32" height="32" rx="8" fill="#0d3b34"/><path d="M8 12.5V9.500A1.5 1.5 0 0 1 9.5 8h3M19.5 8h3A1.5 1.5 0 0 1 24 9.500v3M24 19.500v3a1.5 1.5 0 0 1-1.5 1.500h-3M12.5 24h-3A1.5 1.5 0 0 1 8 22.500v-3" fill="none" stroke="#f5f8f4" stroke-width="2.4" stroke-linecap="round"/><path d="M6 16h20" stroke="#e8502f" stroke-width="2.8" stroke-linecap="round"/></svg>"##;
const ICON_SCAN: &str = r#"<svg viewBox="0 0 24 24" aria-hidden="true"><path d="M4 8V5a1 1 0 0 1 1-1h3M16 4h3a1 1 0 0 1 1 1v3M20 16v3a1 1 0 0 1-1 1h-3M8 20H5a1 1 0 0 1-1-1v-3M3 12h18"/></svg>"#;
const ICON_CODE: &str = r#"<svg viewBox="0 0 24 24" aria-hidden="true"><path d="M4 5v14M8 5v14M11 5v14M14.500 5v14M18 5v14M20.500 5v14"/></svg>"#;
const ICON_BILLS: &str = r#"<svg viewBox="0 0 24 24" aria-hidden="true"><path d="M6 3h12v18l-3-2-3 2-3-2-3 2zM9 8h6M9 12h6"/></svg>"#;
const ICON_MESSAGES: &str = r#"<svg viewBox="0 0 24 24" aria-hidden="true"><path d="M4 5h16v11H10l-4 4v-4H4zM8 9h8M8 12.500h5"/></svg>"#;
