//! What holds for an instance: pure, from what SMF and VirtualBox said.

use std::ffi::OsString;

use super::budget::budgets;
use super::check::{Check, Topic};
use crate::commands::status::join::{Asked, Row};
use crate::commands::status::note::Note;
use crate::config::settings::unknown_properties;
use crate::inventory::instances::{Instance, Known};
use crate::inventory::owners::{Owner, find};
use crate::smf::method_context::environment_by_hand;
use crate::smf::recipe;
use crate::smf::tools::svcs::SmfState;
use crate::text::printable::Printable;
use crate::text::shell::shell_word;
use crate::virtualbox::refusal::Refusal;
use crate::virtualbox::server::what_ends_an_orphan;
use crate::virtualbox::vm::Intent;

/// The settings and the budgets of an instance.
pub(super) fn configuration(instance: &Instance) -> Vec<Check> {
    let Some(known) = &instance.known else {
        return Vec::new();
    };
    let fmri = instance.fmri.to_string();
    let ignored = known.ignored.as_ref().map(|ignored| {
        Check::fail(Topic::User, &fmri, ignored.to_string())
            .hint("a start ends with 96 until svc.startd runs it as the intended user")
            .command(format!(
                "svccfg -s {fmri} '{}' && svcadm refresh {fmri}",
                ignored.setprop()
            ))
    });
    let mut checks: Vec<Check> = unknown_properties(&known.properties)
        .into_iter()
        .map(|path| {
            let finding = format!("unknown property {}", Printable(path));
            Check::warn(Topic::Settings, &fmri, finding)
                .hint("check the spelling")
                .command(format!(
                    "svccfg -s {fmri} delprop {} && svcadm refresh {fmri}",
                    shell_word(path)
                ))
        })
        .collect();
    match &known.settings {
        Err(error) => checks.push(
            Check::fail(Topic::Settings, &fmri, error.to_string()).command(format!(
                "svccfg -s {fmri} setprop '{}' && svcadm refresh {fmri}",
                error.setprop()
            )),
        ),
        Ok(settings) => {
            if checks.is_empty() {
                checks.push(Check::ok(
                    Topic::Settings,
                    &fmri,
                    "every property is allowed",
                ));
            }
            checks.extend(budgets(instance, settings));
        }
    }
    checks.extend(ignored);
    checks
}

/// An instance whose methods are another program: only whose it is, and whether one of ours fights with it. Nothing that
/// would change it is advised.
pub(super) fn of_another(row: &Row, program: &str) -> Vec<Check> {
    let Some(fmri) = row.fmri.as_ref().map(ToString::to_string) else {
        return Vec::new();
    };
    let finding = format!(
        "its methods run {}, not vbox-smf; its properties and its VM were not checked",
        Printable(program)
    );
    let mut checks = vec![
        Check::warn(Topic::Method, &fmri, finding)
            .hint("that program interprets the properties; do not change them for vbox-smf"),
    ];
    checks.extend(row.notes.iter().filter_map(|note| match note {
        Note::SameVm(other) => {
            let finding = format!("it manages the same VM as {}", Printable(other));
            Some(
                Check::fail(Topic::Vm, &fmri, finding)
                    .hint("each starts what the other stops: only one of them may manage the VM"),
            )
        }
        _ => None,
    }));
    checks
}

/// What the join found: the VM, and whether the states go together.
pub(super) fn vm(row: &Row) -> Vec<Check> {
    let Some(fmri) = row.fmri.as_ref().map(ToString::to_string) else {
        return Vec::new();
    };
    let mut checks: Vec<Check> = row
        .notes
        .iter()
        .map(|note| of_note(note, &fmri, row.owner.as_deref()))
        .collect();
    // What is wrong with its properties is told where those are.
    checks.retain(|check| check.topic != Topic::Settings);
    let has = |topic| checks.iter().any(|check| check.topic == topic);
    let (has_vm, has_state) = (has(Topic::Vm), has(Topic::State));
    if !has_vm {
        checks.push(Check::ok(
            Topic::Vm,
            &fmri,
            "no other instance manages its VM",
        ));
    }
    if !has_vm && !has_state {
        let finding = format!("its VM is {}", Printable(row.vm.word()));
        checks.push(Check::ok(Topic::State, &fmri, finding));
    }
    checks
}

/// Ends a process of VirtualBox of this user, and no other one: it may have ended since, and its number be another's.
fn kill_of(user: &str, pid: u32) -> String {
    let user = shell_word(user);
    format!("pgrep -U {user} Box | grep '^{pid}$' && kill -9 {pid}")
}

fn of_note(note: &Note, fmri: &str, owner: Option<&str>) -> Check {
    let told = note.to_string();
    match note {
        Note::Online(_) => Check::warn(Topic::State, fmri, told)
            .hint("to bring the VM into the state that SMF shows")
            .command(format!("svcadm restart {fmri}")),
        Note::Disabled(_) => Check::warn(Topic::State, fmri, told)
            .hint("to have SMF stop the VM at shutdown")
            .command(format!("svcadm enable {fmri}")),
        Note::Offline(_) => Check::warn(Topic::State, fmri, told)
            .hint("this shows what it is waiting for")
            .command(format!("svcs -xv {fmri}")),
        Note::Orphan(pid) => {
            let check = Check::fail(Topic::State, fmri, told);
            match owner {
                Some(user) => check
                    .hint(what_ends_an_orphan(user, *pid))
                    .command(kill_of(user, *pid)),
                None => check,
            }
        }
        Note::Maintenance => Check::fail(Topic::State, fmri, "it is in maintenance")
            .hint("this shows the log, whose last line has the next step; then run svcadm clear, which allows one attempt instead of three; after a failed stop, svcadm clear runs no further stop and does not change the VM")
            .command(format!("svcs -xv {fmri}")),
        Note::SameVm(other) => {
            let finding = format!("it manages the same VM as {}", Printable(other));
            Check::fail(Topic::Vm, fmri, finding)
                .hint("each starts what the other stops: set vm/name of one of them, or remove one; this command stops the VM first and then removes the instance")
                .command(recipe::remove_instance(fmri))
        }
        Note::NoSuchVm { .. } => Check::fail(Topic::Vm, fmri, format!("its user has {told}"))
            .hint(Refusal::NotRegistered.next_step()),
        Note::Inaccessible(which) => Check::fail(
            Topic::Vm,
            fmri,
            format!("the settings file of its VM is missing or damaged: {which}"),
        )
        .hint(Refusal::Inaccessible.next_step()),
        Note::Namesakes(count) => Check::warn(
            Topic::Vm,
            fmri,
            format!("{count} VMs have that name; VirtualBox uses the first"),
        )
        .hint("set vm/name to the UUID"),
        Note::NoInstance | Note::Setting(_) | Note::RunsAs(_) | Note::AnotherProgram(_) => {
            Check::warn(Topic::Settings, fmri, told)
        }
        Note::Unknown(_) => Check::warn(Topic::Vm, fmri, format!("the VM cannot be determined: {told}")),
    }
}

/// VMs that VirtualBox's own autostart is to start, too.
pub(super) fn autostart(
    instances: &[Instance],
    asked: &[Asked],
    service: Option<&SmfState>,
) -> Vec<Check> {
    let topic = Topic::Autostart;
    let mut checks = Vec::new();
    for each in asked {
        let Ok(vms) = &each.answer else { continue };
        for &at in &each.members {
            let fmri = instances[at].fmri.to_string();
            if instances[at].another_program().is_some() {
                continue;
            }
            let Some(Known {
                settings: Ok(settings),
                ..
            }) = &instances[at].known
            else {
                continue;
            };
            let Some(vm) = find(vms, &settings.vm) else {
                continue;
            };
            let leave = |check: Check| {
                check
                    .hint(format!("when the VM is off, as {}", each.owner))
                    .command(format!(
                        "VBoxManage modifyvm {} --autostart-enabled off",
                        vm.uuid()
                    ))
            };
            checks.push(match (vm.autostart, service == Some(&SmfState::Online)) {
                (false, _) => Check::ok(
                    topic,
                    &fmri,
                    "VirtualBox's own autostart does not manage it",
                ),
                (true, true) => leave(Check::fail(
                    topic,
                    &fmri,
                    "VirtualBox's own autostart, which is online, also starts and stops it",
                )),
                (true, false) => leave(Check::warn(
                    topic,
                    &fmri,
                    "it is also marked for VirtualBox's own autostart",
                )),
            });
        }
    }
    checks
}

/// Whether all VMs of a user ask for one environment: VirtualBox starts all of them from one server.
pub(super) fn environment(instances: &[Instance], owner: &Owner) -> Option<Check> {
    let topic = Topic::Environment;
    let of = |at: usize| {
        let known = instances[at].known.as_ref()?;
        let mut all = environment_by_hand(&[], &known.properties, Intent::Start.method());
        // What goes through to VirtualBox.
        all.retain(|(name, _)| {
            let name = name.to_string_lossy();
            ["TZ", "LANG"].contains(&&*name) || name.starts_with("LC_") || name.starts_with("VBOX_")
        });
        all.sort();
        Some(all)
    };
    let members = owner.members.iter().copied();
    let members: Vec<usize> = members
        .filter(|at| instances[*at].another_program().is_none())
        .collect();
    let first = *members.first()?;
    let other = members.iter().find(|at| of(**at) != of(first));
    Some(match other {
        None => Check::ok(topic, &owner.name, "all VMs request the same environment"),
        Some(other) => {
            let shown = |at: usize| {
                let words = words(&of(at).unwrap_or_default());
                format!("{} has {words}", instances[at].short_name())
            };
            Check::warn(
                topic,
                &owner.name,
                format!(
                    "{}, but {}: all VMs run with the environment of the first VM that was started",
                    shown(first),
                    shown(*other)
                ),
            )
            .hint("give all instances of this user the same method_environment")
        }
    })
}

fn words(environment: &[(OsString, OsString)]) -> String {
    let pairs: Vec<String> = environment
        .iter()
        .map(|(name, value)| format!("{}={}", name.to_string_lossy(), value.to_string_lossy()))
        .collect();
    if pairs.is_empty() {
        "none".to_owned()
    } else {
        pairs.join(" ")
    }
}
