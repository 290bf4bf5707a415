//! The document type declaration, as far as svccfg looks at it.

use super::{DocumentType, Scanner, name};

impl Scanner<'_> {
    /// `<!DOCTYPE root PUBLIC "..." "..." [ ... ]>`
    pub(super) fn document_type(&mut self) {
        let start = self.at;
        self.at += "<!DOCTYPE".len();
        let mut words = Words { scanner: self };
        let root = words.word().map_or("", |(word, _)| word);
        let keyword = words.word().map_or("", |(word, _)| word);
        let system = match keyword {
            "SYSTEM" => words.word(),
            "PUBLIC" => {
                let _public = words.word();
                words.word()
            }
            _ => None,
        };
        self.skip_declaration();
        if self.markup.document_type.is_none() {
            self.markup.document_type = Some(DocumentType {
                at: start,
                end: self.at,
                root,
                system,
            });
        }
    }

    /// Behind the `>` of a document type, and what it holds in brackets.
    fn skip_declaration(&mut self) {
        let mut inside = false;
        while let Some(next) = self.rest().find(['[', ']', '>', '"', '\'', '<']) {
            self.at += next;
            let rest = self.rest();
            if rest.starts_with("<!--") {
                self.skip_behind_from(4, "-->");
            } else if rest.starts_with("<?") {
                self.skip_behind_from(2, "?>");
            } else {
                let c = rest.as_bytes()[0];
                self.at += 1;
                match c {
                    b'[' => inside = true,
                    b']' => inside = false,
                    b'"' => self.skip_behind("\""),
                    b'\'' => self.skip_behind("'"),
                    b'>' if !inside => return,
                    _ => {}
                }
            }
        }
        self.at = self.text.len();
    }
}

/// The words of a document type declaration: names, and texts in quotes.
struct Words<'s, 'a> {
    scanner: &'s mut Scanner<'a>,
}

impl<'a> Words<'_, 'a> {
    /// The next word, with its place.
    fn word(&mut self) -> Option<(&'a str, usize)> {
        let scanner = &mut *self.scanner;
        let rest = scanner.rest();
        scanner.at += rest.len() - rest.trim_ascii_start().len();
        let rest = scanner.rest();
        let quote = rest.chars().next()?;
        if matches!(quote, '"' | '\'') {
            let text = rest[1..].split(quote).next()?;
            let at = scanner.at + 1;
            scanner.at = (at + text.len() + 1).min(scanner.text.len());
            return Some((text, at));
        }
        let word = name(rest);
        let at = scanner.at;
        scanner.at += word.len();
        (!word.is_empty()).then_some((word, at))
    }
}
