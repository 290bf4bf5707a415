//! A manifest from text: of the kind that [`super::write`] writes.
//!
//! This is not `svccfg validate`: it takes what the [model](super::model) holds and refuses everything
//! else, but does not look at values and hardly at the order of elements. Entities that a document
//! defines itself are not expanded, and nothing outside the text is read.

use std::fmt;

use std::io;
use std::path::Path;

use quick_xml::Reader;
use quick_xml::de::Deserializer;
use quick_xml::events::Event;
use serde::Deserialize as _;

use super::model::ServiceBundle;
use crate::failure::{Failure, Kind};
use crate::host::real::read_limited::read_named;
use crate::text::printable::Printable;

/// A larger file is not a manifest of VMs: 10,000 of them need about 10 MB.
const FILE_MAX: u64 = 64 << 20;

/// Where a text is not a manifest, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ReadError {
    /// From 1.
    pub(crate) line: usize,
    /// In characters, from 1.
    pub(crate) column: usize,
    /// What is wrong there.
    pub(crate) message: String,
}

/// `LINE:COLUMN: message`
impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.line, self.column, self.message)
    }
}

impl std::error::Error for ReadError {}

impl ReadError {
    fn at(text: &str, offset: u64, message: impl fmt::Display) -> Self {
        let offset = usize::try_from(offset)
            .unwrap_or(usize::MAX)
            .min(text.len());
        let before = text.get(..offset).unwrap_or(text);
        let line_start = before.rfind('\n').map_or(0, |i| i + 1);
        Self {
            line: before.matches('\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
            message: message.to_string(),
        }
    }
}

/// The manifest that a text holds.
///
/// # Errors
/// It is not well-formed, or holds what the model has no place for.
pub(crate) fn from_text(text: &str) -> Result<ServiceBundle, ReadError> {
    one_bundle(text)?;
    let mut deserializer = Deserializer::from_str(text);
    ServiceBundle::deserialize(&mut deserializer).map_err(|error| {
        let reader = deserializer.get_ref().get_ref();
        ReadError::at(text, reader.buffer_position(), error)
    })
}

/// serde stops at the end of the first element, whatever it is called and whatever follows.
fn one_bundle(text: &str) -> Result<(), ReadError> {
    let mut reader = Reader::from_str(text);
    let mut depth = 0_usize;
    let mut seen = false;
    loop {
        let start = reader.buffer_position();
        let wrong = |message: &str| Err(ReadError::at(text, start, message));
        let event = match reader.read_event() {
            Ok(event) => event,
            Err(error) => return Err(ReadError::at(text, reader.error_position(), error)),
        };
        let (tag, opens) = match &event {
            Event::Start(tag) => (Some(tag), true),
            Event::Empty(tag) => (Some(tag), false),
            _ => (None, false),
        };
        if let Some(tag) = tag.filter(|_| depth == 0) {
            if seen {
                return wrong("a second root element next to service_bundle");
            }
            if tag.name().as_ref() != "service_bundle" {
                return wrong("the document is not a service_bundle");
            }
            seen = true;
        }
        match event {
            Event::Start(_) => depth += usize::from(opens),
            Event::End(_) => depth = depth.saturating_sub(1),
            Event::Text(text) if depth == 0 && !text.trim_ascii().is_empty() => {
                return wrong("text outside the service_bundle");
            }
            Event::CData(_) | Event::GeneralRef(_) if depth == 0 => {
                return wrong("text outside the service_bundle");
            }
            Event::Eof if depth > 0 => return wrong("the document ends inside an element"),
            Event::Eof if !seen => return wrong("the document has no service_bundle"),
            Event::Eof => return Ok(()),
            _ => {}
        }
    }
}

/// The manifest in a file.
///
/// # Errors
/// The file cannot be read, is too large, is not UTF-8, or is not a manifest.
pub(crate) fn from_file(path: &Path) -> Result<ServiceBundle, Failure> {
    let shown = path.display().to_string();
    let bytes = read_limited(path).map_err(|error| {
        let kind = match error.kind() {
            io::ErrorKind::PermissionDenied => Kind::Permission,
            _ => Kind::Config,
        };
        Failure::new(
            kind,
            anyhow::Error::new(error).context(format!("cannot read {}", Printable(&shown))),
        )
    })?;
    let text = String::from_utf8(bytes).map_err(|error| {
        let valid = error.utf8_error().valid_up_to();
        Failure::told(
            Kind::Config,
            format_args!("{shown} is not valid UTF-8 (from byte {valid})"),
        )
    })?;
    from_text(&text).map_err(|error| Failure::told(Kind::Config, format_args!("{shown}:{error}")))
}

fn read_limited(path: &Path) -> io::Result<Vec<u8>> {
    let bytes = read_named(path, FILE_MAX)?;
    if bytes.len() as u64 > FILE_MAX {
        return Err(io::Error::other(format!(
            "it is larger than {FILE_MAX} bytes"
        )));
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::{order, strategy, write};
    use proptest::prelude::*;

    const GOOD: &str = "<?xml version='1.0'?>
<!DOCTYPE service_bundle SYSTEM '/usr/share/lib/xml/dtd/service_bundle.dtd.1'>
<service_bundle type='manifest' name='x'>
  <!-- a comment -->
  <service name='site/x' type='service' version='1'>
    <instance name='a' enabled='false'/>
  </service>
</service_bundle>
";

    #[test]
    fn a_good_one() {
        let bundle = from_text(GOOD).unwrap();
        assert_eq!(bundle.services[0].instances[0].name, "a");
    }

    #[test]
    fn the_shipped_manifests() {
        for name in ["vbox.xml", "three-vms.xml", "fleet.xml", "profile.xml"] {
            let path = Path::new(env!("CARGO_MANIFEST_DIR"))
                .join("manifests")
                .join(name);
            let bundle = from_file(&path).unwrap();
            let text = std::fs::read_to_string(&path).unwrap();
            assert_eq!(write::to_text(&bundle).unwrap(), text, "{name}");
            assert_eq!(order::violations(&text), Vec::<String>::new(), "{name}");
        }
    }

    #[test]
    fn errors_have_a_position_and_name_what_is_wrong() {
        let table = [
            ("", "1:1: the document has no service_bundle"),
            ("<service/>", "1:1: the document is not a service_bundle"),
            ("<a><service_bundle/></a>", "1:1: the document is not"),
            (
                "\n  <service_bundle type='manifest' name='x'>",
                "inside an element",
            ),
            (
                "x<service_bundle type='manifest' name='x'/>",
                "1:1: text outside",
            ),
            (
                "<service_bundle type='manifest' name='x'/>&amp;",
                "1:43: text outside",
            ),
            (
                "<service_bundle type='manifest' name='x'/>\n<b/>",
                "2:1: a second root element",
            ),
            ("<service_bundle type='manifest'/>", "missing field `@name`"),
            (
                "<service_bundle type='shell' name='x'/>",
                "unknown variant `shell`, expected `manifest` or `profile`",
            ),
            (
                "<service_bundle type='manifest' name='x'>\n<servise/></service_bundle>",
                "2:11: unknown field `servise`",
            ),
            (
                "<service_bundle type='manifest' name='x' nme='y'/>",
                "unknown field `@nme`",
            ),
            (
                "<service_bundle type='manifest' name='x' name='y'/>",
                "duplicate",
            ),
            ("<service_bundle type='manifest' name='&x;'/>", "1:"),
            (
                "<service_bundle type='manifest' name='x'><!-- </service_bundle>",
                "1:",
            ),
            ("<service_bundle type='manifest' name='x'></service>", "1:"),
        ];
        for (text, expected) in table {
            let error = from_text(text).unwrap_err().to_string();
            assert!(error.contains(expected), "{text:?}: {error}");
        }
    }

    #[test]
    fn elements_of_one_name_stand_together() {
        let swapped = GOOD.replace(
            "<instance name='a' enabled='false'/>",
            "<instance name='a' enabled='false'/>
             <property_group name='p' type='application'/>
             <instance name='b' enabled='false'/>",
        );
        let error = from_text(&swapped).unwrap_err().to_string();
        assert!(error.contains("duplicate field `instance`"), "{error}");
    }

    #[test]
    fn a_file_that_cannot_be_read_is_named() {
        let missing = from_file(Path::new("/nonexistent/x.xml")).unwrap_err();
        assert_eq!(missing.kind, Kind::Config);
        assert!(
            missing
                .to_string()
                .starts_with("cannot read /nonexistent/x.xml: ")
        );
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(bundle in strategy::bundle()) {
            let text = write::to_text(&bundle).unwrap();
            let read = from_text(&text).map_err(|e| TestCaseError::fail(format!("{e}\n{text}")))?;
            prop_assert_eq!(&read, &bundle, "{}", text);
            prop_assert_eq!(write::to_text(&read).unwrap(), text);
        }

        #[test]
        fn no_text_makes_it_panic(text in ".{0,80}", cut in 0..GOOD.len()) {
            let _outcome = from_text(&text);
            let _outcome = from_text(&GOOD[..cut]);
            let _outcome = from_text(&format!("{}{text}{}", &GOOD[..cut], &GOOD[cut..]));
        }
    }
}
