//! A manifest as text: what `svccfg import` reads and what people read.

use serde::Serialize;

use super::layout;
use super::model::ServiceBundle;
use super::write_error::WriteError;

/// What stands above the bundle. svccfg compares the system identifier byte for byte.
const HEAD: &str = r#"<?xml version="1.0"?>
<!DOCTYPE service_bundle SYSTEM "/usr/share/lib/xml/dtd/service_bundle.dtd.1">
"#;

/// The manifest's text. The same model gives the same bytes.
///
/// # Errors
/// A value holds a character that XML cannot represent.
pub(crate) fn to_text(bundle: &ServiceBundle) -> Result<String, WriteError> {
    let mut plain = String::new();
    bundle.serialize(quick_xml::se::Serializer::new(&mut plain))?;
    let root = layout::parse(&plain)?;
    let mut text = String::with_capacity(plain.len() * 2);
    text.push_str(HEAD);
    layout::print(&root, &mut text)?;
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::strategy;

    #[test]
    fn every_character_of_a_value_can_be_read_back() {
        let bundle = strategy::with_value("a&b<c>d\"e'f\tg\nh\ri  \u{85}\u{2028}é→");
        let text = to_text(&bundle).unwrap();
        assert!(
            text.contains("'a&amp;b&lt;c&gt;d\"e&apos;f&#9;g&#10;h&#13;i  &#133;&#8232;é→'"),
            "{text}"
        );
        assert_eq!(crate::manifest::read::from_text(&text).unwrap(), bundle);
    }

    #[test]
    fn what_xml_cannot_hold_is_refused() {
        for bad in ["\u{1}", "a\u{1b}[2J", "\u{fffe}", "\0", "\u{ffff}"] {
            let error = to_text(&strategy::with_value(bad)).unwrap_err();
            assert!(
                matches!(&error, WriteError::Character { element, .. } if element == "propval"),
                "{bad:?}: {error}"
            );
        }
    }
}
