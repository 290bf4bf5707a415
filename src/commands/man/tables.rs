//! The tables of the page.

use clap_mangen::roff::{Roff, bold, roman};

use crate::commands::docs;
use crate::config::schema::{Allowed, PROPERTIES};

/// What stands in the margin, and what it is.
pub(super) fn entry(roff: &mut Roff, what: &str, more: &str, meaning: &str) {
    roff.control("TP", []);
    roff.text([bold(what), roman(more)]);
    roff.text([roman(meaning)]);
}

/// The exit statuses of the methods. Each other command has its own in its help, where they differ.
pub(super) fn exit_statuses(roff: &mut Roff) {
    roff.control("SH", ["EXIT STATUS"]);
    roff.text([roman("For commands without their own list above:")]);
    for (status, meaning, consequence) in docs::exit_rows() {
        let words = format!("{}. svc.startd: {}.", sentence(meaning), consequence);
        entry(roff, &status.to_string(), "", &words);
    }
}

/// The first letter as a capital, and no marks of Markdown.
fn sentence(words: &str) -> String {
    let words = words.replace('`', "");
    let mut letters = words.chars();
    match letters.next() {
        // `svccfg` is a name.
        Some(first) if !words.starts_with("svccfg") => {
            first.to_uppercase().collect::<String>() + letters.as_str()
        }
        Some(_) | None => words,
    }
}

/// The properties, each value with its meaning.
pub(super) fn properties(roff: &mut Roff) {
    roff.control("SH", ["PROPERTIES"]);
    for property in PROPERTIES {
        let default = docs::default_words(property);
        let more = format!(" ({}, default: {default})", property.value_type);
        let meaning = match property.allowed {
            Allowed::Choices(_) => property.description.to_owned(),
            Allowed::Seconds { .. } | Allowed::VmName | Allowed::AbsolutePath => {
                format!("{} Allowed: {}.", property.description, property.allowed)
            }
        };
        entry(roff, &property.path(), &more, &meaning);
        if let Allowed::Choices(choices) = property.allowed {
            roff.control("RS", []);
            for choice in choices {
                entry(roff, choice.value, "", choice.description);
            }
            roff.control("RE", []);
        }
    }
}
