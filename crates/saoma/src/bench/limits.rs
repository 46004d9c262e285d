//! The plain limits of the machine: what the disk does, and what the HTTP stack does with a trivial call.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Instant;

use axum::Json;
use axum::routing::post;
use serde_json::{Value, json};

use super::figures::{Figure, Laps, Window, busy_seconds, figure};
use crate::files;
use crate::out::{Outcome, While as _};
use crate::platform;
use crate::stop::Stop;

/// Appends 4 KiB and waits until it is on disk, again and again, in the folder of the database.
pub(super) fn fsync(folder: &Path, seconds: u64) -> Outcome<Figure> {
    let path = folder.join("fsync.probe");
    let mut file = OpenOptions::new()
        .create(true)
        .append(true)
        .open(&path)
        .during(format_args!("writing {}", path.display()))?;
    let (window, mut laps, page) = (Window::of(seconds), Laps::default(), [7_u8; 4096]);
    let busy = busy_seconds();
    while window.goes_on() {
        let began = Instant::now();
        file.write_all(&page).and_then(|()| file.sync_data()).during("fdatasync")?;
        window.lap(began, &mut laps);
    }
    drop(file);
    files::remove(&path)?;
    Ok(figure("fsync", "none", 1, window, busy, &[laps]))
}

/// Serves `POST /hello` with the same stack as the platform, until asked to stop.
pub(super) async fn serve_hello(stop: Stop) -> Outcome<SocketAddr> {
    let hello = |Json(body): Json<Value>| async move { Json(json!({ "hello": body["name"] })) };
    let router = axum::Router::new().route("/hello", post(hello));
    let listener = platform::listen(SocketAddr::from(([127, 0, 0, 1], 0)), "--listen").await?;
    let address = listener.local_addr().during("reading the own address")?;
    tokio::spawn(platform::serve(listener, router, stop));
    Ok(address)
}
