//! A value of the fleet file as a directive: parsed into a type that cannot be wrong.

use super::keys::Key;
use crate::manifest::options::{Parser, ValueError};
use crate::manifest::request::Directive;
use crate::manifest::setting::Setting;

/// What one string, number or word of this key asks for.
///
/// # Errors
/// It cannot be; in words, with what is allowed.
pub(super) fn want(key: Key, text: &str) -> Result<Option<Directive>, String> {
    match key {
        Key::Option(option) => match option.parser {
            Parser::Flag(want) => Ok(Some(want(text == "true"))),
            Parser::Text(parse) => parse(text).map(Some).map_err(message),
            // A table: see `pair`.
            Parser::Pair(_) => Ok(None),
        },
        Key::Property(property) => Setting::new(&property.path(), text)
            .map(|setting| Some(Directive::Setting(setting)))
            .map_err(|error| error.to_string()),
        // What says which VM or which templates: the reader sees to them.
        Key::Name | Key::Templates => Ok(None),
    }
}

/// What an entry of this key's table asks for.
///
/// # Errors
/// It cannot be; in words.
pub(super) fn pair(key: Key, name: &str, value: &str) -> Result<Option<Directive>, String> {
    match key {
        Key::Option(option) => match option.parser {
            Parser::Pair(parse) => parse(name, value).map(Some).map_err(message),
            Parser::Flag(_) | Parser::Text(_) => Ok(None),
        },
        Key::Property(_) | Key::Name | Key::Templates => Ok(None),
    }
}

fn message(error: ValueError) -> String {
    error.message
}
