//! The receipt printer's driver against simulated printers, byte by byte, on a pseudo-terminal and on TCP.

#![allow(clippy::unwrap_used, reason = "tests")]

use cash_devices::printer::{NotPrinted, Place, Printer};
use cash_devices::sim::PrinterSimulator;

const SLIP: &[u8] = b"\x1b@Receipt 10.00\n\x1dV\x00";

fn driver(simulator: &PrinterSimulator) -> Printer {
    Printer::new(simulator.place().parse().unwrap())
}

/// What is wrong is told by its name, and nothing is sent to a printer that cannot print.
fn p12_says_how_it_is(simulator: &PrinterSimulator) {
    let mut driver = driver(simulator);
    assert_eq!(driver.status().faults(), Vec::<&str>::new());
    driver.print("1", SLIP).unwrap();
    assert_eq!(simulator.printer().slips, [SLIP.to_vec()], "every byte, and nothing else");
    for (fault, can) in
        [("paper_low", true), ("paper_out", false), ("cover_open", false), ("printer_away", false)]
    {
        let set = |on: bool| {
            let mut printer = simulator.printer();
            match fault {
                "paper_low" => printer.low = on,
                "paper_out" => printer.out = on,
                "cover_open" => printer.cover_open = on,
                _ => printer.powered = !on,
            }
        };
        set(true);
        let status = driver.status();
        assert_eq!((status.faults(), status.can_print()), (vec![fault], can));
        let before = simulator.printer().slips.len();
        let job = format!("job {fault}");
        let printed = driver.print(&job, SLIP);
        assert_eq!(printed.is_ok(), can, "{fault}: {printed:?}");
        assert_eq!(simulator.printer().slips.len(), before + usize::from(can));
        set(false);
        assert_eq!(driver.status().faults(), Vec::<&str>::new(), "{fault} is over");
        if !can {
            assert!(matches!(printed, Err(NotPrinted::Cannot(_))), "{printed:?}");
            driver.print(&job, SLIP).unwrap();
        }
        assert_eq!(simulator.printer().slips.len(), before + 1, "{fault}: once");
    }
}

#[test]
fn p12_on_a_serial_line() {
    p12_says_how_it_is(&PrinterSimulator::on_pty().unwrap());
}

#[test]
fn p12_on_the_network() {
    p12_says_how_it_is(&PrinterSimulator::on_tcp().unwrap());
}

#[test]
fn a_printer_that_cannot_answer_is_trusted() {
    let simulator = PrinterSimulator::on_pty().unwrap();
    simulator.printer().mute = true;
    let mut driver = driver(&simulator);
    assert!(driver.status().can_print());
    driver.print("1", SLIP).unwrap();
    for _ in 0..100 {
        if !simulator.printer().slips.is_empty() {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    panic!("nothing came out");
}

#[test]
fn paper_that_ends_in_mid_slip_gives_one_slip_when_it_is_back() {
    let simulator = PrinterSimulator::on_tcp().unwrap();
    let mut driver = driver(&simulator);
    driver.print("0", SLIP).unwrap();
    // The paper ends between the question and the bytes: the printer holds what it was sent.
    simulator.printer().ends_soon = true;
    assert_eq!(driver.print("1", SLIP), Err(NotPrinted::Unconfirmed));
    assert!(matches!(driver.print("1", SLIP), Err(NotPrinted::Cannot(status)) if status.paper_out));
    simulator.printer().out = false;
    driver.print("1", SLIP).unwrap();
    assert_eq!(simulator.printer().slips.len(), 2, "one slip, not two");
    // Switched off in between, it has forgotten the slip, and gets it once more.
    simulator.printer().ends_soon = true;
    assert_eq!(driver.print("2", SLIP), Err(NotPrinted::Unconfirmed));
    simulator.printer().powered = false;
    assert!(driver.print("2", SLIP).is_err());
    simulator.printer().out = false;
    simulator.printer().powered = true;
    let tries = (0..3).find(|_| driver.print("2", SLIP).is_ok());
    assert!(tries.is_some());
    assert_eq!(simulator.printer().slips.len(), 3);
}

#[test]
fn where_a_printer_is() {
    let check = |text: &str, want: Place| assert_eq!(text.parse::<Place>().unwrap(), want);
    check("/dev/usb/lp0", Place::File("/dev/usb/lp0".into(), 9600));
    check("/dev/ttyS1@19200", Place::File("/dev/ttyS1".into(), 19_200));
    check("tcp://10.0.0.7", Place::Tcp("10.0.0.7:9100".to_owned()));
    check("tcp://printer.local:9101", Place::Tcp("printer.local:9101".to_owned()));
    for wrong in ["tcp://", "/dev/ttyS1@fast"] {
        assert!(wrong.parse::<Place>().is_err(), "{wrong}");
    }
    let mut nowhere = Printer::new("tcp://127.0.0.1:9".parse().unwrap());
    assert_eq!(nowhere.status().faults(), ["printer_away"]);
    let mut none = Printer::new("/dev/there-is-no-such-printer".parse().unwrap());
    assert_eq!(none.status().faults(), ["printer_away"]);
}
