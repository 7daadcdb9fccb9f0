// SPDX-License-Identifier: MIT
//! The one table of what a call reaches: each measurement adds its rows, whoever runs them all prints it at the end.

use std::fs::OpenOptions;
use std::io::Write;

/// Names the file that collects the rows.
const COLLECTED: &str = "HYPERZOOM_BENCH_TABLE";

/// What a figure should be.
#[derive(Clone, Copy, Debug)]
pub enum Bar {
    /// Not more than that.
    AtMost(f64),
    /// Told for comparison.
    None,
}

impl Bar {
    fn words(self, unit: &str) -> String {
        match self {
            Bar::AtMost(limit) => format!("{} {unit}", (limit * 10.0).round() / 10.0),
            Bar::None => "-".to_owned(),
        }
    }
}

/// Adds a row: the figure that the bar judges, with its unit, and all that is known of it in words.
pub fn row(name: &str, bar: Bar, (figure, unit): (f64, &str), all: &str, how: &str) {
    // A figure that is none holds no bar.
    let held = match bar {
        Bar::AtMost(limit) => figure <= limit,
        Bar::None => true,
    };
    let missed = if held { "" } else { "MISSED: " };
    write(&format!("| {name} | {} | {missed}{all} | {how} |", bar.words(unit)));
}

/// Says in the table what was not measured, and why.
pub fn passed_over(name: &str, why: &str) {
    write(&format!("| {name} | - | passed over | {why} |"));
}

fn write(line: &str) {
    println!("{line}");
    let Some(file) = std::env::var_os(COLLECTED) else { return };
    let file = OpenOptions::new().create(true).append(true).open(file);
    file.and_then(|mut file| writeln!(file, "{line}")).expect("a file that can be written");
}

/// The middle of some figures; no number without any.
pub fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied().unwrap_or(f64::NAN)
}
