//! Every delivered tariff reads, and every worked case in it comes out.

use scenes::parking::samples;
use scenes::parking::tariff::{Calendars, Tariff};

#[test]
fn every_delivered_tariff_does_what_its_cases_say() {
    let mut wrong = Vec::new();
    for (name, text) in samples::ALL {
        match Tariff::parse(text, &Calendars::built_in()) {
            Err(problems) => wrong.extend(problems.iter().map(|p| format!("{name}: {p}"))),
            Ok(tariff) => {
                assert!(tariff.cases().len() >= 4, "{name} has too few cases");
                wrong.extend(
                    tariff
                        .cases()
                        .iter()
                        .filter_map(|c| tariff.run_case(c).err())
                        .map(|e| format!("{name}: {e}")),
                );
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(samples::ALL.len() >= 20);
}
