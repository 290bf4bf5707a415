//! The clean slate: nothing of a user is left, neither processes nor files, when a lease begins and when it ends.

use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::{User, eventually, outside};

/// How long a VM process may linger in its own exit, and some time for a busy machine.
const LINGERING: Duration = Duration::from_secs(30);

impl User<'_> {
    /// Ends VBoxSVC, so that the next client meets what it meets after a boot. No VM may run; the process of one may
    /// linger for 10 s after the VM is off.
    pub(crate) fn cool_down(&self) {
        eventually(
            LINGERING,
            || self.all_vm_processes().is_empty(),
            || format!("VMs run: {:?}", self.all_vm_processes()),
        );
        self.kill_all();
        self.remove_temporary_files()
            .expect("to remove the files of VBoxSVC");
    }

    pub(super) fn clean(&self) -> io::Result<()> {
        self.end_processes()?;
        self.remove_temporary_files()?;
        remove(&self.recorder_log())?;
        let folders = [outside(&self.home()), self.svcprop_folder()];
        for folder in folders {
            remove(&folder)?;
            fs::create_dir(&folder)?;
            fs::set_permissions(&folder, fs::Permissions::from_mode(0o755))?;
            chown(&folder, Some(self.uid), Some(self.uid))?;
        }
        Ok(())
    }

    /// What VirtualBox and the program leave in /tmp, be it owned by another user in a test of just that.
    fn remove_temporary_files(&self) -> io::Result<()> {
        for path in self.temporary_files()? {
            remove(&path)?;
        }
        Ok(())
    }

    /// What is this user's in the folders that are everybody's, as seen from outside.
    pub(crate) fn temporary_files(&self) -> io::Result<Vec<PathBuf>> {
        let prefixes = [
            format!(".vbox-{}-", self.name),
            format!(".vbox-smf-{}", self.uid),
        ];
        let mut found = Vec::new();
        for folder in ["/tmp", "/var/tmp", "/dev/shm"] {
            for entry in fs::read_dir(outside(folder))? {
                let entry = entry?;
                let file = entry.file_name();
                let named = prefixes
                    .iter()
                    .any(|prefix| file.as_bytes().starts_with(prefix.as_bytes()));
                // What is another test's may go at any moment.
                let owned = entry
                    .metadata()
                    .is_ok_and(|metadata| metadata.uid() == self.uid);
                if named || owned {
                    found.push(entry.path());
                }
            }
        }
        Ok(found)
    }
}

impl Drop for User<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            // Shown by libtest below the failed test's message.
            eprintln!("--- what {} executed:", self.name);
            for call in self.svcprop_calls() {
                eprintln!("svcprop {call:?}");
            }
            for call in self.vboxmanage_calls() {
                eprintln!("VBoxManage {call:?}");
            }
            eprintln!("--- what was alive: {:?}", self.processes());
        }
        if let Err(error) = self.clean() {
            crate::lanes::say(&format!(
                "rig: cannot clean up after {}: {error}",
                self.name
            ));
        }
    }
}

/// Removes a file or a folder, if it is there.
fn remove(path: &Path) -> io::Result<()> {
    let removed = match fs::symlink_metadata(path) {
        Ok(entry) if entry.is_dir() => fs::remove_dir_all(path),
        Ok(_) => fs::remove_file(path),
        Err(error) => Err(error),
    };
    match removed {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(io::Error::other(format!("{}: {error}", path.display())))
        }
        _ => Ok(()),
    }
}
