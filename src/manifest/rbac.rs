//! Who may do what, for the databases of RBAC: `auth_attr(5)`, `prof_attr(5)`, `user_attr(5)`.
//!
//! illumos keeps them in fragments, which `svc:/system/rbac` merges when it starts:
//! `/etc/security/auth_attr.d`, `/etc/security/prof_attr.d` and `/etc/user_attr.d`.

mod entry;

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::manifest::authority::{AuthorityError, LoginName, MANAGE, VALUE, VmAuthority};
use crate::manifest::names::ServiceName;
use crate::smf::fmri::InstanceName;
use entry::{Attribute, Entry};

/// The rights profile of those who manage all VMs.
pub(crate) const PROFILE: &str = "VirtualBox Administration";
/// Who is to be allowed what.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Grants {
    /// The service.
    pub(crate) service: ServiceName,
    /// Those who manage all VMs.
    pub(crate) admins: Vec<LoginName>,
    /// Those who manage one VM.
    pub(crate) delegates: Vec<(InstanceName, LoginName)>,
}

/// The three fragments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fragments {
    /// `auth_attr`: the authorizations that there are.
    pub(crate) authorizations: String,
    /// `prof_attr`: the rights profile.
    pub(crate) profiles: String,
    /// `user_attr`: what users have of both.
    pub(crate) users: String,
}

/// The fragments, in one order whatever the order of the grants.
///
/// # Errors
/// A VM cannot have authorizations of its own.
pub(crate) fn fragments(grants: &Grants) -> Result<Fragments, AuthorityError> {
    let mut auths = vec![
        authorization(MANAGE, "Manage VirtualBox VM service states"),
        authorization(VALUE, "Change VirtualBox VM service values"),
    ];
    let mut own: BTreeMap<&InstanceName, VmAuthority> = BTreeMap::new();
    for (instance, _) in &grants.delegates {
        own.insert(instance, VmAuthority::of(&grants.service, instance)?);
    }
    for (instance, authority) in &own {
        auths.push(authorization(
            &authority.manage,
            &format!("Manage the VirtualBox VM service {instance}"),
        ));
        auths.push(authorization(
            &authority.value,
            &format!("Enable and disable the VirtualBox VM service {instance}"),
        ));
    }
    let profile = Entry {
        fields: vec![
            PROFILE.to_owned(),
            String::new(),
            String::new(),
            "Manage and tune all VirtualBox VM services".to_owned(),
        ],
        attributes: vec![Attribute::new("auths", [MANAGE, VALUE])],
    };
    Ok(Fragments {
        authorizations: text(&auths),
        profiles: text(&[profile]),
        users: text(&holders(grants, &own)),
    })
}

/// `name:res1:res2:short_desc:long_desc:attr`
fn authorization(name: &str, description: &str) -> Entry {
    let mut fields = vec![String::new(); 5];
    name.clone_into(&mut fields[0]);
    description.clone_into(&mut fields[3]);
    Entry {
        fields,
        attributes: Vec::new(),
    }
}

/// `user:qualifier:res1:res2:attr`, one line a user: of two lines only the first would count.
fn holders(grants: &Grants, own: &BTreeMap<&InstanceName, VmAuthority>) -> Vec<Entry> {
    let mut users: BTreeMap<&LoginName, (bool, Vec<&str>)> = BTreeMap::new();
    for admin in &grants.admins {
        users.entry(admin).or_default().0 = true;
    }
    for (instance, authority) in own {
        for (_, user) in grants.delegates.iter().filter(|(of, _)| of == *instance) {
            let auths = &mut users.entry(user).or_default().1;
            if !auths.contains(&authority.manage.as_str()) {
                auths.extend([authority.manage.as_str(), authority.value.as_str()]);
            }
        }
    }
    users
        .into_iter()
        .map(|(user, (admin, auths))| {
            let mut attributes = Vec::new();
            if !auths.is_empty() {
                attributes.push(Attribute::new("auths", auths));
            }
            if admin {
                attributes.push(Attribute::new("profiles", [PROFILE]));
            }
            let mut fields = vec![String::new(); 4];
            user.as_str().clone_into(&mut fields[0]);
            Entry { fields, attributes }
        })
        .collect()
}

fn text(entries: &[Entry]) -> String {
    let mut text = String::new();
    for entry in entries {
        let _infallible = writeln!(text, "{entry}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grants(admins: &[&str], delegates: &[(&str, &str)]) -> Grants {
        Grants {
            service: ServiceName::default(),
            admins: admins.iter().map(|user| user.parse().unwrap()).collect(),
            delegates: delegates
                .iter()
                .map(|(instance, user)| (instance.parse().unwrap(), user.parse().unwrap()))
                .collect(),
        }
    }

    #[test]
    fn the_service_alone() {
        let fragments = fragments(&grants(&[], &[])).unwrap();
        assert_eq!(
            fragments.authorizations,
            "solaris.smf.manage.vbox:::Manage VirtualBox VM service states::\n\
             solaris.smf.value.vbox:::Change VirtualBox VM service values::\n"
        );
        assert_eq!(
            fragments.profiles,
            "VirtualBox Administration:::Manage and tune all VirtualBox VM services:\
             auths=solaris.smf.manage.vbox,solaris.smf.value.vbox\n"
        );
        assert_eq!(fragments.users, "");
    }

    #[test]
    fn admins_and_those_who_manage_one_vm() {
        let one = grants(
            &["jim", "ann"],
            &[("vm2", "bob"), ("vm1", "jim"), ("vm1", "bob")],
        );
        let written = fragments(&one).unwrap();
        assert_eq!(
            written.users,
            "ann::::profiles=VirtualBox Administration\n\
             bob::::auths=solaris.smf.manage.vbox.vm1,solaris.smf.value.vbox.vm1,\
             solaris.smf.manage.vbox.vm2,solaris.smf.value.vbox.vm2\n\
             jim::::auths=solaris.smf.manage.vbox.vm1,solaris.smf.value.vbox.vm1;\
             profiles=VirtualBox Administration\n"
        );
        assert_eq!(written.authorizations.lines().count(), 6);
        let mut other = one;
        other.admins.reverse();
        other.delegates.reverse();
        other.delegates.push(other.delegates[0].clone());
        assert_eq!(fragments(&other).unwrap(), written, "order and repetition");
    }

    #[test]
    fn what_is_written_parses_back() {
        let written = fragments(&grants(&["ann"], &[("vm1", "ann"), ("vm_2", "b.o-b")])).unwrap();
        for (text, fields) in [
            (&written.authorizations, 5),
            (&written.profiles, 4),
            (&written.users, 4),
        ] {
            for line in text.lines() {
                let read = Entry::parse(line, fields).unwrap();
                assert_eq!(read.to_string(), line);
            }
        }
        // Every authorization that a user has is one that there is.
        let there: Vec<_> = written
            .authorizations
            .lines()
            .map(|line| Entry::parse(line, 5).unwrap().fields[0].clone())
            .collect();
        let held = written.users.lines().chain(written.profiles.lines());
        for line in held {
            for attribute in Entry::parse(line, 4).unwrap().attributes {
                for value in attribute.values {
                    assert!(there.contains(&value) || value == PROFILE, "{value}");
                }
            }
        }
    }
}
