//! What was measured, as a table while it runs and as JSON at the end.

use serde_json::{Value, json};

use crate::load::Measured;

/// Everything that was measured so far.
#[derive(Default)]
pub struct Report {
    rows: Vec<Value>,
}

impl Report {
    /// A heading.
    pub fn title(text: &str) {
        println!("\n{text}");
        println!("{:<26}{:>12}{:>12}{:>12}{:>14}{:>9}", "", "a second", "p50 ms", "p99 ms", "bare a second", "ratio");
    }

    /// A figure, beside the bare database's rate for the same.
    pub fn row(&mut self, database: &str, size: u64, what: &str, measured: &Measured, bare: Option<f64>) {
        let millis = |duration: std::time::Duration| duration.as_secs_f64() * 1_000.0;
        let (p50, p99) = (millis(measured.p50), millis(measured.p99));
        let ratio = bare.map(|bare| measured.rate / bare);
        // A page is many statements: its ratio is a small number.
        let digits = if ratio.is_some_and(|ratio| ratio < 0.1) { 4 } else { 2 };
        let text =
            |number: Option<f64>, digits: usize| number.map_or("-".to_owned(), |number| format!("{number:.digits$}"));
        println!(
            "{what:<26}{:>12.0}{p50:>12.2}{p99:>12.2}{:>14}{:>9}",
            measured.rate,
            text(bare, 0),
            text(ratio, digits)
        );
        self.rows.push(json!({
            "database": database, "size": size, "what": what, "rate": measured.rate, "p50_ms": p50, "p99_ms": p99,
            "bare_rate": bare, "ratio": ratio,
        }));
    }

    /// A figure of its own.
    pub fn note(&mut self, database: &str, size: u64, what: &str, value: f64, unit: &str) {
        println!("{what:<26}{value:>12.1} {unit}");
        self.rows.push(json!({"database": database, "size": size, "what": what, "value": value, "unit": unit}));
    }

    /// How the median grows from the smallest size to the largest.
    pub fn flatness(&self) {
        println!("\nGrowth of p50 from the smallest size to the largest");
        let mut seen: Vec<(&str, &str)> = Vec::new();
        for row in &self.rows {
            let (Some(database), Some(what), Some(_)) =
                (row["database"].as_str(), row["what"].as_str(), row["p50_ms"].as_f64())
            else {
                continue;
            };
            if seen.contains(&(database, what)) {
                continue;
            }
            seen.push((database, what));
            let of: Vec<&Value> =
                self.rows.iter().filter(|row| row["database"] == database && row["what"] == what).collect();
            let (Some(first), Some(last)) = (of.first(), of.last()) else { continue };
            if let (Some(small), Some(large)) = (first["p50_ms"].as_f64(), last["p50_ms"].as_f64())
                && first["size"] != last["size"]
            {
                let (from, to) = (&first["size"], &last["size"]);
                println!("{database:<10}{what:<26}{:>6.2} times, from {from} to {to}", large / small);
            }
        }
    }

    /// Writes everything as JSON.
    pub fn write(&self, path: &str) -> Result<(), String> {
        let text = serde_json::to_string_pretty(&self.rows).map_err(|error| error.to_string())?;
        std::fs::write(path, text).map_err(|error| format!("{path}: {error}"))
    }
}
