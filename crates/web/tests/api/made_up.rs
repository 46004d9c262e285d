//! Requests made up from the schemas of the API document: values that fit, values that do not, bodies that are none.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

/// Numbers that look random and are the same for a seed.
pub struct Dice(pub u64);

impl Dice {
    pub fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % limit.max(1) as u64).unwrap()
    }

    pub fn one_in(&mut self, count: usize) -> bool {
        self.below(count) == 0
    }

    pub fn of<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        &all[self.below(all.len())]
    }
}

/// Values that no field expects.
pub fn junk(dice: &mut Dice) -> Value {
    let all = [
        Value::Null,
        json!(""),
        json!(" "),
        json!("\u{0}"),
        json!("a\u{0}b"),
        json!("é\u{202e}𝕏 扫码"),
        json!("x".repeat(3000)),
        json!("'; drop table orders; --"),
        json!("%00../../etc/passwd"),
        json!(-1),
        json!(0),
        json!(i64::MAX),
        json!(i64::MIN),
        json!(u64::MAX),
        json!(1.5),
        json!(1e300),
        json!(true),
        json!([]),
        json!({}),
        json!([[[[[[[[{}]]]]]]]]),
        json!({"amount": {"value": "1", "currency": "CNY"}}),
        json!("2026-13-45T99:99:99Z"),
        json!("9999-12-31T23:59:59.999Z"),
        json!("0001-01-01T00:00:00Z"),
        json!("7ZZZZZZZZZZZZ"),
        json!("FZZZZZZZZZZZZ"),
    ];
    dice.of(&all).clone()
}

/// Puts junk somewhere into a value.
pub fn spoil(value: &mut Value, dice: &mut Dice) {
    match value {
        Value::Object(fields) if !fields.is_empty() && !dice.one_in(5) => {
            let name = fields.keys().nth(dice.below(fields.len())).unwrap().clone();
            match dice.below(5) {
                0 => drop(fields.remove(&name)),
                1 => drop(fields.insert("not_a_field".to_owned(), json!(1))),
                _ => spoil(&mut fields[&name], dice),
            }
        }
        Value::Array(items) if !items.is_empty() && !dice.one_in(4) => {
            let at = dice.below(items.len());
            spoil(&mut items[at], dice);
        }
        other => *other = junk(dice),
    }
}

/// Bodies that are no JSON, or more of it than anybody means.
pub fn bytes(dice: &mut Dice) -> Vec<u8> {
    let all: [Vec<u8>; 9] = [
        Vec::new(),
        b"\xff\xfe\x00\x80".to_vec(),
        b"\xef\xbb\xbf{}".to_vec(),
        b"{\"a\":1}{\"b\":2}".to_vec(),
        b"[".repeat(20_000),
        b"{\"a\":".repeat(5_000),
        b"<xml><a>1</a></xml>".to_vec(),
        b"{\"name\": \"\\ud800\"}".to_vec(),
        b"\xff\xd8\xff\xe0 a picture, nearly".to_vec(),
    ];
    dice.of(&all).clone()
}

/// Escaped for a path or a query.
pub fn escaped(text: &str) -> String {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(byte);
    text.bytes()
        .take(600)
        .map(|byte| if plain(&byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}

/// Makes values up. What answers held before is known by the name of what it is of.
pub struct Maker<'a> {
    pub document: &'a Value,
    pub dice: Dice,
    pub seen: BTreeMap<String, Vec<String>>,
}

impl Maker<'_> {
    fn resolved<'s>(&'s self, schema: &'s Value) -> &'s Value {
        match schema["$ref"].as_str() {
            Some(at) => self.resolved(self.document.pointer(at.trim_start_matches('#')).unwrap()),
            None => schema,
        }
    }

    /// A value that the schema allows, as far as schemas tell.
    pub fn make(&mut self, name: &str, schema: &Value) -> Value {
        let schema = self.resolved(schema).clone();
        for either in ["oneOf", "anyOf"] {
            if let Some(ways) = schema[either].as_array() {
                let way = self.dice.of(ways).clone();
                return self.make(name, &way);
            }
        }
        if let Some(words) = schema["enum"].as_array() {
            return self.dice.of(words).clone();
        }
        let kind = match &schema["type"] {
            Value::Array(kinds) => self.dice.of(kinds).as_str().unwrap_or("null").to_owned(),
            one => one.as_str().unwrap_or("object").to_owned(),
        };
        match kind.as_str() {
            "string" => self.text(name),
            "integer" | "number" => json!(*self.dice.of(&[0, 1, 5, 100, 1250, 240, 86_400])),
            "boolean" => json!(self.dice.one_in(2)),
            "null" => Value::Null,
            "array" => {
                let count = if schema["items"]["type"] == "string" {
                    1 + self.dice.below(2)
                } else {
                    self.dice.below(3)
                };
                (0..count).map(|_| self.make(name, &schema["items"])).collect()
            }
            _ => self.object(name, &schema),
        }
    }

    fn object(&mut self, name: &str, schema: &Value) -> Value {
        let needed: Vec<&str> =
            schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        let mut made = Map::new();
        for (name, of) in schema["properties"].as_object().into_iter().flatten() {
            if needed.contains(&name.as_str()) || self.dice.one_in(2) {
                made.insert(name.clone(), self.make(name, of));
            }
        }
        if made.is_empty() && schema["properties"].is_null() {
            return self.free(name);
        }
        Value::Object(made)
    }

    /// An object whose shape the document leaves to somebody else: a scene, a device.
    fn free(&mut self, name: &str) -> Value {
        let stay = self.seen.get("stay").and_then(|all| all.last().cloned()).unwrap_or_default();
        let all = match name {
            "request" => vec![
                json!({"amount": {"value": 300, "currency": "CNY"}, "description": "tea"}),
                json!({"amount": {"value": 700, "currency": "CNY"}}),
                json!({"stay": stay}),
            ],
            "pieces" => vec![json!({"100": 5, "500": 2}), json!({"0": -1}), json!({"a": 1})],
            "settings" => vec![json!({"mchid": "m", "private_key": "secret"}), json!({})],
            "facts" => {
                vec![json!({"id": "a", "what": "entered"}), json!({"id": "b", "what": "paid", "amount": -1})]
            }
            _ => vec![
                json!({"epoch": 1, "facts": [{"number": 1, "fact": {"what": "coin", "value": 100}}]}),
                json!({"epoch": 1, "facts": [{"number": i64::MAX, "fact": {"what": "stacked", "value": i64::MIN}}]}),
                json!({}),
            ],
        };
        self.dice.of(&all).clone()
    }

    /// A text for a field of this name: mostly one that was seen, or one that fits.
    fn text(&mut self, name: &str) -> Value {
        if let Some(known) = self.seen.get(name).filter(|all| !all.is_empty())
            && !self.dice.one_in(6)
        {
            return json!(self.dice.of(known));
        }
        let usual: &[&str] = match name {
            "scene" => &["retail", "retail", "parking"],
            "currency" => &["CNY"],
            "channel" => &["bank", "cash"],
            "presentment" => &["cash", "merchant_presented", "customer_presented", "in_app"],
            "payer_code" => &["134567890123456789", "283456789012345678"],
            "zone" => &["Asia/Shanghai", "Europe/Berlin"],
            "url" => &["https://example.com/hook"],
            "kind" => &["counter", "handheld", "stand", "edge", "entry", "evidence_1"],
            "capabilities" => &["takes_cash", "shows_code", "scans_code", "opens_barrier"],
            "role" => &["owner", "manager", "cashier"],
            "standing" => &["on", "off"],
            "password" => &["correct horse"],
            "protocol" => &["plain", "dahua", "hikvision"],
            "direction" => &["entry", "exit"],
            "gate" => &["east", "staffed"],
            "state" => &["clear", "slow", "open", "paid"],
            "time" => &["07:00-19:00", "22:00-06:00"],
            "plate" | "plates" => &["粤B12345", "京AD06668", "沪A?2345", "HK 1234"],
            "vehicle" => &["", "motorcycle", "new_energy, seats=7"],
            "toml" => &["currency = \"CNY\"", scenes::parking::samples::ALL[0].1],
            "reason" => &["a reason 原因"],
            "order" | "quote" | "site" | "terminal" | "attempt" | "refund" | "stay" => &["0000000000001"],
            "entered_at" | "taken_at" | "valid_from" => {
                &["2026-01-01T00:00:00Z", "2026-01-01T00:00:00+08:00"]
            }
            _ => &["x", "a name 名", "0000000000001", "2026-11-22", "2026-11-22T01:02:03Z", "cafe"],
        };
        json!(*self.dice.of(usual))
    }

    fn parameter(&mut self, parameter: &Value) -> String {
        let name = parameter["name"].as_str().unwrap().to_owned();
        if self.dice.one_in(8) {
            return match junk(&mut self.dice) {
                Value::String(text) => text,
                other => other.to_string(),
            };
        }
        match self.make(&name, &parameter["schema"]) {
            Value::String(text) => text,
            other => other.to_string(),
        }
    }

    /// The address of a call, its parameters filled in; sometimes with bytes that are no text.
    pub fn address(&mut self, path: &str, operation: &Value) -> String {
        let (mut filled, mut query) = (path.to_owned(), Vec::new());
        // `/v1/parking/stays/{id}` takes the id of a stay.
        let of = path.split("/{id}").next().unwrap().rsplit('/').next().unwrap().trim_end_matches('s');
        for parameter in operation["parameters"].as_array().cloned().unwrap_or_default() {
            let name = parameter["name"].as_str().unwrap().to_owned();
            let mut known = parameter.clone();
            if name == "id" {
                known["name"] = json!(of);
            }
            match parameter["in"].as_str() {
                Some("path") => {
                    let text = self.parameter(&known);
                    let value = if self.dice.one_in(40) { "%FF%FE".to_owned() } else { escaped(&text) };
                    filled = filled.replace(&format!("{{{name}}}"), &value);
                }
                Some("query") if parameter["required"] == true || self.dice.one_in(3) => {
                    let text = self.parameter(&known);
                    query.push(format!("{name}={}", escaped(&text)));
                }
                _ => {}
            }
        }
        if self.dice.one_in(30) {
            query.push("%ff=%zz&=&not_a_parameter=1".to_owned());
        }
        if query.is_empty() { filled } else { format!("{filled}?{}", query.join("&")) }
    }

    /// The content type and the body of a call. Half of the bodies are as documented, where the document can tell.
    pub fn body(&mut self, operation: &Value) -> (Option<String>, Vec<u8>) {
        let Some(content) = operation.pointer("/requestBody/content").and_then(Value::as_object) else {
            return if self.dice.one_in(6) { (None, bytes(&mut self.dice)) } else { (None, Vec::new()) };
        };
        let (kind, form) = content.iter().next().unwrap();
        let mut given = Some(if kind == "*/*" { "application/json".to_owned() } else { kind.clone() });
        if self.dice.one_in(12) {
            let all = [
                None,
                Some("text/plain"),
                Some("application/xml"),
                Some("application/json; charset=gbk"),
                Some("multipart/form-data; boundary=x"),
                Some("multipart/form-data"),
                Some(";;;"),
            ];
            given = self.dice.of(&all).map(str::to_owned);
        }
        if self.dice.one_in(12) {
            return (given, bytes(&mut self.dice));
        }
        if !kind.ends_with("json") {
            let all = [
                &b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01"[..],
                br#"{"plate": "\u7ca4B12345", "seen_at": "2026-01-01T00:00:00Z"}"#,
                br#"{"plate": {}, "confidence": 1e400}"#,
                b"<EventNotificationAlert><ANPR><licensePlate>A</licensePlate></ANPR></EventNotificationAlert>",
            ];
            return (given, self.dice.of(&all).to_vec());
        }
        let mut body = self.make("", &form["schema"].clone());
        if self.dice.one_in(2) {
            spoil(&mut body, &mut self.dice);
        }
        let mut bytes = body.to_string().into_bytes();
        if self.dice.one_in(12) {
            bytes.truncate(self.dice.below(bytes.len()));
        }
        (given, bytes)
    }
}
