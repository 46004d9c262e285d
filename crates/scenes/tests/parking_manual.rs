//! Every example of the manual reads and does what it says, and every mistake is told with its line and what to write.

use scenes::parking::tariff::{Calendars, Severity, Tariff, check};

const MANUAL: &str = include_str!("../../../docs/parking-tariffs.md");

/// The TOML blocks of the manual with the line they begin on.
fn examples() -> Vec<(usize, String)> {
    let (mut out, mut open): (Vec<(usize, String)>, bool) = (Vec::new(), false);
    for (i, line) in MANUAL.lines().enumerate() {
        match line {
            "```toml" => {
                open = true;
                out.push((i + 1, String::new()));
            }
            "```" => open = false,
            line if open => {
                let (_, text) = out.last_mut().expect("opened above");
                text.push_str(line);
                text.push('\n');
            }
            _ => {}
        }
    }
    out
}

#[test]
fn every_example_of_the_manual_does_what_it_says() {
    let examples = examples();
    assert!(examples.len() >= 20, "{}", examples.len());
    let mut wrong = Vec::new();
    for (line, text) in examples {
        match Tariff::parse(&text, &Calendars::built_in()) {
            Err(problems) => wrong.extend(problems.iter().map(|p| format!("manual line {line}: {p}"))),
            Ok(tariff) => {
                assert!(!tariff.cases().is_empty(), "the example of line {line} has no case");
                let findings = check(&tariff);
                wrong.extend(
                    findings
                        .iter()
                        .filter(|f| f.severity == Severity::Error)
                        .map(|f| format!("manual line {line}: {f}")),
                );
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn mistakes_are_told_with_their_line_and_what_to_write() {
    let head = "currency = \"CNY\"\ntimezone = \"Asia/Shanghai\"\n";
    // Text below the head, the line of the problem, and words of the message.
    let cases: [(&str, usize, &str); 32] = [
        ("price = 5\n", 1, "per = \"1h\""),
        ("price = 5\nper = 60\n", 4, "per = \"60min\""),
        ("price = 5\nper = \"fortnight\"\n", 4, "is not a length of time"),
        ("pirce = 5\nper = \"1h\"\n", 3, "did you mean \"price\"?"),
        ("price = 5.555\nper = \"1h\"\n", 3, "at most 2 decimals"),
        ("price = -5\nper = \"1h\"\n", 1, "not negative"),
        ("price = \"five\"\nper = \"1h\"\n", 3, "is not an amount"),
        ("price = 5\nper = \"1h\"\nround = \"sideways\"\n", 5, "is not a way to round"),
        ("price = 5\nper = \"1h\"\ncap = 20\n", 5, "20 per 24h"),
        ("price = 5\nper = \"1h\"\ncap = \"20 per blue moon\"\n", 5, "is not a period"),
        ("steps = []\n", 3, "at least one"),
        (
            "steps = [{ up_to = \"2h\", flat = 1 }, { up_to = \"1h\", flat = 2 }]\n",
            3,
            "each with a later up_to",
        ),
        ("steps = [{ flat = 1 }, { flat = 2 }]\n", 3, "only the last step may be without up_to"),
        ("steps = [{ up_to = \"1h\" }]\n", 3, "exactly one of flat"),
        ("steps = [{ up_to = \"1h\", flat = 1, total = 2 }]\n", 3, "exactly one of flat"),
        ("free = { clawed_back = true }\nprice = 1\nper = \"1h\"\n", 3, "say how long is free"),
        ("[[window]]\ntime = \"08:00-20:00\"\n", 3, "has no price"),
        ("[[window]]\ntime = \"08:00\"\nprice = 1\nper = \"1h\"\n", 4, "not a stretch of the day"),
        ("[[window]]\nfrom = \"08:00\"\nprice = 1\nper = \"1h\"\n", 3, "both from and to"),
        ("[[window]]\ntime = \"25:00-26:00\"\nprice = 1\nper = \"1h\"\n", 4, "not a time of day"),
        ("[[window]]\ndays = \"someday\"\nprice = 1\nper = \"1h\"\n", 4, "is not a kind of day"),
        ("[[window]]\ndays = \"holiday\"\nprice = 1\nper = \"1h\"\n", 4, "need a calendar"),
        (
            "[[window]]\nname = \"day\"\ntime = \"08:00-20:00\"\nprice = 1\nper = \"1h\"\n[[window]]\nname = \"evening\"\ntime = \"18:00-22:00\"\nprice = 2\nper = \"1h\"\n",
            8,
            "both hold on",
        ),
        ("calendar = \"mars\"\nprice = 1\nper = \"1h\"\n", 3, "there is no calendar"),
        ("[[rate]]\nname = \"a\"\nlike = \"b\"\n", 5, "no rate above is called"),
        ("[[rate]]\nname = \"a\"\n", 3, "nothing is charged here"),
        ("", 1, "nothing is charged"),
        ("price = 1\nper = \"1h\"\n[[validation]]\nhours = 2\n", 5, "needs a code"),
        ("price = 1\nper = \"1h\"\n[[validation]]\ncode = \"x\"\n", 5, "a validation gives something"),
        ("price = 1\nper = \"1h\"\n[[discount]]\npercent_off = 120\n", 5, "at most 100"),
        (
            "price = 1\nper = \"1h\"\n[[case]]\nenter = \"2026-03-10T09:00\"\nstay = \"1h\"\n",
            5,
            "fee = 8, or refused = true",
        ),
        ("price = 1\nper = \"1h\"\nvalid_from = \"soon\"\n", 5, "is not a date"),
    ];
    for (text, line, words) in cases {
        let whole = format!("{head}{text}");
        let problems = Tariff::parse(&whole, &Calendars::built_in()).expect_err(&whole);
        let told = problems.iter().map(ToString::to_string).collect::<Vec<_>>();
        assert!(
            problems.iter().any(|p| p.message.contains(words) && p.line == line),
            "{text}\n{told:#?}\nline {line}: {words}"
        );
    }
    for (text, words) in [
        ("price = 1\nper = \"1h\"\n", "currency"),
        ("= 5", "not TOML"),
        ("currency = \"XYZ\"\ntimezone = \"Mars/Base\"\nprice = 1\nper = \"1h\"\n", "is not a time zone"),
    ] {
        let problems = Tariff::parse(text, &Calendars::built_in()).expect_err(text);
        assert!(problems.iter().any(|p| p.to_string().contains(words)), "{text}: {problems:?}");
    }
}
