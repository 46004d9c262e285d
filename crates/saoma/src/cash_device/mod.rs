//! `saoma cash-device`: runs beside a kiosk's screen, speaks ccTalk on a serial line, and carries what happens there to the platform and back.
//!
//! The line is asked several times a second. What happened is written to the journal before anybody is told; what the platform wants is state, so
//! a lost answer or a restart changes nothing. While the platform is away nothing more is taken.

mod journal;
mod link;

use std::path::PathBuf;
use std::time::Duration;

use cash_devices::cctalk::hopper::Permit;
use cash_devices::cctalk::{Bus, Checksum, Device, Machine, Wiring};
use cash_devices::line::Line;
use cash_devices::printer::{Place, Printer};
use cash_devices::serial::SerialPort;
use cash_devices::{CashDevice, Route};
use clap::Args;

use crate::logs;
use crate::out::{Failed, Outcome, While as _, line};
use crate::ports::SystemClock;
use crate::stop::{self, Stop};
use journal::Journal;
use link::{Link, Orders};

/// How long the loop rests between two rounds.
const REST: Duration = Duration::from_millis(150);
/// So many rounds without news, and the platform is asked all the same.
const QUIET_ROUNDS: u32 = 3;
/// So many rounds, and the printer is asked how it is.
const PRINTER_ROUNDS: u32 = 12;
/// So many failed reports in a row, and nothing more is taken.
const AWAY_AFTER: u32 = 5;

/// `saoma cash-device`
#[derive(Debug, Args)]
pub(crate) struct CashDeviceArgs {
    /// The terminal's own key (`tk_…`), or a file that holds it.
    #[arg(long, env = "SAOMA_TERMINAL_KEY", hide_env_values = true)]
    terminal: String,
    /// The platform: `https://pay.example.com`.
    #[arg(long)]
    url: String,
    /// The serial line: `/dev/ttyUSB0`.
    #[arg(long)]
    serial: PathBuf,
    /// The file that remembers counters, money and facts not yet told; it must outlive a power cut.
    #[arg(long, default_value = "./cash-device.json")]
    journal: PathBuf,
    /// Two letters of the country whose money it is.
    #[arg(long, default_value = "CN")]
    country: String,
    /// The coin acceptor's address; 0 for none. `2:crc` where it protects its frames by CRC-16.
    #[arg(long, default_value = "2")]
    coins: String,
    /// The bill validator's address; 0 for none.
    #[arg(long, default_value = "40:crc")]
    notes: String,
    /// A hopper: address and what it gives in minor units, such as `3=100`. May be given several times.
    #[arg(long = "hopper")]
    hoppers: Vec<String>,
    /// The receipt printer: `/dev/usb/lp0`, `/dev/ttyS1@19200` or `tcp://10.0.0.7` (port 9100 where none is written).
    #[arg(long)]
    printer: Option<Place>,
}

/// What a machine's process is made of.
pub(crate) struct Beside {
    /// The serial line.
    pub(crate) line: Box<dyn Line>,
    /// What is on it.
    pub(crate) wiring: Wiring,
    /// Its memory.
    pub(crate) journal: PathBuf,
    /// The platform.
    pub(crate) url: String,
    /// The terminal's key.
    pub(crate) key: String,
    /// Where receipts come out, if anywhere.
    pub(crate) printer: Option<Place>,
}

/// Runs the command until it is asked to stop.
pub(crate) async fn run(args: CashDeviceArgs) -> Outcome {
    logs::start("info", false);
    let stop = stop::on_signal()?;
    let port = SerialPort::open(&args.serial).during(format_args!("opening {}", args.serial.display()))?;
    let key = match std::fs::read_to_string(&args.terminal) {
        Ok(text) => text.trim().to_owned(),
        Err(_) => args.terminal.clone(),
    };
    let beside = Beside {
        line: Box::new(port),
        wiring: wiring(&args)?,
        journal: args.journal,
        url: args.url.trim_end_matches('/').to_owned(),
        key,
        printer: args.printer,
    };
    line(format_args!("cash device on {}; stop with Ctrl-C", args.serial.display()));
    serve(beside, stop).await
}

fn wiring(args: &CashDeviceArgs) -> Outcome<Wiring> {
    let hopper = |text: &String| {
        let wrong = || Failed::call(format!("--hopper {text}: write an address and a value, such as 3=100"));
        let (address, value) = text.split_once('=').ok_or_else(wrong)?;
        let device = device("--hopper", address)?.ok_or_else(wrong)?;
        let value: i64 = value.parse().map_err(|_| wrong())?;
        if value <= 0 { Err(wrong()) } else { Ok((device, value, Permit::Serial)) }
    };
    Ok(Wiring {
        country: args.country.to_uppercase(),
        coins: device("--coins", &args.coins)?,
        notes: device("--notes", &args.notes)?,
        hoppers: args.hoppers.iter().map(hopper).collect::<Outcome<_>>()?,
    })
}

fn device(option: &str, text: &str) -> Outcome<Option<Device>> {
    let (address, checksum) = match text.split_once(':') {
        Some((address, "crc")) => (address, Checksum::Crc16),
        _ => (text, Checksum::Simple),
    };
    match address.parse::<u8>() {
        Ok(0) => Ok(None),
        Ok(address) if address > 1 => Ok(Some(Device { address, checksum })),
        _ => Err(Failed::call(format!("{option} {text}: an address is 2 to 255, such as 40 or 40:crc"))),
    }
}

/// Asks the line and the platform until it is asked to stop. The line blocks for milliseconds; that is done where it holds nobody up.
pub(crate) async fn serve(beside: Beside, stop: Stop) -> Outcome {
    let journal = Journal::open(&beside.journal, store::Clock::now(&SystemClock).0)?;
    let machine = Machine::new(Bus::new(beside.line), beside.wiring, journal.memory().clone());
    let link = Link::new(beside.url, beside.key)?;
    let mut process = Process {
        machine,
        journal,
        link,
        printer: beside.printer.map(Printer::new),
        faults: None,
        unseen: PRINTER_ROUNDS,
        failed: 0,
        quiet: QUIET_ROUNDS,
    };
    while !*stop.borrow() {
        process.round().await?;
        tokio::select! {
            () = stop::asked(stop.clone()) => break,
            () = tokio::time::sleep(REST) => {}
        }
    }
    // nobody counts what is put in from now on
    let _ = tokio::task::block_in_place(|| process.machine.accept(&[]));
    Ok(())
}

struct Process {
    machine: Machine,
    journal: Journal,
    link: Link,
    printer: Option<Printer>,
    /// What was last told to be wrong with the printer.
    faults: Option<Vec<&'static str>>,
    /// Rounds since the printer was asked.
    unseen: u32,
    failed: u32,
    quiet: u32,
}

impl Process {
    async fn round(&mut self) -> Outcome {
        let events = tokio::task::block_in_place(|| self.machine.poll());
        let mut facts: Vec<serde_json::Value> = Vec::with_capacity(events.len());
        for event in &events {
            facts.push(serde_json::to_value(event).during("writing an event")?);
        }
        self.unseen += 1;
        if self.unseen >= PRINTER_ROUNDS {
            self.unseen = 0;
            facts.extend(self.printer_news());
        }
        self.journal.keep(self.machine.memory(), facts)?;
        self.quiet += 1;
        if self.journal.untold().is_empty() && self.quiet < QUIET_ROUNDS {
            return Ok(());
        }
        self.quiet = 0;
        let equipment = self.machine.equipment();
        match self.link.report(self.journal.epoch(), &equipment, self.journal.untold()).await {
            Ok(orders) => {
                self.failed = 0;
                self.obey(orders).await
            }
            Err(error) => {
                self.failed = self.failed.saturating_add(1);
                if self.failed == AWAY_AFTER {
                    tracing::warn!(%error, "the platform is away: no more money is taken");
                    let _ = tokio::task::block_in_place(|| self.machine.accept(&[]));
                }
                Ok(())
            }
        }
    }

    async fn obey(&mut self, orders: Orders) -> Outcome {
        self.journal.told(orders.heard)?;
        tokio::task::block_in_place(|| self.drive(&orders));
        // what is on its way must be remembered before the next round sends it
        self.journal.keep(self.machine.memory(), Vec::new())?;
        for print in &orders.print {
            let Some(printer) = &mut self.printer else { break };
            let done = match self.link.receipt(&print.fulfilment, print.copy).await {
                Ok(bytes) => tokio::task::block_in_place(|| printer.print(&print.id, &bytes))
                    .map_err(|e| e.to_string()),
                Err(error) => Err(error),
            };
            if let Err(error) = done {
                tracing::warn!(%error, "a receipt was not printed; it is tried again");
                self.unseen = PRINTER_ROUNDS;
                break;
            }
            let fact = serde_json::json!({"what": "printed", "job": print.id});
            self.journal.keep(self.machine.memory(), vec![fact])?;
        }
        Ok(())
    }

    /// How the printer is, where that has changed.
    fn printer_news(&mut self) -> Option<serde_json::Value> {
        let faults = match &mut self.printer {
            Some(printer) => tokio::task::block_in_place(|| printer.status()).faults(),
            None => vec!["no_printer"],
        };
        if self.faults.as_ref() == Some(&faults) {
            return None;
        }
        let told = serde_json::json!({"what": "printer", "faults": faults});
        self.faults = Some(faults);
        Some(told)
    }

    fn drive(&mut self, orders: &Orders) {
        let told = |what: &str, result: Result<(), cash_devices::Trouble>| {
            if let Err(trouble) = result {
                tracing::warn!(%trouble, what, "the machine did not do as it was told; it is told again");
            }
        };
        told("accept", self.machine.accept(&orders.take));
        if self.machine.memory().held().is_some() {
            match orders.escrow.as_str() {
                "stack" => told("stack", self.machine.route(Route::Stack)),
                "return" => told("return", self.machine.route(Route::Return)),
                _ => {}
            }
        }
        for give in &orders.give {
            for (value, count) in &give.pieces {
                told("pay out", self.machine.pay_out(give.payout, *value, *count));
            }
        }
    }
}
