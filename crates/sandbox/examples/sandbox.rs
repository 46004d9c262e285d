//! Runs a sandbox alone: `cargo run -p sandbox --example sandbox -- 127.0.0.1:8701 /tmp/sandbox [--strict]`.
#![allow(clippy::print_stdout)]

use std::sync::Arc;

struct SystemClock;

impl sandbox::Clock for SystemClock {
    fn now_ms(&self) -> i64 {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [listen, data, ..] = arguments.as_slice() else {
        return Err("usage: sandbox ADDRESS FOLDER [--strict]".into());
    };
    let mut options = sandbox::Options::new(listen.parse()?, data, Arc::new(SystemClock));
    options.strict = arguments.iter().any(|argument| argument == "--strict");
    let running = sandbox::Sandbox::start(options).await?;
    println!("{} (telephone: {})", running.base_url, running.json.phone_url);
    tokio::signal::ctrl_c().await?;
    running.stop().await;
    Ok(())
}
