//! The sample mall: a car park with four gates, its tariff, cards, passes and shops, cars inside, and two more car parks in the
//! same town with other tariffs. The places and plates are made up.

use std::time::Duration;

use desk::{Desk, NewSite, Who};
use scenes::parking::cameras::{Reading, Said};
use scenes::parking::lanes::{self, Seen};
use scenes::parking::places::{self, LaneAsk, ParkAsk, ShopAsk};
use scenes::parking::rows::{Direction, Lane, ParkOptions, Point, ShopLimits, Staffing, Window};
use scenes::parking::stays::{self, NewPass};
use scenes::parking::{photos, samples};
use store::{Id, Millis};

use super::setup::Ready;
use crate::out::{Failed, Outcome, While as _};

/// A car park: names, spaces, millionths of a degree north and east, tariff.
struct SamplePark {
    name_en: &'static str,
    name_zh: &'static str,
    address: &'static str,
    spaces: i64,
    place: (i64, i64),
    tariff: &'static str,
}

const MALL: SamplePark = SamplePark {
    name_en: "Harbour Mall",
    name_zh: "海港商城",
    address: "1 Harbour Square · 海港广场一号",
    spaces: 320,
    place: (22_540_200, 114_058_600),
    tariff: "demo_mall",
};

/// Other car parks of the same operator, to choose from.
const OTHERS: [SamplePark; 2] = [
    SamplePark {
        name_en: "Pier car park",
        name_zh: "码头停车场",
        address: "Pier 3, Harbour Road · 海港路三号码头",
        spaces: 90,
        place: (22_533_900, 114_066_100),
        tariff: "free_hours_nev",
    },
    SamplePark {
        name_en: "North Gate car park",
        name_zh: "北门停车场",
        address: "8 North Gate Street · 北门街八号",
        spaces: 140,
        place: (22_548_700, 114_052_300),
        tariff: "qianshan",
    },
];

/// Gates with where they are; who stands there follows from the name.
const GATES: [(&str, &str, (i64, i64)); 4] = [
    ("east", "East 东门", (22_540_300, 114_060_100)),
    ("south", "South 南门", (22_539_100, 114_058_500)),
    ("west", "West 西门", (22_540_100, 114_057_100)),
    ("north", "North 北门", (22_541_300, 114_058_700)),
];

/// Cars inside: plate, hours ago, card.
const CARS: [(&str, u64, Option<&str>); 12] = [
    ("粤B8D52K", 3, Some("M-0001")),
    ("粤B12345", 2, Some("M-0002")),
    ("粤BD12345", 5, None),
    ("粤A3G701", 1, Some("M-0003")),
    ("京AF0236", 26, None),
    ("沪C9QP18", 4, None),
    ("粤B66P02", 2, None),
    ("粤Z1A23港", 6, None),
    ("粤BM8888", 7, None),
    // Read wrongly at the entry: it is 粤B13579.
    ("粤B1357?", 1, None),
    ("京A1234警", 4, None),
    // Nobody could read it.
    ("", 1, Some("M-0004")),
];

/// Sample pictures of entries, drawn for the demo: a blue plate, a green one, a black one.
const PICTURES: [&[u8]; 3] = [
    include_bytes!("photos/blue.jpg"),
    include_bytes!("photos/green.jpg"),
    include_bytes!("photos/dark.jpg"),
];

/// A car with a monthly pass, two cars on one pass.
const PASS: [&str; 2] = ["粤BM8888", "粤BM9999"];

/// When the sample tariffs begin to apply: before anything that happens here.
const SINCE: Millis = Millis(1_735_660_800_000);
const DAY: Duration = Duration::from_secs(24 * 3600);

/// Sets the car parks up, unless an earlier start did.
pub(super) async fn set_up(desk: &Desk, ready: &Ready) -> Outcome {
    let who = &ready.who;
    let known = places::parks(desk, who).await.during("reading the car parks")?;
    if known.iter().any(|park| park.site == ready.site.id) {
        return Ok(());
    }
    for other in &OTHERS {
        let new = NewSite {
            name: format!("{} {}", other.name_en, other.name_zh),
            zone: None,
            cut_off_minutes: 0,
            address: other.address.to_owned(),
        };
        let key = format!("demo-site-{}", other.tariff);
        let site = desk.create_site_once(who, &key, new).await.during("setting a car park up")?;
        park(desk, who, site.id, other).await?;
    }
    let site = ready.site.id;
    park(desk, who, site, &MALL).await?;
    all_lanes(desk, ready).await?;
    passes(desk, who, site).await?;
    shops(desk, who, site).await?;
    cars(desk, who, site).await
}

async fn park(desk: &Desk, who: &Who, site: Id, sample: &SamplePark) -> Outcome {
    let ask = ParkAsk {
        name_en: sample.name_en.to_owned(),
        name_zh: sample.name_zh.to_owned(),
        spaces: sample.spaces,
        latitude: sample.place.0,
        longitude: sample.place.1,
        options: ParkOptions { points: points(sample), ..ParkOptions::default() },
    };
    places::set_park(desk, who, site, ask).await.during("setting a car park up")?;
    let text = samples::text(sample.tariff)
        .ok_or_else(|| Failed::call(format!("there is no sample tariff {}", sample.tariff)))?;
    let key = format!("demo-tariff-{site}");
    places::add_tariff(desk, who, &key, site, text, SINCE).await.during("adding a tariff")?;
    Ok(())
}

/// Where the mall's kiosks stand.
fn points(sample: &SamplePark) -> Vec<Point> {
    if sample.tariff != MALL.tariff {
        return Vec::new();
    }
    let point = |en: &str, zh: &str, latitude, longitude| Point {
        name_en: en.to_owned(),
        name_zh: zh.to_owned(),
        latitude,
        longitude,
    };
    vec![
        point(
            "Kiosk A, under the old management centre",
            "缴费机甲（原管理中心楼下）",
            22_540_350,
            114_058_550,
        ),
        point("Kiosk B, lift lobby", "缴费机乙（电梯厅）", 22_539_800, 114_059_200),
    ]
}

/// Who is at a gate: day and night at east, nobody at south and west, from seven to seven at north.
fn schedule(gate: &str) -> Vec<Window> {
    let time = match gate {
        "east" => "00:00-24:00",
        "north" => "07:00-19:00",
        _ => return Vec::new(),
    };
    vec![Window { days: "all".to_owned(), time: time.to_owned(), gate: Staffing::Staffed }]
}

/// The mall's lanes, each with the barrier of its name.
async fn all_lanes(desk: &Desk, ready: &Ready) -> Outcome {
    let (who, site) = (&ready.who, ready.site.id);
    for (gate, name, place) in GATES {
        for direction in [Direction::Entry, Direction::Exit] {
            let (way, zh) = if direction == Direction::Entry { ("in", "入口") } else { ("out", "出口") };
            let (en, gate_zh) = name.split_once(' ').unwrap_or((name, name));
            let full = format!("{en} {way} {gate_zh}{zh}");
            let barrier = ready.terminals.iter().find(|(t, _)| t.name == full).map(|(t, _)| t.id);
            let ask = LaneAsk {
                site,
                name: full.clone(),
                gate: gate.to_owned(),
                direction: direction.clone(),
                barrier,
                camera: format!("{gate}-{way}"),
                schedule: schedule(gate),
                latitude: place.0,
                longitude: place.1,
            };
            let key = format!("demo-lane-{gate}-{way}");
            places::add_lane(desk, who, &key, ask).await.during("setting a lane up")?;
        }
    }
    Ok(())
}

async fn passes(desk: &Desk, who: &Who, site: Id) -> Outcome {
    let now = desk.now();
    let pass = NewPass {
        name: "Office 1203 办公 1203".to_owned(),
        code: "monthly".to_owned(),
        plates: PASS.map(str::to_owned).to_vec(),
        sites: vec![site],
        cars: 1,
        valid_from: now.minus(30 * DAY),
        valid_until: now.plus(335 * DAY),
    };
    stays::add_pass(desk, who, &format!("demo-pass-{site}"), pass).await.during("adding a pass")?;
    Ok(())
}

async fn shops(desk: &Desk, who: &Who, site: Id) -> Outcome {
    for (key, en, zh, codes, per_day) in [
        ("grocer", "Harbour Grocer", "海港超市", &["shop"][..], 200),
        ("cinema", "Pearl Cinema", "明珠影城", &["cinema"][..], 50),
    ] {
        let ask = ShopAsk {
            site,
            name_en: en.to_owned(),
            name_zh: zh.to_owned(),
            codes: codes.iter().map(|c| (*c).to_owned()).collect(),
            limits: ShopLimits { per_day: Some(per_day), per_stay: Some(1) },
        };
        places::add_shop(desk, who, &format!("demo-shop-{key}"), ask).await.during("adding a shop")?;
    }
    Ok(())
}

/// Cars that came before the demo's first start, told by the gates' cameras with a picture each. A fact has an id, so it counts once.
async fn cars(desk: &Desk, who: &Who, site: Id) -> Outcome {
    let lanes = places::lanes(desk, who, site).await.during("reading the lanes")?;
    let entries: Vec<&Lane> = lanes.iter().filter(|l| l.direction == Direction::Entry).collect();
    for (n, (plate, hours, card)) in CARS.into_iter().enumerate() {
        let picture = match plate {
            plate if plate.contains('港') || plate.contains('警') => PICTURES[2],
            plate if plate.chars().count() == 8 => PICTURES[1],
            _ => PICTURES[0],
        };
        let reading = Reading {
            id: Some(format!("demo-car-{n}")),
            plate: plate.to_owned(),
            confidence: Some(96),
            said: Said::Moment(desk.now().minus(Duration::from_secs(hours * 3600 + 420))),
            photos: vec![photos::check(picture.to_vec()).during("reading a sample picture")?],
            ..Reading::default()
        };
        let lane = entries[n % entries.len()].id;
        let seen = Seen { lane, source: "demo".to_owned(), reading, fact: true };
        let answer = lanes::see(desk, who, seen).await.during("letting a car in")?;
        if let (Some(stay), Some(card)) = (answer.stay, card) {
            let key = format!("demo-card-{n}");
            stays::issue_card(desk, who, &key, stay, card).await.during("handing a card over")?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::places::MERCHANTS;

    #[test]
    fn every_lane_of_the_mall_has_its_barrier_and_every_tariff_is_there() {
        let mall = MERCHANTS.iter().find(|m| m.kind == "car_park").unwrap();
        for (_, name, _) in GATES {
            let (en, zh) = name.split_once(' ').unwrap();
            for full in [format!("{en} in {zh}入口"), format!("{en} out {zh}出口")] {
                assert!(mall.site.terminals.iter().any(|t| t.name == full), "{full}");
            }
        }
        for park in OTHERS.iter().chain([&MALL]) {
            assert!(samples::text(park.tariff).is_some(), "{}", park.tariff);
        }
        let of = |kind: &str| mall.site.terminals.iter().filter(|t| t.kind == kind).count();
        assert_eq!((of("parking_kiosk"), of("parking_handheld"), of("parking_lane")), (2, 3, 8));
    }
}
