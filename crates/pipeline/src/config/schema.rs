//! Checks a TOML value against a JSON schema.
//!
//! Only the keywords that [`Root::schema`](super::Root::schema) lists are known.

use std::fmt;

use serde_json::Value as Json;
use toml::Value;

/// A key whose value breaks a rule.
#[derive(Debug, Clone, PartialEq)]
pub struct Violation {
    /// The dotted key.
    pub key: String,
    /// What is wrong, such as "must be from 1 to 65536".
    pub problem: String,
    /// What to do about it, when there is something better than the reference of all keys.
    pub hint: Option<String>,
}

impl Violation {
    /// Returns the violation that `key` must be `rule`, such as "from 1 to 65536".
    pub fn new(key: impl Into<String>, rule: impl fmt::Display) -> Self {
        Self { key: key.into(), problem: format!("must be {rule}"), hint: None }
    }

    fn unknown_key(key: &str, name: &str, known: &[&str]) -> Self {
        Self { key: join(key, name), problem: "is not a key".to_owned(), hint: Some(nearest(name, known)) }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, to: &mut fmt::Formatter) -> fmt::Result {
        write!(to, "`{}` {}", self.key, self.problem)
    }
}

/// Checks the whole configuration.
pub(super) fn check(value: &Value, schema: &Json) -> Result<(), Violation> {
    check_at("", value, schema)
}

fn check_at(key: &str, value: &Value, schema: &Json) -> Result<(), Violation> {
    if let Some(choices) = choices(schema) {
        return check_choice(key, value, &choices);
    }
    if let Some(variants) = list(schema, "oneOf").or_else(|| list(schema, "anyOf")) {
        return check_variants(key, value, variants, schema);
    }
    match (schema["type"].as_str(), value) {
        (Some("object"), Value::Table(table)) => {
            table.iter().try_for_each(|(name, value)| check_property(key, name, value, schema))
        }
        (Some("array"), Value::Array(list)) => check_list(key, list, schema),
        (Some("integer" | "number"), Value::Integer(number)) => check_range(key, *number as f64, schema),
        (Some("number"), Value::Float(number)) => check_range(key, *number, schema),
        (Some("boolean"), Value::Boolean(_)) | (None, _) => Ok(()),
        (Some("string"), Value::String(text)) => {
            let least = schema["minLength"].as_u64().unwrap_or(0);
            if (text.trim().chars().count() as u64) < least {
                return Err(Violation::new(key, "a text that is not empty"));
            }
            Ok(())
        }
        (Some(wanted), _) => Err(Violation::new(key, format!("{}, and it is {}", article(wanted), shown(value)))),
    }
}

fn check_property(key: &str, name: &str, value: &Value, schema: &Json) -> Result<(), Violation> {
    let path = join(key, name);
    if let Some(property) = schema["properties"].get(name) {
        return check_at(&path, value, property);
    }
    match &schema["additionalProperties"] {
        // A map with free names.
        additional @ Json::Object(_) => check_at(&path, value, additional),
        _ => Err(Violation::unknown_key(key, name, &names(schema))),
    }
}

fn check_list(key: &str, list: &[Value], schema: &Json) -> Result<(), Violation> {
    let least = schema["minItems"].as_u64().unwrap_or(0);
    let most = schema["maxItems"].as_u64().unwrap_or(u64::MAX);
    let count = list.len() as u64;
    if count < least {
        return Err(Violation::new(key, format!("a list of at least {least}")));
    }
    if count > most {
        return Err(Violation::new(key, format!("a list of at most {most}")));
    }
    if schema["uniqueItems"] == Json::Bool(true) && (1..list.len()).any(|at| list[..at].contains(&list[at])) {
        return Err(Violation::new(key, "a list without repetitions"));
    }
    list.iter()
        .enumerate()
        .try_for_each(|(index, value)| check_at(&join(key, &index.to_string()), value, &schema["items"]))
}

fn check_range(key: &str, number: f64, schema: &Json) -> Result<(), Violation> {
    let limit = |name: &str| schema[name].as_f64();
    let (from, above) = (limit("minimum"), limit("exclusiveMinimum"));
    let (to, below) = (limit("maximum"), limit("exclusiveMaximum"));
    // Written so that NaN breaks every rule.
    let holds = number.is_finite()
        && from.is_none_or(|from| number >= from)
        && above.is_none_or(|above| number > above)
        && to.is_none_or(|to| number <= to)
        && below.is_none_or(|below| number < below);
    if holds {
        return Ok(());
    }
    let lower =
        from.map(|from| format!("from {}", plain(from))).or(above.map(|above| format!("above {}", plain(above))));
    let upper = to.map(|to| format!("to {}", plain(to))).or(below.map(|below| format!("below {}", plain(below))));
    let rule = match (lower, upper) {
        (Some(lower), Some(upper)) => match to {
            Some(_) if lower.starts_with("above") => format!("{lower}, up {upper}"),
            Some(_) => format!("{lower} {upper}"),
            None => format!("{lower} and {upper}"),
        },
        (Some(lower), None) if from.is_some() => format!("{} or more", &lower["from ".len()..]),
        (Some(lower), None) => lower,
        (None, Some(upper)) => format!("up {upper}"),
        (None, None) => "a finite number".to_owned(),
    };
    Err(Violation::new(key, rule))
}

/// Checks a value against alternatives: tables are selected by their constant property, everything else is tried in turn.
fn check_variants(key: &str, value: &Value, variants: &[Json], schema: &Json) -> Result<(), Violation> {
    let Some(tag) = tag(variants) else {
        let tried = variants.iter().map(|variant| check_at(key, value, variant));
        let failed = tried.collect::<Vec<_>>();
        if failed.iter().any(Result::is_ok) {
            return Ok(());
        }
        // An alternative of the right type has the better message than one of another type.
        let fitting = variants.iter().position(|variant| type_fits(value, variant));
        if let Some(at) = fitting {
            return failed[at].clone();
        }
        let wanted: Vec<String> = variants.iter().filter_map(|variant| variant["type"].as_str()).map(article).collect();
        return Err(Violation::new(key, format!("{}, and it is {}", wanted.join(" or "), shown(value))));
    };
    let Value::Table(table) = value else {
        return Err(Violation::new(key, format!("a table with the key `{tag}`, and it is {}", shown(value))));
    };
    let kinds: Vec<&str> = variants.iter().filter_map(|variant| variant["properties"][tag]["const"].as_str()).collect();
    let Some(chosen) = table.get(tag) else {
        return Err(Violation { problem: format!("has no `{tag}`"), ..known(key, &kinds) });
    };
    let at = kinds.iter().position(|kind| chosen.as_str() == Some(kind));
    let Some(at) = at else {
        return Err(Violation {
            problem: format!("has the unknown value {}", shown(chosen)),
            ..known(&join(key, tag), &kinds)
        });
    };
    for (name, value) in table {
        let variant = &variants[at];
        let property = variant["properties"].get(name).or_else(|| schema["properties"].get(name));
        if let Some(property) = property {
            check_at(&join(key, name), value, property)?;
            continue;
        }
        let mut violation = Violation::unknown_key(key, name, &names(variant));
        violation.problem = format!("is not a key of a table whose `{tag}` is \"{}\"", kinds[at]);
        let other = variants.iter().position(|variant| variant["properties"].get(name).is_some());
        if let (Some(other), Some((list, _))) = (other, key.rsplit_once('.')) {
            violation.hint = Some(format!(
                "`{name}` belongs to `{tag}` = \"{0}\": set the whole list, for example \
                 --set '{list}=[{{{tag}=\"{0}\", {name}=\"…\"}}]'",
                kinds[other]
            ));
        }
        return Err(violation);
    }
    let required = list(&variants[at], "required").unwrap_or_default();
    match required.iter().filter_map(Json::as_str).find(|name| !table.contains_key(*name)) {
        Some(missing) => Err(Violation { problem: format!("has no `{missing}`"), key: key.to_owned(), hint: None }),
        None => Ok(()),
    }
}

fn check_choice(key: &str, value: &Value, choices: &[&str]) -> Result<(), Violation> {
    match value {
        Value::String(text) if choices.contains(&text.as_str()) => Ok(()),
        _ => Err(Violation { problem: format!("has the unknown value {}", shown(value)), ..known(key, choices) }),
    }
}

/// Returns the values of a schema whose alternatives are all constant texts, or `None` for any other schema.
fn choices(schema: &Json) -> Option<Vec<&str>> {
    if let Some(values) = list(schema, "enum") {
        return values.iter().map(Json::as_str).collect();
    }
    list(schema, "oneOf")?
        .iter()
        .map(|variant| match list(variant, "enum") {
            Some([only]) => only.as_str(),
            _ => variant["const"].as_str(),
        })
        .collect()
}

/// Returns the property that has a constant text in every variant.
fn tag(variants: &[Json]) -> Option<&str> {
    let first = variants.first()?["properties"].as_object()?;
    let constant = |name: &str| variants.iter().all(|variant| variant["properties"][name]["const"].is_string());
    first.keys().map(String::as_str).find(|name| constant(name))
}

fn known(key: &str, values: &[&str]) -> Violation {
    let hint = Some(format!("known values: {}", values.join(", ")));
    Violation { key: key.to_owned(), problem: String::new(), hint }
}

fn nearest(wrong: &str, known: &[&str]) -> String {
    let likeness = |name: &str| strsim::jaro_winkler(wrong, name);
    match known.iter().max_by(|a, b| likeness(a).total_cmp(&likeness(b))) {
        Some(best) if likeness(best) > 0.7 => format!("did you mean `{best}`?"),
        _ => format!("known keys: {}", known.join(", ")),
    }
}

fn names(schema: &Json) -> Vec<&str> {
    schema["properties"].as_object().into_iter().flat_map(|map| map.keys().map(String::as_str)).collect()
}

fn list<'a>(schema: &'a Json, name: &str) -> Option<&'a [Json]> {
    schema.get(name)?.as_array().map(Vec::as_slice)
}

fn type_fits(value: &Value, schema: &Json) -> bool {
    matches!(
        (schema["type"].as_str(), value),
        (Some("object"), Value::Table(_))
            | (Some("array"), Value::Array(_))
            | (Some("integer"), Value::Integer(_))
            | (Some("number"), Value::Integer(_) | Value::Float(_))
            | (Some("boolean"), Value::Boolean(_))
            | (Some("string"), Value::String(_))
    )
}

fn join(key: &str, name: &str) -> String {
    if key.is_empty() { name.to_owned() } else { format!("{key}.{name}") }
}

fn article(kind: &str) -> String {
    match kind {
        "object" => "a table",
        "array" => "a list",
        "integer" => "a whole number",
        "number" => "a number",
        "boolean" => "true or false",
        _ => "a text in quotes",
    }
    .to_owned()
}

/// Formats a value for a message, cut to one short line.
fn shown(value: &Value) -> String {
    let text = value.to_string().replace('\n', " ");
    if text.chars().count() <= 40 { text } else { text.chars().take(39).chain(['…']).collect() }
}

/// Formats a bound, without an exponent where a person would write none.
fn plain(number: f64) -> String {
    if number != 0.0 && !(1e-3..1e15).contains(&number.abs()) { format!("{number:e}") } else { format!("{number}") }
}
