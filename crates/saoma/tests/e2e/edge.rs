//! The node at a site as a process: cameras talk to it, it decides while the centre is dead, and the centre knows everything afterwards.

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value, json};

use crate::process::{Demo, Place, binary, free_port};
use crate::shop::Shop;

const PATIENCE: Duration = Duration::from_secs(60);

struct Edge {
    base: String,
    folder: PathBuf,
    child: Child,
}

impl Edge {
    fn start(centre: &str, folder: PathBuf, key: &str, port: u16) -> Edge {
        std::fs::create_dir_all(&folder).unwrap();
        let key_file = folder.join("edge.key");
        std::fs::write(&key_file, key).unwrap();
        let address = format!("127.0.0.1:{port}");
        let child = Command::new(binary())
            .args(["edge", "--centre", centre, "--listen", &address, "--key-file"])
            .arg(&key_file)
            .arg("--data")
            .arg(&folder)
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        Edge { base: format!("http://{address}"), folder, child }
    }

    /// Kills it as a power cut would; its folder stays.
    fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        self.folder = PathBuf::new();
    }
}

impl Drop for Edge {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if !self.folder.as_os_str().is_empty() {
            let _ = std::fs::remove_dir_all(&self.folder);
        }
    }
}

/// The mall of the demo, with an edge that runs its lanes.
struct Mall {
    office: Shop,
    site: String,
    lanes: Vec<Value>,
    terminals: Vec<Value>,
}

impl Mall {
    async fn of(demo: &Demo) -> Mall {
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let terminals: Vec<Value> = demo.json["terminals"].as_array().unwrap().clone();
        let kiosk = terminals.iter().find(|t| t["kind"] == "parking_kiosk").unwrap();
        let merchants = demo.json["merchants"].as_array().unwrap();
        let merchant = merchants.iter().find(|m| m["id"] == kiosk["merchant"]).unwrap();
        let mut office = Shop::of(demo, false);
        office.key = text(&merchant["api_key"]);
        let site = text(&kiosk["site"]);
        let (_, lanes) = office.get(&format!("/v1/parking/parks/{site}/lanes")).await;
        let lanes = lanes["items"].as_array().unwrap().clone();
        Mall { office, site, lanes, terminals }
    }

    fn lane(&self, gate: &str, direction: &str) -> &Value {
        self.lanes.iter().find(|l| l["gate"] == gate && l["direction"] == direction).unwrap()
    }

    /// From now on the edge tells the barriers; the key it signs in with.
    async fn hand_over(&self) -> String {
        let (_, parks) = self.office.get("/v1/parking/parks").await;
        let park =
            parks["items"].as_array().unwrap().iter().find(|p| p["site"] == self.site.as_str()).unwrap();
        let mut ask = json!({});
        for name in ["name_en", "name_zh", "spaces", "latitude", "longitude", "options"] {
            ask[name] = park[name].clone();
        }
        ask["options"]["edge"] = json!(true);
        let url = format!("{}/v1/parking/parks/{}", self.office.base, self.site);
        let key = self.office.fresh_key();
        let (status, said) = self.office.call(Method::PUT, &url, Some(&ask), &key).await;
        assert_eq!(status, 200, "{said}");
        let new = json!({"site": self.site, "name": "Edge", "kind": "edge", "capabilities": [], "unattended": true});
        let (status, terminal) = self.office.post("/v1/terminals", &new).await;
        assert_eq!(status, 201, "{terminal}");
        let path = format!("/v1/terminals/{}/enrolment", terminal["id"].as_str().unwrap());
        let (_, code) = self.office.post(&path, &json!({})).await;
        let (status, enrolled) = self.office.post("/v1/enrol", &json!({"code": code["code"]})).await;
        assert_eq!(status, 201, "{enrolled}");
        enrolled["key"].as_str().unwrap().to_owned()
    }

    /// A camera at a lane tells the edge; it knows nothing but an address with the barrier's key.
    async fn sees(&self, edge: &Edge, lane: &Value, plate: &str) -> Value {
        let barrier = self.terminals.iter().find(|t| t["id"] == lane["barrier"]).unwrap();
        let url = format!(
            "{}/v1/parking/lanes/{}/camera/plain?key={}",
            edge.base,
            lane["id"].as_str().unwrap(),
            barrier["key"].as_str().unwrap()
        );
        let began = Instant::now();
        loop {
            let sent = self.office.client.post(&url).body(json!({"plate": plate}).to_string()).send().await;
            if let Ok(answer) = sent {
                let status = answer.status();
                let said: Value = serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap();
                assert!(status.is_success(), "{status} {said}");
                return said;
            }
            assert!(began.elapsed() < PATIENCE, "the edge does not serve");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    async fn stay(&self, id: &Value) -> (u16, Value) {
        self.office.get(&format!("/v1/parking/stays/{}", id.as_str().unwrap())).await
    }

    /// Asks the centre until it knows.
    async fn until(&self, id: &Value, state: &str) -> Value {
        let began = Instant::now();
        loop {
            let (status, stay) = self.stay(id).await;
            if status == 200 && stay["state"] == state {
                return stay;
            }
            assert!(
                began.elapsed() < PATIENCE,
                "the centre does not know that {id} is {state}: {status} {stay}"
            );
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_edge_goes_on_while_the_centre_is_dead() {
    let mut demo = Demo::start(Place::sqlite("edge")).await;
    let mall = Mall::of(&demo).await;
    let key = mall.hand_over().await;
    let folder = demo.place.data.with_extension("edge");
    let port = free_port();
    let edge = Edge::start(&mall.office.base, folder.clone(), &key, port);
    let (entry, exit) = (mall.lane("east", "entry"), mall.lane("south", "exit"));
    let came = mall.sees(&edge, entry, "粤B70001").await;
    assert_eq!(came["outcome"], "opened", "{came}");
    mall.until(&came["stay"], "inside").await;

    // The centre is gone. A car comes, one leaves within its free minutes; a car that has stood for hours and owes does not get out.
    demo.kill();
    let second = mall.sees(&edge, entry, "粤B70002").await;
    assert_eq!(second["outcome"], "opened", "{second}");
    let left = mall.sees(&edge, exit, "粤B70001").await;
    assert_eq!(left["outcome"], "opened", "{left}");
    let kept = mall.sees(&edge, exit, "粤B8D52K").await;
    assert_eq!(kept["outcome"], "unpaid", "{kept}");
    // The edge's own power fails too, and it starts without a centre.
    edge.kill();
    let edge = Edge::start(&mall.office.base, folder, &key, port);
    let third = mall.sees(&edge, mall.lane("west", "entry"), "粤B70003").await;
    assert_eq!(third["outcome"], "opened", "{third}");

    // The centre is back and hears all of it, once.
    demo.again(&[]).await;
    mall.until(&came["stay"], "left").await;
    for stay in [&second["stay"], &third["stay"]] {
        mall.until(stay, "inside").await;
    }
    let (status, odd) = mall.office.get(&format!("/v1/parking/contradictions?site={}", mall.site)).await;
    assert_eq!((status, odd["items"].as_array().unwrap().len()), (200, 0), "{odd}");
    // It knows who waits at the south exit, so the exit's own code works.
    let sale = json!({"scene": "parking", "site": mall.site, "request": {"lane": exit["id"]}});
    let (status, order) = mall.office.post("/v1/orders", &sale).await;
    assert_eq!(status, 201, "{order}");
    assert!(order["amount"]["value"].as_i64().unwrap() > 0);
}
