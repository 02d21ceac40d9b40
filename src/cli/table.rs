//! Tables for the terminal.

use crate::text::printable;

/// Rows under a heading, in columns as wide as their widest cell; hostile characters are shown as a replacement.
#[must_use]
pub fn table(heading: &[&str], rows: &[Vec<String>]) -> String {
    let rows: Vec<Vec<String>> =
        rows.iter().map(|row| row.iter().map(|cell| printable(cell).into_owned()).collect()).collect();
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count());
        cells.chain(heading.get(column).map(|name| name.chars().count())).max().unwrap_or_default()
    };
    let widths: Vec<usize> = (0..heading.len()).map(width).collect();
    let line = |cells: Vec<&str>| {
        let padded = cells.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}"));
        padded.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    let rule = widths.iter().map(|width| "─".repeat(*width)).collect::<Vec<_>>().join("  ");
    let head = line(heading.to_vec());
    let body = rows.iter().map(|row| line(row.iter().map(String::as_str).collect()));
    let lines: Vec<String> = [head, rule].into_iter().chain(body).collect();
    lines.join("\n") + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up_and_nothing_escapes_its_line() {
        let shown = table(&["NAME", "N"], &[vec!["anna\u{1b}[2J".into(), "1".into()], vec!["b".into(), "22".into()]]);
        assert_eq!(shown, "NAME      N\n────────  ──\nanna\u{fffd}[2J  1\nb         22\n");
    }
}
