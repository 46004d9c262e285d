//! The wiring: database, scenes, channels and the desk between them; then HTTP and the background work on top.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::serve::ListenerExt as _;
use desk::hooks::Post;
use desk::scene::Scene;
use desk::{Desk, Parts, Sealer};
use store::{Db, Migration, Witness};
use tokio::net::TcpListener;

use crate::out::{Failed, Outcome, While as _};
use crate::ports::{SystemClock, SystemRandom, random_bytes};
use crate::posting::Poster;
use crate::stop::{self, Stop};
use crate::watch::{self, Access, Traces, Watch};

/// How long open connections may take to end when the process stops; live streams are cut then.
const FAREWELL: Duration = Duration::from_millis(1500);

/// What a platform is made of.
#[derive(Clone)]
pub(crate) struct Plan {
    /// `sqlite:PATH`, `memory:` or `postgres://…`.
    pub(crate) database: String,
    /// This process among those on the database.
    pub(crate) node: u16,
    /// The most decisions in one transaction.
    pub(crate) group_limit: usize,
    /// Connections that write, on PostgreSQL.
    pub(crate) writers: usize,
    /// Connections that read.
    pub(crate) read_connections: usize,
    /// Limits and schedules of the desk.
    pub(crate) desk: desk::Settings,
    /// Limits of the retail scene.
    pub(crate) retail: scenes::retail::Limits,
    /// Bounds of the calls to gateways.
    pub(crate) channel_http: channels::http::HttpSettings,
    /// Signs the seals over the events.
    pub(crate) seal_seed: [u8; 32],
    /// Where traces go.
    pub(crate) traces: Traces,
}

impl Plan {
    /// A plan for this database with the usual values and a seal key nobody keeps: for commands that seal nothing.
    pub(crate) fn new(database: impl Into<String>) -> Plan {
        Plan {
            database: database.into(),
            node: 0,
            group_limit: 512,
            writers: 2,
            read_connections: 4,
            desk: desk::Settings::default(),
            retail: scenes::retail::Limits::default(),
            channel_http: channels::http::HttpSettings::default(),
            seal_seed: random_bytes(),
            traces: Traces::default(),
        }
    }
}

/// The parts that stay the same whatever is done with them.
#[derive(Clone)]
pub(crate) struct Platform {
    /// The database, migrated.
    pub(crate) db: Db,
    /// The desk.
    pub(crate) desk: Desk,
    /// What is seen of it from outside.
    pub(crate) watch: Arc<Watch>,
    /// Tells live streams that the process stops.
    stopping: Arc<tokio::sync::watch::Sender<bool>>,
}

fn scenes(plan: &Plan) -> Vec<Arc<dyn Scene>> {
    vec![Arc::new(scenes::retail::Retail::new(plan.retail.clone())), Arc::new(scenes::parking::Parking)]
}

fn channel_settings(plan: &Plan) -> channels::Settings {
    channels::Settings { http: plan.channel_http.clone(), nonce_seed: random_bytes() }
}

/// Opens a database without touching its tables.
pub(crate) async fn open_db(plan: &Plan) -> Outcome<Db> {
    open_watched(plan, None).await
}

async fn open_watched(plan: &Plan, watch: Option<Arc<Watch>>) -> Outcome<Db> {
    let mut options = store::Options::new(&plan.database, Arc::new(SystemClock), Arc::new(SystemRandom));
    options.node = plan.node;
    options.group_limit = plan.group_limit;
    options.writers = plan.writers;
    options.read_connections = plan.read_connections;
    options.witness = watch.map(|watch| watch as Arc<dyn Witness>);
    let opened = tokio::task::spawn_blocking(move || Db::open(&options)).await;
    opened.during("opening the database")?.map_err(|error| Failed::call(error.to_string()))
}

/// The steps that bring the tables of this release up to date.
pub(crate) fn rooms(plan: &Plan) -> Vec<&'static [Migration]> {
    let mut rooms: Vec<&'static [Migration]> = vec![desk::MIGRATIONS, channels::MIGRATIONS];
    rooms.extend(scenes(plan).iter().map(|scene| scene.migrations()).filter(|steps| !steps.is_empty()));
    rooms
}

impl Platform {
    /// Opens the database, brings its tables up to date and sets the desk on it. Nothing runs yet.
    pub(crate) async fn open(plan: &Plan) -> Outcome<Platform> {
        let (watch, collector) = Watch::new(&plan.traces, plan.node);
        let db = open_watched(plan, Some(watch.clone())).await?;
        if let Some(collector) = collector {
            tokio::spawn(collector.run());
        }
        db.migrate(&rooms(plan)).await.during("bringing the tables up to date")?;
        let desk = Desk::new(Parts {
            db: db.clone(),
            scenes: scenes(plan),
            channels: watch.channels(channels::all(channel_settings(plan))),
            settings: plan.desk.clone(),
            clock: Arc::new(SystemClock),
            random: Arc::new(SystemRandom),
            sealer: Sealer::from_seed(&plan.seal_seed),
        });
        let stopping = Arc::new(tokio::sync::watch::Sender::new(false));
        Ok(Platform { db, desk, watch, stopping })
    }

    /// Everything this platform answers over HTTP.
    pub(crate) fn router(&self, demo: Option<web::DemoInfo>, limits: HttpLimits) -> axum::Router {
        let mut options = web::Options::new(self.desk.settings().base_url.clone());
        options.demo = demo;
        options.scene_routes = scenes::routes();
        options.scene_screens = scenes::screens();
        options.problems = scenes::problems();
        options.problems.push(channels::cash::problems::ALL);
        options.max_body_bytes = limits.max_body_bytes;
        options.request_time_limit = limits.request_time_limit;
        options.watch = Some(self.watch.clone());
        options.stop = self.stopping.subscribe();
        web::router(self.desk.clone(), options)
    }

    /// The page for Prometheus.
    pub(crate) fn metrics(&self, access: Access) -> axum::Router {
        watch::page(self.watch.clone(), self.db.clone(), access)
    }

    /// Serves until asked to stop; then takes no more requests, lets the background work end and puts the database away.
    pub(crate) async fn run(self, listener: TcpListener, router: axum::Router, stop: Stop) -> Outcome {
        tokio::spawn({
            let (stop, stopping) = (stop.clone(), self.stopping.clone());
            async move {
                stop::asked(stop).await;
                stopping.send_replace(true);
            }
        });
        let working = self.desk.work();
        let network: Arc<dyn Post> = Arc::new(Poster::default());
        let desk = self.desk.clone();
        let posting = tokio::spawn({
            let stop = stop.clone();
            async move { desk.post_events(network, stop).await }
        });
        let served = serve(listener, router, stop).await;
        working.stop().await;
        // A post under way may take longer than anybody wants to wait; it is repeated with the same id.
        let _ = tokio::time::timeout(FAREWELL, posting).await;
        self.db.close().await;
        served
    }
}

/// Bounds of HTTP requests.
#[derive(Clone, Copy, Debug)]
pub(crate) struct HttpLimits {
    /// The largest body, in bytes.
    pub(crate) max_body_bytes: usize,
    /// How long a request may take.
    pub(crate) request_time_limit: Duration,
}

impl Default for HttpLimits {
    fn default() -> Self {
        let usual = web::Options::new("");
        HttpLimits { max_body_bytes: usual.max_body_bytes, request_time_limit: usual.request_time_limit }
    }
}

/// Takes an address. Error: it is taken, and what to do.
pub(crate) async fn listen(address: SocketAddr, option: &str) -> Outcome<TcpListener> {
    TcpListener::bind(address).await.map_err(|error| {
        let advice = match error.kind() {
            std::io::ErrorKind::AddrInUse => {
                "something listens there already: stop it, or choose another address"
            }
            std::io::ErrorKind::PermissionDenied => "ports below 1024 need a privilege: choose another port",
            _ => "choose an address of this machine",
        };
        Failed::call(format!("cannot listen on {address}: {advice} with {option} ({error})"))
    })
}

/// Serves HTTP until asked to stop. Requests under way are answered; what lasts longer than the farewell is cut.
pub(crate) async fn serve(listener: TcpListener, router: axum::Router, stop: Stop) -> Outcome {
    let listener = listener.tap_io(|stream| {
        // Small answers must not wait for more to send; a socket that cannot be told so works all the same.
        let _ = stream.set_nodelay(true);
    });
    // Who asks is known by address: the driver's pages let nobody walk through all plates.
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    let serving = axum::serve(listener, service).with_graceful_shutdown(stop::asked(stop.clone()));
    let ended = async {
        stop::asked(stop).await;
        tokio::time::sleep(FAREWELL).await;
    };
    tokio::select! {
        served = serving.into_future() => served.during("serving HTTP"),
        () = ended => Ok(()),
    }
}

/// What programs on this machine call an address: a wildcard address is reached by loopback.
pub(crate) fn reached_at(address: SocketAddr) -> String {
    let host = match address {
        SocketAddr::V4(v4) if v4.ip().is_unspecified() => "127.0.0.1".to_owned(),
        SocketAddr::V6(v6) if v6.ip().is_unspecified() => "[::1]".to_owned(),
        SocketAddr::V4(v4) => v4.ip().to_string(),
        SocketAddr::V6(v6) => format!("[{}]", v6.ip()),
    };
    format!("http://{host}:{}", address.port())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_as_programs_reach_them() {
        let cases = [
            ("127.0.0.1:8080", "http://127.0.0.1:8080"),
            ("0.0.0.0:80", "http://127.0.0.1:80"),
            ("[::]:81", "http://[::1]:81"),
            ("[::1]:82", "http://[::1]:82"),
            ("192.168.1.5:9000", "http://192.168.1.5:9000"),
        ];
        for (address, want) in cases {
            assert_eq!(reached_at(address.parse().unwrap()), want);
        }
    }
}
