//! How much a document grows when its own entities are expanded.
//!
//! The parser limits how deep references nest and how many an entity has, but not what a long entity adds
//! up to that is referred to often: 100 KB, 20,000 times, are 2 GB. libxml2 refuses that as well.

use std::collections::HashMap;

use super::document_type::{DocumentType, name};

/// So many bytes entities may add. libxml2's limit depends on the size of the document; no manifest comes
/// near either.
pub(in super::super) const GROWTH_MAX: usize = 16 << 20;

/// libxml2 refuses references that nest deeper, and the parser here even sooner.
const NESTED_MAX: usize = 40;

/// What the internal subset defines, and how long each entity is when it is expanded.
struct Entities<'a> {
    values: HashMap<&'a str, &'a str>,
    lengths: HashMap<&'a str, usize>,
}

/// Adds up what the references behind the document type stand for.
///
/// # Errors
/// It is more than [`GROWTH_MAX`]: the place of the reference that is too much.
pub(super) fn check(text: &str, document_type: DocumentType<'_>) -> Result<(), usize> {
    let declarations = &text[document_type.at..document_type.end];
    let mut entities = Entities {
        values: values(declarations),
        lengths: HashMap::new(),
    };
    if entities.values.is_empty() {
        return Ok(());
    }
    let mut total = 0_usize;
    for (at, entity) in references(&text[document_type.end..]) {
        total = total.saturating_add(entities.length(entity, 0));
        if total > GROWTH_MAX {
            return Err(document_type.end + at);
        }
    }
    Ok(())
}

/// What `<!ENTITY name "value">` defines. The first definition of a name counts.
pub(super) fn values(declarations: &str) -> HashMap<&str, &str> {
    let mut values = HashMap::new();
    for declaration in declarations.split("<!ENTITY").skip(1) {
        let declaration = declaration.trim_ascii_start();
        let entity = name(declaration);
        let rest = declaration[entity.len()..].trim_ascii_start();
        // What is not quoted is a parameter entity, or in another file.
        let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\''));
        if let Some(value) = quote.and_then(|quote| rest[1..].split(quote).next()) {
            values.entry(entity).or_insert(value);
        }
    }
    values
}

/// Every `&name;` with its place.
fn references(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.match_indices('&')
        .map(|(at, _)| (at, name(&text[at + 1..])))
}

impl<'a> Entities<'a> {
    /// How long a reference becomes, in bytes. What nests too deep, or in a circle, has no end.
    fn length(&mut self, entity: &'a str, nested: usize) -> usize {
        if nested > NESTED_MAX {
            return usize::MAX;
        }
        let Some(value) = self.values.get(entity).copied() else {
            // XML's own, or one that the parser will say is not defined.
            return 0;
        };
        if let Some(length) = self.lengths.get(entity) {
            return *length;
        }
        // Whoever meets it again below is in a circle.
        self.lengths.insert(entity, usize::MAX);
        let length = references(value).fold(value.len(), |length, (_, inner)| {
            length.saturating_add(self.length(inner, nested + 1))
        });
        self.lengths.insert(entity, length);
        length
    }
}

#[cfg(test)]
mod tests {
    use super::super::scan::{TooMuch, scan};
    use super::*;

    fn document(declarations: &str, content: &str) -> String {
        format!("<!DOCTYPE a SYSTEM 'x' [{declarations}]><a b='{content}'>{content}</a>")
    }

    #[test]
    fn what_grows_is_found_at_the_reference_that_is_too_much() {
        let long = format!("<!ENTITY l \"{}\">", "l".repeat(1 << 20));
        assert!(scan(&document(&long, &"&l;".repeat(8))).is_ok());
        let text = document(&long, &"&l;".repeat(9));
        let at = text.rfind("&l;").unwrap() - 3;
        assert_eq!(scan(&text).unwrap_err(), TooMuch::Growth(at));
        // Whoever only defines it, does no harm.
        assert!(scan(&document(&long, "&lt;&#65;&other;")).is_ok());
    }

    #[test]
    fn what_nests() {
        let mut laughs = String::from("<!ENTITY l0 'lol'>");
        for level in 1..=9 {
            let inner = format!("&l{};", level - 1).repeat(10);
            laughs = format!("{laughs}<!ENTITY l{level} '{inner}'>");
        }
        assert!(scan(&document(&laughs, "&l5;")).is_ok());
        assert!(matches!(
            scan(&document(&laughs, "&l9;")),
            Err(TooMuch::Growth(_))
        ));
        for round in [
            "<!ENTITY a '&a;&a;'>",
            "<!ENTITY a '&b;'><!ENTITY b 'x&a;'>",
        ] {
            assert!(scan(&document(round, "&a;")).is_err(), "{round}");
            assert!(scan(&document(round, "")).is_ok(), "{round}");
        }
    }

    #[test]
    fn only_values_in_quotes_count_and_the_first_of_a_name() {
        let found = values(
            "<!ENTITY a 'b'><!ENTITY % c 'd'><!ENTITY e SYSTEM 'f'>\n<!ENTITY a 'g'><!ENTITY",
        );
        assert_eq!(found, HashMap::from([("a", "b")]));
    }
}
