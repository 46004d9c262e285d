//! The disk is full, cannot be written, or spoilt a page; the database server is away: clear words, no wrong answer, and it goes on by itself once the
//! cause is gone. And a backup that was taken under load is restored.

use std::fs::OpenOptions;
use std::io::{Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use rusqlite::Connection;
use serde_json::{Value, json};

use crate::process::{Demo, Place, demo_args, saoma};
use crate::sales;
use crate::shop::{Shop, yuan};

/// A small disk of its own; unmounted in the end.
struct Disk(PathBuf);

impl Disk {
    /// `None`, with a loud word, where this user may not mount.
    fn small(name: &str, size: &str) -> Option<Disk> {
        let folder = std::env::temp_dir().join(format!("saoma-e2e-disk-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &format!("size={size}"), "saoma-test"])
            .arg(&folder)
            .output();
        if mounted.as_ref().is_ok_and(|output| output.status.success()) {
            return Some(Disk(folder));
        }
        let _ = std::fs::remove_dir(&folder);
        let why = mounted.map_or_else(|e| e.to_string(), |o| String::from_utf8_lossy(&o.stderr).into_owned());
        let _ = writeln!(std::io::stderr(), "\nSKIPPED: a test on a small disk: {why}\n");
        None
    }

    /// Whether it may be written from now on.
    fn writable(&self, yes: bool) {
        let how = if yes { "remount,rw" } else { "remount,ro" };
        let done = Command::new("mount").args(["-o", how]).arg(&self.0).status().unwrap();
        assert!(done.success(), "{how}");
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").args(["-l"]).arg(&self.0).status();
        let _ = std::fs::remove_dir(&self.0);
    }
}

/// `/readyz`: status and what it says.
async fn ready(shop: &Shop) -> (u16, String) {
    let answer = reqwest::get(format!("{}/readyz", shop.base)).await.unwrap();
    (answer.status().as_u16(), answer.text().await.unwrap())
}

/// `/readyz` once it is what it should be.
async fn until_ready(shop: &Shop, status: u16, words: &str) {
    let began = Instant::now();
    loop {
        let (now, said) = ready(shop).await;
        if now == status && said.contains(words) {
            return;
        }
        assert!(began.elapsed() < Duration::from_secs(40), "{now}: {said}");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

/// A sale that is asked for once: what it was answered.
async fn ask_once(shop: &Shop) -> (u16, Value) {
    let body = json!({"scene": "retail", "site": shop.site, "terminal": shop.counter,
        "request": {"amount": yuan(100), "description": "Tea"}});
    let url = format!("{}/v1/orders", shop.base);
    shop.call(reqwest::Method::POST, &url, Some(&body), &shop.fresh_key()).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk() {
    let Some(disk) = Disk::small("full", "24m") else { return };
    let mut place = Place::sqlite("disk-full");
    place.database = Some(format!("sqlite:{}", disk.0.join("saoma.db").display()));
    let demo = Demo::start(place).await;
    let shop = Shop::of(&demo, false);
    sales::cash(&shop).await;
    let ballast = disk.0.join("ballast");
    fill(&ballast);
    let began = Instant::now();
    let problem = loop {
        // What was reserved before may still be written.
        let (status, answer) = ask_once(&shop).await;
        if status != 201 {
            assert_eq!(status, 503, "{answer:#}");
            break answer;
        }
        assert!(began.elapsed() < Duration::from_secs(30), "a full disk takes everything");
    };
    assert_eq!(problem["code"], "busy", "{problem:#}");
    until_ready(&shop, 503, "the disk is full").await;
    // A sale that is begun now ends once there is room, by repeating it with its keys.
    let waiting = {
        let shop = shop.clone();
        tokio::spawn(async move { sales::cash(&shop).await })
    };
    tokio::time::sleep(Duration::from_millis(500)).await;
    std::fs::remove_file(&ballast).unwrap();
    waiting.await.unwrap();
    until_ready(&shop, 200, "ready").await;
    demo.verify_is_fine();
}

/// Writes until the disk takes no more.
fn fill(path: &Path) {
    let mut file = OpenOptions::new().create(true).append(true).open(path).unwrap();
    for size in [1 << 20, 1 << 12, 1] {
        while file.write_all(&vec![7; size]).is_ok() {}
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_disk_that_cannot_be_written() {
    let Some(disk) = Disk::small("read-only", "48m") else { return };
    let mut place = Place::sqlite("disk-ro");
    let database = format!("sqlite:{}", disk.0.join("saoma.db").display());
    place.database = Some(database.clone());
    let mut demo = Demo::start(place).await;
    let shop = Shop::of(&demo, true);
    sales::cash(&shop).await;
    demo.kill();
    disk.writable(false);
    let mut args = demo_args(&demo.place.data, "127.0.0.1:0");
    args.extend(["--database", &database]);
    let refused = saoma(&args);
    let said = String::from_utf8(refused.stderr).unwrap();
    assert_eq!(refused.status.code(), Some(2), "{said}");
    assert!(said.contains("cannot be") && said.contains("rights"), "{said}");
    disk.writable(true);
    demo.again(&[]).await;
    sales::cash(&shop).await;
    demo.verify_is_fine();
}

/// Where a table's first page is, counted from 1.
fn first_page(database: &Path, table: &str) -> u64 {
    let connection = Connection::open(database).unwrap();
    let text = "select rootpage from sqlite_schema where name = ?1";
    let page: i64 = connection.query_row(text, [table], |row| row.get(0)).unwrap();
    u64::try_from(page).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_spoilt_page() {
    let mut demo = Demo::start(Place::sqlite("spoilt")).await;
    let shop = Shop::of(&demo, true);
    sales::cash(&shop).await;
    assert_eq!(demo.stop(), 0);
    let path = demo.place.data.join("saoma.db");
    let good = std::fs::read(&path).unwrap();
    let page = first_page(&path, "attempts");
    let mut file = OpenOptions::new().write(true).open(&path).unwrap();
    file.seek(SeekFrom::Start((page - 1) * 4096)).unwrap();
    file.write_all(&[0xa5; 4096]).unwrap();
    drop(file);
    let (code, summary) = demo.verify();
    assert_eq!((code, &summary["ok"]), (1, &json!(false)), "{summary:#}");
    assert!(summary["said"].as_str().unwrap().contains("the database is damaged"), "{summary:#}");
    demo.again(&[]).await;
    // What does not touch the page is answered; what does is not, and from then on the platform says so.
    let order = shop.order(100).await;
    let body = json!({"presentment": "cash", "tendered": yuan(100), "terminal": shop.counter});
    let (status, problem) = shop.attempt(&order, &body).await;
    assert_eq!((status, &problem["code"]), (503, &json!("busy")), "{problem:#}");
    until_ready(&shop, 503, "the database is damaged: restore a backup").await;
    demo.kill();
    // The backup comes back.
    for log in ["saoma.db-wal", "saoma.db-shm"] {
        let _ = std::fs::remove_file(demo.place.data.join(log));
    }
    std::fs::write(&path, &good).unwrap();
    demo.verify_is_fine();
    demo.again(&[]).await;
    sales::cash(&shop).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_taken_under_load_is_restored_on_sqlite() {
    let mut demo = Demo::start(Place::sqlite("backup")).await;
    let shop = Shop::of(&demo, false);
    let selling = {
        let shop = shop.clone();
        tokio::spawn(async move {
            for _ in 0..6 {
                sales::cash(&shop).await;
            }
        })
    };
    tokio::time::sleep(Duration::from_millis(300)).await;
    let (path, copy) = (demo.place.data.join("saoma.db"), demo.place.data.join("copy.db"));
    let target = copy.display().to_string();
    Connection::open(&path).unwrap().execute("vacuum into ?1", [&target]).unwrap();
    selling.await.unwrap();
    let checked = saoma(&["verify", "--database", &format!("sqlite:{target}")]);
    assert_eq!(checked.status.code(), Some(0), "{}", String::from_utf8_lossy(&checked.stdout));
    demo.kill();
    for log in ["saoma.db-wal", "saoma.db-shm"] {
        let _ = std::fs::remove_file(demo.place.data.join(log));
    }
    std::fs::rename(&copy, &path).unwrap();
    demo.again(&[]).await;
    sales::cash(&shop).await;
    demo.verify_is_fine();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_is_restored_on_postgres() {
    let Some(server) = store::testing::server() else { return };
    let Some(place) = Place::postgres("backup-pg") else { return };
    let mut demo = Demo::start(place).await;
    let shop = Shop::of(&demo, true);
    sales::cash(&shop).await;
    let file = demo.place.data.join("copy.dump");
    let name = |url: &str| url.rsplit_once('/').unwrap().1.split('?').next().unwrap().to_owned();
    let old = name(demo.place.database.as_ref().unwrap().split_once("?host").unwrap().0);
    server.tool("pg_dump", &["-Fc", "-d", &old], None, Some(&file));
    demo.kill();
    let fresh = server.database();
    server.tool("pg_restore", &["-d", &name(fresh.split_once("?host").unwrap().0)], Some(&file), None);
    demo.place.database = Some(fresh);
    demo.verify_is_fine();
    demo.again(&[]).await;
    sales::cash(&shop).await;
    demo.verify_is_fine();
}

/// How long the server is away; a long run says more with `SAOMA_TESTS_AWAY_SECONDS`.
fn away() -> Duration {
    let said = std::env::var("SAOMA_TESTS_AWAY_SECONDS").ok().and_then(|text| text.parse().ok());
    Duration::from_secs(said.unwrap_or(4))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_server_that_is_away() {
    let folder = PathBuf::from(format!("/tmp/saoma-away-{}", std::process::id()));
    let started = cluster::Server::start(&folder, &["max_connections=100"]);
    let had = store::testing::had(started.as_ref().map(|_| ()).map_err(String::as_str));
    let (Some(()), Ok(mut server)) = (had, started) else { return };
    let mut place = Place::sqlite("away");
    place.database = Some(server.database("saoma").unwrap());
    let demo = Demo::start(place).await;
    let shop = Shop::of(&demo, false);
    sales::cash(&shop).await;
    server.kill().unwrap();
    let (gone, stays) = (Instant::now(), away());
    until_ready(&shop, 503, "not_ready").await;
    assert_eq!(reqwest::get(format!("{}/livez", shop.base)).await.unwrap().status(), 200);
    let page = crate::seeing::page(&shop.base).await;
    assert_eq!(page["saoma_database_up"], 0.0);
    let selling = {
        let shop = shop.clone();
        tokio::spawn(async move { sales::cash(&shop).await })
    };
    let shown = {
        let shop = shop.clone();
        tokio::spawn(async move { sales::shown_and_refunded(&shop, "wechat").await })
    };
    tokio::time::sleep(stays.saturating_sub(gone.elapsed())).await;
    assert!(!selling.is_finished(), "nothing is sold without a database");
    let _server =
        tokio::task::spawn_blocking(move || server.again().map(|()| server)).await.unwrap().unwrap();
    let back = Instant::now();
    selling.await.unwrap();
    eprintln!(
        "away: {} s, selling again {} ms after it was back",
        stays.as_secs(),
        back.elapsed().as_millis()
    );
    shown.await.unwrap();
    until_ready(&shop, 200, "ready").await;
    demo.verify_is_fine();
}
