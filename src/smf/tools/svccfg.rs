//! `svccfg validate`: what SMF itself says about a manifest.

use std::path::{Path, PathBuf};
use std::time::Duration;

use thiserror::Error;

use crate::host::{Contract, ExitStatus, Host, Invocation, Output, RunError, keep_waiting};
use crate::text::printable::Printable;

/// Where illumos and Solaris have it.
const SVCCFG: &str = "/usr/sbin/svccfg";
/// How long it may take: 10,000 instances take a while.
const LIMIT: Duration = Duration::from_secs(120);

/// Why svccfg did not take a manifest.
#[derive(Debug, Error)]
pub(crate) enum SvccfgError {
    /// Not on this system.
    #[error("{SVCCFG} not found: only illumos and Solaris have it")]
    NotHere,
    /// It could not be run, or hung.
    #[error(transparent)]
    Run(RunError),
    /// It says no, in these words.
    #[error("svccfg validate rejects the manifest: {0}")]
    Refused(String),
    /// It did not get as far as saying anything.
    #[error("svccfg validate was killed by signal {0}")]
    Killed(i32),
}

/// Asks about the manifest in this file.
///
/// # Errors
/// It is not there, cannot be run, or refuses the manifest.
pub(crate) fn validate(host: &dyn Host, manifest: &Path) -> Result<(), SvccfgError> {
    let invocation = Invocation {
        program: PathBuf::from(SVCCFG),
        args: vec!["validate".into(), manifest.into()],
        env: vec![
            ("LC_ALL".into(), "C".into()),
            ("PATH".into(), "/usr/sbin:/usr/bin".into()),
        ],
        limit: LIMIT,
        contract: Contract::Inherited,
    };
    match host.run(&invocation, &mut keep_waiting) {
        Ok(output) => verdict(&output),
        Err(RunError::Spawn { source, .. }) if source.kind() == std::io::ErrorKind::NotFound => {
            Err(SvccfgError::NotHere)
        }
        Err(error) => Err(SvccfgError::Run(error)),
    }
}

/// What the end of `svccfg validate` means:
///
/// ```text
/// $ svccfg validate vbox.xml; echo $?
/// svccfg: illegal value "svc:/a/bb" for fmri (invalid argument)
/// 1
/// ```
///
/// Warnings are printed with exit status 0; they are no refusal.
fn verdict(output: &Output) -> Result<(), SvccfgError> {
    match output.ended {
        ExitStatus::Exited(0) => Ok(()),
        ExitStatus::Killed(signal) => Err(SvccfgError::Killed(signal)),
        ExitStatus::Exited(status) => {
            let words = [&output.stderr, &output.stdout]
                .map(|stream| String::from_utf8_lossy(stream).into_owned())
                .concat();
            let lines: Vec<_> = words
                .lines()
                .map(str::trim)
                .filter(|line| !line.is_empty())
                .map(|line| Printable(line).to_string())
                .collect();
            Err(SvccfgError::Refused(if lines.is_empty() {
                format!("exit status {status}")
            } else {
                lines.join("; ")
            }))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::fake::Fake;

    #[test]
    fn what_it_says() {
        for (status, stdout, stderr, told) in [
            (0, "", "svccfg: WARNING: x\n", None),
            (
                1,
                "",
                "svccfg: illegal value \"svc:/a/bb\" for fmri (invalid argument)\n",
                Some(
                    "svccfg validate rejects the manifest: svccfg: illegal value \"svc:/a/bb\" for fmri (invalid argument)",
                ),
            ),
            (
                1,
                "a\n\n",
                "Property has illegal value:\n\tFMRI=\"x\"\n",
                Some(
                    "svccfg validate rejects the manifest: Property has illegal value:; FMRI=\"x\"; a",
                ),
            ),
            (
                2,
                "",
                "",
                Some("svccfg validate rejects the manifest: exit status 2"),
            ),
        ] {
            let fake = Fake::default().answer("validate /tmp/x.xml", status, stdout, stderr);
            let outcome = validate(&fake, Path::new("/tmp/x.xml"));
            assert_eq!(outcome.err().map(|e| e.to_string()).as_deref(), told);
        }
        let killed = validate(&Fake::default(), Path::new("/tmp/x.xml")).unwrap_err();
        assert_eq!(
            killed.to_string(),
            "svccfg validate was killed by signal 11"
        );
    }
}
