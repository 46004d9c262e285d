//! A fee curve: what a stay costs as it grows, one line for each rate, as SVG.

use std::fmt::Write as _;

use jiff::Timestamp;

use super::model::Tariff;
use super::samples::stay_for;
use super::stay::Stay;

const WIDTH: i64 = 960;
const HEIGHT: i64 = 540;
const LEFT: i64 = 80;
const RIGHT: i64 = 24;
const TOP: i64 = 56;
const BOTTOM: i64 = 96;
const COLOURS: [&str; 8] =
    ["#0b6e99", "#b3541e", "#2f7d32", "#7b3fa0", "#a1132f", "#5d6b00", "#1f4fbf", "#6b4a2b"];

/// What one rate costs at growing lengths: seconds and minor units.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Series {
    /// Name of the rate.
    pub name: String,
    /// Length of the stay in seconds, and the fee in minor units.
    pub points: Vec<(i64, i64)>,
}

impl Tariff {
    /// The fee at each step of `step_s` up to `length_s`, for each rate that prices a stay beginning at `enter`.
    pub fn series(&self, enter: Timestamp, length_s: i64, step_s: i64) -> Vec<Series> {
        let mut out = Vec::new();
        for rate in self.rates.iter().filter(|r| r.offer.is_none()).take(COLOURS.len()) {
            let stay = stay_for(self, rate, enter);
            let mut points = Vec::new();
            let mut length = 0;
            while length <= length_s {
                let leave = Timestamp::from_second(enter.as_second() + length);
                let fee = leave.ok().and_then(|leave| self.quote(&Stay { leave, ..stay.clone() }).ok());
                if let Some(fee) = fee.filter(|fee| {
                    fee.rate == rate.name
                        || self.rates.iter().any(|r| r.offer.is_some() && r.name == fee.rate)
                }) {
                    points.push((length, fee.total.value));
                }
                length += step_s.max(60);
            }
            if !points.is_empty() {
                out.push(Series { name: rate.name.to_string(), points });
            }
        }
        out
    }

    /// An entry to draw a curve from: a weekday at nine.
    pub fn usual_entry(&self) -> Timestamp {
        let nine = |at: &&Timestamp| self.clock.tod(at.as_second()) == 9 * 3600;
        let all = super::samples::entries(self);
        all.iter().find(nine).or_else(|| all.first()).copied().unwrap_or(Timestamp::UNIX_EPOCH)
    }

    /// The fee curve of stays that begin at `enter`, up to `hours` long, as an SVG picture.
    pub fn curve(&self, enter: Timestamp, hours: i64) -> String {
        let hours = hours.clamp(1, 24 * 14);
        let series = self.series(enter, hours * 3600, (hours * 3600 / 720).max(60));
        let highest = series.iter().flat_map(|s| &s.points).map(|(_, fee)| *fee).max().unwrap_or(0).max(1);
        let (fee_step, fee_top) = fee_ticks(highest);
        let mut svg = String::new();
        let x = |s: i64| LEFT + (WIDTH - LEFT - RIGHT) * s / (hours * 3600);
        let y = |fee: i64| HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * fee / fee_top;
        let _ = write!(
            svg,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" font-family=\"sans-serif\" font-size=\"14\">\n\
             <rect width=\"{WIDTH}\" height=\"{HEIGHT}\" fill=\"#fff\"/>\n<text x=\"{LEFT}\" y=\"28\" font-size=\"18\">{}</text>\n\
             <text x=\"{LEFT}\" y=\"46\" fill=\"#555\">{} after an entry at {}, by hours</text>\n",
            escape(&self.name),
            self.currency.code(),
            self.clock.show(enter)
        );
        let mut fee = 0;
        while fee <= fee_top {
            let at = y(fee);
            let label = money::Money::new(fee, self.currency).decimal();
            let _ = writeln!(
                svg,
                "<path d=\"M{LEFT} {at}H{}\" stroke=\"#ddd\"/><text x=\"{}\" y=\"{}\" text-anchor=\"end\">{label}</text>",
                WIDTH - RIGHT,
                LEFT - 8,
                at + 5
            );
            fee += fee_step;
        }
        let hour_step = (hours / 12).max(1);
        let mut hour = 0;
        while hour <= hours {
            let at = x(hour * 3600);
            let base = HEIGHT - BOTTOM;
            let _ = writeln!(
                svg,
                "<path d=\"M{at} {TOP}V{base}\" stroke=\"#eee\"/><text x=\"{at}\" y=\"{}\" text-anchor=\"middle\">{hour}</text>",
                base + 20
            );
            hour += hour_step;
        }
        for (i, line) in series.iter().enumerate() {
            let colour = COLOURS[i % COLOURS.len()];
            let _ = writeln!(
                svg,
                "<path fill=\"none\" stroke=\"{colour}\" stroke-width=\"2.5\" d=\"{}\"/>",
                stairs(&line.points, x, y)
            );
            let (column, row) = (i64::try_from(i % 4).unwrap_or(0), i64::try_from(i / 4).unwrap_or(0));
            let (lx, ly) = (LEFT + column * 215, HEIGHT - 44 + row * 22);
            let _ = writeln!(
                svg,
                "<path d=\"M{lx} {}h24\" stroke=\"{colour}\" stroke-width=\"4\"/><text x=\"{}\" y=\"{ly}\">{}</text>",
                ly - 5,
                lx + 30,
                escape(&line.name)
            );
        }
        svg.push_str("</svg>\n");
        svg
    }
}

/// A path that keeps each fee until it changes.
fn stairs(points: &[(i64, i64)], x: impl Fn(i64) -> i64, y: impl Fn(i64) -> i64) -> String {
    let mut path = String::new();
    let mut last: Option<i64> = None;
    for (i, (at, fee)) in points.iter().enumerate() {
        match last {
            None => {
                let _ = write!(path, "M{} {}", x(*at), y(*fee));
            }
            Some(before) if before != *fee => {
                let _ = write!(path, "H{}V{}", x(*at), y(*fee));
            }
            Some(_) if i + 1 == points.len() => {
                let _ = write!(path, "H{}", x(*at));
            }
            Some(_) => {}
        }
        last = Some(*fee);
    }
    path
}

/// Distance of the lines for the fee, and the top of the picture.
pub(super) fn fee_ticks(highest: i64) -> (i64, i64) {
    let mut step = 1;
    while step * 8 < highest {
        let digits = step.to_string();
        step = match digits.as_bytes().first() {
            Some(b'1') => step * 2,
            Some(b'2') => step / 2 * 5,
            _ => step * 2,
        };
    }
    (step, (highest + step - 1) / step * step)
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
