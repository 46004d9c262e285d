//! Codes as SVG: Code 128 (set C, pairs of digits; a last single one in set B) for payment codes, QR by a library.

/// Widths of bars and spaces of each symbol; 105 starts set C, 106 stops.
const SYMBOLS: [&str; 107] = [
    "212222", "222122", "222221", "121223", "121322", "131222", "122213", "122312", "132212", "221213",
    "221312", "231212", "112232", "122132", "122231", "113222", "123122", "123221", "223211", "221132",
    "221231", "213212", "223112", "312131", "311222", "321122", "321221", "312212", "322112", "322211",
    "212123", "212321", "232121", "111323", "131123", "131321", "112313", "132113", "132311", "211313",
    "231113", "231311", "112133", "112331", "132131", "113123", "113321", "133121", "313121", "211331",
    "231131", "213113", "213311", "213131", "311123", "311321", "331121", "312113", "312311", "332111",
    "314111", "221411", "431111", "111224", "111422", "121124", "121421", "141122", "141221", "112214",
    "112412", "122114", "122411", "142112", "142211", "241211", "221114", "413111", "241112", "134111",
    "111242", "121142", "121241", "114212", "124112", "124211", "411212", "421112", "421211", "212141",
    "214121", "412121", "111143", "111341", "131141", "114113", "114311", "411113", "411311", "113141",
    "114131", "311141", "411131", "211412", "211214", "211232", "2331112",
];

/// The symbols of a row of digits: start, pairs, check, stop.
fn symbols(digits: &str) -> Vec<usize> {
    let mut out = vec![105];
    for pair in digits.as_bytes().chunks(2) {
        match pair {
            [one] => out.extend([100, usize::from(one - b'0') + 16]), // on in set B
            _ => out.push(pair.iter().fold(0, |value, digit| value * 10 + usize::from(digit - b'0'))),
        }
    }
    let check = out.iter().enumerate().map(|(place, value)| place.max(1) * value).sum::<usize>() % 103;
    out.extend([check, 106]);
    out
}

/// Code 128 of digits.
pub(crate) fn code128_svg(digits: &str) -> String {
    let (mut x, mut path) = (0u32, String::new());
    for symbol in symbols(digits) {
        for (index, width) in SYMBOLS[symbol].bytes().map(|b| u32::from(b - b'0')).enumerate() {
            if index % 2 == 0 {
                path.push_str(&format!("M{x} 0h{width}v40h-{width}z"));
            }
            x += width;
        }
    }
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"-10 0 {} 40\" preserveAspectRatio=\"none\" \
         shape-rendering=\"crispEdges\" role=\"img\" aria-label=\"{digits}\"><path d=\"{path}\" fill=\"#000\"/></svg>",
        x + 20
    )
}

/// A QR code of any text.
pub(crate) fn qr_svg(text: &str) -> String {
    let Ok(code) = qrcode::QrCode::new(text) else { return String::new() };
    let svg =
        code.render::<qrcode::render::svg::Color<'_>>().min_dimensions(200, 200).quiet_zone(true).build();
    svg.split_once("?>").map_or(svg.clone(), |(_, rest)| rest.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn the_table_is_a_code_128_table() {
        let distinct: HashSet<_> = SYMBOLS.iter().collect();
        assert_eq!(distinct.len(), 107);
        for symbol in &SYMBOLS[..106] {
            let widths: Vec<u32> = symbol.bytes().map(|b| u32::from(b - b'0')).collect();
            assert_eq!(widths.iter().sum::<u32>(), 11, "{symbol}");
            assert_eq!(widths.iter().step_by(2).sum::<u32>() % 2, 0, "{symbol}: bars are even");
        }
    }

    #[test]
    fn the_check_symbol_is_weighted() {
        // 105 + 1*12 + 2*34 + 3*56 = 353; 353 % 103 = 44
        assert_eq!(symbols("123456"), [105, 12, 34, 56, 44, 106]);
        // 105 + 1*12 + 2*100 + 3*19 = 374; 374 % 103 = 65
        assert_eq!(symbols("123"), [105, 12, 100, 19, 65, 106]);
    }
}
