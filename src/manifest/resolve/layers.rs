//! The directives by whom they are for. The closest counts: one for the VM, then one for its user's VMs, then one
//! for all.

use std::collections::HashMap;

use super::super::blueprint::AccountName;
use super::super::request::{Directive, Origin, Scope, ScopedDirective};
use super::super::setting::Setting;
use super::ResolveError;
use crate::config::schema;
use crate::smf::fmri::InstanceName;

/// The directives, sorted by whom they are for, each group in the order in which it was made.
pub(in crate::manifest) struct Layers<'r> {
    groups: HashMap<&'r Scope, Vec<&'r ScopedDirective>>,
}

impl<'r> Layers<'r> {
    pub(in crate::manifest) fn of(directives: &'r [ScopedDirective]) -> Self {
        let mut groups: HashMap<_, Vec<_>> = HashMap::new();
        for directive in directives {
            groups.entry(&directive.scope).or_default().push(directive);
        }
        Self { groups }
    }

    /// One of two values would be lost.
    pub(in crate::manifest) fn check_once(
        directives: &[ScopedDirective],
    ) -> Result<(), ResolveError> {
        let mut slots: HashMap<(&Scope, String), &ScopedDirective> = HashMap::new();
        for directive in directives {
            let Some(slot) = directive.want.slot() else {
                continue;
            };
            if let Some(first) = slots.get(&(&directive.scope, slot.clone())) {
                return Err(ResolveError::Twice {
                    slot,
                    scope: directive.scope.clone(),
                    first: first.origin.clone(),
                    second: directive.origin.clone(),
                });
            }
            slots.insert((&directive.scope, slot), directive);
        }
        Ok(())
    }

    fn group(&self, scope: &Scope) -> impl Iterator<Item = &'r ScopedDirective> + use<'r, '_> {
        self.groups.get(scope).into_iter().flatten().copied()
    }

    /// Those for all VMs.
    pub(in crate::manifest) fn all(
        &self,
    ) -> impl Iterator<Item = &'r ScopedDirective> + use<'r, '_> {
        self.group(&Scope::All)
    }

    /// Those for this VM or its user's, the closest first.
    pub(in crate::manifest) fn closer_for(
        &self,
        instance: &InstanceName,
        user: Option<&AccountName>,
    ) -> impl Iterator<Item = &'r ScopedDirective> + use<'r, '_> {
        let own = self.group(&Scope::Instance(instance.clone()));
        let of_user = user.map(|user| self.group(&Scope::User(user.clone())));
        own.chain(of_user.into_iter().flatten())
    }

    /// All that are for this VM, the closest first.
    pub(in crate::manifest) fn everything_for(
        &self,
        instance: &InstanceName,
        user: Option<&AccountName>,
    ) -> impl Iterator<Item = &'r ScopedDirective> + use<'r, '_> {
        self.closer_for(instance, user).chain(self.all())
    }

    /// The closest that is wanted.
    pub(in crate::manifest) fn first<T>(
        &self,
        instance: &InstanceName,
        user: Option<&AccountName>,
        wanted: impl Fn(&'r Directive) -> Option<&'r T>,
    ) -> Option<&'r T> {
        self.everything_for(instance, user)
            .find_map(|directive| wanted(&directive.want))
    }

    /// The properties that are set for all VMs.
    pub(in crate::manifest) fn settings_for_all(&self) -> Vec<Setting> {
        settings(self.all())
    }

    /// The properties that are set for this VM or its user's: the closest, each once.
    pub(in crate::manifest) fn settings_for(
        &self,
        instance: &InstanceName,
        user: Option<&AccountName>,
    ) -> Vec<Setting> {
        settings(self.closer_for(instance, user))
    }

    /// Where `vm/name` is set for this instance.
    pub(in crate::manifest) fn named(&self, instance: &InstanceName) -> Option<&'r Origin> {
        self.group(&Scope::Instance(instance.clone()))
            .find(|directive| {
                matches!(&directive.want, Directive::Setting(setting) if *setting.property == schema::NAME)
            })
            .map(|directive| &directive.origin)
    }
}

fn settings<'r>(directives: impl Iterator<Item = &'r ScopedDirective>) -> Vec<Setting> {
    let mut settings: Vec<Setting> = Vec::new();
    for directive in directives {
        if let Directive::Setting(setting) = &directive.want
            && settings.iter().all(|s| s.property != setting.property)
        {
            settings.push(setting.clone());
        }
    }
    settings
}
