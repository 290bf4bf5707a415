//! What holds for a user: looked at as that user.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::check::{Check, Topic};
use super::{contract, writable};
use crate::host::{Account, FileKind, Host, LockError};
use crate::inventory::limit::Limit;
use crate::inventory::owners::{self, Answer, Owner};
use crate::text::printable::{Excerpt, Printable};
use crate::text::shell::shell_word;
use crate::virtualbox::machine_file::document;
use crate::virtualbox::settings_folder::user_home;
use crate::virtualbox::vboxmanage::ipc_folder_is_wrong;
use crate::virtualbox::{environment, session};

/// What was found, and what VirtualBox said of the VMs.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Examined {
    pub(super) checks: Vec<Check>,
    pub(super) answer: Answer,
}

/// Examines a user: the files first, because asking VirtualBox may change them.
pub(super) fn examine(host: &dyn Host, owner: &Owner, account: &Account, limit: Limit) -> Examined {
    let mut checks = vec![
        home(host, account),
        locale(host, owner),
        ipc(host, owner, account),
        lock(host, account),
        registry(host, owner, account),
    ];
    checks.extend(writable::settings(host, owner, account));
    let answer = owners::list(host, owner, limit);
    let name = account.name.as_str();
    checks.push(match &answer {
        Ok(vms) => {
            let finding = format!("VirtualBox's server responds; VMs: {}", vms.len());
            Check::ok(Topic::Server, name, finding)
        }
        Err(error) => {
            Check::fail(Topic::Server, name, error.reason.as_str()).hint(error.hint.as_str())
        }
    });
    // Only now is it there in any case.
    checks.extend(contract::of_server(host, name, limit));
    checks.extend(answer.iter().map(|vms| names(name, vms)));
    Examined { checks, answer }
}

fn home(host: &dyn Host, account: &Account) -> Check {
    let (topic, name) = (Topic::Home, account.name.as_str());
    let shown = account.home.display();
    let quoted = shell_word(&shown.to_string());
    // With a dot behind it a link to it is followed.
    let finding = match host.file_facts(&account.home.join(".")) {
        // A folder made in its place would hide that its file system is not mounted.
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Check::fail(topic, name, format!("{shown} does not exist"))
                .hint("mount its file system (df, zfs list), or set the user's home directory: VirtualBox keeps its settings there");
        }
        Err(error) => format!("{shown}: {error}"),
        Ok(facts) if facts.kind != FileKind::Directory => format!("{shown} is not a directory"),
        Ok(facts) if facts.owner != account.uid && account.uid != 0 => {
            let finding = format!("{shown} belongs to user id {}", facts.owner);
            // No command: it may be `/`, as of system users, or where the user has had the name lead to.
            return Check::fail(topic, name, finding).hint(format!(
                "VirtualBox keeps its settings there: set a home directory of {name}'s own (usermod -d); or, only if that folder is meant for {name} alone, let {name} have it (chown -h)"
            ));
        }
        Ok(facts) if facts.mode & 0o300 != 0o300 => {
            let finding = format!(
                "{shown} has mode {:o}: {name} cannot write to it",
                facts.mode
            );
            return Check::fail(topic, name, finding).hint(format!(
                "VirtualBox keeps its settings there; as {name}: chmod u+rwx {quoted}"
            ));
        }
        Ok(_) => {
            return Check::ok(
                topic,
                name,
                format!("{shown} belongs to {name}, and is writable"),
            );
        }
    };
    Check::fail(topic, name, finding).hint(format!(
        "VirtualBox keeps its settings there: let {name} enter it and the folders above it, or set a home directory of {name}'s own (usermod -d)"
    ))
}

/// Moves what somebody may have put in the place of a folder in `/tmp` to where nobody else can have put anything. It is not
/// removed: `rm -r` goes through folders of somebody who may exchange them for links meanwhile, and not every rm looks
/// whether that happens. `mv` renames what has the name, be it a link.
fn out_of_the_way(folder: &str) -> String {
    format!("mv {} \"$(TMPDIR=/tmp mktemp -d)\"", shell_word(folder))
}

fn locale(host: &dyn Host, owner: &Owner) -> Check {
    let (topic, name) = (Topic::Locale, owner.name.as_str());
    let locale = environment::locale(host, &owner.environment);
    if locale == "C" {
        return Check::warn(
            topic,
            name,
            "this machine has no UTF-8 locale: VBoxManage silently stops its output at the first name that is not ASCII",
        )
        .hint("install one, for example en_US.UTF-8, or use only ASCII VM names");
    }
    Check::ok(
        topic,
        name,
        format!("VirtualBox is called with locale {locale}"),
    )
}

fn ipc(host: &dyn Host, owner: &Owner, account: &Account) -> Check {
    let (topic, name) = (Topic::Ipc, account.name.as_str());
    let folder = session::folders(host, account, &owner.environment).ipc_folder();
    if ipc_folder_is_wrong(host, account, &folder) {
        let finding = format!("{folder} is not a folder that only {name} can access");
        return Check::fail(topic, name, finding)
            .hint("stop the VMs of the user who uses it, wait 6 s for VirtualBox's server to exit, then move it away, as root; rm -r would follow what other users can exchange meanwhile")
            .command(out_of_the_way(&folder));
    }
    let finding = match host.file_facts(Path::new(&folder)) {
        Ok(_) => format!("only {name} can access {folder}"),
        Err(_) => format!("{folder} does not exist: {name} has not used VirtualBox since boot"),
    };
    Check::ok(topic, name, finding)
}

fn lock(host: &dyn Host, account: &Account) -> Check {
    let (topic, name) = (Topic::Lock, account.name.as_str());
    let folder = format!("/tmp/.vbox-smf-{}", account.uid);
    // Taking it would make it.
    if host.file_facts(Path::new(&folder)).is_err() {
        return Check::ok(topic, name, format!("{folder} does not exist yet"));
    }
    match host.cold_start_lock(Duration::ZERO) {
        Ok(_held) => Check::ok(topic, name, format!("{folder}/lock is free")),
        Err(LockError::Busy(_)) => {
            let finding = format!("{folder}/lock is held: a start or stop is running or hangs");
            Check::warn(topic, name, finding)
                .hint("this shows the process that holds it")
                .command(format!("fuser {folder}/lock"))
        }
        Err(LockError::Unusable(why)) => Check::fail(topic, name, why)
            .hint("simultaneous starts can fail without it: move it away, as root; rm -r would follow what other users can exchange meanwhile")
            .command(out_of_the_way(&folder)),
    }
}

/// Where VirtualBox has its settings: the old folder, if that is there.
fn settings_folder(host: &dyn Host, owner: &Owner, account: &Account) -> PathBuf {
    if let Some(folder) = user_home(&owner.environment) {
        return PathBuf::from(folder);
    }
    let old = account.home.join(".VirtualBox");
    match host.file_facts(&old.join(".")) {
        Ok(_) => old,
        Err(_) => account.home.join(".config/VirtualBox"),
    }
}

/// What is wrong with a `VirtualBox.xml`; none, if it is whole.
fn broken(host: &dyn Host, path: &Path) -> Option<String> {
    let bytes = match host.read_file(path) {
        Ok(bytes) => bytes,
        Err(error) => return Some(error.to_string()),
    };
    if bytes.is_empty() {
        return Some("it is empty".to_owned());
    }
    let Ok(text) = String::from_utf8(bytes) else {
        return Some("not valid UTF-8".to_owned());
    };
    match document(&text) {
        Err(why) => Some(Excerpt(&why).to_string()),
        Ok(document) if document.root_element().tag_name().name() != "VirtualBox" => {
            Some("it is not a VirtualBox registry".to_owned())
        }
        Ok(_) => None,
    }
}

fn registry(host: &dyn Host, owner: &Owner, account: &Account) -> Check {
    let (topic, name) = (Topic::Registry, account.name.as_str());
    let folder = settings_folder(host, owner, account);
    let file = folder.join("VirtualBox.xml");
    let previous = folder.join("VirtualBox.xml-prev");
    let is_there = |path: &Path| host.file_facts(path).is_ok();
    if !is_there(&file) && !is_there(&previous) {
        let finding = format!("{} does not exist: {name} has no VMs yet", file.display());
        return Check::warn(topic, name, finding)
            .hint("VirtualBox creates it when it is first used");
    }
    let Some(why) = broken(host, &file) else {
        return Check::ok(topic, name, format!("{} is valid", file.display()));
    };
    let check = Check::fail(topic, name, format!("{}: {why}", file.display()));
    match broken(host, &previous) {
        None => check
            .hint(format!(
                "{} is valid; when no VM of {name} is running and VBoxSVC has exited, run as {name}, because either file may be a link: cp -p {} {}",
                previous.display(),
                shell_word(&previous.display().to_string()),
                shell_word(&file.display().to_string())
            )),
        Some(why) => check.hint(format!(
            "{} cannot be used either: {why}; restore a backup, or remove both and register each VM again (VBoxManage registervm FILE.vbox)",
            previous.display()
        )),
    }
}

fn names(user: &str, vms: &[owners::Listed]) -> Check {
    let topic = Topic::Names;
    let same = |one: &owners::Listed, other: &owners::Listed| {
        one.name == other.name && one.name != "<inaccessible>"
    };
    let twice = vms.iter().enumerate().find_map(|(at, vm)| {
        let other = vms[..at].iter().find(|other| same(other, vm))?;
        Some((other, vm))
    });
    match twice {
        None => Check::ok(topic, user, "VM names are unique"),
        Some((first, second)) => Check::warn(
            topic,
            user,
            format!(
                "two VMs are named '{}': VirtualBox uses the first, {}, not {}",
                Printable(&first.name),
                first.uuid(),
                second.uuid()
            ),
        )
        .hint("set vm/name to the UUID, or rename the other VM when it is off")
        .command(format!(
            "VBoxManage modifyvm {} --name OTHER",
            second.uuid()
        )),
    }
}
