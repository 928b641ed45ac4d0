// The Rust crate `cron` on the corpus: CORPUS MILLISECONDS ZONE, rows of that zone only, with TZ set to it.
use chrono::{DateTime, Local, TimeZone, Utc};
use std::str::FromStr;
use std::time::Instant;

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

fn measure<Z: TimeZone + Copy>(name: &str, text: &str, zone: Z, year: i32, milliseconds: u128) {
    let schedule = match cron::Schedule::from_str(text) {
        Ok(schedule) => schedule,
        Err(_) => return,
    };
    let start: DateTime<Z> = zone.with_ymd_and_hms(year, 1, 1, 0, 0, 0).unwrap();
    let walk = time(milliseconds, |calls| {
        let mut sum = 0;
        let mut left = calls;
        // One iterator, as its users walk; begun anew when it ends.
        while left > 0 {
            let mut any = false;
            for next in schedule.after(&start).take(left as usize) {
                sum += next.timestamp();
                left -= 1;
                any = true;
            }
            if !any { left -= 1 }
        }
        sum
    });
    println!("{name}\twalk\t{walk}");
    let parse = time(milliseconds, |calls| {
        (0..calls)
            .map(|_| {
                let schedule = cron::Schedule::from_str(text).unwrap();
                let next = schedule.after(&start).next();
                next.map_or(0, |next| next.timestamp())
            })
            .sum()
    });
    println!("{name}\tparse\t{parse}");
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let corpus = std::fs::read_to_string(&arguments[1]).unwrap();
    let milliseconds = arguments[2].parse().unwrap();
    for line in corpus.lines().filter(|line| !line.starts_with('#')) {
        let cells: Vec<&str> = line.split('\t').collect();
        if cells[2] != arguments[3] || cells[0] == "dead" { continue }
        let fields: Vec<String> = cells[1].split(' ').map(String::from).collect();
        // It wants seconds first, and counts Sunday as 1.
        let text = if fields.len() == 6 {
            cells[1].to_string()
        } else {
            format!("0 {}", cells[1].replace("1-5", "Mon-Fri"))
        };
        let year = cells[3].parse().unwrap();
        if cells[2] == "UTC" {
            measure(cells[0], &text, Utc, year, milliseconds)
        } else {
            measure(cells[0], &text, Local, year, milliseconds)
        }
    }
}
