//! The commands of the parking scene: what they print and how they end.

use scenes::parking::cli::{QuoteArgs, quote};

fn ask(args: &QuoteArgs) -> (u8, String, String) {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let code = quote(args, &mut out, &mut err).expect("memory takes everything");
    (code, String::from_utf8(out).expect("text"), String::from_utf8(err).expect("text"))
}

fn mall(enter: &str, leave: &str) -> QuoteArgs {
    let some = |text: &str| Some(text.to_owned());
    QuoteArgs {
        tariff: "demo_mall".into(),
        enter: some(enter),
        leave: some(leave),
        json: true,
        ..QuoteArgs::default()
    }
}

#[test]
fn one_stay_is_one_line_of_json_whose_lines_add_up() {
    let (code, out, err) = ask(&mall("2026-03-10 10:00", "2026-03-10T13:00:00+08:00"));
    assert_eq!((code, err.as_str(), out.lines().count()), (0, "", 1));
    let answer: serde_json::Value = serde_json::from_str(&out).expect("JSON");
    assert_eq!((&answer["type"], &answer["fee"]["value"]), (&"summary".into(), &1600.into()));
    let lines = answer["lines"].as_array().expect("a list");
    assert_eq!(lines.iter().filter_map(|l| l["amount"]["value"].as_i64()).sum::<i64>(), 1600);
}

#[test]
fn bad_calls_say_what_to_do() {
    let unknown =
        QuoteArgs { vehicle: vec!["spaceship".into()], ..mall("2026-03-10T10:00", "2026-03-10T13:00") };
    let cases = [
        (mall("2026-03-10T10:00", "2026-03-10T09:00"), 2, "before the entry"),
        (mall("soon", "2026-03-10T09:00"), 2, "is not a time"),
        (unknown, 2, "is not a vehicle class"),
        (
            QuoteArgs { tariff: "hk_meters".into(), ..mall("2027-03-10T10:00", "2027-03-10T10:30") },
            1,
            "says nothing about 2027",
        ),
        (
            QuoteArgs { tariff: "nowhere.toml".into(), ..mall("2026-03-10T10:00", "2026-03-10T11:00") },
            2,
            "name of a delivered one",
        ),
        (QuoteArgs { leave: None, ..mall("2026-03-10T10:00", "") }, 2, "the exit is missing"),
    ];
    for (args, code, words) in cases {
        let (got, _, err) = ask(&args);
        assert!(got == code && err.contains(words), "{got} {err}");
    }
}

#[test]
fn a_table_of_stays_comes_back_row_by_row() {
    let file = std::env::temp_dir().join(format!("stays-{}.csv", std::process::id()));
    std::fs::write(
        &file,
        "id,enter,leave\na,2026-03-10T10:00,2026-03-10T13:00\nb,2026-03-10T10:00,2026-03-10T09:00\n",
    )
    .expect("written");
    let (code, out, _) =
        ask(&QuoteArgs { enter: None, leave: None, stays: Some(file.clone()), ..mall("", "") });
    let _ = std::fs::remove_file(&file);
    let rows =
        out.lines().map(|l| serde_json::from_str::<serde_json::Value>(l).expect("JSON")).collect::<Vec<_>>();
    assert_eq!((code, rows.len()), (1, 3));
    assert_eq!(rows[0]["fee"]["value"], 1600);
    assert!(rows[1]["error"].as_str().is_some_and(|e| e.contains("before the entry")));
    assert_eq!((&rows[2]["type"], &rows[2]["failed"]), (&"summary".into(), &1.into()));
}
