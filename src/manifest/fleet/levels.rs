//! What the service says for all VMs and what an instance says for itself: SMF's own inheritance.
//!
//! Which level a value has is decided for the whole fleet, also where only some of its VMs are written: a
//! second manifest of the same service would otherwise change what the first one says for all.

use std::collections::BTreeSet;

use super::error::FleetError;
use super::inherit::{Given, Resolved, origin, resolve};
use super::read::File;
use crate::manifest::options::Placement;
use crate::manifest::request::{
    Directive, Origin, Owners, Request, Scope, ScopedDirective, VmRequest,
};

impl File {
    /// The directives that make exactly what the file says of every VM.
    ///
    /// # Errors
    /// A template is not there, or inherits from itself.
    pub(crate) fn request(&self) -> Result<Request, FleetError> {
        let vms = resolve(self)?;
        let slots: BTreeSet<&String> = vms.iter().flat_map(|vm| vm.values.keys()).collect();
        let mut directives = Vec::new();
        for slot in slots {
            self.level(slot, &vms, &mut directives);
        }
        Ok(Request {
            owners: Owners::Needed,
            vms: vms
                .into_iter()
                .map(|vm| VmRequest {
                    instance: vm.instance,
                    vm: vm.name,
                    origin: vm.origin,
                })
                .collect(),
            directives,
            ..Request::default()
        })
    }

    fn level(&self, slot: &str, vms: &[Resolved], directives: &mut Vec<ScopedDirective>) {
        let of_vms: Vec<_> = vms.iter().map(|vm| vm.values.get(slot)).collect();
        let mut for_all = Vec::new();
        if let Some(shared) = shared(&of_vms) {
            for_all = shared;
        } else if let Some(Given { wants, origin }) = self.default_setting(slot) {
            // Every instance that has another value says so itself. None can have none: a table can only
            // add to [defaults].
            for_all = wants
                .into_iter()
                .map(|want| (want, origin.clone()))
                .collect();
        }
        for (vm, given) in vms.iter().zip(of_vms) {
            let Some(given) = given else { continue };
            for want in &given.wants {
                if !for_all.iter().any(|(shared, _)| shared == want) {
                    directives.push(ScopedDirective {
                        scope: Scope::Instance(vm.instance.clone()),
                        want: want.clone(),
                        origin: given.origin.clone(),
                    });
                }
            }
        }
        directives.extend(for_all.into_iter().map(|(want, origin)| ScopedDirective {
            scope: Scope::All,
            want,
            origin,
        }));
    }

    /// What `[defaults]` says, if it is the value of a property: that alone can an instance replace.
    fn default_setting(&self, slot: &str) -> Option<Given> {
        let entry = self.defaults.entries.iter().find(|e| e.slot == slot)?;
        let is_setting = entry
            .wants
            .iter()
            .all(|want| want.option().placement == Placement::Property);
        (is_setting && !entry.wants.is_empty()).then(|| Given {
            wants: entry.wants.clone(),
            origin: origin(&self.defaults, entry.line),
        })
    }
}

/// What every VM asks for, and who says so.
fn shared(of_vms: &[Option<&Given>]) -> Option<Vec<(Directive, Origin)>> {
    let given: Option<Vec<&Given>> = of_vms.iter().copied().collect();
    let given = given?;
    let first = given.first()?;
    let alike = given.iter().all(|other| other.wants == first.wants);
    let shared: Vec<_> = first
        .wants
        .iter()
        .filter(|want| match want.option().placement {
            // A dependency of the service is every instance's, beside its own.
            Placement::Dependency => given.iter().all(|other| other.wants.contains(want)),
            Placement::Property | Placement::List | Placement::Instance => alike,
            Placement::EachInstance => false,
        })
        .cloned()
        .collect();
    let origin = together(&given);
    let shared: Vec<_> = shared
        .into_iter()
        .map(|want| (want, origin.clone()))
        .collect();
    (!shared.is_empty()).then_some(shared)
}

/// So many tables are named that say the same.
const ORIGINS_SHOWN: usize = 16;

/// The tables that say so, each once.
fn together(given: &[&Given]) -> Origin {
    let (mut origins, mut more, mut seen): (Vec<String>, _, _) = (Vec::new(), 0, BTreeSet::new());
    for given in given {
        let origin = given.origin.to_string();
        if !seen.insert(origin.clone()) {
            continue;
        }
        if origins.len() < ORIGINS_SHOWN {
            origins.push(origin);
        } else {
            more += 1;
        }
    }
    if more > 0 {
        origins.push(format!("and {more} more"));
    }
    Origin::new(&origins.join(", "))
}
