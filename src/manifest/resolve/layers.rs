//! The wishes by whom they are for. The closest counts: one for the VM, then one for its user's VMs, then one
//! for all.

use std::collections::HashMap;

use super::super::blueprint::AccountName;
use super::super::request::{Origin, Want, Whom, Wish};
use super::super::setting::Setting;
use super::ResolveError;
use crate::config::schema;
use crate::smf::fmri::InstanceName;

/// The wishes, sorted by whom they are for, each group in the order in which it was made.
pub(in crate::manifest) struct Layers<'r> {
    groups: HashMap<&'r Whom, Vec<&'r Wish>>,
}

impl<'r> Layers<'r> {
    pub(in crate::manifest) fn of(wishes: &'r [Wish]) -> Self {
        let mut groups: HashMap<_, Vec<_>> = HashMap::new();
        for wish in wishes {
            groups.entry(&wish.whom).or_default().push(wish);
        }
        Self { groups }
    }

    /// One of two values would be lost.
    pub(in crate::manifest) fn check_once(wishes: &[Wish]) -> Result<(), ResolveError> {
        let mut slots: HashMap<(&Whom, String), &Wish> = HashMap::new();
        for wish in wishes {
            let Some(slot) = wish.want.slot() else {
                continue;
            };
            if let Some(first) = slots.get(&(&wish.whom, slot.clone())) {
                return Err(ResolveError::Twice {
                    slot,
                    whom: wish.whom.clone(),
                    first: first.origin.clone(),
                    second: wish.origin.clone(),
                });
            }
            slots.insert((&wish.whom, slot), wish);
        }
        Ok(())
    }

    fn group(&self, whom: &Whom) -> impl Iterator<Item = &'r Wish> + use<'r, '_> {
        self.groups.get(whom).into_iter().flatten().copied()
    }

    /// Those for all VMs.
    pub(in crate::manifest) fn all(&self) -> impl Iterator<Item = &'r Wish> + use<'r, '_> {
        self.group(&Whom::All)
    }

    /// Those for this VM or its user's, the closest first.
    pub(in crate::manifest) fn closer_for(
        &self,
        instance: &InstanceName,
        user: Option<&AccountName>,
    ) -> impl Iterator<Item = &'r Wish> + use<'r, '_> {
        let own = self.group(&Whom::Instance(instance.clone()));
        let of_user = user.map(|user| self.group(&Whom::User(user.clone())));
        own.chain(of_user.into_iter().flatten())
    }

    /// All that are for this VM, the closest first.
    pub(in crate::manifest) fn everything_for(
        &self,
        instance: &InstanceName,
        user: Option<&AccountName>,
    ) -> impl Iterator<Item = &'r Wish> + use<'r, '_> {
        self.closer_for(instance, user).chain(self.all())
    }

    /// The closest that is wanted.
    pub(in crate::manifest) fn first<T>(
        &self,
        instance: &InstanceName,
        user: Option<&AccountName>,
        wanted: impl Fn(&'r Want) -> Option<&'r T>,
    ) -> Option<&'r T> {
        self.everything_for(instance, user)
            .find_map(|wish| wanted(&wish.want))
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
        self.group(&Whom::Instance(instance.clone()))
            .find(|wish| {
                matches!(&wish.want, Want::Setting(setting) if *setting.property == schema::NAME)
            })
            .map(|wish| &wish.origin)
    }
}

fn settings<'r>(wishes: impl Iterator<Item = &'r Wish>) -> Vec<Setting> {
    let mut settings: Vec<Setting> = Vec::new();
    for wish in wishes {
        if let Want::Setting(setting) = &wish.want
            && settings.iter().all(|s| s.property != setting.property)
        {
            settings.push(setting.clone());
        }
    }
    settings
}
