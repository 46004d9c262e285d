//! Tests of the configuration: what is read from where, and that everything wrong is told at once.

use std::time::Duration;

use super::load::load;
use super::*;

fn environment(pairs: &[(&str, &str)]) -> std::vec::IntoIter<(String, String)> {
    let all: Vec<(String, String)> = pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
    all.into_iter()
}

#[test]
fn an_empty_file_is_the_usual_values() {
    let (config, findings) = load("", environment(&[]));
    assert_eq!(findings, []);
    assert_eq!(config, Config::default());
    let missing: Vec<String> = config.findings().into_iter().map(|f| f.key).collect();
    assert_eq!(missing, ["base_url", "database", "seal_key_file"]);
}

#[test]
fn the_environment_comes_after_the_file() {
    let file = "listen = '127.0.0.1:9000'\nnode = 3\n[desk]\norder_life = 60000\nscan_polls = [1000, 2000]";
    let (config, findings) = load(
        file,
        environment(&[
            ("SAOMA_NODE", "4"),
            ("SAOMA_DESK__ORDER_LIFE", "120000"),
            ("SAOMA_DATABASE", "sqlite:/tmp/x.db"),
            ("SAOMA_LOG__JSON", "true"),
            ("SAOMA_TESTS_REQUIRE_ALL", "1"),
        ]),
    );
    assert_eq!(findings, []);
    assert_eq!(config.node, 4);
    assert_eq!(config.listen.port(), 9000);
    assert_eq!(config.desk.order_life, Duration::from_secs(120));
    assert_eq!(config.desk.scan_polls, [Duration::from_secs(1), Duration::from_secs(2)]);
    assert_eq!(config.database, "sqlite:/tmp/x.db");
    assert!(config.log.json);
}

#[test]
fn everything_wrong_is_told_at_once() {
    let file =
        "listen = 'here'\nnod = 3\n[desk]\norder_lief = 1\nmax_amount = 'much'\n[http]\nmax_body_bytes = -1";
    let (config, findings) = load(file, environment(&[("SAOMA_STORE__WRITERS", "two")]));
    let keys: Vec<&str> = findings.iter().map(|f| f.key.as_str()).collect();
    for key in ["listen", "nod", "desk.order_lief", "desk.max_amount", "http.max_body_bytes", "store.writers"]
    {
        assert!(keys.contains(&key), "{key} is not among {keys:?}");
    }
    assert_eq!(keys.len(), 6);
    assert_eq!(config, Config::default(), "what cannot be read keeps its usual value");
}

#[test]
fn text_that_is_not_toml_is_a_finding() {
    let (_, findings) = load("listen = [", environment(&[]));
    assert_eq!(findings.len(), 1);
    assert_eq!(findings[0].key, "(file)");
}

type Spoil = fn(&mut Config);

#[test]
fn values_that_do_not_fit_each_other() {
    let cases: [(Spoil, &str); 7] = [
        (|c| c.base_url = "http://pay.example.com".into(), "base_url"),
        (|c| c.base_url = "https://pay.example.com/".into(), "base_url"),
        (|c| c.database_file = "x".into(), "database"),
        (|c| c.node = 1023, "node"),
        (|c| c.store.writers = 0, "store.writers"),
        (|c| c.http.max_body_bytes = 1, "http.max_body_bytes"),
        (|c| c.desk.in_doubt_bound = Duration::ZERO, "desk"),
    ];
    let good = || {
        let mut config = Config {
            base_url: "https://pay.example.com".into(),
            database: "sqlite:x".into(),
            seal_key_file: "k".into(),
            ..Config::default()
        };
        config.desk.base_url = config.base_url.clone();
        config
    };
    assert_eq!(good().findings(), []);
    for (spoil, key) in cases {
        let mut config = good();
        spoil(&mut config);
        let keys: Vec<String> = config.findings().into_iter().map(|f| f.key).collect();
        assert_eq!(keys, [key]);
    }
}
