//! The `exec_method` elements: a line for the shell, and timeouts in which every budget fits.

use std::str::FromStr;

use thiserror::Error;

use super::model::{ExecMethod, MethodKind};
use super::setting::Setting;
use super::write_error::is_xml_char;
use crate::config::schema;
use crate::config::settings::MARGIN;
use crate::text::printable::Printable;
use crate::text::shell::shell_word;

/// The longest `exec` that SMF keeps whole.
const EXEC_MAX: usize = 4095;

/// The time that a start may take, before any `vm/start_delay`.
const START_SECONDS: u64 = 120;
/// The time that a stop may take where no `vm/stop_timeout` is longer.
const STOP_SECONDS: u64 = 300;
/// `:true` needs no time.
const REFRESH_SECONDS: u64 = 10;

/// The path of the program that SMF is to run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct MethodPath(String);

/// Why a text is not a [`MethodPath`].
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(crate) enum MethodPathError {
    /// The methods run in the user's home, whatever that is.
    #[error("'{}' is not an absolute path", Printable(.0))]
    Relative(String),
    /// A manifest could not hold it.
    #[error("'{}' holds {}, which XML cannot represent", Printable(.0), .1.escape_unicode())]
    Character(String, char),
    /// svccfg would cut it without a word.
    #[error("the path is too long for SMF")]
    TooLong,
}

impl MethodPath {
    /// What svc.startd is to run.
    ///
    /// It expands `%` tokens and hands the rest to a shell (`smf_method(7)`), so the path is quoted
    /// where a shell would not take it as it is, and a `%` in it is doubled.
    fn exec(&self) -> String {
        format!("{} %m", shell_word(&self.0).replace('%', "%%"))
    }
}

impl Default for MethodPath {
    fn default() -> Self {
        Self("/lib/svc/method/vbox".to_owned())
    }
}

impl FromStr for MethodPath {
    type Err = MethodPathError;

    fn from_str(text: &str) -> Result<Self, MethodPathError> {
        if !text.starts_with('/') || text.ends_with('/') {
            return Err(MethodPathError::Relative(text.to_owned()));
        }
        if let Some(bad) = text.chars().find(|c| !is_xml_char(*c)) {
            return Err(MethodPathError::Character(text.to_owned(), bad));
        }
        let path = Self(text.to_owned());
        if path.exec().len() > EXEC_MAX {
            return Err(MethodPathError::TooLong);
        }
        Ok(path)
    }
}

/// How long the methods may take, in seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Timeouts {
    start: u64,
    stop: u64,
}

impl Timeouts {
    /// Timeouts in which the budgets of these settings fit.
    pub(crate) fn for_settings(settings: &[Setting]) -> Self {
        let seconds = |wanted: schema::Property| {
            settings
                .iter()
                .find(|setting| *setting.property == wanted)
                .and_then(|setting| setting.value.parse::<u64>().ok())
                .unwrap_or(0)
        };
        Self {
            start: START_SECONDS + seconds(schema::START_DELAY),
            stop: STOP_SECONDS.max(seconds(schema::STOP_TIMEOUT) + MARGIN.as_secs()),
        }
    }
}

/// The methods of the service.
pub(crate) fn all(path: &MethodPath, timeouts: Timeouts) -> Vec<ExecMethod> {
    let exec = path.exec();
    vec![
        method("start", &exec, timeouts.start),
        method("stop", &exec, timeouts.stop),
        method("refresh", ":true", REFRESH_SECONDS),
    ]
}

/// The methods of an instance that needs more time than the service gives: whole ones, because a
/// group of an instance that has only the timeout would leave it without a method.
pub(crate) fn longer(path: &MethodPath, own: Timeouts, service: Timeouts) -> Vec<ExecMethod> {
    let exec = path.exec();
    let mut methods = Vec::new();
    if own.start > service.start {
        methods.push(method("start", &exec, own.start));
    }
    if own.stop > service.stop {
        methods.push(method("stop", &exec, own.stop));
    }
    methods
}

fn method(name: &str, exec: &str, seconds: u64) -> ExecMethod {
    ExecMethod {
        kind: MethodKind::Method,
        name: name.to_owned(),
        exec: exec.to_owned(),
        timeout_seconds: seconds.to_string(),
        delete: false,
        method_context: None,
        stability: None,
        values: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(path: &str, value: &str) -> Setting {
        Setting::new(path, value).unwrap()
    }

    #[test]
    fn a_path_is_quoted_as_the_shell_and_svc_startd_need_it() {
        for (path, exec) in [
            ("/lib/svc/method/vbox", "/lib/svc/method/vbox %m"),
            ("/opt/my app/vbox", "'/opt/my app/vbox' %m"),
            ("/opt/it's/vbox", r"'/opt/it'\''s/vbox' %m"),
            ("/opt/100%/vbox", "'/opt/100%%/vbox' %m"),
            ("/opt/$HOME/`id`", "'/opt/$HOME/`id`' %m"),
            ("/opt/a\nb", "'/opt/a\nb' %m"),
            ("/opt/a;b", "'/opt/a;b' %m"),
        ] {
            assert_eq!(path.parse::<MethodPath>().unwrap().exec(), exec);
        }
        assert_eq!(MethodPath::default().exec(), "/lib/svc/method/vbox %m");
    }

    #[test]
    fn paths_that_cannot_be() {
        for path in ["", "vbox", "./vbox", ":true", "/opt/"] {
            assert_eq!(
                path.parse::<MethodPath>(),
                Err(MethodPathError::Relative(path.into()))
            );
        }
        assert_eq!(
            "/a\u{7}".parse::<MethodPath>(),
            Err(MethodPathError::Character("/a\u{7}".into(), '\u{7}'))
        );
        let long = format!("/{}", "%".repeat(2100));
        assert_eq!(long.parse::<MethodPath>(), Err(MethodPathError::TooLong));
    }

    #[test]
    fn every_budget_fits_in_the_timeouts() {
        for (settings, start, stop) in [
            (vec![], 120, 300),
            (vec![set("vm/start_delay", "60")], 180, 300),
            (vec![set("vm/stop_timeout", "290")], 120, 300),
            (vec![set("vm/stop_timeout", "291")], 120, 301),
            (vec![set("vm/stop_timeout", "86400")], 120, 86_410),
        ] {
            assert_eq!(Timeouts::for_settings(&settings), Timeouts { start, stop });
        }
    }

    #[test]
    fn an_instance_gets_whole_methods_or_none() {
        let path = MethodPath::default();
        let service = Timeouts {
            start: 120,
            stop: 300,
        };
        assert_eq!(longer(&path, service, service), []);
        let shorter = Timeouts {
            start: 100,
            stop: 30,
        };
        assert_eq!(longer(&path, shorter, service), []);
        let own = longer(
            &path,
            Timeouts {
                start: 120,
                stop: 610,
            },
            service,
        );
        assert_eq!(own.len(), 1);
        assert_eq!(own[0].name, "stop");
        assert_eq!(own[0].exec, "/lib/svc/method/vbox %m");
        assert_eq!(own[0].timeout_seconds, "610");
    }
}
