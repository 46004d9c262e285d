//! `saoma bench parking`: quotes on one core, look-ups by misread plates in memory and on the database, camera events that are durable
//! when they are answered, and the peak hour of a hundred lanes replayed: every car comes in, pays and leaves.

use std::sync::Arc;
use std::time::Instant;

use cluster::{DURABLE, Server};
use desk::rows::{AttemptState, Presentment};
use desk::{AttemptAsk, NewOrder, NewSite, NewTerminal, Sale, Who};
use futures_util::future::try_join_all;
use money::{Currency, Money};
use scenes::parking::bench::{Lookups, Plates, Quotes, fill};
use scenes::parking::cameras::{Reading, Said};
use scenes::parking::lanes::{self, Answer, Seen};
use scenes::parking::places::{self, LaneAsk, ParkAsk};
use scenes::parking::rows::{Direction, ParkOptions, StayState};
use scenes::parking::{samples, stays};
use serde::Serialize;
use serde_json::json;
use store::{Id, Millis};

use super::figures::{Figure, Laps, Window, busy_seconds, figure};
use super::load::fresh_key;
use crate::cli::{BenchParking, Engine};
use crate::out::{Failed, Out, Outcome, While as _};
use crate::platform::{Plan, Platform};
use crate::{files, logs};

const PARTS: [&str; 5] = ["quotes", "index", "lookups", "cameras", "peak"];
/// Stays that one decision writes while the database is filled.
const AT_ONCE: usize = 400;
/// Lanes of the peak hour, half of them exits, and cars an hour at an exit where half of them pay there (facts of the mission).
const LANES: usize = 100;
const CARS_PER_EXIT: usize = 111;

/// What was reached.
#[derive(Default, Serialize)]
struct Summary {
    engine: &'static str,
    stays: u64,
    figures: Vec<Figure>,
}

/// Measures and tells.
pub(super) async fn run(mut args: BenchParking) -> Outcome {
    args.engine = args.engine.behind(args.database.as_deref());
    let args = &args;
    logs::start("error", false);
    let out = Out::new(args.json);
    if let Some(odd) = args.parts.iter().find(|part| !PARTS.contains(&part.as_str())) {
        return Err(Failed::call(format!("--parts {odd:?}: write some of {}", PARTS.join(", "))));
    }
    let folder = std::env::temp_dir().join(format!("saoma-bench-parking-{}", std::process::id()));
    files::folder(&folder)?;
    let own = args.engine == Engine::Postgres && args.database.is_none();
    let server = own.then(|| Server::start(&folder.join("postgres"), DURABLE)).transpose();
    let measured = match server {
        Ok(server) => {
            let database = match (&args.database, &server) {
                (Some(database), _) => Ok(database.clone()),
                (None, Some(server)) => server.database("parking").map_err(Failed::call),
                (None, None) => Ok(format!("sqlite:{}", folder.join("parking.db").display())),
            };
            match database {
                Ok(database) => measure(args, &database, out).await,
                Err(failed) => Err(failed),
            }
        }
        Err(why) => Err(Failed::call(why)),
    };
    files::remove(&folder)?;
    let summary = measured?;
    out.summary(&summary, format!("{} figures on {}", summary.figures.len(), summary.engine));
    Ok(())
}

async fn measure(args: &BenchParking, database: &str, out: Out) -> Outcome<Summary> {
    let mut summary = Summary { engine: args.engine.name(), stays: args.stays, ..Summary::default() };
    let wants = |part: &str| args.parts.is_empty() || args.parts.iter().any(|wanted| wanted == part);
    let mut tell = |figure: Figure| {
        out.result("figure", &figure, figure.text());
        summary.figures.push(figure);
    };
    if wants("quotes") {
        tell(quotes(args.seconds)?);
    }
    if wants("index") {
        tell(index(args.stays, args.seconds));
    }
    if ["lookups", "cameras", "peak"].iter().any(|part| wants(part)) {
        let platform = Platform::open(&Plan::new(database)).await?;
        let place = Arc::new(Place::set_up(platform).await?);
        if wants("cameras") {
            tell(place.cameras(args).await?);
        }
        if wants("peak") {
            tell(place.peak(args, out).await?);
        }
        if wants("lookups") {
            place.fill(args.stays, out).await?;
            tell(place.lookups(args).await?);
        }
        place.platform.db.close().await;
    }
    Ok(summary)
}

/// Quotes on one core, a thousand at a time.
fn quotes(seconds: u64) -> Outcome<Figure> {
    const TURN: u64 = 1000;
    let quotes = Quotes::new().ok_or_else(|| Failed::call("the delivered tariff cannot be read"))?;
    let window = Window::of(seconds);
    let (mut laps, busy, mut sum) = (Laps::default(), busy_seconds(), 0);
    while window.goes_on() {
        let began = Instant::now();
        sum += quotes.run(TURN);
        window.lap(began, &mut laps);
    }
    if sum <= 0 {
        return Err(Failed::call("the quotes came to nothing"));
    }
    let mut figure = figure("quotes", "none", 1, window, busy, &[laps]);
    figure.per_second *= TURN as f64;
    figure.count *= TURN as usize;
    Ok(figure)
}

/// Look-ups in memory, on one core.
fn index(plates: u64, seconds: u64) -> Figure {
    let lookups = Lookups::new(plates);
    let window = Window::of(seconds);
    let (mut laps, busy) = (Laps::default(), busy_seconds());
    for question in 0.. {
        if !window.goes_on() {
            break;
        }
        let began = Instant::now();
        std::hint::black_box(lookups.ask(question));
        window.lap(began, &mut laps);
    }
    figure("index", "none", 1, window, busy, &[laps])
}

/// A car park with a hundred lanes and a till.
struct Place {
    platform: Platform,
    who: Who,
    site: Id,
    entries: Vec<Id>,
    exits: Vec<Id>,
    till: Id,
}

impl Place {
    async fn set_up(platform: Platform) -> Outcome<Place> {
        let desk = platform.desk.clone();
        let merchant = desk.create_merchant("Bench parking", Currency::CNY).await.during("a merchant")?;
        let who = Who::system(merchant);
        let new = NewSite { name: "Site".to_owned(), zone: None, cut_off_minutes: 0, address: String::new() };
        let site = desk.create_site(&who, new).await.during("a site")?.id;
        let park = ParkAsk {
            name_en: "Bench".to_owned(),
            name_zh: "测试".to_owned(),
            spaces: 1_000_000,
            latitude: 0,
            longitude: 0,
            options: ParkOptions::default(),
        };
        places::set_park(&desk, &who, site, park).await.during("a car park")?;
        let tariff = samples::text("demo_mall").unwrap_or_default();
        let since = Millis(1_735_660_800_000);
        places::add_tariff(&desk, &who, "tariff", site, tariff, since).await.during("a tariff")?;
        let (mut entries, mut exits) = (Vec::new(), Vec::new());
        for number in 0..LANES {
            let direction = if number % 2 == 0 { Direction::Entry } else { Direction::Exit };
            let ask = LaneAsk {
                site,
                name: format!("Lane {number}"),
                gate: format!("gate {number}"),
                direction: direction.clone(),
                barrier: None,
                camera: String::new(),
                schedule: Vec::new(),
                latitude: 0,
                longitude: 0,
            };
            let lane =
                places::add_lane(&desk, &who, &format!("lane-{number}"), ask).await.during("a lane")?;
            if direction == Direction::Entry { entries.push(lane.id) } else { exits.push(lane.id) }
        }
        let capabilities = ["takes_cash", "gives_change"].map(str::to_owned).to_vec();
        let new = NewTerminal {
            site,
            name: "Till".to_owned(),
            kind: "counter".to_owned(),
            capabilities,
            unattended: true,
        };
        let till = desk.create_terminal(&who, new).await.during("a till")?.id;
        Ok(Place { platform, who, site, entries, exits, till })
    }

    /// Fills the car park.
    async fn fill(&self, count: u64, out: Out) -> Outcome {
        let mut plates = Plates::new(11);
        let (mut done, began) = (0, Instant::now());
        while done < count {
            let some: Vec<Vec<String>> =
                (0..4).map(|_| (0..AT_ONCE).map(|_| plates.next_plate()).collect()).collect();
            let site = self.site;
            let writing = some.into_iter().map(|plates| {
                self.platform.desk.decide(self.who.merchant, move |view| {
                    fill(view, site, &plates);
                    Ok(())
                })
            });
            try_join_all(writing).await.during("filling the car park")?;
            done += 4 * AT_ONCE as u64;
            if done % 100_000 < 4 * AT_ONCE as u64 {
                out.progress(format_args!(
                    "{done} of {count} cars inside after {} s",
                    began.elapsed().as_secs()
                ));
            }
        }
        Ok(())
    }

    /// Look-ups by misread plates on the database, one after the other.
    async fn lookups(&self, args: &BenchParking) -> Outcome<Figure> {
        let mut plates = Plates::new(11);
        let step = (args.stays / 500).max(1);
        let mut asked = Vec::new();
        for number in 0..args.stays {
            let plate = plates.next_plate();
            if number % step == 0 {
                asked.push(plate);
            }
        }
        let mut other = Plates::new(5);
        let asked: Vec<String> = asked.iter().map(|plate| other.misread(plate)).collect();
        let window = Window::of(args.seconds);
        let (mut laps, busy) = (Laps::default(), busy_seconds());
        let mut found = 0_usize;
        for plate in asked.iter().cycle() {
            if !window.goes_on() {
                break;
            }
            let began = Instant::now();
            let all =
                stays::lookup(&self.platform.desk, &self.who, self.site, plate).await.during("a look-up")?;
            window.lap(began, &mut laps);
            found += all.len();
        }
        if found == 0 {
            return Err(Failed::call("no look-up found anything"));
        }
        Ok(figure("lookups", args.engine.name(), 1, window, busy, &[laps]))
    }

    async fn seen(&self, lane: Id, plate: &str, said: Said, fact: bool) -> Outcome<Answer> {
        let reading = Reading { plate: plate.to_owned(), confidence: Some(97), said, ..Reading::default() };
        let seen = Seen { lane, source: "bench".to_owned(), reading, fact };
        lanes::see(&self.platform.desk, &self.who, seen).await.during("a camera's event")
    }

    /// Entries that cameras tell: each is a stay, its keys, a sighting, a passage, a command and events, durable when answered.
    async fn cameras(self: &Arc<Self>, args: &BenchParking) -> Outcome<Figure> {
        let window = Window::of(args.seconds);
        let callers = (0..args.callers).map(|caller| {
            let place = self.clone();
            tokio::spawn(async move {
                let mut plates = Plates::new(1000 + caller as u64);
                let mut laps = Laps::default();
                while window.goes_on() {
                    let lane = place.entries[laps.len() % place.entries.len()];
                    let began = Instant::now();
                    place.seen(lane, &plates.next_plate(), Said::Nothing, false).await?;
                    window.lap(began, &mut laps);
                }
                Ok::<Laps, Failed>(laps)
            })
        });
        let callers: Vec<_> = callers.collect();
        let busy = window.busy_at_start().await;
        let mut all = Vec::new();
        for caller in callers {
            all.push(caller.await.during("a caller")??);
        }
        Ok(figure("cameras", args.engine.name(), args.callers, window, busy, &all))
    }

    /// The peak hour: at each of fifty exits a line of cars that came two hours ago. Half of them have paid at a machine, the others pay at the
    /// lane's own code; each leaves by its camera. Replayed without waiting.
    async fn peak(self: &Arc<Self>, args: &BenchParking, out: Out) -> Outcome<Figure> {
        let (began, busy) = (Instant::now(), busy_seconds());
        let lines = (0..self.exits.len()).map(|number| {
            let place = self.clone();
            tokio::spawn(async move { place.line_of_cars(number).await })
        });
        let lines: Vec<_> = lines.collect();
        let mut all = Vec::new();
        for line in lines {
            all.push(line.await.during("a line of cars")??);
        }
        let took = began.elapsed();
        let cars: usize = all.iter().map(Laps::len).sum();
        let inside = self.left_behind().await?;
        if inside > 0 {
            return Err(Failed::call(format!("{inside} cars of the peak hour are still inside")));
        }
        out.say(format_args!(
            "peak: {cars} cars of an hour at {LANES} lanes came, paid and left in {:.1} s",
            took.as_secs_f64()
        ));
        let window = Window::of(1);
        let mut figure = figure("peak", args.engine.name(), self.exits.len(), window, busy, &all);
        figure.per_second = super::figures::round(cars as f64 / took.as_secs_f64(), 1.0);
        figure.cores = super::figures::round((busy_seconds() - busy) / took.as_secs_f64(), 100.0);
        Ok(figure)
    }

    /// Every car of one exit, from its entry until the barrier opened.
    async fn line_of_cars(&self, number: usize) -> Outcome<Laps> {
        let mut laps = Laps::default();
        let came = Millis(self.platform.desk.now().0 - 2 * 3_600_000);
        for car in 0..CARS_PER_EXIT {
            let began = Instant::now();
            let plate = format!("湘{}{number:02}{car:03}", char::from(b'A' + (car % 8) as u8));
            let entry = self.seen(self.entries[number], &plate, Said::Moment(came), true).await?;
            let stay = entry.stay.ok_or_else(|| Failed::call("an entry without a stay"))?;
            if car % 2 == 0 {
                self.pay(json!({"stay": stay})).await?;
            }
            let lane = self.exits[number];
            let exit = self.seen(lane, &plate, Said::Nothing, false).await?;
            let opened = match exit.outcome.as_str() {
                "opened" => true,
                "unpaid" => self.pay(json!({"lane": lane})).await?,
                other => return Err(Failed::call(format!("{plate} at the exit: {other}"))),
            };
            debug_assert!(opened);
            laps.push(began.elapsed());
        }
        Ok(laps)
    }

    async fn pay(&self, request: serde_json::Value) -> Outcome<bool> {
        let desk = &self.platform.desk;
        let sale =
            Sale { scene: "parking".to_owned(), site: Some(self.site), terminal: Some(self.till), request };
        let made =
            desk.create_order(&self.who, &fresh_key(), NewOrder::Sale(sale)).await.during("an order")?;
        let ask = AttemptAsk {
            presentment: Presentment::Cash,
            channel: None,
            payer_code: None,
            tendered: Some(Money::fen(made.order.due)),
            terminal: Some(self.till),
            data: serde_json::Value::Null,
        };
        let paid = desk.attempt(&self.who, &fresh_key(), made.order.id, ask).await.during("a payment")?;
        Ok(paid.state == AttemptState::Succeeded)
    }

    async fn left_behind(&self) -> Outcome<i64> {
        let inside = StayState::Inside.to_string();
        let count = self.platform.db.read(move |sql| {
            let text = "select count(*) from parking_stays where state = $1 and plate like '湘%'";
            sql.query(text, &[&inside])?.first().map_or(Ok(0), |row| row.get(0))
        });
        count.await.during("counting who is inside")
    }
}
