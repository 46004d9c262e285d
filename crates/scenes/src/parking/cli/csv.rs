//! Tables of comma-separated values as spreadsheets write them (RFC 4180): quotes, doubled quotes, line breaks in them.

/// A record and the line it begins on.
pub(super) struct Record {
    pub(super) line: usize,
    pub(super) cells: Vec<String>,
}

/// Splits a table into records. Empty lines are left out; a byte-order mark is dropped. The separator is `,`, or `;`
/// or a tab when the first line has those and no comma. Error: a quote that is never closed, with its line.
pub(super) fn records(text: &str) -> Result<Vec<Record>, String> {
    let text = text.trim_start_matches('\u{feff}');
    let head = text.lines().next().unwrap_or_default();
    let separator = [',', ';', '\t'].into_iter().find(|s| head.contains(*s)).unwrap_or(',');
    let (mut out, mut cells, mut cell) = (Vec::new(), Vec::new(), String::new());
    let (mut line, mut begin, mut quoted_at) = (1, 1, None);
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        line += usize::from(c == '\n');
        match (quoted_at, c) {
            (Some(_), '"') if chars.peek() == Some(&'"') => {
                cell.push('"');
                chars.next();
            }
            (Some(_), '"') => quoted_at = None,
            (Some(_), c) => cell.push(c),
            (None, '"') if cell.trim().is_empty() => {
                cell.clear();
                quoted_at = Some(line);
            }
            (None, '\r') => {}
            (None, '\n') => {
                cells.push(std::mem::take(&mut cell));
                end_record(&mut out, &mut cells, begin);
                begin = line;
            }
            (None, c) if c == separator => cells.push(std::mem::take(&mut cell)),
            (None, c) => cell.push(c),
        }
    }
    if let Some(line) = quoted_at {
        return Err(format!("line {line}: a quote is opened and never closed"));
    }
    cells.push(cell);
    end_record(&mut out, &mut cells, begin);
    Ok(out)
}

fn end_record(out: &mut Vec<Record>, cells: &mut Vec<String>, line: usize) {
    let cells = std::mem::take(cells);
    if cells.iter().any(|c| !c.trim().is_empty()) {
        out.push(Record { line, cells: cells.into_iter().map(|c| c.trim().to_owned()).collect() });
    }
}

/// A cell as it has to be written: quoted when it holds a separator, a quote or a line break.
pub(super) fn cell(text: &str) -> String {
    if text.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_as_spreadsheets_write_them() {
        let cases: [(&str, Option<Vec<Vec<&str>>>); 6] = [
            ("a,b\n1,2\n", Some(vec![vec!["a", "b"], vec!["1", "2"]])),
            ("\u{feff}a;b\r\n1;2\r\n\r\n", Some(vec![vec!["a", "b"], vec!["1", "2"]])),
            ("a\n\"x, \"\"y\"\"\nz\"\n", Some(vec![vec!["a"], vec!["x, \"y\"\nz"]])),
            ("a,b\n,\n1,\n", Some(vec![vec!["a", "b"], vec!["1", ""]])),
            ("", Some(vec![])),
            ("a\n\"x", None),
        ];
        for (text, want) in cases {
            let got = records(text).ok().map(|r| r.into_iter().map(|r| r.cells).collect::<Vec<_>>());
            let want = want.map(|w| {
                w.into_iter().map(|r| r.into_iter().map(str::to_owned).collect()).collect::<Vec<Vec<_>>>()
            });
            assert_eq!(got, want, "{text:?}");
        }
        assert_eq!(
            records("a\nb\n\"c\nd\"\ne").unwrap().iter().map(|r| r.line).collect::<Vec<_>>(),
            [1, 2, 3, 5]
        );
        assert_eq!(cell("a,\"b\""), "\"a,\"\"b\"\"\"");
    }
}
