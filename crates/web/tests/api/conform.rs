//! Whether a value is as a schema of the API document says: types, required fields, words, and no field that it does not name.

use serde_json::Value;

/// Error: where it is not, and how.
pub fn conforms(document: &Value, schema: &Value, value: &Value) -> Result<(), String> {
    at(document, schema, value, "")
}

fn at(document: &Value, schema: &Value, value: &Value, place: &str) -> Result<(), String> {
    if let Some(reference) = schema["$ref"].as_str() {
        let found = document.pointer(reference.trim_start_matches('#'));
        return at(document, found.ok_or_else(|| format!("{reference} is not there"))?, value, place);
    }
    for either in ["oneOf", "anyOf"] {
        if let Some(ways) = schema[either].as_array() {
            let tried: Vec<String> =
                ways.iter().filter_map(|way| at(document, way, value, place).err()).collect();
            if tried.len() == ways.len() {
                return Err(tried.join(" and "));
            }
        }
    }
    if let Some(words) = schema["enum"].as_array()
        && !words.contains(value)
    {
        return Err(format!("{place}: {value} is none of its words"));
    }
    let kinds: Vec<&str> = match &schema["type"] {
        Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).collect(),
        Value::String(kind) => vec![kind],
        _ => return Ok(()),
    };
    let fits = |kind: &&str| match *kind {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "null" => value.is_null(),
        _ => false,
    };
    if !kinds.iter().any(fits) {
        return Err(format!("{place}: {value} is not {}", kinds.join(" or ")));
    }
    for (n, item) in value.as_array().into_iter().flatten().enumerate() {
        at(document, &schema["items"], item, &format!("{place}[{n}]"))?;
    }
    let Some(fields) = value.as_object() else { return Ok(()) };
    for needed in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        if !fields.contains_key(needed) {
            return Err(format!("{place}.{needed} is missing"));
        }
    }
    let Some(named) = schema["properties"].as_object() else { return Ok(()) };
    for (name, field) in fields {
        match named.get(name) {
            Some(of) => at(document, of, field, &format!("{place}.{name}"))?,
            None if schema["additionalProperties"].is_object() => {}
            None => return Err(format!("{place}.{name} is not documented")),
        }
    }
    Ok(())
}
