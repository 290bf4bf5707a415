//! TOML's values with their places, taken in the form that a key has.

use std::borrow::Cow;
use std::fmt;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::error::FleetError;
use super::keys::Shape;

/// A key, with its place.
pub(super) type Name<'t> = Spanned<Cow<'t, str>>;
/// A value, with its place.
pub(super) type Value<'t> = Spanned<DeValue<'t>>;

/// The entries as they stand in the file: the table itself is sorted by name.
pub(super) fn in_order<'a, 't>(table: &'a DeTable<'t>) -> Vec<(&'a Name<'t>, &'a Value<'t>)> {
    let mut entries: Vec<_> = table.iter().collect();
    entries.sort_by_key(|(key, _)| key.span().start);
    entries
}

/// The text, for the places of values.
pub(super) struct Source<'t> {
    /// All of it.
    pub(super) text: &'t str,
    /// Where each line begins. A fleet has many values, and counting lines anew for each takes long.
    starts: Vec<usize>,
}

impl<'t> Source<'t> {
    /// Of this text.
    pub(super) fn new(text: &'t str) -> Self {
        let after = text.match_indices('\n').map(|(newline, _)| newline + 1);
        Self {
            text,
            starts: std::iter::once(0).chain(after).collect(),
        }
    }

    /// The line where this stands, from 1.
    pub(super) fn line<T>(&self, value: &Spanned<T>) -> usize {
        let start = value.span().start;
        self.starts.partition_point(|line| *line <= start)
    }

    /// Something wrong where this stands.
    pub(super) fn wrong<T>(&self, value: &Spanned<T>, message: impl fmt::Display) -> FleetError {
        FleetError::at(self.text, value.span().start, message)
    }

    /// A table.
    pub(super) fn table<'a, 'd>(
        &self,
        value: &'a Value<'d>,
        title: &str,
    ) -> Result<&'a DeTable<'d>, FleetError> {
        match value.get_ref() {
            DeValue::Table(table) => Ok(table),
            other => {
                let message = format!("{title} is {}; it must be a table", form(other));
                Err(self.wrong(value, message))
            }
        }
    }

    /// A value of this form, as text.
    pub(super) fn string(
        &self,
        value: &Value<'_>,
        name: &str,
        shape: Shape,
    ) -> Result<String, FleetError> {
        match (shape, value.get_ref()) {
            (Shape::Text, DeValue::String(text)) => Ok(text.to_string()),
            (Shape::Seconds, DeValue::Integer(number)) => {
                let digits = number.as_str();
                // A number that does not fit is not allowed either: the schema says so, in these digits.
                Ok(u64::from_str_radix(digits, number.radix())
                    .map_or_else(|_| number.to_string(), |n| n.to_string()))
            }
            (Shape::Flag, DeValue::Boolean(flag)) => Ok(flag.to_string()),
            (shape, other) => Err(self.misshapen(value, name, other, shape)),
        }
    }

    /// The strings of an array, each with the byte where it stands.
    pub(super) fn strings(
        &self,
        value: &Value<'_>,
        name: &str,
    ) -> Result<Vec<(String, usize)>, FleetError> {
        let DeValue::Array(array) = value.get_ref() else {
            return Err(self.misshapen(value, name, value.get_ref(), Shape::Texts));
        };
        array
            .iter()
            .map(|item| {
                let each = format!("each of {name}");
                let text = self.string(item, &each, Shape::Text)?;
                Ok((text, item.span().start))
            })
            .collect()
    }

    fn misshapen(
        &self,
        value: &Value<'_>,
        name: &str,
        found: &DeValue<'_>,
        wanted: Shape,
    ) -> FleetError {
        let message = format!("{name} is {}; it must be {}", form(found), wanted.words());
        self.wrong(value, message)
    }
}

/// The form of a value, in words.
fn form(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a string",
        DeValue::Integer(_) => "an integer",
        DeValue::Float(_) => "a floating-point number",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "an array",
        DeValue::Table(_) => "a table",
    }
}
