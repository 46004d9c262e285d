//! `saoma verify`: walks a database, also beside a running process, and proves rules 1, 7 and 9. It writes nothing.

use std::path::{Path, PathBuf};

use serde::Serialize;
use store::Db;

use crate::cli;
use crate::config;
use crate::files;
use crate::out::{Failed, Out, Outcome, While as _};
use crate::platform::{self, Plan};

/// What was looked at, after the findings.
#[derive(Serialize)]
struct Summary {
    orders: u64,
    attempts: u64,
    refunds: u64,
    accounts: u64,
    entries: u64,
    sealed_events: u64,
    signatures_checked: bool,
    findings: usize,
    ok: bool,
}

/// Walks, tells what is wrong, and ends with 0 or 1.
pub(crate) async fn run(args: cli::Verify) -> Outcome {
    crate::logs::start("error", false);
    let out = Out::new(args.json);
    let database = read_only(address(&args.place)?)?;
    let key = seal_key(&args)?;
    let db = platform::open_db(&Plan { read_connections: 2, ..Plan::new(database) }).await?;
    let walked = walk(&db, key, out).await;
    db.close().await;
    let walk = match walked? {
        Seen::Whole(walk) => walk,
        Seen::Damaged(said) => return damaged(out, &said),
    };
    for finding in &walk.findings {
        let text = format!(
            "rule {}, merchant {}, {}: {}",
            finding.rule, finding.merchant, finding.subject, finding.what
        );
        out.result("finding", finding, text);
    }
    let summary = Summary {
        orders: walk.orders,
        attempts: walk.attempts,
        refunds: walk.refunds,
        accounts: walk.accounts,
        entries: walk.entries,
        sealed_events: walk.sealed_events,
        signatures_checked: walk.signatures_checked,
        findings: walk.findings.len(),
        ok: walk.findings.is_empty(),
    };
    let seen = format!(
        "{} orders, {} attempts, {} refunds, {} accounts, {} entries, {} sealed events{}",
        walk.orders,
        walk.attempts,
        walk.refunds,
        walk.accounts,
        walk.entries,
        walk.sealed_events,
        if walk.signatures_checked { ", signatures checked" } else { "" }
    );
    if summary.ok {
        out.summary(&summary, format_args!("fine: {seen}"));
        return Ok(());
    }
    out.summary(&summary, format_args!("{} things are wrong: {seen}", walk.findings.len()));
    Err(Failed::wrong())
}

/// What was found.
enum Seen {
    Whole(desk::verify::Walk),
    Damaged(Vec<String>),
}

/// First whether the engine can read all of it, then whether what it reads is right.
async fn walk(db: &Db, key: Option<Vec<u8>>, out: Out) -> Outcome<Seen> {
    out.progress("looking at the pages …");
    let damage = db.damage().await.during("reading the database")?;
    if !damage.is_empty() {
        return Ok(Seen::Damaged(damage));
    }
    let progress = |what: &str| out.progress(format_args!("looking at {what} …"));
    match desk::verify::walk(db, key, progress).await {
        Ok(walk) => Ok(Seen::Whole(walk)),
        Err(error) if error.to_string().contains(store::DAMAGED) => {
            Ok(Seen::Damaged(vec![error.to_string()]))
        }
        Err(error) => Err(error).during("walking the database (is it one of this platform's?)"),
    }
}

/// A page of the database does not hold what it should.
#[derive(Serialize)]
struct Damage<'a> {
    what: &'a str,
}

/// The end of a walk that could not be made.
#[derive(Serialize)]
struct NotWalked<'a> {
    ok: bool,
    findings: usize,
    what: &'a str,
}

fn damaged(out: Out, said: &[String]) -> Outcome {
    for what in said {
        out.result("damage", &Damage { what }, format_args!("damaged: {what}"));
    }
    let summary = NotWalked { ok: false, findings: said.len(), what: store::DAMAGED };
    out.summary(&summary, store::DAMAGED);
    Err(Failed::wrong())
}

/// The database that the options name.
pub(crate) fn address(place: &cli::Where) -> Outcome<String> {
    if let Some(database) = &place.database {
        return Ok(database.clone());
    }
    if let Some(config) = &place.config {
        return config::need(config)?.database();
    }
    let data = place.data.as_deref().unwrap_or(Path::new("."));
    let path = data.join("saoma.db");
    if !path.is_file() {
        return Err(Failed::call(format!(
            "there is no {}: is --data the demo's folder? Use --database where the demo used another one",
            path.display()
        )));
    }
    Ok(format!("sqlite:{}", path.display()))
}

/// The same database, opened so that SQLite itself refuses to write.
fn read_only(database: String) -> Outcome<String> {
    let Some(path) = database.strip_prefix("sqlite:") else { return Ok(database) };
    let path = PathBuf::from(path.strip_prefix("file:").unwrap_or(path));
    if !path.is_file() {
        return Err(Failed::call(format!("there is no file {}", path.display())));
    }
    let absolute = std::path::absolute(&path).during("finding the database")?;
    // The characters that mean something in an address of SQLite.
    let text = absolute.display().to_string().replace('%', "%25").replace('?', "%3f").replace('#', "%23");
    Ok(format!("sqlite:file:{text}?mode=ro"))
}

fn seal_key(args: &cli::Verify) -> Outcome<Option<Vec<u8>>> {
    let path = match (&args.seal_key, &args.place.data) {
        (Some(path), _) => path.clone(),
        (None, Some(data)) if data.join("seal.pub").is_file() => data.join("seal.pub"),
        (None, _) => return Ok(None),
    };
    let text = std::fs::read_to_string(&path).during(format_args!("reading {}", path.display()))?;
    match files::unhex(&text) {
        Some(key) if key.len() == 32 => Ok(Some(key)),
        _ => Err(Failed::call(format!("{} must hold 64 hexadecimal digits", path.display()))),
    }
}
