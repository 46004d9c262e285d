//! The cash machines of a demo's kiosks: simulated devices on pseudo-terminals, each with the same process beside it that a real one has, and a page
//! on which a person puts notes in and breaks things.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::{Form, Path as Segment, State};
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use cash_devices::serial::SerialPort;
use cash_devices::sim::{Insert, PrinterSimulator, Rig, Simulator};
use desk::Desk;
use desk::access::{Actor, Who};
use maud::{Markup, html};
use serde::Deserialize;
use tokio::sync::watch;
use web::design::{Page, Tone, banner};
use web::i18n::Lang;

use super::record::TerminalJson;
use crate::cash_device::{Beside, serve};
use crate::files;
use crate::out::{Failed, Outcome, While as _};

/// What the hoppers of a sample kiosk hold at the first start: value in fen, pieces. The second gives notes.
const FLOAT: [(i64, i64); 2] = [(100, 200), (1000, 40)];

/// A kiosk's machine.
struct Kiosk {
    name: String,
    screen: String,
    simulator: Simulator,
    printer: PrinterSimulator,
    /// What a person has taken out of the tray.
    said: Mutex<String>,
}

/// All machines of a demo.
#[derive(Clone)]
pub(super) struct Machines {
    kiosks: Arc<BTreeMap<String, Kiosk>>,
    stop: Arc<watch::Sender<bool>>,
}

impl Machines {
    /// Builds a machine for every kiosk that takes cash, with what the books say is in it.
    pub(super) async fn start(
        desk: &Desk,
        whos: &[Who],
        terminals: &[TerminalJson],
        base_url: &str,
        data: &Path,
    ) -> Outcome<Machines> {
        let (stop, stopped) = watch::channel(false);
        let journals = data.join("cash-devices");
        files::folder(&journals)?;
        let mut kiosks = BTreeMap::new();
        let takes_cash = |t: &&TerminalJson| t.capabilities.iter().any(|c| c == "takes_cash");
        for terminal in terminals.iter().filter(|t| t.kind == "parking_kiosk").filter(takes_cash) {
            let Some(who) = whos.iter().find(|w| w.merchant.0.to_string() == terminal.merchant) else {
                continue;
            };
            let stock = stock(desk, who, terminal).await?;
            let simulator =
                Simulator::start(Rig::yuan(&stock)).during("starting a simulated cash machine")?;
            let printer = PrinterSimulator::on_pty().during("starting a simulated printer")?;
            let beside = Beside {
                line: Box::new(SerialPort::open(simulator.path()).during("opening a pseudo-terminal")?),
                wiring: simulator.rig().wiring(),
                journal: journals.join(format!("{}.json", terminal.id)),
                url: base_url.to_owned(),
                key: terminal.key.clone(),
                printer: Some(printer.place().parse().map_err(Failed::call)?),
            };
            let stopped = stopped.clone();
            tokio::spawn(async move {
                if let Err(error) = serve(beside, stopped).await {
                    tracing::error!(?error, "a simulated cash machine stopped");
                }
            });
            let kiosk = Kiosk {
                name: terminal.name.clone(),
                screen: terminal.url.clone(),
                simulator,
                printer,
                said: Mutex::default(),
            };
            kiosks.insert(terminal.id.clone(), kiosk);
        }
        Ok(Machines { kiosks: Arc::new(kiosks), stop: Arc::new(stop) })
    }

    /// The pages.
    pub(super) fn router(&self) -> Router {
        Router::new().route("/simulator/{terminal}", get(page).post(act)).with_state(self.clone())
    }

    /// Where a kiosk's simulator is, by the terminal's id.
    pub(super) fn has(&self, terminal: &str) -> bool {
        self.kiosks.contains_key(terminal)
    }

    /// Ends the processes beside them.
    pub(super) fn stop(&self) {
        self.stop.send_replace(true);
    }
}

/// What the hoppers hold; filled at the very first start.
async fn stock(desk: &Desk, who: &Who, terminal: &TerminalJson) -> Outcome<Vec<(i64, u32)>> {
    let id = terminal.id.parse().during("reading an id")?;
    let own = Who { actor: Actor::Terminal(id), ..who.clone() };
    let mut shown = desk.machine(&own, id, None).await.during("reading a machine")?;
    if shown.machine.hoppers.0.is_empty() {
        let key = format!("demo-float-{id}");
        desk.machine_fill(who, &key, id, FLOAT.into_iter().collect()).await.during("filling a machine")?;
        shown = desk.machine(&own, id, None).await.during("reading a machine")?;
    }
    let held = |(value, _): &(i64, i64)| {
        let count = shown.machine.hoppers.0.get(value).copied().unwrap_or(0);
        (*value, u32::try_from(count).unwrap_or(0))
    };
    Ok(FLOAT.iter().map(held).collect())
}

/// What a person does.
#[derive(Debug, Deserialize)]
struct Deed {
    what: String,
    #[serde(default)]
    value: i64,
}

async fn act(
    State(machines): State<Machines>,
    Segment(terminal): Segment<String>,
    Form(deed): Form<Deed>,
) -> Response {
    let Some(kiosk) = machines.kiosks.get(&terminal) else { return StatusCode::NOT_FOUND.into_response() };
    let said = done(kiosk, &deed);
    *kiosk.said.lock().expect("no panic holds this lock") = said;
    Redirect::to(&format!("/simulator/{terminal}")).into_response()
}

fn done(kiosk: &Kiosk, deed: &Deed) -> String {
    let mut rig = kiosk.simulator.rig();
    let yuan = |fen: i64| format!("{}.{:02} 元", fen / 100, fen % 100);
    let put = |taken: Insert| match taken {
        Insert::Taken => format!("The machine took {} · 已收", yuan(deed.value)),
        Insert::Refused => format!("The machine pushed {} back · 退出", yuan(deed.value)),
    };
    match deed.what.as_str() {
        "note" => put(rig.insert_note(deed.value)),
        "coin" => put(rig.insert_coin(deed.value)),
        "take" => {
            let all = rig.empty_tray();
            format!("You took {} out of the tray · 已取走", yuan(all.iter().sum()))
        }
        "jam_return" => {
            rig.notes.jam_on_return = true;
            "The next note that goes back gets stuck · 下一张退钞将卡住".to_owned()
        }
        "jam_stack" => {
            rig.notes.jam_on_stack = true;
            "The next note that goes down gets stuck · 下一张入钞将卡住".to_owned()
        }
        "clear" => {
            rig.notes.clear_jam();
            rig.hoppers.iter_mut().for_each(cash_devices::sim::SimHopper::clear_jam);
            "Somebody freed what was stuck · 已排除卡钞".to_owned()
        }
        "power" => {
            rig.power_cut();
            "The power went and came back · 已断电重启".to_owned()
        }
        "drain" => {
            rig.hoppers.iter_mut().for_each(|h| h.stock = h.stock.min(1));
            "Somebody took pieces out of the hoppers: one is left in each · 找零箱各剩一枚".to_owned()
        }
        "full" => {
            rig.notes.capacity = rig.notes.cassette.len() + 1;
            "One more note and the cassette is full · 再收一张钞箱即满".to_owned()
        }
        "paper" => {
            let mut printer = kiosk.printer.printer();
            printer.out = !printer.out;
            let words = if printer.out {
                "The printer has no paper · 打印机缺纸"
            } else {
                "There is paper again · 已装纸"
            };
            words.to_owned()
        }
        "cover" => {
            let mut printer = kiosk.printer.printer();
            printer.cover_open = !printer.cover_open;
            let words = if printer.cover_open {
                "The printer's cover is open · 打印机盖已打开"
            } else {
                "The cover is closed · 盖已合上"
            };
            words.to_owned()
        }
        "printer" => {
            let mut printer = kiosk.printer.printer();
            printer.powered = !printer.powered;
            let words = if printer.powered {
                "The printer is on again · 打印机已开机"
            } else {
                "The printer is off · 打印机已关机"
            };
            words.to_owned()
        }
        _ => "Nothing was done".to_owned(),
    }
}

async fn page(
    State(machines): State<Machines>,
    Segment(terminal): Segment<String>,
    lang: Lang,
    uri: Uri,
) -> Response {
    let Some(kiosk) = machines.kiosks.get(&terminal) else { return StatusCode::NOT_FOUND.into_response() };
    let body = drawn(kiosk);
    Page::new(lang, &uri, "Simulated cash machine · 模拟现金机").style("console.css").show(&body)
}

fn deed(what: &str, value: i64, words: &str) -> Markup {
    html! {
        form method="post" {
            input type="hidden" name="what" value=(what);
            input type="hidden" name="value" value=(value);
            button.button.touch type="submit" data-deed=(what) data-value=(value) { (words) }
        }
    }
}

fn drawn(kiosk: &Kiosk) -> Markup {
    let said = kiosk.said.lock().expect("no panic holds this lock").clone();
    let paper = kiosk.printer.printer();
    let rig = kiosk.simulator.rig();
    let yuan = |fen: &i64| format!("{}.{:02}", fen / 100, fen % 100);
    let list = |all: &[i64]| all.iter().map(yuan).collect::<Vec<_>>().join(" · ");
    html! {
        main.alone #main { div.card.stack {
            h1 { "Simulated cash machine · 模拟现金机" }
            p { (kiosk.name) " · " a href=(kiosk.screen) target="_blank" { "screen · 缴费屏" } }
            p.muted { "The buttons stand for a person in front of the machine. The devices speak ccTalk on a pseudo-terminal, as real ones do on a serial line." }
            @if !said.is_empty() { (banner(Tone::Tell, &said, None, None)) }
            h2 { "Notes · 纸币" }
            div.row { @for value in [500, 1000, 2000, 5000, 10_000] { (deed("note", value, &format!("¥{}", value / 100))) } }
            h2 { "Coins · 硬币" }
            div.row { @for (value, words) in [(10, "1 角"), (50, "5 角"), (100, "1 元")] { (deed("coin", value, words)) } }
            h2 { "Tray · 出口" }
            p data-tray=(rig.tray.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")) { @if rig.tray.is_empty() { "empty · 空" } @else { (list(&rig.tray)) } }
            (deed("take", 0, "Take it · 取走"))
            h2 { "What goes wrong · 故障" }
            div.row {
                (deed("jam_return", 0, "jam on return · 退钞卡住")) (deed("jam_stack", 0, "jam on the way in · 入钞卡住")) (deed("clear", 0, "free it · 排除"))
                (deed("power", 0, "power cut · 断电")) (deed("drain", 0, "hoppers nearly empty · 找零箱将空")) (deed("full", 0, "cassette nearly full · 钞箱将满"))
                (deed("paper", 0, "paper out / in · 缺纸/装纸")) (deed("cover", 0, "printer cover · 打印机盖")) (deed("printer", 0, "printer off / on · 打印机开关"))
            }
            dl.facts {
                dt { "takes now · 现在可收" } dd { (list(&rig.notes.taking())) " / " (list(&rig.coins.taking())) }
                dt { "in escrow · 暂存" } dd data-escrow=(rig.notes.held().unwrap_or(0)) { (rig.notes.held().map(|v| yuan(&v)).unwrap_or_default()) }
                dt { "cassette · 钞箱" } dd { (list(&rig.notes.cassette)) }
                dt { "hoppers · 找零箱" } dd { @for h in &rig.hoppers { (yuan(&h.value)) " × " (h.stock) " " } }
                dt { "printed · 小票" } dd data-printed=(paper.slips.len()) { (paper.slips.len()) @if paper.out { " (no paper · 缺纸)" } }
            }
            @for slip in paper.slips.iter().rev().take(2) { pre { (readable(slip)) } }
        } }
    }
}

/// The letters and figures of a printed slip.
fn readable(bytes: &[u8]) -> String {
    let text: String = bytes
        .iter()
        .map(|b| if (0x20..0x7f).contains(b) || *b == b'\n' { char::from(*b) } else { ' ' })
        .collect();
    text.lines().map(str::trim).filter(|l| l.len() > 2).collect::<Vec<_>>().join("\n")
}
