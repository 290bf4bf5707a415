//! Whether a method is this program's: decided here, and nowhere else.

use super::exec::program;
use super::fmri::InstanceFmri;
use super::tools::svcprop::Properties;
use crate::failure::{Failure, Kind};
use crate::text::printable::Printable;

/// What SMF executes: the entry that is installed for svc.startd.
pub(crate) const ENTRY: &str = "/lib/svc/method/vbox";

/// The programs that are this one: the entry, and the binary.
const OURS: [&str; 2] = ["vbox", "vbox-smf"];

/// Whether the exec of a method runs this program, whatever else is in it. Another program of the same service, as the
/// `vbox.sh` of vboxsvc, does not, and its properties mean what that program says.
pub(crate) fn is_ours(exec: &str) -> bool {
    program(exec).is_some_and(|program| {
        let name = program.rsplit('/').next().unwrap_or_default();
        OURS.contains(&name)
    })
}

/// The program that the methods with these execs run, where it is not this one. What has no method counts as ours.
pub(crate) fn another_program(execs: &[&str]) -> Option<String> {
    if execs.iter().any(|exec| is_ours(exec)) {
        return None;
    }
    let named = execs.iter().find_map(|exec| program(exec));
    named.or_else(|| execs.first().map(|exec| (*exec).to_owned()))
}

/// Where the execs of an instance's methods are.
pub(crate) const EXECS: [&str; 2] = ["start/exec", "stop/exec"];

/// The program that an instance's methods run, where it is not this one.
pub(crate) fn another_program_of(properties: &Properties) -> Option<String> {
    let execs: Vec<&str> = EXECS
        .iter()
        .filter_map(|path| properties.get(*path)?.values.first())
        .map(String::as_str)
        .collect();
    another_program(&execs)
}

/// The failure for a command about one instance that is another program's.
pub(crate) fn not_ours(fmri: &InstanceFmri, program: &str) -> Failure {
    Failure::told(
        Kind::Config,
        format_args!(
            "the methods of {fmri} run {}, not vbox-smf; that program interprets its properties",
            Printable(program)
        ),
    )
    .hinted(format!(
        "svcadm enable and svcadm disable start and stop it; see svcs -xv {fmri}"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_method_is_told_by_its_program() {
        for exec in [
            "/lib/svc/method/vbox %m",
            "/lib/svc/method/vbox",
            "'/opt/my app/vbox-smf' start",
            "/opt/my\\ app/vbox-smf stop",
            "\"/usr/bin/vbox-smf\" %m --more",
            "  vbox %m",
        ] {
            assert!(is_ours(exec), "{exec}");
        }
        for exec in [
            "",
            ":true",
            ":kill -HUP",
            ":vbox",
            "/lib/svc/method/vbox.sh start",
            "/var/svc/method/vboxsvc %m",
            "/lib/svc/method/vbox/ %m",
            "/usr/bin/env vbox %m",
            "/bin/sh -c 'vbox %m'",
        ] {
            assert!(!is_ours(exec), "{exec}");
        }
    }
}
