//! XML as cameras write it: elements by their local names, whatever the namespace; text, entities and CDATA joined.

use quick_xml::Reader;
use quick_xml::events::Event;

/// Every element that holds text: the local names from the root down, and the text.
pub(super) fn leaves(text: &str) -> Result<Vec<(Vec<String>, String)>, String> {
    let mut reader = Reader::from_str(text.trim_start_matches('\u{feff}').trim());
    reader.config_mut().check_end_names = false;
    let mut path: Vec<String> = Vec::new();
    let mut found = Vec::new();
    let mut inside = String::new();
    let mut elements = 0_u32;
    loop {
        match reader.read_event().map_err(|e| e.to_string())? {
            Event::Start(start) => {
                elements += 1;
                if path.len() > 32 || elements > 10_000 {
                    return Err("the XML is deeper or longer than any camera's".to_owned());
                }
                path.push(start.local_name().into_inner().to_owned());
                inside.clear();
            }
            Event::Text(piece) => inside.push_str(&piece),
            Event::CData(piece) => inside.push_str(&piece),
            Event::GeneralRef(name) => inside.push_str(entity(&name)),
            Event::End(_) => {
                if !inside.trim().is_empty() {
                    found.push((path.clone(), inside.trim().to_owned()));
                }
                inside.clear();
                path.pop();
            }
            Event::Eof if elements == 0 => return Err("there is no XML element in it".to_owned()),
            Event::Eof => return Ok(found),
            _ => {}
        }
    }
}

fn entity(name: &str) -> &'static str {
    match name {
        "amp" => "&",
        "lt" => "<",
        "gt" => ">",
        "quot" => "\"",
        "apos" => "'",
        _ => "",
    }
}
