//! The command line: starting again, what is refused and with which words, and setting a real installation up.

use serde_json::Value;

use crate::process::{Demo, Place, demo_args, saoma};
use crate::shop::Shop;

fn lines(output: &std::process::Output) -> Vec<Value> {
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("not JSON: {line}")))
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_start_finds_everything_and_a_fresh_one_nothing() {
    let mut demo = Demo::start(Place::sqlite("again")).await;
    let first = demo.json.clone();
    let (taken, folder) = (format!("127.0.0.1:{}", port_of(&first["base_url"])), demo.place.data.clone());
    let elsewhere = Place::sqlite("elsewhere");
    for (args, word) in
        [(demo_args(&elsewhere.data, &taken), "--listen"), (demo_args(&folder, "127.0.0.1:0"), "in use")]
    {
        let refused = saoma(&args);
        assert_eq!(refused.status.code(), Some(2));
        let said = String::from_utf8(refused.stderr).unwrap();
        assert!(said.contains(word), "{said}");
    }
    let order = Shop::of(&demo, true).order(100).await;
    assert_eq!(demo.stop(), 0);
    demo.again(&[]).await;
    for stays in ["base_url", "sandbox_url", "api_key", "merchants", "sites", "operators"] {
        assert_eq!(demo.json[stays], first[stays], "{stays}");
    }
    let ids = |json: &Value| -> Vec<(Value, Value)> {
        let all = json["terminals"].as_array().unwrap();
        all.iter().map(|t| (t["id"].clone(), t["key"].clone())).collect()
    };
    assert_eq!(ids(&demo.json), ids(&first), "terminals keep their keys");
    assert_eq!(Shop::of(&demo, true).look(&order).await["state"], "open");
    assert_eq!(demo.stop(), 0);
    demo.again(&["--fresh"]).await;
    assert_ne!(demo.json["merchants"], first["merchants"]);
    assert_eq!(Shop::of(&demo, true).get(&format!("/v1/orders/{order}")).await.0, 404, "it was never made");
}

fn port_of(url: &Value) -> String {
    url.as_str().unwrap().rsplit(':').next().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn demo_json_says_what_programs_need_and_merchants_are_apart() {
    let demo = Demo::start(Place::sqlite("apart")).await;
    let json = &demo.json;
    for list in ["merchants", "sites", "terminals"] {
        for row in json[list].as_array().unwrap() {
            for field in ["id", "name", "kind", "merchant"] {
                assert!(row[field].is_string(), "{list}: {field} of {row:#}");
            }
        }
    }
    for row in json["operators"].as_array().unwrap() {
        assert!(["name", "password", "role"].iter().all(|f| row[f].is_string()), "{row:#}");
    }
    assert_eq!(json["api_key"], json["merchants"][0]["api_key"]);
    let sandbox: Value =
        serde_json::from_slice(&std::fs::read(json["sandbox_json"].as_str().unwrap()).unwrap()).unwrap();
    assert_eq!(sandbox["base_url"], json["sandbox_url"]);
    let (one, other) = (Shop::numbered(&demo, 0, true), Shop::numbered(&demo, 1, true));
    let order = one.order(300).await;
    assert_eq!(other.get(&format!("/v1/orders/{order}")).await.0, 404);
    let cash = serde_json::json!({"presentment": "cash", "tendered": crate::shop::yuan(300), "terminal": other.counter});
    assert_eq!(other.attempt(&order, &cash).await.0, 404);
    let foreign = one.attempt(&order, &cash).await;
    assert!((400..500).contains(&foreign.0), "another merchant's drawer: {foreign:?}");
    let mine = one.get("/v1/orders").await.1.to_string();
    let theirs = other.get("/v1/orders").await.1.to_string();
    assert!(mine.contains(&order) && !theirs.contains(&order));
    let on_stand =
        serde_json::json!({"presentment": "cash", "tendered": crate::shop::yuan(300), "terminal": one.stand});
    let refused = one.attempt(&order, &on_stand).await;
    assert!((400..500).contains(&refused.0), "a stand takes no cash: {refused:?}");
}

#[test]
fn an_installation_is_set_up_from_the_command_line_and_checked() {
    let place = Place::sqlite("installation");
    std::fs::create_dir_all(&place.data).unwrap();
    let at = |name: &str| place.data.join(name).display().to_string();
    let config = at("saoma.toml");
    std::fs::write(&config, "base_url = 'http://pay.example.com'\nnod = 1\n[desk]\nmax_amount = 'much'\n")
        .unwrap();
    let check = saoma(&["serve", "--config", &config, "--check", "--json"]);
    assert_eq!(check.status.code(), Some(1));
    let said = lines(&check);
    let keys: Vec<&str> = said.iter().filter_map(|l| l["key"].as_str()).collect();
    for key in ["base_url", "nod", "desk.max_amount", "database", "seal_key_file"] {
        assert!(keys.contains(&key), "{key} is not among {keys:?}");
    }
    assert_eq!(said.last().unwrap()["type"], "summary");
    assert_eq!(saoma(&["serve", "--config", &config]).status.code(), Some(2), "it does not start either");

    std::fs::write(at("seal.key"), "07".repeat(32)).unwrap();
    let database = format!("sqlite:{}", at("real.db"));
    let text = format!(
        "base_url = 'https://pay.example.com'\ndatabase = '{database}'\nseal_key_file = '{}'\nlisten = '127.0.0.1:0'\n",
        at("seal.key")
    );
    std::fs::write(&config, text).unwrap();
    let check = saoma(&["serve", "--config", &config, "--check", "--json"]);
    assert_eq!(check.status.code(), Some(1));
    assert_eq!(lines(&check)[0]["key"], "merchants");

    let made = |args: &[&str]| -> Value {
        let mut all = args.to_vec();
        all.extend(["--config", &config, "--json"]);
        let output = saoma(&all);
        assert_eq!(output.status.code(), Some(0), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
        let said = lines(&output);
        assert_eq!(said.last().unwrap()["type"], "summary");
        said[0].clone()
    };
    let id = |value: &Value| value["id"].as_str().unwrap().to_owned();
    let merchant = id(&made(&["merchant", "add", "--name", "Corner Shop"]));
    let site = id(&made(&["site", "add", "--merchant", &merchant, "--name", "Corner"]));
    let operator = made(&["operator", "add", "--merchant", &merchant, "--name", "ada", "--role", "owner"]);
    assert!(operator["password"].as_str().unwrap().len() >= 8, "a password was made");
    let terminal = made(&[
        "terminal",
        "add",
        "--merchant",
        &merchant,
        "--site",
        &site,
        "--name",
        "Till",
        "--kind",
        "counter",
        "--can",
        "shows_code,takes_cash",
    ]);
    assert!(terminal["enrolment_code"].is_string());
    let key = made(&["operator", "key", "--merchant", &merchant, "--name", "partner"]);
    assert!(key["api_key"].as_str().unwrap().starts_with("sk_"));
    made(&["terminal", "off", "--merchant", &merchant, "--terminal", &id(&terminal)]);
    assert_eq!(made(&["merchant", "list"])["id"], merchant);
    let check = saoma(&["serve", "--config", &config, "--check"]);
    assert_eq!(check.status.code(), Some(0), "{}", String::from_utf8_lossy(&check.stdout));
    for (args, word) in [
        (vec!["operator", "add", "--merchant", &merchant, "--name", "ada", "--role", "owner"], "name_taken"),
        (
            vec!["operator", "add", "--merchant", &merchant, "--name", "bob", "--role", "king"],
            "owner, manager",
        ),
        (vec!["site", "list", "--merchant", "0000000000000"], "merchant list"),
    ] {
        let mut all = args.clone();
        all.extend(["--config", &config]);
        let refused = saoma(&all);
        assert_eq!(refused.status.code(), Some(2), "{args:?}");
        let said = String::from_utf8(refused.stderr).unwrap();
        assert!(said.contains(word), "{said}");
    }
    let verified = saoma(&["verify", "--database", &database]);
    assert_eq!(verified.status.code(), Some(0));
}

#[test]
fn wrong_calls_end_with_2_and_say_what_to_do() {
    let nowhere = Place::sqlite("nowhere");
    let folder = nowhere.data.to_str().unwrap();
    for (args, word) in [
        (vec!["verify", "--data", folder], "--database"),
        (vec!["verify", "--database", "mysql://x"], "postgres://"),
        (vec!["verify"], "--data"),
        (vec!["serve", "--config", folder], "configuration.md"),
        (vec!["bench", "payments", "--callers", "0"], "--callers"),
        (vec!["bench", "payments", "--parts", "speed"], "fsync"),
        (vec!["dance"], "unrecognized"),
    ] {
        let output = saoma(&args);
        assert_eq!(output.status.code(), Some(2), "{args:?}");
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(said.contains(word), "{args:?}: {said}");
    }
}
