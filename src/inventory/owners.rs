//! VirtualBox as each of its users has it, for commands that look at many VMs: its own files, and where these are not
//! enough two lists a user, however many VMs there are.
//!
//! `list vms` says who there is, and in which order a name is looked for; `list --long vms` says in which state
//! each VM is. Neither takes a session. The second costs 25 to 60 ms a VM: the short list of those that run would
//! be cheaper, but cannot tell saved from off, nor paused from running. `showvminfo` is never asked: beside a start
//! or a stop it does harm.

use std::collections::HashSet;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::instances::Instance;
use super::limit::Limit;
use crate::engine::plan;
use crate::host::{Account, Args, AsUserError, Held, Host, Process, RunError, UserTask};
use crate::smf::method_context::environment_by_hand;
use crate::text::output;
use crate::text::printable::PrintablePath;
use crate::text::shell::shell_word;
use crate::virtualbox::advice;
use crate::virtualbox::machine_file::MachineFile;
use crate::virtualbox::processes::{Wanted, summary};
use crate::virtualbox::registry::Registry;
use crate::virtualbox::settings_folder::user_home;
use crate::virtualbox::vboxmanage::{VBoxError, VBoxManage};
use crate::virtualbox::vm::{Intent, Uuid};

mod by_files;
mod listed;

use crate::virtualbox::server::{LOCK_PATIENCE, SHORT_CALL, what_hangs, what_keeps_it_away};
use crate::virtualbox::session::{self, ask_patiently};
use listed::StateInList;
pub(crate) use listed::{Listed, ListedState, find, namesakes};

/// What the long list may take for each VM, beside [`SHORT_CALL`].
const EACH_VM: Duration = Duration::from_millis(200);
/// How long the process of a VM may be there after VirtualBox says that it is off.
const LINGER: Duration = Duration::from_secs(1);

/// A user whose VMs are instances.
#[derive(Debug, Clone)]
pub(crate) struct Owner {
    /// The login name; what the property says, where there is no such user.
    pub(crate) name: String,
    /// None: there is no such user.
    pub(crate) account: Option<Account>,
    /// The places of its instances among all.
    pub(crate) members: Vec<usize>,
    /// What its VirtualBox is asked with: the environment of the first of them.
    pub(crate) environment: Vec<(OsString, OsString)>,
    /// `virtualbox/vboxmanage` of the first of them that has it.
    pub(crate) vboxmanage: Option<PathBuf>,
}

impl Owner {
    /// `VBOX_USER_HOME`, where it is set: other VMs than those at home.
    pub(crate) fn user_home(&self) -> Option<String> {
        user_home(&self.environment).map(|home| home.to_string_lossy().into_owned())
    }

    /// Who this process is, where there is nobody else to ask.
    pub(crate) fn ourselves(account: Account, environment: &[(OsString, OsString)]) -> Self {
        Self {
            name: account.name.clone(),
            account: Some(account),
            members: Vec::new(),
            environment: environment.to_vec(),
            vboxmanage: None,
        }
    }
}

/// The users of these instances, in the order of their first ones. Those whose properties are not known have none.
///
/// Instances of another program make nobody a user; they are members where their user is one anyway.
pub(crate) fn owners(
    host: &dyn Host,
    instances: &[Instance],
    shell: &[(OsString, OsString)],
) -> Vec<Owner> {
    let mut owners: Vec<Owner> = Vec::new();
    let is_ours = |instance: &Instance| instance.another_program().is_none();
    let (ours, others): (Vec<_>, Vec<_>) = instances
        .iter()
        .enumerate()
        .partition(|(_, instance)| is_ours(instance));
    for (at, instance) in ours.into_iter().chain(others) {
        let Some(known) = &instance.known else {
            continue;
        };
        let account = host.account_of(&known.user).ok();
        let name = account
            .as_ref()
            .map_or_else(|| known.user.clone(), |account| account.name.clone());
        let is_ours = is_ours(instance);
        let set = known
            .settings
            .as_ref()
            .ok()
            .filter(|_| is_ours)
            .and_then(|s| s.vboxmanage.clone());
        if let Some(owner) = owners.iter_mut().find(|owner| owner.name == name) {
            owner.members.push(at);
            owner.vboxmanage = owner.vboxmanage.take().or(set);
            continue;
        }
        if !is_ours {
            continue;
        }
        owners.push(Owner {
            name,
            account,
            members: vec![at],
            environment: environment_by_hand(shell, &known.properties, Intent::Start.method()),
            vboxmanage: set,
        });
    }
    owners
}

/// Why there are no lists.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct NoAnswer {
    /// A fragment.
    pub(crate) reason: String,
    /// What to do about it.
    pub(crate) hint: String,
    /// Somebody else may ask: nothing is wrong.
    pub(crate) not_permitted: bool,
}

/// The VMs of a user, or why they are not known.
pub(crate) type Answer = Result<Vec<Listed>, NoAnswer>;

/// Looks for the VMs of users, as those users.
pub(crate) fn ask(host: &dyn Host, owners: &[Owner], limit: Limit) -> Vec<Answer> {
    let owners: Vec<&Owner> = owners.iter().collect();
    as_owners(host, &owners, limit, |host, owner| look(host, owner, limit))
        .into_iter()
        .map(|answer| answer.and_then(|answer| answer))
        .collect()
}

/// Does something as each of these users, side by side, in processes of their own.
pub(crate) fn as_owners<T: Serialize + for<'a> Deserialize<'a>>(
    host: &dyn Host,
    owners: &[&Owner],
    limit: Limit,
    work: impl Fn(&dyn Host, &Owner) -> T,
) -> Vec<Result<T, NoAnswer>> {
    let work = &work;
    let works: Vec<_> = owners
        .iter()
        .map(|owner| {
            move |host: &dyn Host| serde_json::to_vec(&work(host, owner)).unwrap_or_default()
        })
        .collect();
    let tasks: Vec<_> = owners
        .iter()
        .zip(&works)
        .map(|(owner, work)| UserTask {
            user: &owner.name,
            work,
        })
        .collect();
    let given = host.as_users(&tasks, limit.whole(host), &output::tell);
    let all = given.into_iter().zip(owners);
    all.map(|(given, owner)| understand(given, owner)).collect()
}

/// What came back from another process: its user may have had a hand in it.
fn understand<T: for<'a> Deserialize<'a>>(
    given: Result<Vec<u8>, AsUserError>,
    owner: &Owner,
) -> Result<T, NoAnswer> {
    match given {
        Ok(bytes) => serde_json::from_slice(&bytes).map_err(|_| NoAnswer {
            reason: format!("the process for user {} did not respond", owner.name),
            hint: "run it as that user".to_owned(),
            not_permitted: false,
        }),
        Err(error) => Err(NoAnswer {
            reason: match &error {
                AsUserError::Failed(_, source) => format!("{error}: {source}"),
                AsUserError::NoSuchUser(_)
                | AsUserError::NotPermitted(_)
                | AsUserError::NoAnswer(..) => error.to_string(),
            },
            hint: match &error {
                AsUserError::NoSuchUser(_) => "set method_context/user".to_owned(),
                AsUserError::NotPermitted(user) => format!("run it as root, or as {user}"),
                AsUserError::NoAnswer(user, _) => format!(
                    "check with ps -fu {} whether a process of that user is stopped",
                    shell_word(user)
                ),
                AsUserError::Failed(..) => "run it as that user".to_owned(),
            },
            not_permitted: matches!(error, AsUserError::NotPermitted(_)),
        }),
    }
}

/// The VMs of the user that we are, by its files as far as these are enough.
fn look(host: &dyn Host, owner: &Owner, limit: Limit) -> Answer {
    with_virtualbox(host, owner, |vbox, account| {
        let folder = vbox.settings_folder(account);
        let by_files = folder.map_or(Ok(None), |folder| {
            by_files::list(host, vbox, &folder, limit)
        })?;
        by_files.map_or_else(|| ask_both(host, vbox, limit), Ok)
    })
}

/// The VMs of the user that we are, by VirtualBox alone.
pub(crate) fn list(host: &dyn Host, owner: &Owner, limit: Limit) -> Answer {
    with_virtualbox(host, owner, |vbox, _| ask_both(host, vbox, limit))
}

/// Does something with the VirtualBox of the user that we are.
fn with_virtualbox(
    host: &dyn Host,
    owner: &Owner,
    work: impl Fn(&VBoxManage<'_>, &Account) -> Result<Vec<Listed>, VBoxError>,
) -> Answer {
    let told = |reason: String, hint: String| NoAnswer {
        reason,
        hint,
        not_permitted: false,
    };
    let account = host
        .account()
        .map_err(|e| told(e.to_string(), "VirtualBox needs a user".to_owned()))?;
    let vbox = session::open(
        host,
        owner.vboxmanage.as_deref(),
        &account,
        &owner.environment,
    )
    .map_err(|e| told(e.to_string(), e.next_step().to_owned()))?;
    let summary = session::all_processes(host);
    vbox.expect_answers(session::server_is_ready(summary.as_ref()));
    let folder = vbox.settings_folder(&account);
    // A server that cannot get there ends without a word, and is waited for in vain; one that is there has got there.
    if summary.is_none_or(|summary| summary.server_age.is_none())
        && let Some(folder) = &folder
        && let Some(advice) = advice::of_registry(host, &account, folder)
    {
        return Err(told(advice.finding, advice.next_step));
    }
    let answer = work(&vbox, &account).map(|mut vms| {
        if let Some(folder) = &folder {
            tell_troubles(host, folder, &mut vms);
        }
        vms
    });
    answer.map_err(|error| {
        let hint = match &error {
            VBoxError::Refused(refusal, _) => refusal.next_step().to_owned(),
            VBoxError::Run(RunError::Hung { .. }) => {
                what_hangs(&account.name, session::all_processes(host))
            }
            VBoxError::ServerGone(_) => {
                what_keeps_it_away(&account.name, session::all_processes(host)).unwrap_or_else(
                    || {
                        let folder = vbox.ipc_folder();
                        format!(
                            "check that only {} can access the folder {folder}",
                            account.name
                        )
                    },
                )
            }
            VBoxError::Run(RunError::Spawn { .. })
            | VBoxError::Elsewhere(_)
            | VBoxError::NotYet(..)
            | VBoxError::EndedEarly(_)
            | VBoxError::Garbled(_)
            | VBoxError::Other(_) => {
                format!("run VBoxManage list vms as {} for details", account.name)
            }
        };
        told(error.to_string(), hint)
    })
}

/// Adds the settings files of those that VirtualBox shows as `<inaccessible>`, without a name or a file.
fn tell_troubles(host: &dyn Host, settings_folder: &Path, vms: &mut [Listed]) {
    let mut lost = vms
        .iter_mut()
        .filter(|vm| vm.listed_state() == ListedState::Inaccessible);
    let Some(first) = lost.next() else { return };
    let Ok(registry) = Registry::read(host, settings_folder) else {
        return;
    };
    for vm in std::iter::once(first).chain(lost) {
        let mut entries = registry.entries.iter();
        let entry = entries.find(|entry| entry.uuid.as_str() == vm.uuid);
        vm.trouble = entry.map(
            |entry| match MachineFile::read(host, &entry.settings_file) {
                Err(trouble) => trouble.to_string(),
                Ok(_) => PrintablePath(&entry.settings_file).to_string(),
            },
        );
    }
}

/// Both lists, as one.
fn ask_both(
    host: &dyn Host,
    vbox: &VBoxManage<'_>,
    limit: Limit,
) -> Result<Vec<Listed>, VBoxError> {
    let before = host.processes().unwrap_or_default();
    let lock = lock_if_cold(host, limit);
    let vms = ask_patiently(host, || vbox.vms(limit.of(host, SHORT_CALL)))?;
    drop(lock);
    let each = EACH_VM.saturating_mul(u32::try_from(vms.len()).unwrap_or(u32::MAX));
    let long = SHORT_CALL.saturating_add(each);
    let (long, marked) = ask_patiently(host, || vbox.details(limit.of(host, long)))?;
    let states = StateInList::each(&long);
    let marked: HashSet<Uuid> = marked.into_iter().collect();
    let joined = vms.into_iter().map(|vm| {
        let state = states
            .get(&vm.uuid)
            .cloned()
            .unwrap_or(StateInList::Nothing);
        Listed {
            autostart: marked.contains(&vm.uuid),
            orphan: None,
            trouble: None,
            uuid: vm.uuid.to_string(),
            name: vm.name,
            state,
        }
    });
    let mut joined: Vec<Listed> = joined.collect();
    find_orphans(host, &before, &mut joined);
    Ok(joined)
}

/// Looks for processes of VMs that VirtualBox takes for off: a VBoxSVC that was killed leaves such ones for some time, or
/// for ever. They were there before VirtualBox was asked, and are there after some time.
fn find_orphans(host: &dyn Host, before: &[Process], vms: &mut [Listed]) {
    let now = alive(host.processes().unwrap_or_default());
    let older = |pid: &u32| before.iter().any(|process| process.pid == *pid);
    for vm in &mut *vms {
        vm.orphan = orphan(&now, vm).filter(older);
    }
    if vms.iter().all(|vm| vm.orphan.is_none()) {
        return;
    }
    host.sleep(LINGER);
    let still = alive(host.processes().unwrap_or_default());
    for vm in vms {
        vm.orphan = vm
            .orphan
            .filter(|pid| orphan(&still, vm).as_ref() == Some(pid));
    }
}

/// The processes of VirtualBox, but for those that are ending: they show no arguments any more.
fn alive(mut processes: Vec<Process>) -> Vec<Process> {
    let is_ending = |args: &Args| matches!(args, Args::Whole(words) if words.is_empty());
    processes.retain(|process| !is_ending(&process.args));
    processes
}

/// A process of a VM that is off.
fn orphan(processes: &[Process], vm: &Listed) -> Option<u32> {
    let ListedState::State(state) = vm.listed_state() else {
        return None;
    };
    if !plan::is_off(&state) {
        return None;
    }
    let uuid: Uuid = vm.uuid().parse().ok()?;
    let wanted = Wanted {
        name: Some(&vm.name),
        uuid: Some(&uuid),
    };
    summary(processes, wanted).process
}

/// The lock for a cold start, where it can be had.
fn lock_if_cold(host: &dyn Host, limit: Limit) -> Option<Box<dyn Held>> {
    session::lock_if_cold(host, limit.of(host, LOCK_PATIENCE))
        .ok()
        .flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::FileKind;
    use crate::host::fake::Fake;
    use crate::virtualbox::vm::{VmName, VmState};

    const ONE: &str = "a3a21769-fdde-4a22-8ede-8f84ae391faf";
    const TWO: &str = "ed5cbdf1-edb3-492d-ba42-b9cf7e8dbdc4";
    const LOST: &str = "7f332852-3b79-4a32-adc6-e5d0d73f16e8";

    fn entry(name: &str, uuid: &str, state: &str) -> String {
        format!(
            "Name:                        {name}\nUUID:                        {uuid}\nState:                       {state} (since x)\nAutostart Enabled:           enabled\n\n"
        )
    }

    fn asked(short: &str, long: &str) -> Result<Vec<Listed>, VBoxError> {
        let fake =
            Fake::default()
                .answer("list vms", 0, short, "")
                .answer("list --long vms", 0, long, "");
        let vbox = VBoxManage::new(&fake, "/usr/bin/VBoxManage".into(), Vec::new());
        let both = ask_both(&fake, &vbox, Limit::from_now(&fake, SHORT_CALL * 2));
        assert_eq!(fake.asked(), ["list vms", "list --long vms"]);
        both
    }

    #[test]
    fn both_lists_as_one() {
        let short =
            format!("\"vm1\" {{{ONE}}}\n\"vm1\" {{{TWO}}}\n\"<inaccessible>\" {{{LOST}}}\n");
        let long = entry("vm1", ONE, "guru meditation") + &entry("vm1", TWO, "powered off");
        let vms = asked(&short, &long).expect("two lists");
        let seen: Vec<_> = vms.iter().map(Listed::listed_state).collect();
        assert_eq!(
            seen,
            [
                ListedState::State(VmState::GuruMeditation),
                ListedState::State(VmState::PowerOff),
                ListedState::Inaccessible
            ]
        );
        assert_eq!(vms.iter().filter(|vm| vm.autostart).count(), 2);
        let name: VmName = "vm1".parse().expect("a name");
        assert_eq!(find(&vms, &name).map(Listed::uuid), Some(ONE));
        assert_eq!(namesakes(&vms, &name), 2);
        let uuid: VmName = TWO.parse().expect("a name");
        assert_eq!(find(&vms, &uuid).map(Listed::uuid), Some(TWO));
        assert_eq!(namesakes(&vms, &uuid), 1);
    }

    #[test]
    fn a_process_that_virtualbox_does_not_know() {
        let process = |pid, uuid: &str, gone: bool| Process {
            pid,
            program: "VBoxHeadless".to_owned(),
            args: Args::Whole(if gone {
                Vec::new()
            } else {
                ["VBoxHeadless", "--comment", "vm1", "--startvm", uuid]
                    .map(str::to_owned)
                    .to_vec()
            }),
            age: Duration::from_secs(60),
            contract: None,
        };
        let vm = |state| Listed::new(ONE, "vm1", &state);
        for (processes, state, expected) in [
            (vec![process(7, ONE, false)], VmState::PowerOff, Some(7)),
            (vec![process(7, ONE, false)], VmState::Saved, Some(7)),
            (vec![process(7, ONE, false)], VmState::Running, None),
            (vec![process(7, ONE, false)], VmState::Starting, None),
            (vec![process(7, TWO, false)], VmState::PowerOff, None),
            (vec![process(7, ONE, true)], VmState::PowerOff, None),
            (vec![], VmState::PowerOff, None),
        ] {
            assert_eq!(
                orphan(&alive(processes), &vm(state.clone())),
                expected,
                "{state}"
            );
        }
    }

    /// A description with a listing in it makes no VM of its own, and no state certain.
    #[test]
    fn a_forged_entry_is_not_believed() {
        let short = format!("\"vm1\" {{{ONE}}}\n");
        let forged = entry("vm1", ONE, "running") + &entry("vm1", LOST, "saved");
        let vms = asked(&short, &(forged + &entry("vm1", ONE, "powered off"))).expect("lists");
        assert_eq!(vms.len(), 1);
        assert_eq!(vms[0].listed_state(), ListedState::Ambiguous);
    }

    #[test]
    fn a_server_that_went_away_is_asked_again() {
        let gone = "VBoxManage: error: Failed to create the VirtualBox object!\n";
        let fake = Fake::default().answer("list vms", 1, "", gone);
        let vbox = VBoxManage::new(&fake, "/usr/bin/VBoxManage".into(), Vec::new());
        let refused = ask_both(&fake, &vbox, Limit::from_now(&fake, SHORT_CALL * 2));
        assert!(matches!(refused, Err(VBoxError::ServerGone(_))));
        assert_eq!(fake.asked().len(), 5);
    }

    #[test]
    fn a_vm_whose_settings_cannot_be_read_is_named_by_its_file() {
        let registry = format!(
            "<VirtualBox xmlns=\"http://www.virtualbox.org/\"><Global><MachineRegistry><MachineEntry uuid=\"{{{LOST}}}\" src=\"/vms/lost.vbox\"/></MachineRegistry></Global></VirtualBox>"
        );
        let fake = Fake::default().content("/s/VirtualBox.xml", 101, &registry);
        let mut vms = [
            Listed::new(ONE, "vm1", &VmState::Saved),
            Listed::inaccessible(LOST),
            Listed::inaccessible(TWO),
        ];
        tell_troubles(&fake, Path::new("/s"), &mut vms);
        let told = vms.map(|vm| vm.trouble);
        assert_eq!(
            told,
            [None, Some("/vms/lost.vbox does not exist".to_owned()), None]
        );
    }

    /// A server that cannot get there ends without a word: no program is run, and nothing is waited for.
    #[test]
    fn a_settings_folder_that_cannot_be_entered_is_said_at_once() {
        let folder = "/home/vb/.config/VirtualBox";
        let root = |fake: Fake, path: &str| fake.file(path, 0, 0o755, FileKind::Directory);
        let fake = [
            "/",
            "/usr",
            "/usr/bin",
            "/home",
            "/home/vb",
            "/home/vb/.config",
        ]
        .into_iter()
        .fold(Fake::default().account("vb", 101), root)
        .file("/usr/bin/VBoxManage", 0, 0o755, FileKind::File)
        .file(folder, 0, 0o700, FileKind::Directory);
        let owner = Owner::ourselves(Host::account(&fake).expect("an account"), &[]);
        let limit = Limit::from_now(&fake, SHORT_CALL);
        let error = look(&fake, &owner, limit).expect_err("no list");
        let told = format!("vb cannot enter the folder {folder}, which belongs to ");
        assert!(error.reason.contains(&told), "{error:?}");
        assert_eq!(fake.asked(), [] as [&str; 0]);
    }

    #[test]
    fn an_answer_survives_the_way_from_another_process() {
        let answers: [Answer; 2] = [
            Ok(vec![
                Listed::new(ONE, "a\n\u{1b}ü", &VmState::Other("molten".into())),
                Listed::inaccessible(LOST),
            ]),
            Err(NoAnswer {
                reason: "r".to_owned(),
                hint: "h".to_owned(),
                not_permitted: false,
            }),
        ];
        for answer in answers {
            let bytes = serde_json::to_vec(&answer).expect("bytes");
            let back: Answer = serde_json::from_slice(&bytes).expect("an answer");
            assert_eq!(back, answer);
        }
    }
}
