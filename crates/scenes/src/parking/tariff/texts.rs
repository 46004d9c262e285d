//! A stay in words, as commands, tables of stays and worked cases write it.

use money::{Currency, Money};

use super::clock::parse_moment;
use super::model::Tariff;
use super::stay::{PassUse, Payment, ValidationUse, Vehicle, ZoneFrom};
use super::vehicle::canonical;
use super::words;

impl Vehicle {
    /// Reads `motorcycle`, `new_energy, seats=7`, `truck tonnes=3.5`. Error: which part is not understood.
    pub fn parse(text: &str) -> Result<Vehicle, String> {
        let mut vehicle = Vehicle::default();
        for part in text.split([',', ';', '+']).map(str::trim).filter(|p| !p.is_empty()) {
            let Some((key, value)) = part.split_once(['=', ':']) else {
                vehicle.classes.insert(canonical(part));
                continue;
            };
            let (key, value) = (key.trim(), value.trim());
            let bad = || format!("{value:?} is not a number for {key}: write for example seats=7");
            let number = words::thousandths(value);
            match key {
                "class" | "vehicle" => {
                    vehicle.classes.insert(canonical(value));
                    continue;
                }
                "seats" => vehicle.seats = Some(number.ok_or_else(bad)? / 1000),
                "bays" => vehicle.bays = Some(number.ok_or_else(bad)? / 1000),
                "tonnes" => vehicle.kilograms = Some(number.ok_or_else(bad)?),
                "length_m" => vehicle.length_mm = Some(number.ok_or_else(bad)?),
                "height_m" => vehicle.height_mm = Some(number.ok_or_else(bad)?),
                other => {
                    return Err(format!(
                        "{other:?} is not known of a vehicle: write seats, bays, tonnes, length_m or height_m"
                    ));
                }
            }
        }
        Ok(vehicle)
    }
}

impl ValidationUse {
    /// Reads `shop`, `shop#A17` (a numbered voucher), `shop=120+45.50` (receipts). Error: what is not an amount.
    pub fn parse(text: &str, currency: Currency) -> Result<ValidationUse, String> {
        let (head, receipts) = text.split_once('=').unwrap_or((text, ""));
        let (code, serial) = match head.split_once('#') {
            Some((code, serial)) => (code, Some(serial.trim().to_owned())),
            None => (head, None),
        };
        let receipts = receipts.split('+').map(str::trim).filter(|r| !r.is_empty());
        let receipts = receipts.map(|r| words::amount(r, currency)).collect::<Result<Vec<_>, _>>()?;
        let code = code.trim().to_owned();
        if code.is_empty() {
            Err(format!("{text:?} has no validation code"))
        } else {
            Ok(ValidationUse { code, serial, receipts })
        }
    }
}

impl Tariff {
    /// Reads `8`, `8@2026-03-10T11:00` or only the time: everything due then was paid.
    pub fn parse_payment(&self, text: &str) -> Result<Payment, String> {
        if let Some((amount, at)) = text.split_once('@') {
            let at = parse_moment(at, &self.clock)?;
            let amount = amount.trim();
            let amount = if amount.is_empty() { None } else { Some(self.parse_amount(amount)?) };
            return Ok(Payment { at: Some(at), amount });
        }
        if text.trim().len() >= 14 {
            return Ok(Payment { at: Some(parse_moment(text, &self.clock)?), amount: None });
        }
        Ok(Payment { at: None, amount: Some(self.parse_amount(text)?) })
    }

    /// An amount of this tariff's currency.
    pub fn parse_amount(&self, text: &str) -> Result<Money, String> {
        words::amount(text, self.currency).map(|value| Money::new(value, self.currency))
    }

    /// Reads `B@2026-03-10T11:00` or the zone alone, which then counts from the entry.
    pub fn parse_zone(&self, text: &str, enter: jiff::Timestamp) -> Result<ZoneFrom, String> {
        match text.split_once('@') {
            Some((zone, at)) => {
                Ok(ZoneFrom { zone: zone.trim().to_owned(), from: parse_moment(at, &self.clock)? })
            }
            None => Ok(ZoneFrom { zone: text.trim().to_owned(), from: enter }),
        }
    }

    /// Reads `monthly`, `monthly, inside=1`, `monthly, until=2026-03-11T00:00`.
    pub fn parse_pass(&self, text: &str) -> Result<PassUse, String> {
        let mut parts = text.split([',', ';']).map(str::trim);
        let code = parts.next().unwrap_or_default().to_owned();
        let mut pass = PassUse { code, cars_inside: 0, from: None, until: None };
        for part in parts.filter(|p| !p.is_empty()) {
            match part.split_once('=') {
                Some(("inside", n)) => {
                    pass.cars_inside =
                        n.trim().parse().map_err(|_| format!("{n:?} is not a number of cars"))?;
                }
                Some(("from", at)) => pass.from = Some(parse_moment(at, &self.clock)?),
                Some(("until", at)) => pass.until = Some(parse_moment(at, &self.clock)?),
                _ => {
                    return Err(format!(
                        "{part:?} is not known of a pass: write inside=1, from=… or until=…"
                    ));
                }
            }
        }
        Ok(pass)
    }
}
