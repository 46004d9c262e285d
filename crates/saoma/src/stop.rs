//! When to stop: SIGINT or SIGTERM. A second signal ends the process at once; what was acknowledged is on disk by then.

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

use crate::out::{Outcome, While as _, note};

/// Becomes true when the process is asked to stop.
pub(crate) type Stop = watch::Receiver<bool>;

/// Starts listening for the signals.
pub(crate) fn on_signal() -> Outcome<Stop> {
    let mut interrupt = signal(SignalKind::interrupt()).during("listening for SIGINT")?;
    let mut terminate = signal(SignalKind::terminate()).during("listening for SIGTERM")?;
    let (sender, stop) = watch::channel(false);
    tokio::spawn(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        note("saoma: stopping; what is under way is finished at the next start");
        sender.send_replace(true);
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        std::process::exit(130);
    });
    Ok(stop)
}

/// Waits until the process is asked to stop.
pub(crate) async fn asked(mut stop: Stop) {
    // An error means that nobody can ask any more; then nobody waits for the answer either.
    let _ = stop.wait_for(|stop| *stop).await;
}
