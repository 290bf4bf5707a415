//! SMF's part: the properties of an instance, and the method as svc.startd runs it.

use std::ffi::OsString;
use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use super::{Call, METHOD, RECORDER, User, outside};

impl User<'_> {
    /// The home directory, inside the chroot.
    pub(crate) fn home(&self) -> String {
        format!("/home/{}", self.name)
    }

    /// Writes the properties of `svc:/site/xvm/vbox:INSTANCE` (name, type, value): these, and where they are not among
    /// them the timeouts that a manifest has and the recorder as VBoxManage.
    pub(crate) fn set_props(&self, instance: &str, properties: &[(&str, &str, &str)]) {
        let defaults = [
            ("start/timeout_seconds", "count", "120"),
            ("stop/timeout_seconds", "count", "120"),
            ("virtualbox/vboxmanage", "astring", RECORDER),
        ];
        let own = |name: &str| properties.iter().any(|(own, ..)| *own == name);
        let mut lines = String::new();
        // As a manifest's `method_credential` sets both.
        let beside_user = ["start", "method_context"].map(|group| {
            let has_user = own(&format!("{group}/user"));
            has_user.then(|| (format!("{group}/use_profile"), "boolean", "false"))
        });
        let beside_user: Vec<_> = beside_user.into_iter().flatten().collect();
        for (name, kind, value) in defaults
            .iter()
            .copied()
            .chain(
                beside_user
                    .iter()
                    .map(|(name, kind, value)| (name.as_str(), *kind, *value)),
            )
            .filter(|(name, ..)| !own(name))
            .chain(properties.iter().copied())
        {
            writeln!(lines, "i {name} {kind} {}", svcprop_quoted(value))
                .expect("to write to a string");
        }
        self.set_prop_lines(instance, &lines);
    }

    /// Writes the property file itself, faults and all: `tests/fakes/svcprop.rs` says what may be in it.
    pub(crate) fn set_prop_lines(&self, instance: &str, lines: &str) {
        self.set_lines_of(&format!("site/xvm/vbox:{instance}"), lines);
    }

    /// Deletes the instance, as `svccfg delete -f` does.
    pub(crate) fn delete_props(&self, instance: &str) {
        let name = format!("site%xvm%vbox@{instance}.props");
        fs::remove_file(self.svcprop_folder().join(name)).expect("the properties of the instance");
    }

    /// The same for any service or instance, `site/other` or `site/other:vm1`.
    pub(crate) fn set_lines_of(&self, entity: &str, lines: &str) {
        let folder = self.svcprop_folder();
        let name = entity.replace('/', "%").replace(':', "@");
        fs::write(folder.join(format!("{name}.props")), lines).expect("to write properties");
        // How often a fault has been played.
        let _ = fs::remove_file(folder.join(format!("{name}.down")));
    }

    /// Adds lines to the properties of an instance, which are written already: at once, whoever reads them meanwhile.
    pub(crate) fn add_prop_lines(&self, instance: &str, more: &str) {
        let folder = self.svcprop_folder();
        let path = folder.join(format!("site%xvm%vbox@{instance}.props"));
        let lines = fs::read_to_string(&path).expect("the properties of the instance");
        let new = folder.join("new");
        fs::write(&new, lines + more).expect("to write properties");
        fs::rename(&new, &path).expect("to put properties into their place");
    }

    /// Adds to the properties of an instance, which are written already, what svc.startd says of it.
    pub(crate) fn set_state(&self, instance: &str, state: &str, next: &str) {
        let mut lines = String::new();
        for (name, kind, value) in [
            ("state", "astring", state),
            ("next_state", "astring", next),
            ("state_timestamp", "time", "1795270000.500000000"),
        ] {
            writeln!(lines, "v restarter/{name} {kind} {value}").expect("to write to a string");
        }
        self.add_prop_lines(instance, &lines);
    }

    /// The programs that were executed so far on behalf of this user, as far as their stand-ins wrote it down.
    pub(crate) fn programs_so_far(&self) -> Vec<String> {
        let words = |program: &str, calls: Vec<super::Recorded>| {
            let line = |call: super::Recorded| format!("{program} {}", call.arguments.join(" "));
            calls.into_iter().map(line).collect::<Vec<_>>()
        };
        let mut all = words("svcs", self.svcs_calls());
        all.extend(words("svcprop", self.svcprop_calls()));
        all.extend(words("VBoxManage", self.vboxmanage_calls()));
        all
    }

    pub(super) fn svcprop_folder(&self) -> PathBuf {
        outside(&format!("/var/svcprop/{}", self.uid))
    }

    /// The method as svc.startd runs it: `start` or `stop` of `svc:/site/xvm/vbox:INSTANCE`.
    pub(crate) fn method(&self, instance: &str, verb: &str) -> Call<'_> {
        let environment = [
            ("SMF_FMRI", format!("svc:/site/xvm/vbox:{instance}")),
            ("SMF_METHOD", verb.to_owned()),
            (
                "SMF_RESTARTER",
                "svc:/system/svc/restarter:default".to_owned(),
            ),
            ("SMF_ZONENAME", "global".to_owned()),
            ("PATH", "/usr/sbin:/usr/bin".to_owned()),
        ];
        self.call(METHOD, &[verb], environment)
    }

    /// A program as this user runs it by hand.
    pub(crate) fn program(&self, path: &str, arguments: &[&str]) -> Call<'_> {
        let environment = [
            ("HOME", self.home()),
            ("USER", self.name.to_owned()),
            ("LOGNAME", self.name.to_owned()),
            ("PATH", "/usr/local/bin:/usr/bin:/bin".to_owned()),
            // In the C locale VirtualBox prints no name that is not ASCII, and nothing after it.
            ("LC_ALL", "C.UTF-8".to_owned()),
        ];
        self.call(path, arguments, environment)
    }

    fn call<const N: usize>(
        &self,
        path: &str,
        arguments: &[&str],
        environment: [(&str, String); N],
    ) -> Call<'_> {
        Call {
            user: self,
            path: path.to_owned(),
            arguments: arguments.iter().map(OsString::from).collect(),
            environment: environment
                .map(|(name, value)| (name.to_owned(), value.into()))
                .into(),
            directory: self.home(),
            leak: None,
            by_root: false,
            terminal: false,
            badly_raised: false,
            within: Duration::from_secs(150),
        }
    }
}

/// A value as svcprop prints it and as property files hold it.
fn svcprop_quoted(value: &str) -> String {
    if value.is_empty() {
        return "\"\"".to_owned();
    }
    let quoted = value.chars().map(|each| {
        let special = ";&()|^<>\n \t\\\"'`".contains(each);
        format!("{}{each}", if special { "\\" } else { "" })
    });
    quoted.collect()
}
