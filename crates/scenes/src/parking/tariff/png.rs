//! The fee curve as a PNG picture: lines and figures on a small canvas of its own, for printers and reports.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::ZlibEncoder;
use jiff::Timestamp;

use super::model::Tariff;

const WIDTH: usize = 960;
const HEIGHT: usize = 540;
const LEFT: i64 = 96;
const RIGHT: i64 = 24;
const TOP: i64 = 24;
const BOTTOM: i64 = 64;
const COLOURS: [[u8; 3]; 8] = [
    [11, 110, 153],
    [179, 84, 30],
    [47, 125, 50],
    [123, 63, 160],
    [161, 19, 47],
    [93, 107, 0],
    [31, 79, 191],
    [107, 74, 43],
];

/// Rows of five bits for the figures 0–9, the point and the minus sign.
const FIGURES: [(char, [u8; 7]); 12] = [
    ('0', [14, 17, 19, 21, 25, 17, 14]),
    ('1', [4, 12, 4, 4, 4, 4, 14]),
    ('2', [14, 17, 1, 2, 4, 8, 31]),
    ('3', [31, 2, 4, 2, 1, 17, 14]),
    ('4', [2, 6, 10, 18, 31, 2, 2]),
    ('5', [31, 16, 30, 1, 1, 17, 14]),
    ('6', [6, 8, 16, 30, 17, 17, 14]),
    ('7', [31, 1, 2, 4, 8, 8, 8]),
    ('8', [14, 17, 17, 14, 17, 17, 14]),
    ('9', [14, 17, 17, 15, 1, 2, 12]),
    ('.', [0, 0, 0, 0, 0, 12, 12]),
    ('-', [0, 0, 0, 31, 0, 0, 0]),
];

struct Canvas {
    pixels: Vec<u8>,
}

impl Canvas {
    fn new() -> Canvas {
        Canvas { pixels: vec![255; WIDTH * HEIGHT * 3] }
    }

    fn fill(&mut self, x: i64, y: i64, width: i64, height: i64, colour: [u8; 3]) {
        let clamp = |v: i64, most: usize| usize::try_from(v.max(0)).unwrap_or(0).min(most);
        let (from, to) = (clamp(x, WIDTH), clamp(x + width, WIDTH));
        for row in clamp(y, HEIGHT)..clamp(y + height, HEIGHT) {
            for column in from..to {
                let at = (row * WIDTH + column) * 3;
                self.pixels[at..at + 3].copy_from_slice(&colour);
            }
        }
    }

    fn figures(&mut self, text: &str, mut x: i64, y: i64) {
        for c in text.chars() {
            if let Some((_, rows)) = FIGURES.iter().find(|(known, _)| *known == c) {
                for (row, bits) in (0_i64..).zip(rows) {
                    for column in (0..5).filter(|column| bits >> (4 - column) & 1 == 1) {
                        self.fill(x + column * 2, y + row * 2, 2, 2, [60, 60, 60]);
                    }
                }
            }
            x += 12;
        }
    }

    fn png(&self) -> Vec<u8> {
        let mut raw = Vec::with_capacity(self.pixels.len() + HEIGHT);
        for row in self.pixels.chunks(WIDTH * 3) {
            raw.push(0);
            raw.extend_from_slice(row);
        }
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
        let packed = encoder.write_all(&raw).and_then(|()| encoder.finish()).unwrap_or_default();
        let mut out = b"\x89PNG\r\n\x1a\n".to_vec();
        let side = |n: usize| u32::try_from(n).unwrap_or(0).to_be_bytes();
        let mut head = [side(WIDTH), side(HEIGHT)].concat();
        head.extend([8, 2, 0, 0, 0]);
        chunk(&mut out, b"IHDR", &head);
        chunk(&mut out, b"IDAT", &packed);
        chunk(&mut out, b"IEND", &[]);
        out
    }
}

fn chunk(out: &mut Vec<u8>, kind: &[u8; 4], data: &[u8]) {
    out.extend(u32::try_from(data.len()).unwrap_or(0).to_be_bytes());
    let mut crc = flate2::Crc::new();
    crc.update(kind);
    crc.update(data);
    out.extend(kind);
    out.extend(data);
    out.extend(crc.sum().to_be_bytes());
}

impl Tariff {
    /// The fee curve as a PNG picture: hours to the right, the fee upwards, a colour for each rate in the order of the file.
    pub fn curve_png(&self, enter: Timestamp, hours: i64) -> Vec<u8> {
        let hours = hours.clamp(1, 24 * 14);
        let series = self.series(enter, hours * 3600, (hours * 3600 / 720).max(60));
        let highest = series.iter().flat_map(|s| &s.points).map(|(_, fee)| *fee).max().unwrap_or(0).max(1);
        let (fee_step, fee_top) = super::curve::fee_ticks(highest);
        let (right, bottom) =
            (i64::try_from(WIDTH).unwrap_or(0) - RIGHT, i64::try_from(HEIGHT).unwrap_or(0) - BOTTOM);
        let x = |s: i64| LEFT + (right - LEFT) * s / (hours * 3600);
        let y = |fee: i64| bottom - (bottom - TOP) * fee / fee_top;
        let mut canvas = Canvas::new();
        let mut fee = 0;
        while fee <= fee_top {
            canvas.fill(LEFT, y(fee), right - LEFT, 1, [221, 221, 221]);
            let label = money::Money::new(fee, self.currency).decimal();
            canvas.figures(&label, LEFT - 8 - 12 * i64::try_from(label.len()).unwrap_or(0), y(fee) - 7);
            fee += fee_step;
        }
        let hour_step = (hours / 12).max(1);
        let mut hour = 0;
        while hour <= hours {
            canvas.fill(x(hour * 3600), TOP, 1, bottom - TOP, [236, 236, 236]);
            let label = hour.to_string();
            canvas.figures(&label, x(hour * 3600) - 6 * i64::try_from(label.len()).unwrap_or(0), bottom + 12);
            hour += hour_step;
        }
        for (line, colour) in series.iter().zip(COLOURS) {
            for pair in line.points.windows(2) {
                let ((from, before), (to, after)) = (pair[0], pair[1]);
                canvas.fill(x(from), y(before) - 1, x(to) - x(from) + 2, 3, colour);
                let (low, high) = (y(before).min(y(after)), y(before).max(y(after)));
                canvas.fill(x(to) - 1, low - 1, 3, high - low + 3, colour);
            }
        }
        canvas.png()
    }
}
