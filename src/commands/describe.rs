//! `vbox-smf describe`: the properties that an administrator may set.

use std::fmt::Write;

use serde::Serialize;

use crate::commands::docs;
use crate::config::schema::{self, Allowed, Default, PROPERTIES, Property};
use crate::failure::{Failure, Kind};
use crate::text::output;
use crate::text::printable::Printable;
use crate::text::table::{paragraph, table};

/// Describe the properties: types, defaults, allowed values
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  vbox-smf describe
  vbox-smf describe vm/stop_method
  vbox-smf describe --json")]
pub(crate) struct Arguments {
    /// Show one property in full, for example `vm/stop_method`
    #[arg(value_name = "PROPERTY")]
    property: Option<String>,
    /// Print the table of the README
    #[arg(long, conflicts_with_all = ["json", "property"])]
    markdown: bool,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// Prints all properties, or one in full.
///
/// # Errors
/// There is no such property, or nothing can be written.
pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let named = arguments.property.as_deref().map(find).transpose()?;
    let text = match (named, arguments.markdown, arguments.json) {
        (_, true, _) => docs::property_table(),
        (Some(one), false, true) => json(std::slice::from_ref(one)),
        (None, false, true) => json(PROPERTIES),
        (Some(one), false, false) => whole(one),
        (None, false, false) => overview(),
    };
    output::print(&text)?;
    Ok(())
}

fn find(path: &str) -> Result<&'static Property, Failure> {
    Property::of_path(path).ok_or_else(|| {
        let message = format!("unknown property '{}'", Printable(path));
        Failure::told(Kind::Usage, message).hinted("vbox-smf describe lists the properties")
    })
}

/// The widths of the columns: property, type, default, the rest.
const WIDTHS: [usize; 4] = [21, 7, 11, 35];

fn overview() -> String {
    let mut rows = vec![
        ["PROPERTY", "TYPE", "DEFAULT", "VALUES"]
            .map(str::to_owned)
            .to_vec(),
    ];
    rows.extend(PROPERTIES.iter().map(|property| {
        vec![
            property.path(),
            property.value_type.to_string(),
            docs::default_words(property).to_owned(),
            format!("{}\n{}", property.description, property.allowed),
        ]
    }));
    table(&WIDTHS, &rows)
}

fn whole(property: &Property) -> String {
    let mut text = format!("{}: {}\n\n", property.path(), property.common_name);
    text.push_str(&paragraph(0, property.description));
    let default = docs::default_words(property);
    write!(
        text,
        "\nType:     {}\nDefault:  {default}\nRead by:  {}\n",
        property.value_type,
        property.read_by.words()
    )
    .expect("a String");
    match property.allowed {
        Allowed::Choices(choices) => {
            text.push_str("Values:\n");
            let rows: Vec<Vec<String>> = choices
                .iter()
                .map(|choice| {
                    vec![
                        String::new(),
                        choice.value.to_owned(),
                        choice.description.to_owned(),
                    ]
                })
                .collect();
            text.push_str(&table(&[0, 15, 61], &rows));
        }
        Allowed::Seconds { .. } | Allowed::VmName | Allowed::AbsolutePath => {
            writeln!(text, "Values:   {}", property.allowed).expect("a String");
        }
    }
    text.push_str("\nTo set it for the instance vm1:\n");
    if property.group != schema::VM {
        // svccfg sets a property only in a group that is there.
        writeln!(
            text,
            "svccfg -s vbox:vm1 addpg {} application",
            property.group
        )
        .expect("a String");
    }
    write!(
        text,
        "svccfg -s vbox:vm1 setprop {} = {}: {}\nsvcadm refresh vbox:vm1\n",
        property.path(),
        property.value_type,
        example(property)
    )
    .expect("a String");
    text
}

/// A value that is allowed, to show how it is set: not the default, where there is another one.
fn example(property: &Property) -> String {
    let default = docs::default_words(property);
    match property.allowed {
        Allowed::Choices(choices) => {
            let other = choices.iter().find(|choice| choice.value != default);
            other.map_or(default, |choice| choice.value).to_owned()
        }
        Allowed::Seconds { max, .. } => max.min(240).to_string(),
        Allowed::VmName => "web.example".to_owned(),
        Allowed::AbsolutePath => "/usr/bin/VBoxManage".to_owned(),
    }
}

/// Rises when something is renamed or goes, not when something is added.
const VERSION: u8 = 1;

#[derive(Debug, Serialize)]
struct Report {
    version: u8,
    properties: Vec<Row>,
}

#[derive(Debug, Serialize)]
struct Row {
    property: String,
    r#type: &'static str,
    /// The value that holds without the property, where a value can say it.
    default: Option<&'static str>,
    /// What holds without it, in words.
    without: &'static str,
    /// What it may be, in words.
    allowed: String,
    /// The closed list of values, or none.
    values: Vec<Value>,
    min: Option<u64>,
    max: Option<u64>,
    units: Option<&'static str>,
    read_by: &'static str,
    name: &'static str,
    description: &'static str,
}

#[derive(Debug, Serialize)]
struct Value {
    value: &'static str,
    description: &'static str,
}

fn json(properties: &[Property]) -> String {
    let row = |property: &Property| {
        let (values, min, max) = match property.allowed {
            Allowed::Choices(choices) => (choices, None, None),
            Allowed::Seconds { min, max } => (&[][..], Some(min), Some(max)),
            Allowed::VmName | Allowed::AbsolutePath => (&[][..], None, None),
        };
        Row {
            property: property.path(),
            r#type: property.value_type.name(),
            default: match property.default {
                Default::Value(value) => Some(value),
                Default::Absent(_) => None,
            },
            without: docs::default_words(property),
            allowed: property.allowed.to_string(),
            values: values
                .iter()
                .map(|choice| Value {
                    value: choice.value,
                    description: choice.description,
                })
                .collect(),
            min,
            max,
            units: property.units(),
            read_by: property.read_by.words(),
            name: property.common_name,
            description: property.description,
        }
    };
    output::json(&Report {
        version: VERSION,
        properties: properties.iter().map(row).collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::table::WIDTH;

    #[test]
    fn everything_fits_the_terminal_and_nothing_is_left_out() {
        let all = overview();
        for property in PROPERTIES {
            let one = whole(property);
            for text in [&all, &one] {
                assert!(
                    text.lines().all(|line| line.chars().count() <= WIDTH),
                    "{text}"
                );
                assert!(text.contains(&property.path()), "{text}");
            }
            assert!(property.allowed.accepts(&example(property)), "{one}");
            if let Allowed::Choices(choices) = property.allowed {
                for choice in choices {
                    assert!(one.contains(&format!("\n  {}", choice.value)), "{one}");
                }
            }
        }
    }

    #[test]
    fn a_row_for_programs() {
        let text = json(&[crate::config::schema::STOP_TIMEOUT]);
        assert_eq!(
            text,
            concat!(
                r#"{"version":1,"properties":[{"property":"vm/stop_timeout","type":"count","default":null,"#,
                r#""without":"limited by the method timeout","allowed":"1 to 86400 seconds","values":[],"#,
                r#""min":1,"max":86400,"units":"seconds","read_by":"stop","name":"stop timeout","#,
                r#""description":"How long a stop may take, including the fallback."}]}"#,
                "\n"
            )
        );
        let all: serde_json::Value = serde_json::from_str(&json(PROPERTIES)).unwrap();
        assert_eq!(
            all["properties"].as_array().unwrap().len(),
            PROPERTIES.len()
        );
    }

    #[test]
    fn the_readme_names_every_field() {
        let all: serde_json::Value = serde_json::from_str(&json(PROPERTIES)).unwrap();
        let readme = include_str!("../../README.md");
        let (_, section) = readme.split_once("`describe --json` prints").unwrap();
        let (section, _) = section.split_once("`describe --markdown`").unwrap();
        for field in all["properties"][0].as_object().unwrap().keys() {
            assert!(
                section.contains(&format!("`{field}`")),
                "{field}: {section}"
            );
        }
    }

    #[test]
    fn another_property_is_named() {
        let failure = find("vm/stop_metod\u{1b}").unwrap_err();
        assert_eq!(failure.kind, Kind::Usage);
        assert_eq!(
            failure.to_string(),
            "unknown property 'vm/stop_metod\\u{1b}'; vbox-smf describe lists the properties"
        );
    }
}
