//! TLS to a real PostgreSQL: each `sslmode` against a server with a certificate, one with another certificate, and one with none.

#![allow(clippy::unwrap_used, missing_docs, reason = "these are tests")]

mod common;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use cluster::Server;
use common::{MIGRATIONS, No};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use store::testing::{ManualClock, SeededRandom, had};
use store::{Db, Id, Merchant, Options, Stop, View};

/// Somebody who signs certificates: the certificate, and one signed with it for `localhost` with its key.
fn signer(name: &str) -> (String, String, String) {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.distinguished_name.push(rcgen::DnType::CommonName, name);
    let key = KeyPair::generate().unwrap();
    let root = params.self_signed(&key).unwrap().pem();
    let issuer = Issuer::new(params, key);
    let server = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    let server_key = KeyPair::generate().unwrap();
    let certificate = server.signed_by(&server_key, &issuer).unwrap().pem();
    (root, certificate, server_key.serialize_pem())
}

struct Rig {
    server: Server,
    plain: Server,
    right: PathBuf,
    wrong: PathBuf,
}

fn rig() -> Option<Rig> {
    let folder = Path::new("/tmp").join(format!("saoma-tls-{}", std::process::id()));
    let (root, certificate, key) = signer("the right one");
    let started = Server::start_tcp(&folder, cluster::FAST, Some((&certificate, &key)))
        .and_then(|server| Ok((server, Server::start_tcp(&folder.join("plain"), cluster::FAST, None)?)));
    let (server, plain) = match started {
        Ok(servers) => servers,
        Err(why) => return had(Err(&why)),
    };
    let file = |name: &str| std::env::temp_dir().join(format!("saoma-{name}-{}.pem", std::process::id()));
    let (right, wrong) = (file("right"), file("wrong"));
    std::fs::write(&right, root).unwrap();
    std::fs::write(&wrong, signer("another").0).unwrap();
    Some(Rig { server, plain, right, wrong })
}

/// Opens the store, writes, reads; whether the line was under TLS.
async fn opened(url: &str) -> Result<bool, String> {
    let options =
        Options::new(url.to_owned(), Arc::new(ManualClock::default()), Arc::new(SeededRandom::new(1)));
    let db =
        tokio::task::spawn_blocking(move || Db::open(&options)).await.unwrap().map_err(|e| e.to_string())?;
    db.migrate(&[MIGRATIONS]).await.unwrap();
    let emit = |view: &mut View| -> Result<(), Stop<No>> {
        view.emit("tls.tried", Id(1), serde_json::json!({}));
        Ok(())
    };
    db.decide(Merchant(Id(7)), emit).await.unwrap();
    let text = "select cast(case when ssl then 1 else 0 end as bigint) from pg_stat_ssl where pid = pg_backend_pid()";
    let under = db.read(move |sql| sql.query(text, &[])?[0].get::<bool>(0)).await.unwrap();
    db.close().await;
    Ok(under)
}

#[tokio::test(flavor = "multi_thread")]
async fn every_sslmode_means_what_it_says() {
    let Some(rig) = rig() else { return };
    let (right, wrong) = (rig.right.display().to_string(), rig.wrong.display().to_string());
    let check = async |host: &str, asked: String, want: Result<bool, &str>| {
        let url = match host {
            "plain" => rig.plain.tcp_url("localhost", "postgres"),
            _ => rig.server.tcp_url(host, "postgres"),
        };
        let url = if asked.is_empty() { url } else { format!("{url}?{asked}") };
        match (opened(&url).await, want) {
            (Ok(under), Ok(want)) => assert_eq!(under, want, "{host} {asked}"),
            (Err(said), Err(want)) => assert!(said.contains(want), "{host} {asked}: {said}"),
            (got, want) => panic!("{host} {asked}: {got:?} instead of {want:?}"),
        }
    };
    check("localhost", String::new(), Ok(true)).await;
    check("localhost", "sslmode=disable".to_owned(), Ok(false)).await;
    check("localhost", "sslmode=prefer".to_owned(), Ok(true)).await;
    check("127.0.0.1", "sslmode=require".to_owned(), Ok(true)).await;
    check("127.0.0.1", format!("sslmode=require&sslrootcert={right}"), Ok(true)).await;
    check("127.0.0.1", format!("sslmode=require&sslrootcert={wrong}"), Err("UnknownIssuer")).await;
    check("127.0.0.1", format!("sslmode=verify-ca&sslrootcert={right}"), Ok(true)).await;
    check("localhost", format!("sslmode=verify-ca&sslrootcert={wrong}"), Err("UnknownIssuer")).await;
    check("localhost", format!("sslmode=verify-full&sslrootcert={right}"), Ok(true)).await;
    check("127.0.0.1", format!("sslmode=verify-full&sslrootcert={right}"), Err("not valid for name")).await;
    check("localhost", format!("sslmode=verify-full&sslrootcert={wrong}"), Err("UnknownIssuer")).await;
    check(
        "localhost",
        "sslmode=verify-full&sslrootcert=/nowhere.pem".to_owned(),
        Err("sslrootcert=/nowhere.pem"),
    )
    .await;
    check("localhost", "sslmode=always".to_owned(), Err("verify-full")).await;
    check("plain", String::new(), Ok(false)).await;
    check("plain", "sslmode=require".to_owned(), Err("does not support TLS")).await;
    check("plain", format!("sslmode=verify-full&sslrootcert={right}"), Err("does not support TLS")).await;
    let _ = (std::fs::remove_file(&rig.right), std::fs::remove_file(&rig.wrong));
}
