//! Numbers, months and times in id-ID: point between thousands, comma before decimals.

use crate::domain::{Day, Period};

/// No-break space: keeps a number and its sign on one line.
const NBSP: char = '\u{a0}';

const MINUS: char = '\u{2212}';

const MONTHS: [&str; 12] = [
    "Januari",
    "Februari",
    "Maret",
    "April",
    "Mei",
    "Juni",
    "Juli",
    "Agustus",
    "September",
    "Oktober",
    "November",
    "Desember",
];

/// `1.234.567`
pub fn integer(n: u64) -> String {
    grouped(&n.to_string())
}

fn grouped(digits: &str) -> String {
    let mut out = String::with_capacity(digits.len() * 4 / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push('.');
        }
        out.push(digit);
    }
    out
}

/// `1.234,5`; a negative number has a true minus sign, and nothing is ever `−0`.
/// What is no number has no digits: it becomes `–`.
pub fn decimal(v: f64, digits: usize) -> String {
    if !v.is_finite() {
        return "–".to_owned();
    }
    let plain = format!("{:.digits$}", v.abs());
    let (whole, part) = plain.split_once('.').unwrap_or((&plain, ""));
    let mut out = String::new();
    if v < 0.0 && plain.bytes().any(|b| b.is_ascii_digit() && b != b'0') {
        out.push(MINUS);
    }
    out.push_str(&grouped(whole));
    if !part.is_empty() {
        out.push(',');
        out.push_str(part);
    }
    out
}

/// A rate 0..1 as `9,03 %`.
pub fn percent(rate: f64, digits: usize) -> String {
    format!("{}{NBSP}%", decimal(rate * 100.0, digits))
}

/// Whole rupiah: `Rp351.957`.
pub fn rupiah(v: f64) -> String {
    let amount = decimal(v, 0);
    match amount.strip_prefix(MINUS) {
        Some(positive) => format!("{MINUS}Rp{positive}"),
        None => format!("Rp{amount}"),
    }
}

/// `Maret 2023`
pub fn period(p: Period) -> String {
    format!("{} {}", month(p.month), p.year)
}

/// `25 Juli 2022`
pub fn day(d: Day) -> String {
    format!("{} {} {}", d.day(), month(d.month()), d.year())
}

fn month(number: u8) -> &'static str {
    MONTHS.get(usize::from(number).wrapping_sub(1)).copied().unwrap_or("?")
}

/// An RFC 3339 time as `21 November 2026, 02.15 UTC`; other text comes back as it is.
pub fn timestamp(rfc3339: &str) -> String {
    let Ok(time) = rfc3339.parse::<jiff::Timestamp>() else { return rfc3339.to_owned() };
    let utc = time.to_zoned(jiff::tz::TimeZone::UTC);
    let month = month(u8::try_from(utc.month()).unwrap_or(0));
    format!("{} {month} {}, {:02}.{:02} UTC", utc.day(), utc.year(), utc.hour(), utc.minute())
}

/// Seconds since 1970 as [`timestamp`] writes a time.
pub fn moment(seconds: i64) -> String {
    let time = jiff::Timestamp::from_second(seconds).map(|time| time.to_string());
    time.map_or_else(|_| super::NO_DATA.to_owned(), |text| timestamp(&text))
}

/// A difference of two rates in percentage points, with its sign: `+0,35 poin persen`.
pub fn points(difference_rate: f64) -> String {
    let number = decimal(difference_rate * 100.0, 2);
    let zero = number.bytes().filter(u8::is_ascii_digit).all(|b| b == b'0');
    let sign = if difference_rate > 0.0 && !zero { "+" } else { "" };
    format!("{sign}{number}{NBSP}poin persen")
}
