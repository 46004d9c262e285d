//! Stands: a printed code that any wallet opens. What waits there, who a visitor is allowed to be, and who the visitor is at the wallet.
//!
//! A visitor acts for the stand itself, which may sell and nothing more: what is made there is an order like any other.

use serde_json::json;
use store::{Id, Stop, View};

use crate::access::{Act, Actor, Who};
use crate::boxed;
use crate::channel::Wallet;
use crate::channel::{Channel, Trouble};
use crate::desk::{Desk, Ruled};
use crate::lists::OrderFilter;
use crate::once::Once;
use crate::problem::{Refusal, desk as problems};
use crate::rows::{
    Attempt, ChannelAccount, ChannelUse, MerchantRow, Order, OrderState, Presentment, Role, Site, StandAsk,
    Standing, Terminal,
};

/// The kind of terminal that is a stand.
pub const STAND: &str = "stand";

/// How many unpaid orders may wait at one stand: more are somebody's mischief.
const MOST_OPEN: u32 = 100;

/// A stand as a visitor finds it.
#[derive(Clone, Debug)]
pub struct Stand {
    /// The stand itself, as which a visitor buys.
    pub who: Who,
    /// Who is paid.
    pub merchant: MerchantRow,
    /// Where it stands.
    pub site: Site,
    /// The stand.
    pub terminal: Terminal,
    /// The order that the shop has sent here, while it can be paid.
    pub asked: Option<Order>,
}

impl Desk {
    /// The stand of a printed code. Errors: `not_found`, `not_a_stand`, `terminal_off`.
    #[boxed]
    pub async fn stand(&self, id: Id) -> Result<Stand, Refusal> {
        let (merchant, _) = self.find_terminal(id).await?;
        let who = Who { merchant, role: Role::Cashier, actor: Actor::Terminal(id) };
        let (terminal, site, asked) = self
            .decide(merchant, move |view| {
                let terminal = usable(view, id)?;
                let site = view.need::<Site, Refusal>(terminal.site)?;
                Ok((terminal, site, waiting(view, id)?))
            })
            .await?;
        let merchant = self.merchant(&who).await?;
        Ok(Stand { who, merchant, site, terminal, asked })
    }

    /// Sends an order to a stand, or with `None` takes back what waits there. Answers what waits now. Errors: `forbidden`, `not_found`, `not_a_stand`,
    /// `terminal_off`, `order_not_open`, `invalid_request` for a stand of another site, `stand_taken` while another order can be paid there.
    #[boxed]
    pub async fn ask_at_stand(
        &self,
        who: &Who,
        key: &str,
        stand: Id,
        order: Option<Id>,
    ) -> Result<Option<Order>, Refusal> {
        who.need(Act::Sell)?;
        let once = Once::new(key, &format!("stand/{stand}"), &order)?;
        let by = who.terminal().or(who.operator());
        self.decide(who.merchant, move |view| {
            if once.made(view)?.is_none() {
                let terminal = usable(view, stand)?;
                if let Some(id) = order {
                    let wanted = view.need::<Order, Refusal>(id)?;
                    askable(view, &terminal, &wanted)?;
                }
                let asked_at = view.now();
                view.put(StandAsk { stand, order, asked_by: by, asked_at });
                view.emit("stand.asked", stand, json!({ "order": order }));
                once.record(view, stand);
            }
            waiting(view, stand)
        })
        .await
    }

    /// Refuses another order at a stand where too many wait unpaid. Error: `stand_busy`.
    #[boxed]
    pub async fn stand_has_room(&self, stand: &Stand) -> Result<(), Refusal> {
        let open = OrderFilter {
            state: Some(OrderState::Open),
            terminal: Some(stand.terminal.id),
            from: Some(self.now().minus(self.settings.order_life)),
            limit: MOST_OPEN,
            ..OrderFilter::default()
        };
        let open = self.orders(&stand.who, &open).await?;
        if open.len() >= MOST_OPEN as usize { Err((&problems::STAND_BUSY).into()) } else { Ok(()) }
    }

    /// The channel whose wallet this browser is, by what it says of itself.
    pub fn wallet_by_agent(&self, user_agent: &str) -> Option<&'static str> {
        self.wallets().find(|(_, wallet)| user_agent.contains(wallet.agent)).map(|(code, _)| code)
    }

    /// Every channel with a wallet of its own that opens pages.
    pub fn wallets(&self) -> impl Iterator<Item = (&'static str, Wallet)> {
        self.channels.iter().filter_map(|(code, channel)| match channel {
            Channel::Remote(remote) => remote.wallet().map(|wallet| (*code, wallet)),
            Channel::Value(_) => None,
        })
    }

    /// Where a visitor of a stand is sent to be known by the wallet; nothing where the account is not set up for that. Error: `channel_closed`.
    #[boxed]
    pub async fn stand_login(
        &self,
        stand: &Stand,
        channel: &str,
        back: &str,
        state: &str,
    ) -> Result<Option<String>, Refusal> {
        let account = self.open_account_of(stand, channel).await?;
        Ok(self.line(stand.who.merchant, account).await?.login(back, state))
    }

    /// The wallet's id of a visitor who came back with a code. Errors: `channel_closed`, `channel_refused`, `channel_unavailable`.
    #[boxed]
    pub async fn stand_payer(&self, stand: &Stand, channel: &str, code: &str) -> Result<String, Refusal> {
        let account = self.open_account_of(stand, channel).await?;
        let line = self.line(stand.who.merchant, account).await?;
        line.payer(code, self.now()).await.map_err(|trouble| {
            let problem = match trouble {
                Trouble::Refused { .. } => &problems::CHANNEL_REFUSED,
                _ => &problems::CHANNEL_UNAVAILABLE,
            };
            problem.with(trouble.to_string())
        })
    }

    async fn open_account_of(&self, stand: &Stand, channel: &str) -> Result<Id, Refusal> {
        let code = channel.to_owned();
        let account = self
            .decide(stand.who.merchant, move |view| {
                let used = view.get::<ChannelUse>(code.clone())?.and_then(|u| u.account);
                let Some(id) = used else { return Ok(None) };
                Ok(view.get::<ChannelAccount>(id)?.filter(|a| a.standing == Standing::On).map(|a| a.id))
            })
            .await?;
        account.ok_or_else(|| problems::CHANNEL_CLOSED.with(format!("{channel} is not open here")))
    }

    /// 128 random bits as text, for a page to recognise its own visitor by.
    pub fn fresh_mark(&self) -> String {
        let mut bytes = [0; 16];
        self.random.fill(&mut bytes);
        format!("{:032x}", u128::from_be_bytes(bytes))
    }

    /// The key with which pages seal what they leave in a visitor's browser; only this platform has it.
    pub fn page_key(&self) -> [u8; 16] {
        self.sealer.derive(b"pages of stands")
    }
}

/// A stand that can be used now.
fn usable(view: &mut View, id: Id) -> Ruled<Terminal> {
    let terminal = view.need::<Terminal, Refusal>(id)?;
    if terminal.kind != STAND {
        return Err(Stop::Refused(
            problems::NOT_A_STAND.with(format!("terminal {id} is a {}", terminal.kind)),
        ));
    }
    if terminal.standing != Standing::On {
        return Err(Stop::Refused((&problems::TERMINAL_OFF).into()));
    }
    Ok(terminal)
}

/// Whether an order may wait at this stand.
fn askable(view: &mut View, stand: &Terminal, order: &Order) -> Ruled<()> {
    if order.site != stand.site {
        return Err(Stop::Refused(
            problems::INVALID_REQUEST
                .with(format!("order: it was made at site {}, the stand is at {}", order.site, stand.site)),
        ));
    }
    if order.state != OrderState::Open || order.expires_at <= view.now() {
        return Err(Stop::Refused(
            problems::ORDER_NOT_OPEN.with(format!("the order is {}", order.state.as_str())),
        ));
    }
    match waiting(view, stand.id)? {
        Some(other) if other.id != order.id => {
            Err(Stop::Refused(problems::STAND_TAKEN.with(format!("order {} waits at this stand", other.id))))
        }
        _ => Ok(()),
    }
}

/// The order that waits at a stand, while it can be paid.
fn waiting(view: &mut View, stand: Id) -> Ruled<Option<Order>> {
    let Some(id) = view.get::<StandAsk>(stand)?.and_then(|ask| ask.order) else { return Ok(None) };
    let now = view.now();
    let order = view.get::<Order>(id)?;
    Ok(order.filter(|o| o.state == OrderState::Open && o.expires_at > now))
}

/// Tells the shop of money that a stand brought: its screens say so with sound and sight.
pub(crate) fn tell(view: &mut View, order: &Order, attempt: &Attempt) {
    if attempt.presentment == Presentment::InApp
        && let Some(stand) = attempt.terminal
    {
        view.emit("stand.paid", order.id, json!({"stand": stand, "version": order.version}));
    }
}
