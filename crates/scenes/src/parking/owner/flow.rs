//! How many cars an exit lets out, and the queue at a given number of arrivals (P26). Whole numbers and fractions of them only.

/// Seconds in an hour.
const HOUR_S: i128 = 3600;

/// Cars at one exit lane: so many of them pay there, the others roll through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mix {
    /// All cars looked at.
    pub cars: i64,
    /// Those that pay at the lane.
    pub paying: i64,
    /// Seconds a paying car holds the lane.
    pub paying_s: i64,
    /// Seconds any other car holds it.
    pub free_s: i64,
}

impl Mix {
    /// The mall of the survey: half of the cars pay at the lane.
    pub const BEFORE: Mix = Mix { cars: 100, paying: 50, paying_s: 60, free_s: 5 };
    /// The same with three in ten cars paying inside.
    pub const AFTER: Mix = Mix { cars: 100, paying: 20, paying_s: 60, free_s: 5 };

    fn free(self) -> i128 {
        i128::from((self.cars - self.paying).max(0))
    }

    /// Seconds until all of them are out.
    pub fn seconds(self) -> i64 {
        let total =
            i128::from(self.paying) * i128::from(self.paying_s) + self.free() * i128::from(self.free_s);
        i64::try_from(total).unwrap_or(i64::MAX)
    }

    /// Cars an hour, rounded to the nearest; `None` where nothing takes time.
    pub fn cars_per_hour(self) -> Option<i64> {
        divided(HOUR_S * i128::from(self.cars), i128::from(self.seconds()))
    }

    /// The sum of the squares of the service times: what makes queues of mixed cars longer than of equal ones.
    fn squares(self) -> i128 {
        let square = |s: i64| i128::from(s) * i128::from(s);
        i128::from(self.paying) * square(self.paying_s) + self.free() * square(self.free_s)
    }
}

/// `a / b` to the nearest whole number, halves up.
fn divided(a: i128, b: i128) -> Option<i64> {
    if b <= 0 { None } else { i64::try_from((2 * a + b).div_euclid(2 * b)).ok() }
}

/// How much faster the second mix is, in hundredths: 203 is 2.03 times.
pub fn ratio_hundredths(before: Mix, after: Mix) -> Option<i64> {
    divided(i128::from(before.seconds()) * 100, i128::from(after.seconds()))
}

/// What becomes of a queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Queue {
    /// Cars arrive no faster than they leave: the mean of a long time.
    Steady {
        /// Share of the time the lane is held, in thousandths.
        busy: i64,
        /// Mean wait before it is one's turn, in tenths of a second.
        wait_tenths: i64,
        /// Mean number of cars that wait, in hundredths.
        cars_hundredths: i64,
    },
    /// More arrive than can leave: it grows until fewer come.
    Grows {
        /// Cars the queue grows by in an hour.
        an_hour: i64,
        /// Seconds the last car of the first hour waits.
        last_waits_s: i64,
    },
}

/// The queue of one lane when so many cars arrive in an hour, at moments that do not depend on each other. The mean wait is
/// Pollaczek and Khinchine's: `λ·E[S²] / 2(1 − ρ)`. `None` without cars or time.
pub fn queue(mix: Mix, arrivals_per_hour: i64) -> Option<Queue> {
    let (cars, arrivals, total) =
        (i128::from(mix.cars), i128::from(arrivals_per_hour.max(0)), i128::from(mix.seconds()));
    if cars <= 0 || total <= 0 {
        return None;
    }
    // ρ = arrivals · total / (3600 · cars)
    let (held, room) = (arrivals * total, HOUR_S * cars);
    if held >= room {
        let left = divided(arrivals * total - room, total)?;
        let last_waits_s = divided(i128::from(left) * total, cars)?;
        return Some(Queue::Grows { an_hour: left, last_waits_s });
    }
    let (above, below) = (arrivals * mix.squares(), 2 * (room - held));
    Some(Queue::Steady {
        busy: divided(held * 1000, room)?,
        wait_tenths: divided(above * 10, below)?,
        cars_hundredths: divided(above * arrivals * 100, below * HOUR_S)?,
    })
}

#[cfg(test)]
#[path = "flow_tests.rs"]
mod tests;
