// A Rust crate on the corpus: CORPUS MILLISECONDS ZONE, rows of that zone only, with TZ set to it.
use chrono::{DateTime, Local, TimeZone, Utc};
use std::time::Instant;

/// What a crate makes of a text.
pub trait Peer {
    type Schedule;
    /// A text of five or six fields, seconds first.
    fn parse(text: &str) -> Option<Self::Schedule>;
    /// The sum of so many times after a start, from the start again when none is left; one iterator, as its users walk.
    fn walk<Z: TimeZone + Copy + 'static>(schedule: &Self::Schedule, start: &DateTime<Z>, calls: u64) -> i64;
    fn next<Z: TimeZone + Copy + 'static>(schedule: &Self::Schedule, start: &DateTime<Z>) -> i64;
    /// Rows on which it never ends.
    fn skips(name: &str) -> bool;
}

fn time<F: FnMut(u64) -> i64>(milliseconds: u128, mut body: F) -> f64 {
    let mut calls = 1000;
    loop {
        let start = Instant::now();
        let sum = body(calls);
        let took = start.elapsed();
        if took.as_millis() >= milliseconds {
            if sum == 42 { println!() }
            return took.as_nanos() as f64 / calls as f64;
        }
        calls *= 2;
    }
}

fn measure<P: Peer, Z: TimeZone + Copy + 'static>(name: &str, text: &str, zone: Z, year: i32, milliseconds: u128) {
    let schedule = match P::parse(text) {
        Some(schedule) => schedule,
        None => return,
    };
    let start: DateTime<Z> = zone.with_ymd_and_hms(year, 1, 1, 0, 0, 0).unwrap();
    println!("{name}\twalk\t{}", time(milliseconds, |calls| P::walk(&schedule, &start, calls)));
    let parse = |calls| (0..calls).map(|_| P::parse(text).map_or(0, |schedule| P::next(&schedule, &start))).sum();
    println!("{name}\tparse\t{}", time(milliseconds, parse));
}

pub fn run<P: Peer>() {
    let arguments: Vec<String> = std::env::args().collect();
    let corpus = std::fs::read_to_string(&arguments[1]).unwrap();
    let milliseconds = arguments[2].parse().unwrap();
    for line in corpus.lines().filter(|line| !line.starts_with('#')) {
        let cells: Vec<&str> = line.split('\t').collect();
        if cells[2] != arguments[3] || P::skips(cells[0]) { continue }
        let year = cells[3].parse().unwrap();
        if cells[2] == "UTC" {
            measure::<P, Utc>(cells[0], cells[1], Utc, year, milliseconds)
        } else {
            measure::<P, Local>(cells[0], cells[1], Local, year, milliseconds)
        }
    }
}
