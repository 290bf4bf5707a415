//! Who plays: the instances of a manifest, their VMs, what their guests do and what is wrong with them.

use std::collections::BTreeSet;

use super::depends::Relations;
use super::exec::{self, Run};
use super::import::import;
use crate::failure::{Failure, Kind};
use crate::host::FileKind;
use crate::simulation::host::stage::Vm;
use crate::simulation::host::{Composed, Fault, Guest, Sim, SmfState, What};
use crate::simulation::rehearsal::assigned::Assigned;
use crate::smf::fmri::InstanceFmri;
use crate::virtualbox::vm::{Intent, VmState};

/// No more instances are rehearsed at once: each has a thread.
const FEWER: &str = "rehearse a manifest with fewer instances";
/// So many instances of whatever program are looked at.
const IMPORTED_MAX: usize = 10_000;
/// Each has a thread, and each sees what the others do.
const INSTANCES_MAX: usize = 256;

/// An instance in the story.
#[derive(Debug, Clone)]
pub(crate) struct RehearsedInstance {
    /// Its FMRI.
    pub(crate) fmri: InstanceFmri,
    /// The same as text: whom events are about.
    pub(crate) subject: String,
    /// What its VM is found by.
    pub(crate) vm: String,
    /// Whose VM it is.
    pub(crate) user: String,
    /// What its methods see.
    pub(crate) seen: Composed,
    pub(crate) guest: Guest,
    faults: Vec<Fault>,
}

impl RehearsedInstance {
    /// Whether a wish is about it.
    fn is(&self, whose: Option<&String>) -> bool {
        whose.is_none_or(|whose| *whose == self.fmri.instance().as_str() || *whose == self.subject)
    }

    fn has(&self, fault: Fault) -> bool {
        self.faults.contains(&fault)
    }
}

/// Everybody.
pub(crate) struct Instances<'s> {
    pub(crate) actors: Vec<RehearsedInstance>,
    pub(crate) relations: Relations,
    /// The VM of each actor, as it is set up.
    vms: Vec<Vm<'s>>,
}

/// Imports a manifest, and registers the VMs that it names.
///
/// # Errors
/// It has no instance of this program, or one whose methods are only in part this program.
pub(crate) fn cast<'s>(
    sim: &'s Sim,
    text: &str,
    guests: &[Assigned<Guest>],
    faults: &[Assigned<Fault>],
) -> Result<Instances<'s>, Failure> {
    let imported = sim.repository(|repository| import(repository, text))?;
    let found = imported.len();
    if found > IMPORTED_MAX {
        let told = format!("the manifest has {found} instances; the limit is {IMPORTED_MAX}");
        return Err(Failure::told(Kind::Config, told).hinted(FEWER));
    }
    let mut actors = Vec::new();
    let mut others = Vec::new();
    for fmri in imported {
        let seen = sim.repository(|repository| repository.running(&fmri));
        let seen = seen.unwrap_or_default();
        if is_ours(&seen, &fmri)? {
            actors.push(actor(fmri, seen, guests, faults));
        } else {
            others.push(fmri);
        }
    }
    if actors.is_empty() {
        return Err(nobody(&others));
    }
    if actors.len() > INSTANCES_MAX {
        let told = format!(
            "{} instances are too many to rehearse at once; the limit is {INSTANCES_MAX}",
            actors.len()
        );
        return Err(Failure::told(Kind::Config, told).hinted(FEWER));
    }
    for other in &others {
        let note = "not an instance of this program: not rehearsed".to_owned();
        sim.tell(&other.to_string(), What::Note(note));
    }
    let vms = register(sim, &actors);
    let among: Vec<_> = actors
        .iter()
        .map(|a| (a.fmri.clone(), a.seen.clone()))
        .collect();
    Ok(Instances {
        relations: Relations::among(&among),
        actors,
        vms,
    })
}

fn nobody(others: &[InstanceFmri]) -> Failure {
    let told = match others {
        [] => "the manifest has no instances".to_owned(),
        [only] => format!("the methods of {only} are not this program"),
        all => format!("none of the {} instances uses this program", all.len()),
    };
    Failure::told(Kind::Config, told).hinted(
        "only instances whose exec is '/lib/svc/method/vbox %m' or vbox-smf can be rehearsed",
    )
}

/// Whether the methods of an instance are this program.
fn is_ours(seen: &Composed, fmri: &InstanceFmri) -> Result<bool, Failure> {
    let runs =
        [Intent::Start, Intent::Stop].map(|intent| (intent, exec::method(seen, fmri, intent)));
    let ours = runs.iter().any(|(intent, method)| match method {
        Ok(method) => matches!(method.run, Run::Ours(_)),
        // svc.startd says in its time why it is not run.
        Err(_) => exec::names_us(seen, *intent),
    });
    for (intent, method) in runs {
        if let Ok(Run::Another(exec)) = method.map(|method| method.run)
            && ours
        {
            let told = format!("the {intent} method of {fmri} is '{exec}', not vbox-smf");
            return Err(Failure::told(Kind::Config, told).hinted(
                "an instance can be rehearsed only if its start and stop methods are this program",
            ));
        }
    }
    Ok(ours)
}

fn actor(
    fmri: InstanceFmri,
    seen: Composed,
    guests: &[Assigned<Guest>],
    faults: &[Assigned<Fault>],
) -> RehearsedInstance {
    // Where a method cannot be expanded, svc.startd says so in its time.
    let user = exec::method(&seen, &fmri, Intent::Start).map(|method| method.user);
    let vm = seen.value("vm", "name").unwrap_or(fmri.instance().as_str());
    let mut actor = RehearsedInstance {
        vm: vm.to_owned(),
        user: user.unwrap_or_default(),
        subject: fmri.to_string(),
        fmri,
        seen,
        guest: Guest::Acpi,
        faults: Vec::new(),
    };
    // The last word about an instance counts, and one about it alone more than one about all.
    let of_it = |wish: &&Assigned<Guest>| actor.is(wish.whose.as_ref());
    let mut wishes: Vec<_> = guests.iter().filter(of_it).collect();
    wishes.sort_by_key(|wish| wish.whose.is_some());
    if let Some(wish) = wishes.last() {
        actor.guest = wish.what;
    }
    let of_it = faults.iter().filter(|wish| actor.is(wish.whose.as_ref()));
    actor.faults = of_it.map(|wish| wish.what).collect();
    actor
}

/// Two instances of one VM find one VM.
fn register<'s>(sim: &'s Sim, actors: &[RehearsedInstance]) -> Vec<Vm<'s>> {
    let mut registered: Vec<((&str, &str), Vm<'s>)> = Vec::new();
    let mut vms = Vec::new();
    for actor in actors {
        let enabled = actor.seen.value("general", "enabled") == Some("true");
        let whether = if enabled { "enabled" } else { "disabled" };
        sim.tell(
            &actor.subject,
            What::Smf {
                told: format!("imported, {whether}"),
                state: Some(SmfState::Disabled),
            },
        );
        // VirtualBox is installed where the manifest says that it is.
        if let Some(path) = actor.seen.value("virtualbox", "vboxmanage") {
            sim.file(path, FileKind::File, 0, 0o755);
        }
        let key = (actor.user.as_str(), actor.vm.as_str());
        let known = registered.iter().find(|(other, _)| *other == key);
        let vm = known.map_or_else(|| sim.vm(key.0, key.1).guest(actor.guest), |(_, vm)| *vm);
        registered.push((key, vm));
        vms.push(vm);
    }
    vms
}

impl Instances<'_> {
    /// The VMs run already, and SMF knows it.
    pub(crate) fn are_up(&self, sim: &Sim) {
        for (actor, vm) in self.actors.iter().zip(&self.vms) {
            if !actor.has(Fault::NotRegistered) && sim.processes(&actor.user, &actor.vm) == 0 {
                vm.state(VmState::Running);
            }
            sim.tell(
                &actor.subject,
                What::Smf {
                    told: "online from before".to_owned(),
                    state: Some(SmfState::Online),
                },
            );
        }
    }

    /// What is wrong is wrong no more.
    pub(crate) fn faults_end(&self, sim: &Sim) {
        for (actor, vm) in self.actors.iter().zip(&self.vms) {
            sim.mend_methods_of(&actor.subject);
            vm.mend();
        }
        sim.tell("host", What::Note("what was wrong is mended".to_owned()));
    }

    /// No VM can be started now.
    pub(crate) fn memory_is_short(&self) {
        for vm in &self.vms {
            vm.fault(Fault::NoMemory);
        }
    }

    /// What is wrong begins to be wrong. What is wrong with a user's VirtualBox is so once.
    pub(crate) fn faults_begin(&self, sim: &Sim) {
        let mut of_users = BTreeSet::new();
        for (actor, vm) in self.actors.iter().zip(&self.vms) {
            for fault in &actor.faults {
                let of_user = matches!(fault, Fault::SvcDies(_) | Fault::SvcRace | Fault::NoHome);
                if of_user && !of_users.insert((actor.user.as_str(), format!("{fault:?}"))) {
                    continue;
                }
                if *fault == Fault::MethodHangs {
                    sim.hang_methods_of(&actor.subject);
                }
                vm.fault(match *fault {
                    Fault::SvcDies(after) => Fault::SvcDies(sim.now().saturating_add(after)),
                    fault => fault,
                });
            }
        }
    }
}
