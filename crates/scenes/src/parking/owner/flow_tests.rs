//! The figures of the survey, the edges, and the queue against cars let through one by one.

use super::*;

#[test]
fn p26_the_figures_of_the_survey_are_exact() {
    let check = |mix: Mix, seconds: i64, an_hour: i64| {
        assert_eq!((mix.seconds(), mix.cars_per_hour()), (seconds, Some(an_hour)), "{mix:?}");
    };
    check(Mix::BEFORE, 3250, 111);
    check(Mix::AFTER, 1600, 225);
    check(Mix { paying: 0, ..Mix::BEFORE }, 500, 720);
    check(Mix { paying: 100, ..Mix::BEFORE }, 6000, 60);
    assert_eq!(ratio_hundredths(Mix::BEFORE, Mix::AFTER), Some(203), "printed as 2 times");
}

#[test]
fn p26_nothing_to_count_is_no_figure() {
    let none = Mix { cars: 0, paying: 0, paying_s: 60, free_s: 5 };
    assert_eq!((none.cars_per_hour(), queue(none, 100)), (None, None));
    let instant = Mix { cars: 10, paying: 0, paying_s: 60, free_s: 0 };
    assert_eq!((instant.cars_per_hour(), ratio_hundredths(Mix::BEFORE, instant)), (None, None));
}

#[test]
fn p26_above_what_the_lane_lets_out_the_queue_grows() {
    let check = |mix, arrivals, want| assert_eq!(queue(mix, arrivals), Some(want), "{mix:?} {arrivals}");
    // 180 arrive, 110.77 leave: 69 are left after an hour, and 69 × 32.5 s
    check(Mix::BEFORE, 180, Queue::Grows { an_hour: 69, last_waits_s: 2243 });
    check(Mix::BEFORE, 111, Queue::Grows { an_hour: 0, last_waits_s: 0 });
    assert!(
        matches!(queue(Mix::AFTER, 180), Some(Queue::Steady { busy: 800, .. })),
        "the same arrivals with self-service"
    );
    check(Mix::BEFORE, 0, Queue::Steady { busy: 0, wait_tenths: 0, cars_hundredths: 0 });
}

/// A stream of figures that look random and repeat.
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }
}

/// Lets cars through one by one: in each tenth of a second one arrives with the chance of the rate; the mean wait in tenths.
fn let_through(mix: Mix, arrivals_per_hour: u64, cars: u64) -> i64 {
    let mut dice = Dice(0x5a0_3a11);
    let (mut now, mut free_at, mut waited, mut came) = (0_u64, 0_u64, 0_u64, 0_u64);
    while came < cars {
        now += 1;
        if dice.roll() % 36_000 >= arrivals_per_hour {
            continue;
        }
        came += 1;
        let pays = dice.roll() % mix.cars.unsigned_abs() < mix.paying.unsigned_abs();
        let service = if pays { mix.paying_s } else { mix.free_s }.unsigned_abs() * 10;
        let start = free_at.max(now);
        waited += start - now;
        free_at = start + service;
    }
    i64::try_from(waited / cars).unwrap()
}

#[test]
fn p26_the_mean_wait_agrees_with_cars_let_through_one_by_one() {
    for (mix, arrivals) in [(Mix::AFTER, 100_i64), (Mix::AFTER, 150), (Mix::BEFORE, 60)] {
        let Some(Queue::Steady { wait_tenths, .. }) = queue(mix, arrivals) else {
            panic!("{arrivals} is below the limit")
        };
        let seen = let_through(mix, arrivals.unsigned_abs(), 200_000);
        assert!(
            (seen - wait_tenths).abs() * 12 < wait_tenths,
            "{arrivals} cars an hour: {wait_tenths} by rule, {seen} seen"
        );
    }
}
