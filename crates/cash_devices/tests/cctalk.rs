//! The ccTalk driver against simulated devices on a real pseudo-terminal: money is told once, whatever the line and the devices do.

use std::collections::BTreeMap;

use cash_devices::cctalk::hopper::Permit;
use cash_devices::cctalk::{Bus, Machine, Memory};
use cash_devices::serial::SerialPort;
use cash_devices::sim::{Insert, Rig, Simulator};
use cash_devices::{CashDevice, Event, Fault, Route, Trouble, Unit};

const ALL: &[i64] = &[10, 50, 100, 500, 1000, 2000, 5000, 10_000];
/// More polls than anything here needs; a loop that reaches it has hung.
const MANY: usize = 400;

struct Bench {
    sim: Simulator,
    machine: Machine,
}

fn machine(sim: &Simulator, memory: Memory) -> Machine {
    let port = SerialPort::open(sim.path()).expect("the pseudo-terminal opens");
    let wiring = sim.rig().wiring();
    Machine::new(Bus::new(Box::new(port)), wiring, memory)
}

impl Bench {
    fn of(rig: Rig) -> Bench {
        let sim = Simulator::start(rig).expect("a pseudo-terminal");
        let machine = machine(&sim, Memory::default());
        let mut bench = Bench { sim, machine };
        let started = bench.machine.poll();
        assert!(started.contains(&Event::Started { unit: Unit::Notes }), "{started:?}");
        bench
    }

    /// The process ends and begins again with what it had kept.
    fn restart(&mut self) {
        let kept = serde_json::to_string(self.machine.memory()).expect("json");
        let memory = serde_json::from_str(&kept).expect("read back");
        self.machine = machine(&self.sim, memory);
    }

    fn polls(&mut self, count: usize) -> Vec<Event> {
        (0..count).flat_map(|_| self.machine.poll()).collect()
    }

    /// Polls until an event fits; answers all of them.
    fn until(&mut self, fits: impl Fn(&Event) -> bool) -> Vec<Event> {
        let mut all = Vec::new();
        for _ in 0..MANY {
            all.extend(self.machine.poll());
            if all.iter().any(&fits) {
                return all;
            }
        }
        panic!("never came; told was {all:?}");
    }

    fn pay(&mut self, payout: u64, value: i64, count: u32) -> (u32, u32) {
        self.machine.pay_out(payout, value, count).expect("planned");
        let events = self.until(|e| matches!(e, Event::PayoutEnded { .. }));
        let paid = events.iter().map(|e| if let Event::Paid { count, .. } = e { *count } else { 0 }).sum();
        let left = events.iter().find_map(|e| match e {
            Event::PayoutEnded { payout: p, left, .. } if *p == payout => Some(*left),
            _ => None,
        });
        (paid, left.expect("its own end"))
    }
}

fn rig() -> Rig {
    Rig::yuan(&[(100, 20), (1000, 5)])
}

#[test]
fn p9_notes_and_coins_are_told_once_and_only_what_is_wanted_is_taken() {
    let mut bench = Bench::of(rig());
    assert_eq!(bench.machine.equipment().notes, [500, 1000, 2000, 5000, 10_000]);
    assert_eq!(bench.machine.equipment().coins, [10, 50, 100]);
    assert_eq!(bench.machine.equipment().hoppers, [100, 1000]);
    assert_eq!(bench.sim.rig().insert_note(1000), Insert::Refused, "nothing is wanted yet");
    bench.machine.accept(&[100, 1000]).expect("told");
    assert_eq!(bench.sim.rig().insert_note(2000), Insert::Refused, "not among those wanted");
    assert_eq!(bench.sim.rig().insert_note(1000), Insert::Taken);
    assert_eq!(bench.sim.rig().insert_coin(100), Insert::Taken);
    let events = bench.polls(3);
    let money: Vec<&Event> =
        events.iter().filter(|e| matches!(e, Event::Escrow { .. } | Event::Coin { .. })).collect();
    assert_eq!(money, [&Event::Coin { value: 100 }, &Event::Escrow { value: 1000 }]);
    bench.machine.route(Route::Stack).expect("goes");
    assert!(bench.polls(2).contains(&Event::Stacked { value: 1000 }));
    assert_eq!(bench.sim.rig().notes.cassette, [1000]);
}

#[test]
fn p8_a_note_goes_back_and_a_jam_on_the_way_is_told() {
    let mut bench = Bench::of(rig());
    bench.machine.accept(ALL).expect("told");
    assert_eq!(bench.sim.rig().insert_note(2000), Insert::Taken);
    bench.polls(1);
    bench.machine.route(Route::Return).expect("goes");
    assert!(bench.polls(1).contains(&Event::Returned { value: 2000 }));
    assert_eq!(bench.sim.rig().empty_tray(), [2000]);
    bench.sim.rig().notes.jam_on_return = true;
    assert_eq!(bench.sim.rig().insert_note(2000), Insert::Taken);
    bench.polls(1);
    bench.machine.route(Route::Return).expect("tried");
    let jam = Event::Fault { unit: Unit::Notes, fault: Fault::Jam };
    assert_eq!(bench.polls(3).iter().filter(|e| **e == jam).count(), 1, "told once");
    assert!(matches!(bench.machine.route(Route::Return), Err(Trouble::Refused { .. })));
    assert_eq!(bench.sim.rig().tray, Vec::<i64>::new());
}

#[test]
fn p9_a_power_cut_with_a_note_in_escrow_is_recovered_at_start_up() {
    // dropped by the validator or still held; the process lost its power too, or not
    for (drops, restart) in [(false, false), (false, true), (true, false), (true, true)] {
        let mut bench = Bench::of(rig());
        bench.machine.accept(ALL).expect("told");
        bench.sim.rig().notes.drops_on_power_up = drops;
        assert_eq!(bench.sim.rig().insert_note(5000), Insert::Taken);
        bench.until(|e| *e == Event::Escrow { value: 5000 });
        bench.sim.rig().power_cut();
        if restart {
            bench.restart();
        }
        let want = if drops { Event::Missing { value: 5000 } } else { Event::Returned { value: 5000 } };
        let events = bench.until(|e| *e == want);
        assert!(events.contains(&Event::Started { unit: Unit::Notes }), "{events:?}");
        assert_eq!(bench.sim.rig().tray.len(), usize::from(!drops));
    }
}

#[test]
fn p9_what_was_put_in_while_nobody_listened_is_told_afterwards() {
    let mut bench = Bench::of(rig());
    bench.machine.accept(ALL).expect("told");
    for _ in 0..4 {
        assert_eq!(bench.sim.rig().insert_coin(100), Insert::Taken);
    }
    bench.restart();
    let coins = |events: &[Event]| events.iter().filter(|e| matches!(e, Event::Coin { .. })).count();
    let events = bench.polls(2);
    assert_eq!(coins(&events), 4, "{events:?}");
    assert_eq!(coins(&bench.polls(2)), 0, "and not twice");
    bench.machine.accept(ALL).expect("told");
    for _ in 0..8 {
        bench.sim.rig().insert_coin(50);
    }
    let events = bench.polls(2);
    assert_eq!(coins(&events), 5, "the acceptor remembers five");
    assert!(events.contains(&Event::Lost { unit: Unit::Coins, count: 3 }), "{events:?}");
}

#[test]
fn p9_every_coin_is_told_once_over_many_rounds_of_the_counter_and_a_bad_line() {
    let mut bench = Bench::of(Rig::yuan(&[]));
    bench.machine.accept(ALL).expect("told");
    let mut told = BTreeMap::new();
    let mut put = BTreeMap::new();
    for round in 0..300_usize {
        let value = [10, 50, 100][round % 3];
        assert_eq!(bench.sim.rig().insert_coin(value), Insert::Taken);
        *put.entry(value).or_insert(0) += 1;
        match round % 23 {
            5 => bench.sim.rig().faults.damaged = 1,
            11 => bench.sim.rig().faults.noise = 2,
            17 => {
                let mut rig = bench.sim.rig();
                rig.echo = !rig.echo;
            }
            _ => {}
        }
        for event in bench.machine.poll() {
            if let Event::Coin { value } = event {
                *told.entry(value).or_insert(0) += 1;
            }
        }
    }
    assert_eq!(told, put);
}

#[test]
fn p9_a_line_that_is_dead_for_a_while_is_told_and_loses_nothing() {
    let mut bench = Bench::of(Rig::yuan(&[]));
    bench.machine.accept(ALL).expect("told");
    bench.sim.rig().insert_coin(100);
    bench.sim.rig().faults.deaf = 18;
    let events = bench.polls(3);
    assert!(events.contains(&Event::Fault { unit: Unit::Coins, fault: Fault::Silent }), "{events:?}");
    let events = bench.until(|e| matches!(e, Event::Cleared { unit: Unit::Coins, fault: Fault::Silent }));
    assert!(events.contains(&Event::Coin { value: 100 }), "{events:?}");
}

#[test]
fn p10_change_comes_out_by_serial_number_and_by_cipher() {
    let code = |key: [u8; 8]| key.map(|b| b.rotate_left(1) ^ 0x33);
    for permit in [Permit::Serial, Permit::Cipher(code)] {
        let mut rig = rig();
        rig.hoppers[0].permit = permit;
        let mut bench = Bench::of(rig);
        assert_eq!(bench.pay(1, 100, 7), (7, 0));
        assert_eq!(bench.sim.rig().empty_tray(), [100; 7]);
        bench.machine.pay_out(1, 100, 7).expect("the same order again");
        bench.polls(5);
        assert_eq!(bench.sim.rig().tray.len(), 0, "gives nothing twice");
    }
    let mut bench = Bench::of(rig());
    assert_eq!(bench.machine.pay_out(1, 500, 1), Err(Trouble::NoUnit(Unit::Hopper(500))));
    assert!(matches!(bench.machine.pay_out(1, 100, 0), Err(Trouble::Refused { .. })));
    bench.machine.pay_out(2, 100, 1).expect("planned");
    assert_eq!(bench.machine.pay_out(3, 100, 1), Err(Trouble::Paying(100)));
}

#[test]
fn p10_an_empty_or_jammed_hopper_tells_what_did_not_come_out() {
    let mut bench = Bench::of(Rig::yuan(&[(100, 3), (1000, 9)]));
    assert_eq!(bench.pay(1, 100, 5), (3, 2));
    bench.sim.rig().hoppers[1].jam_after = Some(1);
    bench.machine.pay_out(2, 1000, 4).expect("planned");
    let events = bench.until(|e| matches!(e, Event::PayoutEnded { .. }));
    assert!(events.contains(&Event::Fault { unit: Unit::Hopper(1000), fault: Fault::Jam }), "{events:?}");
    assert!(events.contains(&Event::PayoutEnded { payout: 2, value: 1000, left: 3 }), "{events:?}");
    assert_eq!(bench.sim.rig().tray, [100, 100, 100, 1000]);
}

#[test]
fn p10_no_piece_comes_twice_whatever_is_lost() {
    // what goes wrong right before the command goes out: the question, the answer, the power of the process
    for (name, deaf, mute, restarts) in [
        ("deaf", 1, 0, 0),
        ("mute", 0, 1, 0),
        ("mute twice", 0, 5, 0),
        ("restart", 0, 0, 1),
        ("both", 0, 2, 1),
    ] {
        for at in 0..6 {
            let mut bench = Bench::of(Rig::yuan(&[(100, 50)]));
            bench.machine.pay_out(9, 100, 4).expect("planned");
            let mut events = Vec::new();
            for step in 0..MANY {
                if step == at {
                    bench.sim.rig().faults.deaf = deaf;
                    bench.sim.rig().faults.mute = mute;
                    for _ in 0..restarts {
                        bench.restart();
                    }
                }
                events.extend(bench.machine.poll());
                if step > at && events.iter().any(|e| matches!(e, Event::PayoutEnded { .. })) {
                    break;
                }
            }
            let told: u32 =
                events.iter().map(|e| if let Event::Paid { count, .. } = e { *count } else { 0 }).sum();
            assert_eq!((bench.sim.rig().tray.len(), told), (4, 4), "{name} at {at}: {events:?}");
        }
    }
}

#[test]
fn p10_a_power_cut_of_the_hopper_in_mid_payout_tells_what_is_missing() {
    let mut bench = Bench::of(Rig::yuan(&[(100, 50)]));
    bench.machine.pay_out(4, 100, 10).expect("planned");
    bench.polls(4);
    let out = bench.sim.rig().tray.len();
    assert!((1..10).contains(&out), "{out}");
    bench.sim.rig().power_cut();
    let events = bench.until(|e| matches!(e, Event::PayoutEnded { .. }));
    let left = 10 - u32::try_from(out).expect("few");
    assert!(events.contains(&Event::PayoutEnded { payout: 4, value: 100, left }), "{out} came: {events:?}");
    assert_eq!(bench.sim.rig().tray.len(), out);
}

#[test]
fn p9_cassette_full_and_fraud_are_told() {
    let mut rig = rig();
    rig.notes.capacity = 1;
    let mut bench = Bench::of(rig);
    bench.machine.accept(ALL).expect("told");
    bench.sim.rig().insert_note(1000);
    bench.polls(1);
    bench.machine.route(Route::Stack).expect("goes");
    let events = bench.polls(2);
    assert!(events.contains(&Event::Fault { unit: Unit::Notes, fault: Fault::CassetteFull }), "{events:?}");
    assert_eq!(bench.sim.rig().insert_note(1000), Insert::Refused);
    bench.sim.rig().notes.string();
    bench.sim.rig().coins.string_next = true;
    bench.sim.rig().insert_coin(100);
    let events = bench.polls(2);
    for unit in [Unit::Notes, Unit::Coins] {
        assert!(events.contains(&Event::Fault { unit, fault: Fault::Fraud }), "{unit:?}: {events:?}");
    }
}
