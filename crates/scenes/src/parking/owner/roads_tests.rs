//! What a gate's page says from its lanes and the last reports, and which exit it advises.

use store::Json;

use super::*;

const NOW: Millis = Millis(1_773_108_000_000);

fn lane(gate: &str, direction: Direction, waits: bool) -> Lane {
    Lane {
        id: Id(1),
        site: Id(7),
        direction,
        created_at: NOW,
        name: gate.to_owned(),
        gate: gate.to_owned(),
        barrier: None,
        camera: String::new(),
        schedule: Json(Vec::new()),
        latitude: 0,
        longitude: 0,
        waiting: None,
        waiting_since: waits.then_some(NOW),
        waiting_cause: None,
        last_sighting: None,
        last_plate: String::new(),
        last_at: None,
        version: 1,
    }
}

fn road(gate: &str, state: RoadState, seconds_ago: u64, waiting: Option<i64>) -> Road {
    let seen_at = NOW.minus(Duration::from_secs(seconds_ago));
    let (note, source) = (String::new(), "camera".to_owned());
    Road { site: Id(7), gate: gate.to_owned(), state, waiting, note, source, seen_at, received_at: seen_at }
}

#[test]
fn p22_a_feed_that_is_away_is_unknown_and_never_clear() {
    let check = |seconds_ago: u64, want: Option<RoadState>| {
        let lanes = [lane("east", Direction::Exit, false)];
        let found = gates(&lanes, &[road("east", RoadState::Clear, seconds_ago, None)], NOW, "Asia/Shanghai");
        assert_eq!(found[0].road, want, "{seconds_ago} s ago");
        assert_eq!(
            found[0].last.as_ref().unwrap().seen_at,
            NOW.minus(Duration::from_secs(seconds_ago)),
            "its time is told"
        );
    };
    check(0, Some(RoadState::Clear));
    check(300, Some(RoadState::Clear));
    check(301, None);
    check(86_400, None);
    let silent = gates(&[lane("east", Direction::Exit, false)], &[], NOW, "Asia/Shanghai");
    assert_eq!((silent[0].road.clone(), advice(&silent)), (None, None), "nothing is advised from nothing");
}

#[test]
fn p22_the_advice_is_the_clearest_open_exit() {
    let lanes: Vec<Lane> =
        ["east", "south", "west"].iter().map(|g| lane(g, Direction::Exit, *g == "west")).collect();
    let check = |roads: &[Road], want: Option<&str>| {
        let found = gates(&lanes, roads, NOW, "Asia/Shanghai");
        assert_eq!(advice(&found).map(|g| g.name.as_str()), want, "{roads:?}");
    };
    let (clear, slow, jammed) = (RoadState::Clear, RoadState::Slow, RoadState::Jammed);
    check(&[road("east", slow.clone(), 10, None), road("south", clear.clone(), 10, Some(4))], Some("south"));
    check(
        &[road("east", clear.clone(), 10, Some(9)), road("south", clear.clone(), 10, Some(4))],
        Some("south"),
    );
    check(&[road("west", clear.clone(), 10, None), road("south", clear.clone(), 10, None)], Some("south"));
    check(&[road("east", jammed, 10, None)], None);
    check(&[road("east", clear.clone(), 900, None), road("west", slow, 10, None)], Some("west"));
    let entry_only = [lane("north", Direction::Entry, false)];
    let found = gates(&entry_only, &[road("north", clear, 1, None)], NOW, "Asia/Shanghai");
    assert_eq!((found[0].exit.clone(), advice(&found)), (None, None), "nobody leaves by an entry");
}
