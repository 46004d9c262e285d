//! `saoma simulate`: the same seed is the same day in another process, a break is noticed and its history shortened, bad calls are told.

use std::process::{Command, Output};

use serde_json::Value;

fn simulate(args: &[&str]) -> (i32, Vec<Value>, Output) {
    let output = Command::new(env!("CARGO_BIN_EXE_saoma")).arg("simulate").args(args).output().unwrap();
    let lines = String::from_utf8(output.stdout.clone()).unwrap();
    let lines = lines.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    (output.status.code().unwrap(), lines, output)
}

#[test]
fn the_same_seed_is_the_same_day_in_another_process() {
    let day = ["--seed", "6", "--hours", "1", "--json"];
    let ((code, first, _), (_, second, _)) = (simulate(&day), simulate(&day));
    let (first, second) = (first.last().unwrap(), second.last().unwrap());
    assert_eq!((code, &first["type"], &first["failed_seed"]), (0, &Value::from("summary"), &Value::Null));
    assert_eq!(first["trace_hash"].as_str().unwrap(), second["trace_hash"].as_str().unwrap());
    assert_eq!(first["steps"], second["steps"]);
}

#[test]
fn a_break_is_noticed_and_its_history_shortened() {
    let (code, lines, _) =
        simulate(&["--seeds", "200", "--hours", "1", "--break", "forget_reversal", "--json"]);
    assert_eq!(code, 1);
    let (failure, last) = (&lines[lines.len() - 2], lines.last().unwrap());
    assert_eq!((&failure["type"], &last["type"]), (&Value::from("failure"), &Value::from("summary")));
    assert_eq!(failure["seed"], last["failed_seed"]);
    let (seed, items) = (failure["seed"].to_string(), failure["items"].as_array().unwrap());
    let only: Vec<String> = items.iter().map(ToString::to_string).collect();
    let only = only.join(",");
    let again = ["--seed", &seed, "--hours", "1", "--break", "forget_reversal", "--only", &only, "--json"];
    let (code, lines, _) = simulate(&again);
    assert_eq!((code, &lines[0]["rule"]), (1, &failure["rule"]));
}

#[test]
fn bad_calls_are_told() {
    for args in [vec!["--break", "nothing"], vec!["--seeds", "0"], vec!["--only", "3"], vec!["--seed", "x"]] {
        let (code, _, output) = simulate(&args);
        assert_eq!(code, 2, "{args:?}: {output:?}");
        assert!(!output.stderr.is_empty());
    }
}
