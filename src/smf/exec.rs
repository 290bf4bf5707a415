//! The exec string of a method (`smf_method(7)`): its `%` tokens, which svc.startd expands, and the line of a shell that
//! comes of it.

use std::fmt;

use super::composition::Composed;
use super::escape::escaped;
use super::fmri::{InstanceFmri, is_component};
use crate::text::printable::Printable;

/// Why a token cannot be expanded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Fault {
    /// `%q`
    Unknown(char),
    /// `%{vm/name` without its end: what is behind the brace.
    Open(String),
    /// `%{...}` that names no property: because of its form, or because the instance has none of that name.
    Property(String),
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown(c) => write!(
                f,
                "unknown token %{}",
                Printable(c.encode_utf8(&mut [0; 4]))
            ),
            Self::Open(_) => f.write_str("%{ is not closed"),
            Self::Property(name) => write!(f, "'{}' does not name a property", Printable(name)),
        }
    }
}

/// A piece of an exec string.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Piece<'e> {
    /// What stays as it is; `%%` is one percent sign.
    Text(&'e str),
    /// `%s`
    Service,
    /// `%i`
    Instance,
    /// `%f`
    Fmri,
    /// `%m`
    Method,
    /// `%r`
    Restarter,
    /// `%{...}`
    Property(Reference<'e>),
}

/// `%{group/property}`, `%{property}` or `%{FMRI/:properties/group/property}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Reference<'e> {
    /// All that is between the braces.
    text: &'e str,
    /// Whose property it is, where it is not the instance's own.
    of: Option<&'e str>,
    group: &'e str,
    name: &'e str,
    /// What is to stand between several values: the `,` or `:` at its end, or else a space.
    separator: &'e str,
}

impl<'e> Reference<'e> {
    fn new(text: &'e str) -> Self {
        let (whole, separator) = match text.strip_suffix([',', ':']) {
            Some(whole) => (whole, &text[whole.len()..]),
            None => (text, " "),
        };
        let (of, path) = match whole.rsplit_once("/:properties/") {
            Some((of, path)) => (Some(of), path),
            None => (None, whole),
        };
        let (group, name) = path.split_once('/').unwrap_or(("application", path));
        Self {
            text,
            of,
            group,
            name,
            separator,
        }
    }

    fn fault(self) -> Fault {
        Fault::Property(self.text.to_owned())
    }

    /// Whether a property can have this name.
    fn check(self) -> Result<(), Fault> {
        let both = [self.group, self.name];
        if both.iter().all(|part| is_component(part.as_bytes())) {
            Ok(())
        } else {
            Err(self.fault())
        }
    }

    /// The values, each quoted as svcprop quotes them. An empty one leaves nothing, not even quotes. (Of another service
    /// nothing is known here.)
    fn values(self, properties: &impl Composed) -> Result<String, Fault> {
        let own = self.of.is_none();
        let found = properties.values(self.group, self.name).filter(|_| own);
        let values = found.ok_or_else(|| self.fault())?;
        let values: Vec<String> = values.iter().map(|value| escaped(value)).collect();
        Ok(values.join(self.separator))
    }
}

/// Cuts an exec string into its pieces. After a fault there is nothing more.
fn pieces(exec: &str) -> impl Iterator<Item = Result<Piece<'_>, Fault>> {
    let mut rest = exec;
    std::iter::from_fn(move || {
        let piece = next_piece(&mut rest).transpose()?;
        if piece.is_err() {
            rest = "";
        }
        Some(piece)
    })
}

fn next_piece<'e>(rest: &mut &'e str) -> Result<Option<Piece<'e>>, Fault> {
    let Some(token) = rest.strip_prefix('%') else {
        let (text, after) = rest.split_at(rest.find('%').unwrap_or(rest.len()));
        *rest = after;
        return Ok((!text.is_empty()).then_some(Piece::Text(text)));
    };
    let mut chars = token.chars();
    // A percent sign at the very end is dropped.
    let Some(letter) = chars.next() else {
        *rest = "";
        return Ok(None);
    };
    *rest = chars.as_str();
    Ok(Some(match letter {
        's' => Piece::Service,
        'i' => Piece::Instance,
        'f' => Piece::Fmri,
        'm' => Piece::Method,
        'r' => Piece::Restarter,
        '%' => Piece::Text("%"),
        '{' => {
            let closed = rest.split_once('}');
            let (text, after) = closed.ok_or_else(|| Fault::Open((*rest).to_owned()))?;
            *rest = after;
            Piece::Property(Reference::new(text))
        }
        other => return Err(Fault::Unknown(other)),
    }))
}

/// Whether svc.startd can expand an exec, as far as the string alone tells.
///
/// # Errors
/// The first token that it cannot expand for any instance.
pub(crate) fn check(exec: &str) -> Result<(), Fault> {
    for piece in pieces(exec) {
        if let Piece::Property(reference) = piece? {
            reference.check()?;
        }
    }
    Ok(())
}

/// The exec of a method of this instance, with what its tokens stand for. The properties are those of the running snapshot.
///
/// # Errors
/// The first token that svc.startd cannot expand.
pub(crate) fn expand(
    exec: &str,
    fmri: &InstanceFmri,
    method: &str,
    properties: &impl Composed,
) -> Result<String, Fault> {
    let mut expanded = String::new();
    for piece in pieces(exec) {
        match piece? {
            Piece::Text(text) => expanded.push_str(text),
            Piece::Service => expanded.push_str(fmri.service()),
            Piece::Instance => expanded.push_str(fmri.instance().as_str()),
            Piece::Fmri => expanded.push_str(&fmri.to_string()),
            Piece::Method => expanded.push_str(method),
            Piece::Restarter => expanded.push_str("svc.startd"),
            Piece::Property(reference) => expanded.push_str(&reference.values(properties)?),
        }
    }
    Ok(expanded)
}

/// Whether svc.startd does nothing for this method, and succeeds. With anything behind it, it is a command.
pub(crate) fn is_true(exec: &str) -> bool {
    exec == ":true"
}

/// Whether svc.startd sends a signal to the whole contract for this method, instead of running something.
pub(crate) fn is_kill(exec: &str) -> bool {
    let signal = exec.strip_prefix(":kill");
    signal.is_some_and(|signal| signal.is_empty() || signal.starts_with(char::is_whitespace))
}

/// The program that an exec names; none for `:true` and `:kill`, which svc.startd does itself.
pub(crate) fn program(exec: &str) -> Option<String> {
    let first = words(exec).into_iter().next()?;
    (!first.starts_with(':')).then_some(first)
}

/// The words of a shell line, as far as quotes and backslashes go.
pub(crate) fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    let mut rest = line.chars();
    while let Some(c) = rest.next() {
        match (quote, c) {
            (Some(q), c) if c == q => quote = None,
            (Some('\''), c) => word.get_or_insert_default().push(c),
            (None, '\'' | '"') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (_, '\\') => word.get_or_insert_default().extend(rest.next()),
            (None, ' ' | '\t' | '\n') => words.extend(word.take()),
            (_, c) => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::smf::tools::svcprop::{Properties, Value};

    /// What svc.startd makes of an exec of `svc:/site/xvm/vbox:vm1`, and what can be said of it without the instance.
    #[test]
    fn tokens() {
        let properties: Properties = [
            ("vm/name", &["two words"][..]),
            ("vm/list", &["a", "b;c"]),
            ("vm/empty", &[""]),
            ("vm/nothing", &[]),
            ("com.example,config/port", &["80"]),
            ("application/verb", &["stop"]),
        ]
        .map(|(path, values)| {
            let value = Value {
                value_type: "astring".to_owned(),
                values: values.iter().map(|value| (*value).to_owned()).collect(),
            };
            (path.to_owned(), value)
        })
        .into();
        let fmri = "svc:/site/xvm/vbox:vm1".parse().expect("an instance");
        for (exec, expected) in [
            ("", Ok("")),
            (":kill -HUP", Ok(":kill -HUP")),
            (
                "/x %s %i %f",
                Ok("/x site/xvm/vbox vm1 svc:/site/xvm/vbox:vm1"),
            ),
            ("/x %m%r", Ok("/x stopsvc.startd")),
            ("'/opt/100%%%%s' 100%", Ok("'/opt/100%%s' 100")),
            ("é%ié", Ok("évm1é")),
            ("/x %{vm/name}", Ok("/x two\\ words")),
            ("%{vm/list} %{vm/list,}", Ok("a b\\;c a,b\\;c")),
            ("%{vm/list:}", Ok("a:b\\;c")),
            ("%{verb}%{vm/empty}%{vm/nothing}", Ok("stop")),
            ("%{com.example,config/port}", Ok("80")),
            // Only the instance tells what is wrong with these.
            ("%{vm/nosuch}", Err("vm/nosuch")),
            ("%{vm/nosuch,}", Err("vm/nosuch,")),
            (
                "%{svc:/site/x:y/:properties/vm/name}",
                Err("svc:/site/x:y/:properties/vm/name"),
            ),
        ] {
            assert_eq!(check(exec), Ok(()), "{exec}");
            let expected = expected
                .map(str::to_owned)
                .map_err(|text| Fault::Property(text.to_owned()));
            assert_eq!(expand(exec, &fmri, "stop", &properties), expected, "{exec}");
        }
        for (exec, fault) in [
            ("%q", Fault::Unknown('q')),
            ("date +%Y %q", Fault::Unknown('Y')),
            ("% x", Fault::Unknown(' ')),
            ("%é", Fault::Unknown('é')),
            ("/x %{vm/name", Fault::Open("vm/name".to_owned())),
            ("%{}", Fault::Property(String::new())),
            ("%{a b}", Fault::Property("a b".to_owned())),
            ("%{a/b/c}", Fault::Property("a/b/c".to_owned())),
        ] {
            assert_eq!(check(exec), Err(fault.clone()), "{exec}");
            let expanded = expand(exec, &fmri, "stop", &properties);
            assert_eq!(expanded, Err(fault), "{exec}");
        }
    }

    #[test]
    fn words_and_program() {
        for (exec, expected, first) in [
            ("", &[][..], None),
            (" \t\n", &[], None),
            (":true", &[":true"], None),
            (":kill -HUP", &[":kill", "-HUP"], None),
            ("/a/b.sh %m", &["/a/b.sh", "%m"], Some("/a/b.sh")),
            ("'/a b/c' %m", &["/a b/c", "%m"], Some("/a b/c")),
            ("\"/a b/c\"\t%m", &["/a b/c", "%m"], Some("/a b/c")),
            ("/a\\ b/c\n%m ", &["/a b/c", "%m"], Some("/a b/c")),
            ("/x '' \"\"", &["/x", "", ""], Some("/x")),
            (
                r#"/x 'it'\''s' "a\"b" 'c\d'"#,
                &["/x", "it's", "a\"b", "c\\d"],
                Some("/x"),
            ),
            ("/x 'open", &["/x", "open"], Some("/x")),
            ("/x \\", &["/x", ""], Some("/x")),
        ] {
            assert_eq!(words(exec), expected, "{exec}");
            assert_eq!(program(exec).as_deref(), first, "{exec}");
        }
    }

    #[test]
    fn what_svc_startd_does_itself() {
        for (exec, nothing, kills) in [
            (":true", true, false),
            (":true ", false, false),
            (":kill", false, true),
            (":kill ", false, true),
            (":kill -HUP", false, true),
            (":kill\t-9", false, true),
            (":killall", false, false),
            (" :kill", false, false),
            ("/bin/true", false, false),
        ] {
            assert_eq!((is_true(exec), is_kill(exec)), (nothing, kills), "{exec}");
        }
    }
}
