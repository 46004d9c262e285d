//! Which pieces a machine takes now: only those whose change it could give, and that it could give back if the person cancels.

use super::rows::{Equipment, Pieces};

/// Whether a stock makes an amount.
pub(super) type CanMake<'a> = &'a dyn Fn(i64, &Pieces) -> bool;

/// What is known about a sale at a machine.
pub(super) struct Situation<'a> {
    /// What is due.
    pub(super) due: i64,
    /// What lies in the machine of it already, not counting escrow.
    pub(super) stacked: i64,
    /// What can be given.
    pub(super) hoppers: &'a Pieces,
    /// What the machine consists of.
    pub(super) equipment: &'a Equipment,
    /// Notes can be taken: no jam, room in the cassette.
    pub(super) notes: bool,
    /// Coins can be taken.
    pub(super) coins: bool,
}

/// What it takes and what it must refuse, said before anybody puts anything in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// Values taken now.
    pub take: Vec<i64>,
    /// Values the machine knows and does not take: their change is not there.
    pub refuse: Vec<i64>,
    /// Only money that does not go beyond what is due is taken.
    pub exact: bool,
    /// What is put in may come back as a slip, not as money, if the person cancels.
    pub slip: bool,
}

pub(super) fn plan(now: &Situation<'_>, can_make: CanMake<'_>) -> Plan {
    let rest = now.due - now.stacked;
    if rest <= 0 {
        return Plan::default();
    }
    let notes = now.equipment.notes.iter().filter(|_| now.notes).map(|v| (*v, true));
    let coins = now.equipment.coins.iter().filter(|_| now.coins).map(|v| (*v, false));
    let all: Vec<(i64, bool)> = notes.chain(coins).collect();
    let change = |(value, note): &(i64, bool)| {
        *value <= rest || can_make(value - rest, &after(now.hoppers, now.equipment, *value, *note))
    };
    let back = |(value, note): &(i64, bool)| {
        // the note that completes the amount stays in escrow until *pay*: it goes back itself
        let owed = if *note && *value >= rest { now.stacked } else { now.stacked + value };
        can_make(owed, &after(now.hoppers, now.equipment, *value, *note))
    };
    let mut take: Vec<i64> = all.iter().filter(|p| change(p) && back(p)).map(|p| p.0).collect();
    let mut slip = !can_make(now.stacked, now.hoppers);
    // Some way to pay must be left: then up to what is due is taken, and it is said that it may come back as a slip.
    let reachable = take.iter().any(|v| *v <= rest) || take.iter().any(|v| *v >= rest);
    if !reachable {
        take = all.iter().filter(|p| change(p)).map(|p| p.0).collect();
        slip = slip || !take.is_empty();
    }
    take.sort_unstable();
    take.dedup();
    let mut refuse: Vec<i64> = all.iter().map(|p| p.0).filter(|v| !take.contains(v)).collect();
    refuse.sort_unstable();
    refuse.dedup();
    let exact = !take.is_empty() && take.iter().all(|v| *v <= rest) && refuse.iter().any(|v| *v > rest);
    Plan { take, refuse, exact, slip }
}

/// The stock once a piece is in: coins fall into the hopper of their value, notes into the cassette.
fn after(hoppers: &Pieces, equipment: &Equipment, value: i64, note: bool) -> Pieces {
    let mut stock = hoppers.clone();
    if !note && equipment.hoppers.contains(&value) {
        *stock.entry(value).or_default() += 1;
    }
    stock
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By trying everything; stocks here are small.
    fn can_make(amount: i64, stock: &Pieces) -> bool {
        let Some((value, count)) = stock.first_key_value() else { return amount == 0 };
        let mut rest = stock.clone();
        rest.remove(value);
        (0..=*count).any(|n| n * value <= amount && can_make(amount - n * value, &rest))
    }

    #[test]
    fn p10_short_change_is_said_before_money_is_taken() {
        let equipment =
            Equipment { coins: vec![100], notes: vec![500, 1000, 2000], hoppers: vec![100, 1000] };
        // due, in already, stock → taken, refused, exact, slip
        type Case = (i64, i64, &'static [(i64, i64)], &'static [i64], &'static [i64], bool, bool);
        let cases: &[Case] = &[
            (700, 0, &[(100, 50), (1000, 9)], &[100, 500, 1000, 2000], &[], false, false),
            // one coin left: 10 for 7 would need 3 back, 5 could not be given back; coins go into the hopper and come out again
            (700, 0, &[(100, 1)], &[100], &[500, 1000, 2000], true, false),
            (1500, 0, &[(100, 5)], &[100, 500, 2000], &[1000], false, false),
            (1500, 1000, &[(1000, 1)], &[100, 500], &[1000, 2000], true, false),
            (1500, 1500, &[(100, 5)], &[], &[], false, false),
            // nothing to give: a note of exactly what is due goes back out of escrow, coins come back as they came
            (500, 0, &[], &[100, 500], &[1000, 2000], true, false),
        ];
        for (due, stacked, stock, take, refuse, exact, slip) in cases {
            let hoppers = stock.iter().copied().collect();
            let now = Situation {
                due: *due,
                stacked: *stacked,
                hoppers: &hoppers,
                equipment: &equipment,
                notes: true,
                coins: true,
            };
            let got = plan(&now, &can_make);
            let want = Plan { take: take.to_vec(), refuse: refuse.to_vec(), exact: *exact, slip: *slip };
            assert_eq!(got, want, "{due} with {stacked} in and {stock:?}");
        }
    }

    #[test]
    fn p10_where_nothing_could_be_given_back_a_slip_is_announced() {
        let equipment = Equipment { coins: Vec::new(), notes: vec![500, 1000], hoppers: Vec::new() };
        let hoppers = Pieces::new();
        let now = Situation {
            due: 1500,
            stacked: 0,
            hoppers: &hoppers,
            equipment: &equipment,
            notes: true,
            coins: true,
        };
        let got = plan(&now, &can_make);
        assert_eq!((got.take, got.slip), (vec![500, 1000], true));
        let shut = Situation { notes: false, ..now };
        assert_eq!(plan(&shut, &can_make), Plan::default());
    }
}
