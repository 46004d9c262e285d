//! Drawn signs, 24 by 24, in the colour of the text beside them.

use maud::{Markup, PreEscaped, html};

/// One sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Icon(&'static str);

macro_rules! icons {
    ($($name:ident $path:literal;)+) => { $(#[doc = stringify!($name)] pub const $name: Icon = Icon($path);)+ };
}

icons! {
    SHOW r#"<path d="M4 8V5a1 1 0 0 1 1-1h3M16 4h3a1 1 0 0 1 1 1v3M20 16v3a1 1 0 0 1-1 1h-3M8 20H5a1 1 0 0 1-1-1v-3"/><path d="M8 8h3v3H8zM14 8h2v2h-2zM8 14h2v2H8zM13 13h3v3h-3z"/>"#;
    SCAN r#"<path d="M4 8V5a1 1 0 0 1 1-1h3M16 4h3a1 1 0 0 1 1 1v3M20 16v3a1 1 0 0 1-1 1h-3M8 20H5a1 1 0 0 1-1-1v-3M3 12h18"/>"#;
    CASH r#"<rect x="2.5" y="6" width="19" height="12" rx="2"/><circle cx="12" cy="12" r="2.6"/><path d="M6 9.5v5M18 9.5v5"/>"#;
    TICK r#"<path d="m4.5 12.5 5 5 10-11"/>"#;
    CROSS r#"<path d="M6 6l12 12M18 6 6 18"/>"#;
    CLOCK r#"<circle cx="12" cy="12" r="8.5"/><path d="M12 7.5V12l3 2"/>"#;
    BACK r#"<path d="M11 5.5 4.5 12l6.5 6.5M5 12h14.5"/>"#;
    ALERT r#"<path d="M12 3.8 21.3 20H2.7z"/><path d="M12 10v4.2M12 17.1v.2"/>"#;
    INFO r#"<circle cx="12" cy="12" r="8.5"/><path d="M12 11v5M12 7.8v.2"/>"#;
    UNDO r#"<path d="M4 10h10.5a5 5 0 0 1 0 10H9"/><path d="M8 5.5 3.5 10 8 14.5"/>"#;
    RECEIPT r#"<path d="M6 3h12v18l-2.4-1.6L13.2 21 12 20l-1.2 1-2.4-1.6L6 21z"/><path d="M9 8h6M9 12h6"/>"#;
    PRINT r#"<path d="M7 8V3.5h10V8M7 17H4.5A1.5 1.5 0 0 1 3 15.500v-6A1.5 1.5 0 0 1 4.5 8h15A1.5 1.5 0 0 1 21 9.500v6a1.5 1.5 0 0 1-1.5 1.500H17M7 14h10v6.500H7z"/>"#;
    SOUND r#"<path d="M4 9.500h3.500L12 5.500v13l-4.5-4H4zM15.5 9a4.2 4.2 0 0 1 0 6M18 6.500a8 8 0 0 1 0 11"/>"#;
    MUTE r#"<path d="M4 9.500h3.500L12 5.500v13l-4.5-4H4zM16 9.500l5 5M21 9.500l-5 5"/>"#;
    TODAY r#"<path d="M4 19V11M10 19V5M16 19v-6M21 19H3"/>"#;
    LIST r#"<path d="M8 6h12M8 12h12M8 18h12M4 6h.01M4 12h.01M4 18h.01"/>"#;
    DEVICE r#"<rect x="4" y="3" width="16" height="13" rx="2"/><path d="M9 20.500h6M12 16v4.5"/>"#;
    PLACE r#"<path d="M12 21s7-6.2 7-11.500a7 7 0 0 0-14 0C5 14.8 12 21 12 21z"/><circle cx="12" cy="9.5" r="2.5"/>"#;
    PEOPLE r#"<circle cx="9" cy="8" r="3.5"/><path d="M2.5 20a6.5 6.5 0 0 1 13 0M15.5 4.800a3.5 3.5 0 0 1 0 6.400M18 14.500a6.5 6.5 0 0 1 3.5 5.5"/>"#;
    KEY r#"<circle cx="8" cy="15" r="4.5"/><path d="m11.5 12 8-8M16 7.500l3 3"/>"#;
    PLUG r#"<path d="M9 3v5M15 3v5M6 8h12v3a6 6 0 0 1-12 0zM12 17v4"/>"#;
    DRAWER r#"<path d="M3 10h18v9H3zM6 10V5h12v5M10 14.500h4"/>"#;
    SEARCH r#"<circle cx="11" cy="11" r="6.5"/><path d="m16 16 4.5 4.5"/>"#;
    PHONE r#"<rect x="7" y="2.5" width="10" height="19" rx="2.5"/><path d="M11 18.500h2"/>"#;
    OUT r#"<path d="M14 4h5a1 1 0 0 1 1 1v14a1 1 0 0 1-1 1h-5M10 8l-4 4 4 4M6.5 12H15"/>"#;
    EMPTY r#"<path d="M3 13h5l1.5 3h5L16 13h5M5.5 5h13L21 13v6H3v-6z"/>"#;
    ERASE r#"<path d="M9 5.500h11a1 1 0 0 1 1 1v11a1 1 0 0 1-1 1H9L3 12zM12 9.500l5 5M17 9.500l-5 5"/>"#;
    BASKET r#"<path d="M3.5 9h17l-1.8 10.500H5.300zM8 9l3-5.500M16 9l-3-5.5"/>"#;
    CAR r#"<path d="M4 16.500v-4l2-5.5a2 2 0 0 1 1.900-1.300h8.200A2 2 0 0 1 18 7l2 5.500v4zM4.300 12.500h15.400M6.500 16.500V19M17.5 16.500V19M7.500 14.500h.01M16.500 14.500h.01"/>"#;
    CAMERA r#"<path d="M4 8h3.500L9 5.500h6L16.500 8H20v11H4z"/><circle cx="12" cy="13.2" r="3.4"/>"#;
    MAP r#"<path d="m3 6 6-2 6 2 6-2v14l-6 2-6-2-6 2zM9 4v14M15 6v14"/>"#;
    BARRIER r#"<path d="M5 20V9M3 20h4M5 11l16-5M9.500 9.500l1 2M14 8l1 2"/>"#;
    TAG r#"<path d="M6 20.5h12M12 14.5v6M5 3.5h14v11H5z"/><path d="M8.500 6.500h2.500v2.500H8.500zM13.500 6.500h2v2h-2zM8.500 11h2M13 10.500h2.500v1.500H13z"/>"#;
    KEYPAD r#"<path d="M5 5h.01M12 5h.01M19 5h.01M5 12h.01M12 12h.01M19 12h.01M5 19h.01M12 19h.01M19 19h.01"/>"#;
}

impl Icon {
    /// What is inside its `svg`.
    pub const fn path(self) -> &'static str {
        self.0
    }
}

impl maud::Render for Icon {
    fn render(&self) -> Markup {
        html! {
            svg viewBox="0 0 24 24" width="24" height="24" fill="none" stroke="currentColor" stroke-width="1.9" stroke-linecap="round"
                stroke-linejoin="round" aria-hidden="true" { (PreEscaped(self.0)) }
        }
    }
}

/// Signs as symbols that scripts draw by name (`icon("tick")` of `core.js`).
pub fn sprite(signs: &[(&str, Icon)]) -> Markup {
    html! {
        svg hidden aria-hidden="true" {
            @for (name, sign) in signs {
                symbol id={ "i-" (name) } viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="1.9" stroke-linecap="round"
                    stroke-linejoin="round" { (PreEscaped(sign.path())) }
            }
        }
    }
}

/// The house's sign: four corners and the scan line.
pub fn mark() -> Markup {
    html! {
        svg viewBox="0 0 32 32" aria-hidden="true" {
            rect width="32" height="32" rx="8" fill="#0d3b34" {}
            path d="M8 12.500V9.500A1.5 1.5 0 0 1 9.5 8h3M19.5 8h3A1.5 1.5 0 0 1 24 9.500v3M24 19.500v3a1.5 1.5 0 0 1-1.5 1.500h-3M12.5 24h-3A1.5 1.5 0 0 1 8 22.500v-3"
                fill="none" stroke="#f5f8f4" stroke-width="2.4" stroke-linecap="round" {}
            path d="M6 16h20" stroke="#e8502f" stroke-width="2.8" stroke-linecap="round" {}
        }
    }
}
