//! Values as SMF and svcprop write them.

/// A value as SMF writes it into a line of a shell, with a backslash before what would end a word or a command. The
/// characters `$ * ? [ ] { } ~ # !` are not quoted: SMF leaves them to the shell.
pub(crate) fn escaped(value: &str) -> String {
    let mut escaped = String::with_capacity(value.len());
    for c in value.chars() {
        if ";&()|^<>\n \t\\\"'`".contains(c) {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}

/// A value as svcprop prints it: an empty one can be seen, too.
pub(crate) fn quoted(value: &str) -> String {
    if value.is_empty() {
        "\"\"".to_owned()
    } else {
        escaped(value)
    }
}
