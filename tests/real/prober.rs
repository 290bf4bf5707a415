//! What a user does who has taken over VBoxManage: `tests/fakes/prober.rs`.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

use super::rig::{PROBER, User, outside};

/// The folder that the stand-ins of all users write to: for tests that have the rig for themselves.
pub(super) struct Prober {
    folder: PathBuf,
}

/// A run of it.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) arguments: String,
    pub(super) session: String,
    /// What it reached that it should not have.
    pub(super) findings: Vec<String>,
    pub(super) environment: Vec<String>,
}

impl Prober {
    pub(super) fn set_up() -> Self {
        let folder = outside("/var/prober");
        let _none = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).expect("a folder");
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o777)).expect("a mode");
        Self { folder }
    }

    /// An instance of this user's, for which it stands in.
    pub(super) fn instance(user: &User<'_>, name: &str) {
        user.set_props(
            name,
            &[
                ("method_context/user", "astring", user.name),
                ("virtualbox/vboxmanage", "astring", PROBER),
                ("start/exec", "astring", "/lib/svc/method/vbox %m"),
                ("vm/name", "astring", "vm1"),
            ],
        );
        user.set_state(name, "disabled", "none");
    }

    /// What this user's is to do.
    pub(super) fn tell(&self, uid: u32, what: &str) {
        fs::write(self.folder.join(format!("{uid}.do")), what).expect("a word");
    }

    pub(super) fn touch(&self, name: &str) {
        fs::write(self.folder.join(name), "").expect("a file");
    }

    /// Forgets what was found.
    pub(super) fn forget(&self) {
        for entry in fs::read_dir(&self.folder).expect("the folder") {
            let path = entry.expect("an entry").path();
            if path.extension().is_none_or(|end| end != "do") {
                fs::remove_file(path).expect("it is gone");
            }
        }
    }

    /// What this user's found.
    pub(super) fn found(&self, uid: u32) -> Vec<Found> {
        let log = self.folder.join(format!("{uid}.log"));
        let text = fs::read_to_string(log).unwrap_or_default();
        text.lines()
            .map(|line| {
                let mut fields = line.split('\t').map(str::to_owned);
                let mut next = || fields.next().expect("a field");
                let (arguments, session, _parent) = (next(), next(), next());
                let (environment, findings) = fields.partition(|field| field.contains('='));
                Found {
                    arguments,
                    session,
                    findings,
                    environment,
                }
            })
            .collect()
    }
}
