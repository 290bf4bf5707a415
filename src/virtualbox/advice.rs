//! What stands in the way of a VM, as the files themselves tell: whose a disk is, and who cannot open it.
//!
//! VBoxManage names a disk and a code. What helps depends on what is there, so it is looked at as the user whose VM it
//! is; nothing is opened but the description of a disk image, and nothing is changed.

use std::io;
use std::path::{Path, PathBuf};

use super::machine_file::MachineFile;
use super::refusal::Refusal;
use crate::host::{Access, Account, FileKind, Host};
use crate::text::printable::{Printable, PrintablePath};
use crate::text::shell::shell_word;

/// As much of a disk image as its description may take, in bytes.
const DESCRIPTION_MAX: u64 = 64 << 10;
/// With less room than this, in bytes, VirtualBox may not be able to write a VM's settings, of some kilobytes, beside the
/// old ones, and a log. A file that it could write in part alone is put in the place of the whole one.
const SPACE_MIN: u64 = 64 << 10;
/// How many files a description may name that are looked at.
const EXTENTS_MAX: usize = 64;

/// What was found, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Advice {
    /// What is wrong.
    pub(crate) refusal: Refusal,
    /// What was found; a clause.
    pub(crate) finding: String,
    /// What to do next.
    pub(crate) next_step: String,
}

/// Why this user cannot use a disk that VirtualBox could not open; none where nothing is found.
pub(crate) fn of_disk(host: &dyn Host, account: &Account, disk: &Path) -> Option<Advice> {
    if !disk.is_absolute() {
        return None;
    }
    if let Some(advice) = of_file(host, account, disk, "the disk", Refusal::DiskDenied) {
        return Some(advice);
    }
    behind(host, disk).into_iter().find_map(|extent| {
        let what = format!(
            "the file or device behind the disk {},",
            PrintablePath(disk)
        );
        of_file(host, account, &extent, &what, Refusal::DiskDenied).or_else(|| {
            let missing = host.may(&extent, Access::Read).err()?;
            (missing.kind() == io::ErrorKind::NotFound).then(|| Advice {
                refusal: Refusal::DiskMissing,
                finding: format!("{what} {}, does not exist", PrintablePath(&extent)),
                next_step: Refusal::DiskMissing.next_step().to_owned(),
            })
        })
    })
}

/// Why the process of a VM that was to be started may have ended before it did anything.
pub(crate) fn of_early_end(
    host: &dyn Host,
    account: &Account,
    settings_file: &Path,
    machine: &MachineFile,
) -> Option<Advice> {
    let log_folder = &machine.log_folder;
    let logs = match host.file_facts(log_folder) {
        Ok(facts) if !matches!(facts.kind, FileKind::Directory | FileKind::Link(_)) => {
            Some(Advice {
                refusal: Refusal::Folder,
                finding: format!("{} is not a folder", PrintablePath(log_folder)),
                next_step: "VirtualBox writes the VM's log there: move the existing file away, then run svcadm clear on the instance".to_owned(),
            })
        }
        Ok(_) => of_folder(host, account, log_folder),
        // VirtualBox makes it.
        Err(_) => of_folder(host, account, settings_file.parent()?),
    };
    logs.or_else(|| {
        let state_file = machine.resting.state_file()?;
        let finding = match host.may(state_file, Access::Read) {
            Ok(()) => {
                return Some(Advice {
                    refusal: Refusal::SavedState,
                    finding: format!(
                        "VirtualBox does not accept the saved state {}",
                        PrintablePath(state_file)
                    ),
                    next_step: Refusal::SavedState.next_step().to_owned(),
                });
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Some(Advice {
                    refusal: Refusal::SavedState,
                    finding: format!("the saved state {} is missing", PrintablePath(state_file)),
                    next_step: "restore that file from a backup; vm/on_saved=discard starts the VM without it, and the guest's memory contents are lost".to_owned(),
                });
            }
            Err(_) => of_file(host, account, state_file, "the saved state", Refusal::SavedState)?,
        };
        Some(finding)
    })
}

/// Why VirtualBox cannot write a VM's settings as this user: it writes a file beside the old one, renames the old one to
/// `-prev` and the new one to its name. Then a VM can be started, and its state neither be saved nor taken away: the next
/// start would bring back the memory of an earlier run over a newer disk.
pub(crate) fn of_settings(
    host: &dyn Host,
    account: &Account,
    settings_file: &Path,
) -> Option<Advice> {
    let beside = |ending: &str| {
        let mut name = settings_file.as_os_str().to_owned();
        name.push(ending);
        PathBuf::from(name)
    };
    let is_blocked = |path: &Path| match host.file_facts(path).map(|facts| facts.kind) {
        Ok(FileKind::File) => is_denied(host.may(path, Access::Write)),
        Ok(_) => true,
        Err(_) => false,
    };
    if let Some(advice) = of_folder(host, account, settings_file.parent()?) {
        return Some(advice);
    }
    if !may_be_replaced(host, account, settings_file) {
        return Some(Advice {
            refusal: Refusal::Folder,
            finding: format!(
                "VirtualBox cannot replace the VM's settings file {}, which {}",
                PrintablePath(settings_file),
                whose(host, settings_file)
            ),
            next_step: "allow the VM's user to write and rename that file (check its owner, immutable attribute and file system), then run svcadm clear on the instance".to_owned(),
        });
    }
    let in_the_way = [beside("-tmp"), beside("-prev")].into_iter().find(|path| {
        let ending = path.to_string_lossy();
        // What is renamed over need not be writable.
        is_blocked(path) && (ending.ends_with("-tmp") || host.names_in(path, 1).is_ok())
    })?;
    Some(Advice {
        refusal: Refusal::Folder,
        finding: format!(
            "{} prevents VirtualBox from writing the VM's settings; it {}",
            PrintablePath(&in_the_way),
            whose(host, &in_the_way)
        ),
        next_step: if is_read_only(host, &in_the_way) {
            let_write(host, account, &in_the_way)
        } else {
            // Not as root: in a folder of the user's the second name may lead anywhere.
            format!(
                "run as {}: mv {1} {1}.away; then run svcadm clear on the instance",
                account.name,
                shell_word(&PrintablePath(&in_the_way).to_string())
            )
        },
    })
}

/// Whether a file in a folder that this user may write to can be renamed away: whose it is does not matter, but where the
/// folder is sticky; one that is immutable, or on a read-only file system, is not to be written by anybody.
fn may_be_replaced(host: &dyn Host, account: &Account, file: &Path) -> bool {
    let Ok(facts) = host.file_facts(file) else {
        return true;
    };
    let by_nobody = host
        .may(file, Access::Write)
        .is_err_and(|error| [Some(libc::EPERM), Some(libc::EROFS)].contains(&error.raw_os_error()));
    let folder = file
        .parent()
        .and_then(|folder| host.file_facts(folder).ok());
    let kept = folder.is_some_and(|folder| {
        folder.mode & 0o1000 != 0 && ![facts.owner, folder.owner].contains(&account.uid)
    });
    account.uid == 0 || !(by_nobody || kept)
}

/// Whether this user cannot enter a settings folder, or read the registry in it.
pub(crate) fn is_out_of_reach(host: &dyn Host, settings_folder: &Path) -> bool {
    is_denied(host.may(settings_folder, Access::Search))
        || is_denied(host.may(&settings_folder.join("VirtualBox.xml"), Access::Read))
}

/// What keeps this user from its settings folder, or from the registry in it; none where nothing does.
pub(crate) fn of_registry(
    host: &dyn Host,
    account: &Account,
    settings_folder: &Path,
) -> Option<Advice> {
    if !is_out_of_reach(host, settings_folder) {
        return None;
    }
    let registry = settings_folder.join("VirtualBox.xml");
    of_file(
        host,
        account,
        &registry,
        "the registry of its VMs,",
        Refusal::RegistryDenied,
    )
}

/// What keeps this user from a file: a folder above it, or the file's own owner and mode.
fn of_file(
    host: &dyn Host,
    account: &Account,
    file: &Path,
    what: &str,
    refusal: Refusal,
) -> Option<Advice> {
    let user = &account.name;
    let folders: Vec<&Path> = file.ancestors().skip(1).collect();
    let closed = folders
        .into_iter()
        .rev()
        .find(|folder| is_denied(host.may(folder, Access::Search)));
    if let Some(folder) = closed {
        return Some(Advice {
            refusal,
            finding: format!(
                "{user} cannot enter the folder {}, which {}",
                PrintablePath(folder),
                whose(host, folder)
            ),
            next_step: format!(
                "give {user} access to that folder (chmod, chown), then run svcadm clear on the instance"
            ),
        });
    }
    let access = [(Access::Read, "read"), (Access::Write, "write")];
    let (_, verb) = access
        .into_iter()
        .find(|(access, _)| is_denied(host.may(file, *access)))?;
    Some(Advice {
        refusal,
        finding: format!(
            "{user} cannot {verb} {what} {}, which {}",
            PrintablePath(file),
            whose(host, file)
        ),
        next_step: let_have(account, file),
    })
}

/// What lets a user have what belongs to somebody else. That user's own files may have named it, and a link on the way to
/// it may be that user's: a command to be copied would give away whatever that user wants, `/etc/shadow` for one.
pub(crate) fn let_have(account: &Account, path: &Path) -> String {
    let user = &account.name;
    format!(
        "{user} may control where {} leads: only if {user} is meant to have access, let {user} read and write it (chown -h, chmod), then run svcadm clear on the instance",
        PrintablePath(path)
    )
}

/// What keeps this user from making files in a folder.
fn of_folder(host: &dyn Host, account: &Account, folder: &Path) -> Option<Advice> {
    let user = &account.name;
    if !is_denied(host.may(folder, Access::Write)) {
        let free = host.free_space(folder).ok()?;
        return (free < SPACE_MIN).then(|| Advice {
            refusal: Refusal::NoSpace,
            finding: format!(
                "the file system of {} is full ({free} bytes are left for {user})",
                PrintablePath(folder)
            ),
            next_step: Refusal::NoSpace.next_step().to_owned(),
        });
    }
    Some(Advice {
        refusal: Refusal::Folder,
        finding: format!(
            "{user} cannot write to the folder {}, which {}",
            PrintablePath(folder),
            whose(host, folder)
        ),
        next_step: let_write(host, account, folder),
    })
}

/// Why VirtualBox's server cannot work in its settings folder: it writes its log and the registry there, and gives its
/// clients no answer where it cannot.
pub(crate) fn of_settings_folder(
    host: &dyn Host,
    account: &Account,
    settings_folder: &Path,
) -> Option<Advice> {
    of_folder(host, account, settings_folder)
}

/// Why the state of a VM cannot be written.
pub(crate) fn of_snapshots(
    host: &dyn Host,
    account: &Account,
    machine: &MachineFile,
) -> Option<Advice> {
    of_folder(host, account, &machine.snapshot_folder)
}

/// What lets a user write to what is there: whose it is, its mode, and more than these may be in the way.
fn let_write(host: &dyn Host, account: &Account, path: &Path) -> String {
    let quoted = shell_word(&PrintablePath(path).to_string());
    if is_read_only(host, path) {
        return format!(
            "remount the file system of {quoted} read-write, then run svcadm clear on the instance"
        );
    }
    let user = &account.name;
    match host.file_facts(path) {
        Ok(facts) if facts.owner != account.uid => let_have(account, path),
        Ok(facts) if facts.mode & 0o300 != 0o300 => {
            format!("run as {user}: chmod u+rwx {quoted}; then run svcadm clear on the instance")
        }
        // Its owner may write, by its mode.
        _ => format!(
            "an immutable attribute or an access control list prevents {user} from writing to {quoted}: remove it, then run svcadm clear on the instance"
        ),
    }
}

fn is_read_only(host: &dyn Host, path: &Path) -> bool {
    host.may(path, Access::Write)
        .is_err_and(|error| error.kind() == io::ErrorKind::ReadOnlyFilesystem)
}

fn is_denied(access: io::Result<()>) -> bool {
    access.is_err_and(|error| {
        matches!(
            error.kind(),
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem
        )
    })
}

/// `belongs to root (mode 0600)`
pub(crate) fn whose(host: &dyn Host, path: &Path) -> String {
    let Ok(facts) = host.file_facts(path) else {
        return "cannot be examined".to_owned();
    };
    if is_read_only(host, path) {
        return "is on a read-only file system".to_owned();
    }
    let owner = match host.account_of(&facts.owner.to_string()) {
        Ok(owner) => Printable(&owner.name).to_string(),
        Err(_) => format!("user id {}", facts.owner),
    };
    format!("belongs to {owner} (mode {:04o})", facts.mode)
}

/// The files and devices that the description of a VMDK names: a raw disk is an image of some lines that names a device.
fn behind(host: &dyn Host, disk: &Path) -> Vec<PathBuf> {
    let is_vmdk = disk
        .extension()
        .is_some_and(|ending| ending.eq_ignore_ascii_case("vmdk"));
    if !is_vmdk {
        return Vec::new();
    }
    let Ok(ends) = host.read_ends(disk, DESCRIPTION_MAX, 0) else {
        return Vec::new();
    };
    let folder = disk.parent().unwrap_or(disk);
    extents(&String::from_utf8_lossy(&ends.head))
        .take(EXTENTS_MAX)
        .map(|name| folder.join(name))
        .filter(|extent| extent != disk)
        .collect()
}

/// `RW 2048 FLAT "/dev/rdsk/c1t0d0p0" 0`
fn extents(description: &str) -> impl Iterator<Item = &str> {
    description.lines().filter_map(|line| {
        let access = line.split_whitespace().next()?;
        if !["RW", "RDONLY", "NOACCESS"].contains(&access) {
            return None;
        }
        let (_, rest) = line.split_once('"')?;
        let (name, _) = rest.rsplit_once('"')?;
        Some(name)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::fake::Fake;

    fn account() -> Account {
        Account {
            name: "vb".to_owned(),
            uid: 7,
            home: "/home/vb".into(),
        }
    }

    /// The folders `/`, `/vm` of the user, `/root` of root alone.
    fn host() -> Fake {
        Fake::default()
            .account("vb", 7)
            .file("/", 0, 0o755, FileKind::Directory)
            .file("/vm", 7, 0o755, FileKind::Directory)
            .file("/root", 0, 0o700, FileKind::Directory)
            .file("/dev", 0, 0o755, FileKind::Directory)
            .file("/dev/raw", 0, 0o640, FileKind::Other)
    }

    #[test]
    fn names_what_keeps_the_user_from_a_disk() {
        let raw = "# Disk DescriptorFile\nRW 2048 FLAT \"/dev/raw\" 0\n";
        let gone = "RW 2048 FLAT \"gone.img\" 0\n";
        let host = host()
            .file("/vm/own.vdi", 7, 0o600, FileKind::File)
            .file("/vm/root's.vdi", 0, 0o600, FileKind::File)
            .file("/vm/shown.vdi", 0, 0o644, FileKind::File)
            .file("/root/a.vdi", 7, 0o600, FileKind::File)
            .content("/vm/raw.vmdk", 7, raw)
            .content("/vm/gone.vmdk", 7, gone);
        for (disk, refusal, found) in [
            ("/vm/own.vdi", None, ""),
            ("/vm/none.vdi", None, ""),
            ("relative.vdi", None, ""),
            (
                "/vm/root's.vdi",
                Some(Refusal::DiskDenied),
                "vb cannot read the disk /vm/root's.vdi, which belongs to user id 0 (mode 0600): vb may control where /vm/root's.vdi leads: only if vb is meant to have access, let vb read and write it (chown -h, chmod), then run svcadm clear on the instance",
            ),
            (
                "/vm/shown.vdi",
                Some(Refusal::DiskDenied),
                "vb cannot write the disk /vm/shown.vdi, which belongs to user id 0 (mode 0644): vb may control where /vm/shown.vdi leads: only if vb is meant to have access, let vb read and write it (chown -h, chmod), then run svcadm clear on the instance",
            ),
            (
                "/root/a.vdi",
                Some(Refusal::DiskDenied),
                "vb cannot enter the folder /root, which belongs to user id 0 (mode 0700): give vb access to that folder (chmod, chown), then run svcadm clear on the instance",
            ),
            (
                "/vm/raw.vmdk",
                Some(Refusal::DiskDenied),
                "vb cannot read the file or device behind the disk /vm/raw.vmdk, /dev/raw, which belongs to user id 0 (mode 0640): vb may control where /dev/raw leads: only if vb is meant to have access, let vb read and write it (chown -h, chmod), then run svcadm clear on the instance",
            ),
            (
                "/vm/gone.vmdk",
                Some(Refusal::DiskMissing),
                "the file or device behind the disk /vm/gone.vmdk, /vm/gone.img, does not exist: restore the disk, or detach it with VBoxManage storageattach, then run svcadm clear on the instance",
            ),
        ] {
            let advice = of_disk(&host, &account(), Path::new(disk));
            assert_eq!(advice.as_ref().map(|a| a.refusal), refusal, "{disk}");
            let told = advice.map(|a| format!("{}: {}", a.finding, a.next_step));
            assert_eq!(told.unwrap_or_default(), found, "{disk}");
        }
    }

    #[test]
    fn a_description_names_its_extents() {
        let text =
            "RW 1 FLAT \"a b.img\" 0\nRDONLY 2 SPARSE \"c\"\nversion=1\nRW 3 ZERO\nx \"d\"\n";
        assert_eq!(extents(text).collect::<Vec<_>>(), ["a b.img", "c"]);
    }

    #[test]
    fn says_why_a_process_ended_before_it_did_anything() {
        let saved = |host: Fake| {
            let text = r#"<VirtualBox xmlns="http://www.virtualbox.org/"><Machine uuid="{c49decd0-163a-44f9-9d85-b6e06ddc2277}" name="vm1" stateFile="s.sav"/></VirtualBox>"#;
            let path = Path::new("/vm/vm1.vbox");
            let machine = super::super::machine_file::parse(text, path).expect("a VM");
            let advice = of_early_end(&host, &account(), path, &machine).expect("advice");
            (advice.refusal, advice.finding)
        };
        let logs = |owner, mode| host().file("/vm/Logs", owner, mode, FileKind::Directory);
        for (host, refusal, found) in [
            (
                host().file("/vm/Logs", 7, 0o644, FileKind::File),
                Refusal::Folder,
                "/vm/Logs is not a folder",
            ),
            (
                logs(0, 0o755),
                Refusal::Folder,
                "vb cannot write to the folder /vm/Logs, which belongs to user id 0 (mode 0755)",
            ),
            (
                host().file("/vm", 0, 0o755, FileKind::Directory),
                Refusal::Folder,
                "vb cannot write to the folder /vm, which belongs to user id 0 (mode 0755)",
            ),
            (
                logs(7, 0o700),
                Refusal::SavedState,
                "the saved state /vm/s.sav is missing",
            ),
            (
                logs(7, 0o700).file("/vm/s.sav", 0, 0o600, FileKind::File),
                Refusal::SavedState,
                "vb cannot read the saved state /vm/s.sav, which belongs to user id 0 (mode 0600)",
            ),
            (
                logs(7, 0o700).file("/vm/s.sav", 7, 0o600, FileKind::File),
                Refusal::SavedState,
                "VirtualBox does not accept the saved state /vm/s.sav",
            ),
        ] {
            assert_eq!(saved(host), (refusal, found.to_owned()));
        }
    }

    /// Whatever a VM's user has a disk, a state or a folder name, root is told no command that gives it to that user.
    #[test]
    fn no_command_gives_away_what_a_vm_names() {
        let host = host().file("/etc/shadow", 0, 0o600, FileKind::File);
        let host = host.file("/etc", 0, 0o755, FileKind::Directory);
        let raw = "# Disk DescriptorFile\nRW 1 FLAT \"/etc/shadow\" 0\n";
        let host = host.content("/vm/raw.vmdk", 7, raw);
        let text = r#"<VirtualBox xmlns="http://www.virtualbox.org/"><Machine uuid="{c49decd0-163a-44f9-9d85-b6e06ddc2277}" name="vm1" snapshotFolder="/etc" stateFile="/etc/shadow"/></VirtualBox>"#;
        let path = Path::new("/vm/vm1.vbox");
        let machine = super::super::machine_file::parse(text, path).expect("a VM");
        let host = host.file("/vm/Logs", 7, 0o700, FileKind::Directory);
        for advice in [
            of_disk(&host, &account(), Path::new("/etc/shadow")),
            of_disk(&host, &account(), Path::new("/vm/raw.vmdk")),
            of_snapshots(&host, &account(), &machine),
            of_early_end(&host, &account(), path, &machine),
        ] {
            let step = advice.expect("something is wrong").next_step;
            assert!(
                step.contains("only if vb is meant to have access"),
                "{step}"
            );
            assert!(
                !step.contains("chown vb") && !step.contains("as root"),
                "{step}"
            );
        }
    }

    /// To give a folder to whom it belongs already would not help.
    #[test]
    fn what_lets_a_user_write_to_a_folder() {
        for (owner, mode, step) in [
            (0, 0o755, Some("vb may control where /vm leads: only if")),
            (7, 0o555, Some("run as vb: chmod u+rwx /vm; then")),
            (7, 0o755, None),
        ] {
            let host = host().file("/vm", owner, mode, FileKind::Directory);
            let advice = of_settings_folder(&host, &account(), Path::new("/vm"));
            let told = advice.map(|advice| advice.next_step);
            match step {
                Some(step) => assert!(told.as_ref().is_some_and(|told| told.starts_with(step))),
                None => assert_eq!(told, None),
            }
        }
    }

    /// VirtualBox would put what it could write of the settings in the place of the whole ones.
    #[test]
    fn a_full_file_system_is_seen_before() {
        let host = host().file("/vm", 7, 0o755, FileKind::Directory).file(
            "/vm/v.vbox",
            7,
            0o600,
            FileKind::File,
        );
        let settings = Path::new("/vm/v.vbox");
        assert_eq!(of_settings(&host, &account(), settings), None);
        let advice = of_settings(&host.full("/vm"), &account(), settings).expect("advice");
        assert_eq!(advice.refusal, Refusal::NoSpace);
        assert_eq!(
            advice.finding,
            "the file system of /vm is full (0 bytes are left for vb)"
        );
    }
}
