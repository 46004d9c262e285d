//! Every pair of text and ground that the style sheets use reaches WCAG AA, in light and in dark.

use std::collections::HashMap;

const TOKENS: &str = include_str!("../../assets/tokens.css");

/// Text, ground, least contrast: 4.5 for text, 3 for large text and for lines that carry meaning.
const PAIRS: &[(&str, &str, f64)] = &[
    ("ink", "paper", 7.0),
    ("ink", "surface", 7.0),
    ("ink", "sunken", 7.0),
    ("ink-2", "paper", 4.5),
    ("ink-2", "surface", 4.5),
    ("ink-2", "sunken", 4.5),
    ("ink-3", "paper", 4.5),
    ("ink-3", "surface", 4.5),
    ("ink-3", "sunken", 4.5),
    ("on-pine", "pine", 7.0),
    ("on-pine", "pine-2", 4.5),
    ("on-pine", "pine-3", 7.0),
    ("on-pine-2", "pine", 4.5),
    ("on-pine-2", "pine-3", 4.5),
    ("ink", "pine-soft", 7.0),
    ("on-state", "paid", 4.5),
    ("on-state", "stop", 4.5),
    ("on-state", "tell", 4.5),
    ("paid-ink", "paid-soft", 4.5),
    ("check-ink", "check-soft", 4.5),
    ("stop-ink", "stop-soft", 4.5),
    ("tell-ink", "tell-soft", 4.5),
    ("stop-ink", "surface", 4.5),
    ("stop-ink", "paper", 4.5),
    ("tell-ink", "surface", 4.5),
    ("tell-ink", "paper", 4.5),
    ("paid-ink", "surface", 4.5),
    ("line-strong", "surface", 3.0),
    ("line-strong", "paper", 3.0),
    ("surface", "wechat", 4.5),
    ("surface", "alipay", 4.5),
    ("surface", "ecny", 4.5),
    ("surface", "cash", 4.5),
    ("surface", "ink-2", 4.5),
    ("surface", "ink", 7.0),
];

fn tokens(css: &str) -> HashMap<&str, [f64; 3]> {
    css.lines()
        .filter_map(|line| line.trim().strip_prefix("--")?.split_once(": #"))
        .map(|(name, rest)| {
            let hex = rest.trim_end_matches(';');
            let part = |at: usize| f64::from(u8::from_str_radix(&hex[at..at + 2], 16).unwrap()) / 255.0;
            (name, [part(0), part(2), part(4)])
        })
        .collect()
}

fn luminance(rgb: [f64; 3]) -> f64 {
    let linear = rgb.map(|v| if v <= 0.040_45 { v / 12.92 } else { ((v + 0.055) / 1.055).powf(2.4) });
    0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
}

fn contrast(a: [f64; 3], b: [f64; 3]) -> f64 {
    let (a, b) = (luminance(a), luminance(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

fn check(theme: &str, tokens: &HashMap<&str, [f64; 3]>) {
    for (text, ground, least) in PAIRS {
        let got = contrast(tokens[text], tokens[ground]);
        assert!(got >= *least, "{theme}: {text} on {ground} has {got:.2}, needs {least}");
    }
}

#[test]
fn every_pair_can_be_read() {
    let (light, dark) = TOKENS.split_once("@media (prefers-color-scheme: dark)").unwrap();
    let light = tokens(light);
    check("light", &light);
    let mut both = light.clone();
    both.extend(tokens(dark));
    check("dark", &both);
}

#[test]
fn the_formula_agrees_with_the_standard() {
    let grey = |v: f64| [v, v, v];
    assert!((contrast(grey(0.0), grey(1.0)) - 21.0).abs() < 1e-9);
    let seven = f64::from(0x76_u8) / 255.0;
    assert!((contrast(grey(seven), grey(1.0)) - 4.54).abs() < 0.01);
}
