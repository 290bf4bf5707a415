//! What VirtualBox's programs see of the environment.

use std::ffi::OsString;

use crate::host::{Account, Host};

/// What of the caller's environment may have a say in what programs see. A program that runs as root, or as a user whom
/// root asks for, sees nothing of what root's shell had of VirtualBox and of the time zone, which may be the name of a
/// file to read: without `TZ` the system's counts.
pub(crate) fn of_the_caller(
    environment: &[(OsString, OsString)],
    is_root: bool,
) -> Vec<(OsString, OsString)> {
    let passes = |name: &OsString| {
        let name = name.to_string_lossy();
        let of_the_user = name == "TZ" || name.starts_with("VBOX_");
        name == "LANG" || name.starts_with("LC_") || (of_the_user && !is_root)
    };
    environment
        .iter()
        .filter(|(name, _)| passes(name))
        .cloned()
        .collect()
}

/// What VBoxManage sees of the environment. The first client's environment lives on in VBoxSVC and in
/// every VM that it starts, so it is made anew, and only what `method_environment` is for goes through.
pub(crate) fn child_environment(
    host: &dyn Host,
    account: &Account,
    method: &[(OsString, OsString)],
) -> Vec<(OsString, OsString)> {
    environment_in(locale(host, method), account, method)
}

/// The same, in a locale that is known already.
pub(crate) fn environment_in(
    locale: String,
    account: &Account,
    method: &[(OsString, OsString)],
) -> Vec<(OsString, OsString)> {
    let mut environment: Vec<(OsString, OsString)> = vec![
        ("LC_ALL".into(), locale.into()),
        ("PATH".into(), "/usr/sbin:/usr/bin:/sbin:/bin".into()),
        ("HOME".into(), account.home.clone().into()),
        ("USER".into(), account.name.clone().into()),
        ("LOGNAME".into(), account.name.clone().into()),
    ];
    let passes = |name: &OsString| name == "TZ" || name.to_string_lossy().starts_with("VBOX_");
    environment.extend(method.iter().filter(|(name, _)| passes(name)).cloned());
    environment
}

/// A locale in which VirtualBox prints every name. In another one, C for example, it stops printing at the
/// first character that the locale does not have: no list is whole as soon as one VM of the user has such a
/// name, and it says nothing about that. Its messages are English in every locale.
pub(crate) fn locale(host: &dyn Host, environment: &[(OsString, OsString)]) -> String {
    // What svc.startd has of /etc/default/init or of method_environment. The first that is set decides.
    let set = ["LC_ALL", "LC_CTYPE", "LANG"].iter().find_map(|wanted| {
        let (_, value) = environment
            .iter()
            .find(|(name, value)| name == wanted && !value.is_empty())?;
        value.to_str().map(str::to_owned)
    });
    let usual = ["C.UTF-8", "en_US.UTF-8"].map(str::to_owned);
    set.into_iter()
        .chain(usual)
        .find(|name| is_utf8(name) && host.has_locale(name))
        .unwrap_or_else(|| "C".to_owned())
}

/// `en_US.UTF-8`, `de_AT.utf8@euro`
fn is_utf8(locale: &str) -> bool {
    // It becomes a file's name in every program that is run: LANG=../x.UTF-8 is none.
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"_.@-".contains(&b);
    if !locale.bytes().all(plain) {
        return false;
    }
    let codeset = locale.split(['.', '@']).nth(1).unwrap_or_default();
    ["utf-8", "utf8"].contains(&codeset.to_ascii_lowercase().as_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::fake::Fake;

    #[test]
    fn of_root_s_environment_a_locale_alone_counts() {
        let pair = |(name, value): (&str, &str)| (OsString::from(name), OsString::from(value));
        let shell = [
            ("TZ", "/etc/shadow"),
            ("LC_ALL", "de_AT.UTF-8"),
            ("LANG", "C"),
            ("VBOX_USER_HOME", "/x"),
            ("SMF_METHOD", "start"),
            ("LD_PRELOAD", "x"),
        ]
        .map(pair);
        assert_eq!(of_the_caller(&shell, true), shell[1..3]);
        assert_eq!(of_the_caller(&shell, false), shell[..4]);
    }

    #[test]
    fn a_locale_that_has_every_character() {
        let cases: [(&[(&str, &str)], &[&'static str], &str); 8] = [
            (&[], &["C.UTF-8", "en_US.UTF-8"], "C.UTF-8"),
            (&[], &["en_US.UTF-8"], "en_US.UTF-8"),
            (&[], &[], "C"),
            (
                &[("LANG", "de_AT.UTF-8")],
                &["C.UTF-8", "de_AT.UTF-8"],
                "de_AT.UTF-8",
            ),
            (&[("LANG", "de_AT.UTF-8")], &["C.UTF-8"], "C.UTF-8"),
            (
                &[("LANG", "de_AT.UTF-8"), ("LC_ALL", "C")],
                &["C.UTF-8", "de_AT.UTF-8"],
                "C.UTF-8",
            ),
            (
                &[("LC_ALL", ""), ("LC_CTYPE", "x.utf8@y")],
                &["x.utf8@y"],
                "x.utf8@y",
            ),
            (&[("LANG", "de_AT.ISO8859-1")], &["de_AT.ISO8859-1"], "C"),
        ];
        for (environment, locales, expected) in cases {
            let host = locales
                .iter()
                .fold(Fake::default(), |host, name| host.locale(name));
            let environment: Vec<_> = environment
                .iter()
                .map(|(name, value)| (name.into(), value.into()))
                .collect();
            assert_eq!(locale(&host, &environment), expected, "{environment:?}");
        }
    }
}
