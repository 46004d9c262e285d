//! A map of our own: car parks (or gates and kiosks) by their coordinates, drawn as SVG with a scale. No tiles from elsewhere.

use maud::{Markup, html};

use crate::parking::rows::Park;

/// A place in millionths of a degree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::parking) struct Spot {
    /// North.
    pub(in crate::parking) latitude: i64,
    /// East.
    pub(in crate::parking) longitude: i64,
}

/// A degree of latitude in metres.
const DEGREE_M: f64 = 111_320.0;
/// The drawing, in its own units.
const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 460.0;
const EDGE: f64 = 64.0;
/// Longer names stand in the list only.
const NAME: usize = 20;
/// The least stretch the map shows, in metres.
const LEAST_M: f64 = 250.0;

impl Spot {
    /// Where a car park is.
    pub(in crate::parking) fn of(park: &Park) -> Spot {
        Spot { latitude: park.latitude, longitude: park.longitude }
    }

    /// Whether such a place can be.
    pub(in crate::parking) fn is_on_earth(self) -> bool {
        self.latitude.abs() <= 90_000_000 && self.longitude.abs() <= 180_000_000
    }

    /// Metres east and north of another place; right enough for a city.
    #[allow(clippy::cast_precision_loss, reason = "millionths of a degree fit a float exactly")]
    fn from(self, origin: Spot) -> (f64, f64) {
        let degrees = |micro: i64| micro as f64 / 1_000_000.0;
        let narrow = degrees(origin.latitude).to_radians().cos();
        let east = degrees(self.longitude - origin.longitude) * DEGREE_M * narrow;
        (east, degrees(self.latitude - origin.latitude) * DEGREE_M)
    }
}

/// Metres between two places.
#[allow(clippy::cast_possible_truncation, reason = "a distance on earth fits")]
pub(in crate::parking) fn metres(a: Spot, b: Spot) -> i64 {
    let (x, y) = b.from(a);
    x.hypot(y).round() as i64
}

/// How a map is laid out: metres of its origin to units of the drawing.
struct Layout {
    origin: Spot,
    left: f64,
    top: f64,
    scale: f64,
}

impl Layout {
    fn of(spots: &[Spot]) -> Option<Layout> {
        let origin = *spots.first()?;
        let at: Vec<(f64, f64)> = spots.iter().map(|s| s.from(origin)).collect();
        let low = |pick: fn(&(f64, f64)) -> f64| at.iter().map(pick).fold(f64::INFINITY, f64::min);
        let high = |pick: fn(&(f64, f64)) -> f64| at.iter().map(pick).fold(f64::NEG_INFINITY, f64::max);
        let (x0, x1, y0, y1) = (low(|p| p.0), high(|p| p.0), low(|p| p.1), high(|p| p.1));
        let (wide, tall) = ((x1 - x0).max(LEAST_M), (y1 - y0).max(LEAST_M));
        let scale = ((WIDTH - 2.0 * EDGE) / wide).min((HEIGHT - 2.0 * EDGE) / tall);
        let left = (x0 + x1) / 2.0 - WIDTH / 2.0 / scale;
        let top = (y0 + y1) / 2.0 + HEIGHT / 2.0 / scale;
        Some(Layout { origin, left, top, scale })
    }

    /// Units of the drawing, rounded.
    #[allow(clippy::cast_possible_truncation, reason = "inside the drawing")]
    fn place(&self, spot: Spot) -> (i64, i64) {
        let (x, y) = spot.from(self.origin);
        (((x - self.left) * self.scale).round() as i64, ((self.top - y) * self.scale).round() as i64)
    }

    /// A round length for the scale's bar: metres, and its units.
    #[allow(clippy::cast_possible_truncation, reason = "a bar fits the drawing")]
    fn bar(&self) -> (i64, i64) {
        let room = 160.0 / self.scale;
        let steps = [20_i64, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 50_000, 100_000, 500_000];
        let metres = steps
            .into_iter()
            .rev()
            .find(|s| f64::from(i32::try_from(*s).unwrap_or(i32::MAX)) <= room)
            .unwrap_or(10);
        let units = f64::from(i32::try_from(metres).unwrap_or(i32::MAX)) * self.scale;
        (metres, units.round() as i64)
    }
}

/// The map: numbered pins that lead somewhere, and the reader's own place.
pub(in crate::parking) fn draw(
    label: &str,
    pins: &[(String, &str, Spot)],
    own: Option<(Spot, &str)>,
) -> Markup {
    let spots: Vec<Spot> = pins.iter().map(|(_, _, spot)| *spot).chain(own.map(|(spot, _)| spot)).collect();
    let Some(layout) = Layout::of(&spots) else { return html! {} };
    let (metres, units) = layout.bar();
    let scale = if metres < 1000 { format!("{metres} m") } else { format!("{} km", metres / 1000) };
    html! {
        svg.map viewBox="0 0 720 460" role="group" aria-label=(label) {
            rect width="720" height="460" rx="18" class="ground" {}
            @for x in (60..720).step_by(60) { path class="grid" d={ "M" (x) " 0V460" } {} }
            @for y in (50..460).step_by(60) { path class="grid" d={ "M0 " (y) "H720" } {} }
            @if let Some((spot, words)) = own {
                @let (x, y) = layout.place(spot);
                g class="own" { circle cx=(x) cy=(y) r="26" {} circle cx=(x) cy=(y) r="10" {} text x=(x) y=(y + 46) { (words) } }
            }
            @for (n, (href, name, spot)) in pins.iter().enumerate() {
                @let (x, y) = layout.place(*spot);
                a class="pin" href=(href) aria-label=(name) {
                    circle class="reach" cx=(x) cy=(y - 24) r="38" {}
                    path d={ "M" (x) " " (y) "c-8 -14 -22 -22 -22 -36a22 22 0 0 1 44 0c0 14 -14 22 -22 36z" } {}
                    text x=(x) y=(y - 28) { (n + 1) }
                    @if name.chars().count() <= NAME { text class="name" x=(x) y=(y + 22) { (name) } }
                }
            }
            path class="scale" d={ "M24 436v8h" (units) "v-8" } {}
            text class="scale-text" x="24" y="428" { (scale) }
            path class="north" d="M692 20l10 26l-10 -7l-10 7z" {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MALL: Spot = Spot { latitude: 22_540_000, longitude: 114_060_000 };

    #[test]
    fn p4_distances_are_right_to_a_metre_in_a_city() {
        let check = |latitude: i64, longitude: i64, want: i64| {
            let other = Spot { latitude: MALL.latitude + latitude, longitude: MALL.longitude + longitude };
            assert!(
                (metres(MALL, other) - want).abs() <= 1,
                "{latitude} {longitude}: {}",
                metres(MALL, other)
            );
        };
        check(0, 0, 0);
        check(10_000, 0, 1113);
        check(0, 10_000, 1028);
        check(-3_000, 4_000, 530);
    }

    #[test]
    fn p4_every_pin_is_inside_the_drawing_and_leads_to_its_car_park() {
        for spread in [0_i64, 300, 40_000, 9_000_000] {
            let spots = [MALL, Spot { latitude: MALL.latitude + spread, longitude: MALL.longitude - spread }];
            let layout = Layout::of(&spots).unwrap();
            for spot in spots {
                let (x, y) = layout.place(spot);
                assert!((40..=680).contains(&x) && (40..=420).contains(&y), "{spread}: {x} {y}");
            }
            let (metres, units) = layout.bar();
            assert!(metres >= 20 && (10..=160).contains(&units), "{spread}: {metres} m are {units}");
        }
        let html = draw("map", &[("/park/1".to_owned(), "<A>", MALL)], None).into_string();
        assert!(html.contains(r#"href="/park/1""#) && html.contains("&lt;A&gt;"), "{html}");
        assert!(draw("map", &[], None).into_string().is_empty());
    }
}
