//! Multipart as cameras write it: parts between boundary lines, with or without a file name, the last boundary sometimes missing.

/// One part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Part<'a> {
    /// Its content type, in lower case; empty where it has none.
    pub(super) content_type: String,
    /// What it holds.
    pub(super) body: &'a [u8],
}

/// The boundary a content type names.
pub(super) fn boundary(content_type: &str) -> Option<String> {
    let (kind, rest) = content_type.split_once(';')?;
    if !kind.trim().to_lowercase().starts_with("multipart/") {
        return None;
    }
    let value = rest.split(';').find_map(|p| {
        let (name, value) = p.split_once('=')?;
        name.trim().eq_ignore_ascii_case("boundary").then_some(value)
    })?;
    let value = value.trim().trim_matches('"').trim_start_matches('-');
    (!value.is_empty()).then(|| value.to_owned())
}

/// The parts of a body. Cameras disagree about how many dashes belong to a boundary, so they are taken off on both sides.
pub(super) fn parts<'a>(body: &'a [u8], boundary: &str) -> Vec<Part<'a>> {
    let mark = boundary.as_bytes();
    let mut starts = Vec::new();
    let mut at = 0;
    while let Some(found) = find(&body[at..], mark) {
        let begin = at + found;
        let line_begin = body[..begin].iter().rposition(|b| *b != b'-').map_or(0, |i| i + 1);
        let dashes = begin - line_begin;
        let own_line = line_begin == 0 || body[line_begin - 1] == b'\n';
        at = begin + mark.len();
        if dashes >= 2 && own_line {
            starts.push((line_begin, at));
        }
    }
    let mut parts = Vec::new();
    for (i, (_, after)) in starts.iter().enumerate() {
        let end = starts.get(i + 1).map_or(body.len(), |(line, _)| *line);
        if body[*after..].starts_with(b"--") {
            break;
        }
        parts.extend(part(&body[*after..end]));
    }
    parts
}

fn part(piece: &[u8]) -> Option<Part<'_>> {
    let piece = after_newline(piece)?;
    let (head, body) = match (find(piece, b"\r\n\r\n"), find(piece, b"\n\n")) {
        (Some(at), _) => (&piece[..at], &piece[at + 4..]),
        (None, Some(at)) => (&piece[..at], &piece[at + 2..]),
        (None, None) => return None,
    };
    let head = String::from_utf8_lossy(head).to_lowercase();
    let content_type = head
        .lines()
        .find_map(|line| line.trim().strip_prefix("content-type:").map(|v| v.trim().to_owned()))
        .unwrap_or_default();
    let body = body.strip_suffix(b"\r\n").or(body.strip_suffix(b"\n")).unwrap_or(body);
    Some(Part { content_type, body })
}

fn after_newline(piece: &[u8]) -> Option<&[u8]> {
    let at = piece.iter().position(|b| *b == b'\n')?;
    Some(&piece[at + 1..])
}

fn find(hay: &[u8], needle: &[u8]) -> Option<usize> {
    if needle.is_empty() || hay.len() < needle.len() {
        return None;
    }
    hay.windows(needle.len()).position(|window| window == needle)
}
