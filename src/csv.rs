//! CSV (RFC 4180) that a spreadsheet shows as text: what it would take for a formula gets an apostrophe in front.

/// One row, with its line end.
#[must_use]
pub fn row<S: AsRef<str>>(cells: impl IntoIterator<Item = S>) -> String {
    let cells: Vec<String> = cells.into_iter().map(|text| cell(text.as_ref())).collect();
    format!("{}\r\n", cells.join(","))
}

/// One cell, quoted where it has to be.
fn cell(text: &str) -> String {
    let text = if is_formula(text) { format!("'{text}") } else { text.to_owned() };
    if text.contains(['"', ',', '\r', '\n']) || text.starts_with(' ') || text.ends_with(' ') {
        return format!("\"{}\"", text.replace('"', "\"\""));
    }
    text
}

/// The text of a cell that [`row`] wrote: without the apostrophe that it put there, and no other.
#[must_use]
pub fn text(cell: &str) -> &str {
    cell.strip_prefix('\'').filter(|rest| is_formula(rest)).unwrap_or(cell)
}

/// Whether a spreadsheet would run it, or would take its apostrophe for ours.
fn is_formula(text: &str) -> bool {
    text.trim_start_matches('\'').starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_quoted_where_it_has_to_be_and_runs_nowhere() {
        assert_eq!(row(["a", "b c", ""]), "a,b c,\r\n");
        assert_eq!(row(["a\"b", "c,d", "e\nf", " g"]), "\"a\"\"b\",\"c,d\",\"e\nf\",\" g\"\r\n");
        assert_eq!(row(["=1+1", "+1", "-1", "@x", "\t=1", "'=1", "'x"]), "'=1+1,'+1,'-1,'@x,'\t=1,''=1,'x\r\n");
        assert_eq!(row(["\n=1", "＝1", "a=1", "1-2"]), "\"'\n=1\",'＝1,a=1,1-2\r\n");
        assert_eq!(row(["=\"a\""]), "\"'=\"\"a\"\"\"\r\n");
    }
    #[test]
    fn a_text_comes_back_from_its_cell() {
        for given in
            ["=1+1", "+49 30", "-2", "@SUM(A1)", "\t=1", "\r=1", "'=1", "''=1", "'", "O'Neil", "'Neil", "''x", ""]
        {
            let cell = cell(given);
            let cell = cell.trim_matches('"');
            assert!(!cell.starts_with(['=', '+', '-', '@', '\t', '\r']), "{given}");
            assert_eq!(text(cell), given);
        }
    }
}
