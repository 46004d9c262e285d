//! Tariffs delivered with the program: real ones, each with worked cases in its file, for the demo and the tests.

/// Name and text of every delivered tariff.
pub const ALL: [(&str, &str); 25] = [
    ("airport_rising", include_str!("tariffs/airport_rising.toml")),
    ("beijing_long_term", include_str!("tariffs/beijing_long_term.toml")),
    ("beijing_roadside_1", include_str!("tariffs/beijing_roadside_1.toml")),
    ("beijing_roadside_2", include_str!("tariffs/beijing_roadside_2.toml")),
    ("beijing_roadside_3", include_str!("tariffs/beijing_roadside_3.toml")),
    ("chimei_museum", include_str!("tariffs/chimei_museum.toml")),
    ("demo_mall", include_str!("tariffs/demo_mall.toml")),
    ("free_hours_nev", include_str!("tariffs/free_hours_nev.toml")),
    ("great_western_hospital", include_str!("tariffs/great_western_hospital.toml")),
    ("harbour_heights", include_str!("tariffs/harbour_heights.toml")),
    ("hk_meters", include_str!("tariffs/hk_meters.toml")),
    ("ikea_taichung", include_str!("tariffs/ikea_taichung.toml")),
    ("jacksonville_garages", include_str!("tariffs/jacksonville_garages.toml")),
    ("qianshan", include_str!("tariffs/qianshan.toml")),
    ("sg_hdb", include_str!("tariffs/sg_hdb.toml")),
    ("sheung_shui_centre", include_str!("tariffs/sheung_shui_centre.toml")),
    ("singen_stadthalle", include_str!("tariffs/singen_stadthalle.toml")),
    ("stoke_john_street", include_str!("tariffs/stoke_john_street.toml")),
    ("taiyuan_nev", include_str!("tariffs/taiyuan_nev.toml")),
    ("times_square_hk", include_str!("tariffs/times_square_hk.toml")),
    ("wilson_westpoint", include_str!("tariffs/wilson_westpoint.toml")),
    ("wuhan_tianhe", include_str!("tariffs/wuhan_tianhe.toml")),
    ("yichang_roads", include_str!("tariffs/yichang_roads.toml")),
    ("zhangye_airport", include_str!("tariffs/zhangye_airport.toml")),
    ("zhumadian", include_str!("tariffs/zhumadian.toml")),
];

/// The text of one of them.
pub fn text(name: &str) -> Option<&'static str> {
    ALL.iter().find(|(known, _)| *known == name).map(|(_, text)| *text)
}
