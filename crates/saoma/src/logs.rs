//! Logs: to standard error, as text or JSON lines; `RUST_LOG` overrides what is said.

use tracing_subscriber::EnvFilter;

/// Whether JSON lines are wanted where no configuration says so: `SAOMA_LOG__JSON=true`.
pub(crate) fn json_wanted() -> bool {
    std::env::var("SAOMA_LOG__JSON").is_ok_and(|value| value == "true")
}

/// Starts logging. `usual` is the filter when `RUST_LOG` is not set, such as `warn`.
pub(crate) fn start(usual: &str, json: bool) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(usual));
    let base = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    // A second call would find logging started; that is no reason to stop.
    let _ = if json { base.json().try_init() } else { base.try_init() };
}
