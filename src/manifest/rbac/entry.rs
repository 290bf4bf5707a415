//! A line of a database of RBAC: fields parted by colons, the last of them `key=value,value;key=value`.

use std::fmt;

/// A line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    /// Every field before the attributes.
    pub(super) fields: Vec<String>,
    /// The last field.
    pub(super) attributes: Vec<Attribute>,
}

/// A key, and its values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Attribute {
    /// The key: `auths`, `profiles`.
    pub(super) key: &'static str,
    /// One at least.
    pub(super) values: Vec<String>,
}

impl Attribute {
    /// A key with these values.
    pub(super) fn new<'a>(key: &'static str, values: impl IntoIterator<Item = &'a str>) -> Self {
        Self {
            key,
            values: values.into_iter().map(str::to_owned).collect(),
        }
    }
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for field in &self.fields {
            write!(f, "{}:", escaped(field))?;
        }
        for (i, attribute) in self.attributes.iter().enumerate() {
            let values: Vec<_> = attribute.values.iter().map(|v| escaped(v)).collect();
            let separator = if i == 0 { "" } else { ";" };
            write!(f, "{separator}{}={}", attribute.key, values.join(","))?;
        }
        Ok(())
    }
}

/// A backslash before every character that would part something.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        if ":=,;\\".contains(character) {
            escaped.push('\\');
        }
        escaped.push(character);
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Parts a text at a separator that no backslash stands before; the backslashes stay.
    fn parted(text: &str, separator: char) -> Vec<&str> {
        let mut parts = Vec::new();
        let (mut start, mut escape) = (0, false);
        for (at, character) in text.char_indices() {
            if escape {
                escape = false;
            } else if character == '\\' {
                escape = true;
            } else if character == separator {
                parts.push(&text[start..at]);
                start = at + character.len_utf8();
            }
        }
        parts.push(&text[start..]);
        parts
    }

    fn plain(text: &str) -> String {
        let mut plain = String::new();
        let mut characters = text.chars();
        while let Some(character) = characters.next() {
            match character {
                '\\' => plain.extend(characters.next()),
                other => plain.push(other),
            }
        }
        plain
    }

    impl Entry {
        /// A line with so many fields before its attributes.
        pub(in crate::manifest::rbac) fn parse(line: &str, fields: usize) -> Result<Self, String> {
            let parts = parted(line, ':');
            if parts.len() != fields + 1 {
                return Err(format!("{} fields in {line:?}", parts.len()));
            }
            let attributes = match parts[fields] {
                "" => Vec::new(),
                some => parted(some, ';')
                    .into_iter()
                    .map(|attribute| match &parted(attribute, '=')[..] {
                        ["auths", values] => Ok(("auths", *values)),
                        ["profiles", values] => Ok(("profiles", *values)),
                        other => Err(format!("{other:?} in {line:?}")),
                    })
                    .map(|pair| {
                        pair.map(|(key, values)| Attribute {
                            key,
                            values: parted(values, ',').into_iter().map(plain).collect(),
                        })
                    })
                    .collect::<Result<_, _>>()?,
            };
            Ok(Self {
                fields: parts[..fields].iter().map(|f| plain(f)).collect(),
                attributes,
            })
        }
    }

    #[test]
    fn what_would_part_something_is_escaped() {
        let entry = Entry {
            fields: vec!["a:b".to_owned(), String::new(), "c\\".to_owned()],
            attributes: vec![Attribute::new("auths", ["x,y", "z;w=v"])],
        };
        assert_eq!(entry.to_string(), r"a\:b::c\\:auths=x\,y,z\;w\=v");
        assert_eq!(Entry::parse(&entry.to_string(), 3), Ok(entry));
    }

    proptest! {
        #[test]
        fn every_line_parses_back(
            fields in proptest::collection::vec("[a-z:=,;\\\\ ]{0,6}", 1..6),
            values in proptest::collection::vec("[a-z:=,;\\\\ ]{1,6}", 1..4),
            both in any::<bool>(),
        ) {
            let values: Vec<&str> = values.iter().map(String::as_str).collect();
            let mut attributes = vec![Attribute::new("auths", values.clone())];
            if both {
                attributes.push(Attribute::new("profiles", values));
            }
            let count = fields.len();
            let entry = Entry { fields, attributes };
            prop_assert_eq!(Entry::parse(&entry.to_string(), count), Ok(entry));
        }
    }
}
