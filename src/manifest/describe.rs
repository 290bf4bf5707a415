//! The templates, from the [schema](crate::schema): what `svccfg describe -v` tells of every property,
//! and what `svccfg validate` holds its values against (`smf_template(7)`).

use super::template::{
    Cardinality, Choices, Constraints, DocLink, Documentation, DocumentationLink, IncludeValues,
    Manpage, PgPattern, PropPattern, Range, Target, Template, Text, Value, ValueSource, Values,
    Visibility, VisibilityLevel,
};
use crate::config::schema::{self, Allowed, Default, Group, Property};

/// The service's template.
pub(super) fn template() -> Template {
    Template {
        common_name: Text::plain("VirtualBox virtual machine"),
        description: Some(Text::plain(
            "Starts and stops one VirtualBox virtual machine per service instance.",
        )),
        documentation: Some(Documentation {
            links: vec![
                // Section 8 is 1M on Solaris 11.3 and older; svcs(1) only prints it.
                DocumentationLink::Manpage(Manpage {
                    title: "vbox-smf".to_owned(),
                    section: "8".to_owned(),
                    manpath: None,
                }),
                DocumentationLink::DocLink(DocLink {
                    name: "virtualbox.org".to_owned(),
                    uri: "https://www.virtualbox.org/manual/".to_owned(),
                }),
            ],
        }),
        pg_patterns: schema::GROUPS.iter().map(pg_pattern).collect(),
    }
}

/// Neither group is required: the method has a default for everything.
fn pg_pattern(group: &Group) -> PgPattern {
    PgPattern {
        name: group.name.to_owned(),
        kind: "application".to_owned(),
        target: Target::This,
        required: false,
        common_name: Some(Text::plain(group.common_name)),
        description: Some(Text::plain(group.description)),
        prop_patterns: schema::PROPERTIES
            .iter()
            .filter(|property| property.group == group.name)
            .map(prop_pattern)
            .collect(),
    }
}

fn prop_pattern(property: &Property) -> PropPattern {
    // A template has no place for a default of its own.
    let (Default::Value(without) | Default::Absent(without)) = property.default;
    let (values, constraints, choices) = match property.allowed {
        Allowed::Choices(choices) => (
            Some(Values {
                values: choices
                    .iter()
                    .map(|choice| value(choice.value, Some(choice.description)))
                    .collect(),
            }),
            Some(Constraints {
                values: choices.iter().map(|c| value(c.value, None)).collect(),
                ranges: Vec::new(),
            }),
            Some(Choices {
                values: Vec::new(),
                ranges: Vec::new(),
                include_values: vec![IncludeValues {
                    from: ValueSource::Constraints,
                }],
            }),
        ),
        Allowed::Seconds { min, max } => (
            None,
            Some(Constraints {
                values: Vec::new(),
                ranges: vec![Range {
                    min: min.to_string(),
                    max: max.to_string(),
                }],
            }),
            None,
        ),
        Allowed::VmName | Allowed::AbsolutePath => (None, None, None),
    };
    PropPattern {
        name: property.name.to_owned(),
        kind: Some(property.value_type),
        required: false,
        common_name: Some(Text::plain(property.common_name)),
        description: Some(Text::plain(&format!(
            "{} Without this property: {without}.",
            property.description
        ))),
        units: property.units().map(Text::plain),
        visibility: Some(Visibility {
            value: VisibilityLevel::Readwrite,
        }),
        cardinality: Some(Cardinality {
            min: Some(1),
            max: Some(1),
        }),
        internal_separators: None,
        values,
        constraints,
        choices,
    }
}

fn value(name: &str, description: Option<&str>) -> Value {
    Value {
        name: name.to_owned(),
        common_name: None,
        description: description.map(Text::plain),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// All texts in one element.
    fn plain(text: Option<&Text>) -> &str {
        &text.expect("a text").texts[0].text
    }

    #[test]
    fn every_property_of_the_schema_has_its_template() {
        let template = template();
        let mut patterns = 0;
        for property in schema::PROPERTIES {
            let path = property.path();
            let group = template
                .pg_patterns
                .iter()
                .find(|group| group.name == property.group)
                .expect(&path);
            assert_eq!(
                (group.kind.as_str(), group.required),
                ("application", false)
            );
            let found: Vec<_> = group
                .prop_patterns
                .iter()
                .filter(|pattern| pattern.name == property.name)
                .collect();
            let [pattern] = found[..] else {
                panic!("{path}: {} templates", found.len())
            };
            patterns += 1;
            assert_eq!(pattern.kind, Some(property.value_type), "{path}");
            assert!(!pattern.required, "{path}");
            assert_eq!(plain(pattern.common_name.as_ref()), property.common_name);
            assert!(plain(pattern.description.as_ref()).starts_with(property.description));
            assert_eq!(
                pattern.units.as_ref().map(|u| plain(Some(u))),
                property.units(),
                "{path}"
            );
            let (values, listed, ranges) = match property.allowed {
                Allowed::Choices(choices) => (choices.len(), choices.len(), 0),
                Allowed::Seconds { .. } => (0, 0, 1),
                Allowed::VmName | Allowed::AbsolutePath => (0, 0, 0),
            };
            assert_eq!(
                pattern.values.as_ref().map_or(0, |v| v.values.len()),
                values
            );
            let constraints = pattern.constraints.clone().unwrap_or_default();
            assert_eq!(constraints.values.len(), listed, "{path}");
            assert_eq!(constraints.ranges.len(), ranges, "{path}");
            assert_eq!(pattern.choices.is_some(), values > 0, "{path}");
        }
        let all: usize = template
            .pg_patterns
            .iter()
            .map(|g| g.prop_patterns.len())
            .sum();
        assert_eq!(
            patterns, all,
            "a template for a property that the schema does not have"
        );
    }

    #[test]
    fn texts_are_as_svccfg_wants_them() {
        // A loctext of 4095 bytes or more passes `validate` and fails `import`.
        for group in template().pg_patterns {
            for pattern in group.prop_patterns {
                let text = plain(pattern.description.as_ref());
                assert!(
                    text.len() < 4095 && text.trim() == text && text.ends_with('.'),
                    "{text}"
                );
            }
        }
    }
}
