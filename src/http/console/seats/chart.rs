//! How the seats stood day by day: a chart that the server draws, and the same as a table.

use chrono::{NaiveDate, TimeDelta};

use crate::http::console::frame::Frame;
use crate::store::seat_days::Day;

/// The room of the whole chart, and around what is drawn in it.
const WIDTH: i64 = 720;
const HEIGHT: i64 = 220;
const LEFT: i64 = 44;
const RIGHT: i64 = 12;
const TOP: i64 = 12;
const BOTTOM: i64 = 28;

/// A chart, ready to be written.
pub struct Chart {
    /// `viewBox`.
    pub room: String,
    /// A bar a day.
    pub bars: Vec<Bar>,
    /// The line of how many seats there were.
    pub limit: String,
    /// Lines across, each with a number.
    pub grid: Vec<Mark>,
    /// Days along the foot.
    pub feet: Vec<Mark>,
    /// What it shows, in a sentence.
    pub summary: String,
    /// The same as a table, newest first.
    pub rows: Vec<Row>,
    /// Where what is drawn ends on the right.
    pub right: i64,
}

/// A bar: who had a seat, and above them who waited.
pub struct Bar {
    /// From the left.
    pub x: i64,
    /// How wide.
    pub width: i64,
    /// From the top.
    pub y: i64,
    /// How high.
    pub height: i64,
    /// From the top, of those who waited.
    pub waiting_y: i64,
    /// How high that is.
    pub waiting_height: i64,
    /// Whether there were more than seats.
    pub is_beyond: bool,
}

/// A number or a day beside the chart.
pub struct Mark {
    /// From the left.
    pub x: i64,
    /// From the top.
    pub y: i64,
    /// What stands there.
    pub text: String,
}

/// A day of the table.
pub struct Row {
    /// The day.
    pub day: String,
    /// The most that were in use.
    pub used: i64,
    /// How many seats there were.
    pub seats: i64,
    /// The most who waited.
    pub waiting: i64,
}

/// A number at or above `most` in whose quarters people can count.
fn round(most: i64) -> i64 {
    let mut step = 1;
    loop {
        for factor in [4, 8, 12, 16, 20, 24, 28, 32, 36] {
            let top = step * factor;
            if top >= most || step > most {
                return top;
            }
        }
        step *= 10;
    }
}

impl Chart {
    /// The chart of so many days up to the last, of which some are known.
    pub fn of(frame: &Frame, days: &[Day], last: NaiveDate, count: i64) -> Self {
        let most = days.iter().map(|day| (day.used + day.waiting).max(day.seats)).max().unwrap_or(1).max(1);
        let top = round(most);
        let (inner, foot) = (WIDTH - LEFT - RIGHT, HEIGHT - BOTTOM);
        let height = |value: i64| value.saturating_mul(foot - TOP) / top;
        let first = last - TimeDelta::days(count - 1);
        let x = |day: NaiveDate| LEFT + (day - first).num_days() * inner / count;
        let bar = |day: &Day| {
            let (used, waiting) = (height(day.used), height(day.waiting));
            Bar {
                x: x(day.day),
                width: (x(day.day + TimeDelta::days(1)) - x(day.day) - 1).max(1),
                y: foot - used,
                height: used,
                waiting_y: foot - used - waiting,
                waiting_height: waiting,
                is_beyond: day.used > day.seats,
            }
        };
        let limit = days.iter().map(|day| {
            let y = foot - height(day.seats);
            format!("{},{y} {},{y}", x(day.day), x(day.day + TimeDelta::days(1)))
        });
        let grid = (0..=4).map(|part| {
            let value = top * part / 4;
            Mark { x: LEFT - 8, y: foot - height(value), text: value.to_string() }
        });
        let feet = [0, count / 3, count * 2 / 3].map(|after| {
            let day = first + TimeDelta::days(after);
            Mark { x: x(day), y: HEIGHT - 8, text: frame.language.day(day) }
        });
        let most_used = days.iter().map(|day| day.used).max().unwrap_or_default();
        let summary = frame.count("seats-chart", count).with("most", most_used).with("days", days.len());
        let row = |day: &Day| Row {
            day: frame.language.day(day.day),
            used: day.used,
            seats: day.seats,
            waiting: day.waiting,
        };
        Self {
            room: format!("0 0 {WIDTH} {HEIGHT}"),
            bars: days.iter().map(bar).collect(),
            limit: limit.collect::<Vec<_>>().join(" "),
            grid: grid.collect(),
            feet: feet.into(),
            summary: summary.to_string(),
            rows: days.iter().rev().map(row).collect(),
            right: WIDTH - RIGHT,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scale_ends_at_a_number_whose_quarters_are_whole() {
        for (most, top) in [(1, 4), (4, 4), (5, 8), (9, 12), (21, 24), (100, 120), (81, 120), (1_000_000, 1_200_000)] {
            assert_eq!(round(most), top, "{most}");
        }
        assert!(round(10_000_000) >= 10_000_000);
    }
}
