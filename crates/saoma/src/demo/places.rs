//! The sample merchants, as data: their sites, terminals, people and goods. Several, so that what must not cross can be seen not to.

use desk::rows::Role;

/// A sample merchant.
pub(super) struct SampleMerchant {
    /// Its name, by which a later start finds it again.
    pub(super) name: &'static str,
    /// What sort of business it is.
    pub(super) kind: &'static str,
    /// The currency in which its wallets from abroad are settled, where it takes them.
    pub(super) settled_in: Option<&'static str>,
    /// Where it sells.
    pub(super) site: SampleSite,
    /// Who works there.
    pub(super) operators: &'static [SampleOperator],
    /// What it sells.
    pub(super) items: &'static [SampleItem],
}

/// A sample site.
pub(super) struct SampleSite {
    /// Its name.
    pub(super) name: &'static str,
    /// What sort of place it is.
    pub(super) kind: &'static str,
    /// Where it is.
    pub(super) address: &'static str,
    /// What stands there.
    pub(super) terminals: &'static [SampleTerminal],
}

/// A sample terminal.
pub(super) struct SampleTerminal {
    /// Its name.
    pub(super) name: &'static str,
    /// What sort of device it is.
    pub(super) kind: &'static str,
    /// What it can do.
    pub(super) capabilities: &'static [&'static str],
}

/// A sample operator.
pub(super) struct SampleOperator {
    /// Sign-in name.
    pub(super) name: &'static str,
    /// Password: the demo is for one machine, and its screens show it.
    pub(super) password: &'static str,
    /// Role.
    pub(super) role: Role,
}

/// A sample item of the catalogue: SKU, names, price in fen.
pub(super) struct SampleItem(
    pub(super) &'static str,
    pub(super) &'static str,
    pub(super) &'static str,
    pub(super) i64,
);

const COUNTER: &[&str] = &["shows_code", "scans_code", "takes_cash", "gives_change", "prints"];
const HANDHELD: &[&str] = &["shows_code", "scans_code", "prints"];
const STAND: &[&str] = &["shows_code"];
const KIOSK: &[&str] = &["shows_code", "scans_code", "takes_cash", "gives_change", "prints"];
const PATROL: &[&str] = &["shows_code", "scans_code", "takes_cash", "gives_change", "prints", "photographs"];
const BARRIER: &[&str] = &["shows_code", "opens_barrier"];

/// What is in a drawer when the demo's first shift opens, in fen: pieces by denomination, down to the smallest coin.
pub(super) const FLOAT: &[(i64, i64)] = &[
    (10_000, 10),
    (5_000, 20),
    (2_000, 40),
    (1_000, 60),
    (500, 80),
    (100, 300),
    (50, 300),
    (10, 500),
    (5, 200),
    (2, 500),
    (1, 1_000),
];

const HARBOUR: &[SampleOperator] = &[
    SampleOperator { name: "mei", password: "harbour-owner", role: Role::Owner },
    SampleOperator { name: "jun", password: "harbour-manager", role: Role::Manager },
    SampleOperator { name: "lan", password: "harbour-cashier", role: Role::Cashier },
    SampleOperator { name: "tao", password: "harbour-auditor", role: Role::Auditor },
];

const NORTH: &[SampleOperator] = &[
    SampleOperator { name: "wen", password: "northgate-owner", role: Role::Owner },
    SampleOperator { name: "bo", password: "northgate-cashier", role: Role::Cashier },
];

const MALL: &[SampleOperator] = &[
    SampleOperator { name: "ning", password: "mall-owner", role: Role::Owner },
    SampleOperator { name: "8000", password: "mall-manager", role: Role::Manager },
    SampleOperator { name: "8001", password: "mall-cashier-1", role: Role::Cashier },
    SampleOperator { name: "8002", password: "mall-cashier-2", role: Role::Cashier },
    SampleOperator { name: "8003", password: "mall-cashier-3", role: Role::Cashier },
];

/// What stands at the mall: two kiosks, three handhelds, and a barrier for each way of its four gates.
const MALL_TERMINALS: &[SampleTerminal] = &[
    SampleTerminal { name: "Kiosk A 缴费机甲", kind: "parking_kiosk", capabilities: KIOSK },
    SampleTerminal { name: "Kiosk B 缴费机乙", kind: "parking_kiosk", capabilities: KIOSK },
    SampleTerminal { name: "Handheld 1 手持机一", kind: "parking_handheld", capabilities: PATROL },
    SampleTerminal { name: "Handheld 2 手持机二", kind: "parking_handheld", capabilities: PATROL },
    SampleTerminal { name: "Handheld 3 手持机三", kind: "parking_handheld", capabilities: PATROL },
    SampleTerminal { name: "East in 东门入口", kind: "parking_lane", capabilities: BARRIER },
    SampleTerminal { name: "East out 东门出口", kind: "parking_lane", capabilities: BARRIER },
    SampleTerminal { name: "South in 南门入口", kind: "parking_lane", capabilities: BARRIER },
    SampleTerminal { name: "South out 南门出口", kind: "parking_lane", capabilities: BARRIER },
    SampleTerminal { name: "West in 西门入口", kind: "parking_lane", capabilities: BARRIER },
    SampleTerminal { name: "West out 西门出口", kind: "parking_lane", capabilities: BARRIER },
    SampleTerminal { name: "North in 北门入口", kind: "parking_lane", capabilities: BARRIER },
    SampleTerminal { name: "North out 北门出口", kind: "parking_lane", capabilities: BARRIER },
];

/// The sample merchants; the first is the one a program that wants only one should use.
pub(super) const MERCHANTS: [SampleMerchant; 3] = [
    SampleMerchant {
        name: "Harbour Tea 海港茶铺",
        kind: "shop",
        settled_in: None,
        site: SampleSite {
            name: "Pier 3 三号码头店",
            kind: "shop",
            address: "Pier 3, Harbour Road · 海港路三号码头",
            terminals: &[
                SampleTerminal { name: "Counter 1 柜台一", kind: "counter", capabilities: COUNTER },
                SampleTerminal { name: "Counter 2 柜台二", kind: "counter", capabilities: COUNTER },
                SampleTerminal { name: "Handheld 手持机", kind: "handheld", capabilities: HANDHELD },
                SampleTerminal { name: "Table stand 桌牌", kind: "stand", capabilities: STAND },
            ],
        },
        operators: HARBOUR,
        items: &[
            SampleItem("tea-jasmine", "Jasmine tea", "茉莉花茶", 1_800),
            SampleItem("tea-oolong", "Iron Goddess oolong", "铁观音", 2_200),
            SampleItem("tea-puer", "Aged pu'er", "陈年普洱", 2_600),
            SampleItem("milk-tea", "Milk tea", "奶茶", 1_500),
            SampleItem("lemon-tea", "Iced lemon tea", "冰柠檬茶", 1_600),
            SampleItem("egg-tart", "Egg tart", "蛋挞", 600),
            SampleItem("sesame-ball", "Sesame ball", "麻团", 450),
            SampleItem("bag", "Paper bag", "纸袋", 30),
        ],
    },
    SampleMerchant {
        name: "North Gate Books 北门书店",
        kind: "shop",
        settled_in: Some("USD"),
        site: SampleSite {
            name: "North Gate 北门店",
            kind: "shop",
            address: "8 North Gate Street · 北门街八号",
            terminals: &[
                SampleTerminal { name: "Till 收银台", kind: "counter", capabilities: COUNTER },
                SampleTerminal {
                    name: "Reading room stand 阅览室桌牌", kind: "stand", capabilities: STAND
                },
            ],
        },
        operators: NORTH,
        items: &[
            SampleItem("book-novel", "Novel, paperback", "小说（平装）", 4_500),
            SampleItem("book-child", "Picture book", "绘本", 3_280),
            SampleItem("map", "City map", "城市地图", 1_200),
            SampleItem("notebook", "Notebook", "笔记本", 990),
            SampleItem("pencil", "Pencil", "铅笔", 150),
        ],
    },
    SampleMerchant {
        name: "Harbour Mall 海港商城",
        kind: "car_park",
        settled_in: None,
        site: SampleSite {
            name: "Harbour Mall car park 海港商城停车场",
            kind: "car_park",
            address: "1 Harbour Square · 海港广场一号",
            terminals: MALL_TERMINALS,
        },
        operators: MALL,
        items: &[],
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_samples_can_be_set_up_and_told_apart() {
        let mut names: Vec<&str> =
            MERCHANTS.iter().flat_map(|m| m.operators.iter().map(|o| o.name)).collect();
        names.sort_unstable();
        let count = names.len();
        names.dedup();
        assert_eq!(names.len(), count, "sign-in names are unique over all merchants");
        for merchant in &MERCHANTS {
            let can = |what: &str| merchant.site.terminals.iter().any(|t| t.capabilities.contains(&what));
            assert!(can("takes_cash") && can("shows_code") && can("scans_code"));
            assert!(merchant.site.terminals.iter().any(|t| !t.capabilities.contains(&"takes_cash")));
            assert!(merchant.operators.iter().all(|o| o.password.chars().count() >= 8));
            let known =
                |t: &SampleTerminal| t.capabilities.iter().all(|c| desk::directory::CAPABILITIES.contains(c));
            assert!(merchant.site.terminals.iter().all(known));
        }
    }
}
