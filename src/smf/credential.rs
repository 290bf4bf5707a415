//! As whom svc.startd runs a method, and as whom whoever wrote its context meant it to.
//!
//! The two differ where `use_profile` is missing: svc.startd looks at a user only in a property group that says
//! `use_profile=false`, in the method's group first and then in `method_context`; with none of the two it runs the method
//! as root (`restarter_get_method_context` in illumos' librestart; seen on the real svc.startd). A manifest's
//! `method_context` sets both, an instance made by hand often sets the user alone.

use std::fmt;

use super::composition::{Composed, context_groups};
use crate::text::printable::Printable;

/// The property that says whether a rights profile, or the user and the groups of the context, count.
const USE_PROFILE: &str = "use_profile";
/// The user whom svc.startd runs methods as without a context.
pub(crate) const ROOT: &str = "root";

/// The names of the properties that decide, in each of the two property groups.
pub(crate) const PROPERTIES: [&str; 3] = ["user", USE_PROFILE, "profile"];

/// What decides as whom a method runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Credential<'p> {
    /// The user whom the context names, and the property group that does.
    named: Option<(&'p str, String)>,
    /// What svc.startd makes of it.
    counts: Counts<'p>,
}

/// What svc.startd goes by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Counts<'p> {
    /// This user: a login name, or a user id where it begins with a digit.
    User(&'p str),
    /// Nothing: root.
    Nothing,
    /// What this rights profile says of the method's program.
    Profile(&'p str),
    /// What it cannot use: it runs no method.
    Unusable,
}

/// A user whom the context names and svc.startd does not run the method as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Ignored {
    /// The user.
    pub(crate) user: String,
    /// `method_context`, or the method's property group.
    pub(crate) group: String,
    /// As whom it runs instead, where that is known.
    pub(crate) instead: Option<String>,
    /// The rights profile that decides, where one does.
    pub(crate) profile: Option<String>,
}

impl<'p> Credential<'p> {
    /// As whom svc.startd runs a method with these properties.
    pub(crate) fn new(properties: &'p impl Composed, method: &str) -> Self {
        let value = |group: &str, name: &str| {
            let values = properties.values(group, name)?;
            values.first().map(String::as_str)
        };
        let groups = context_groups(method);
        // Where the method's own group does not say it, nothing else in that group counts.
        let deciding = match value(method, USE_PROFILE) {
            Some(_) => &groups[..],
            None => &groups[1..],
        };
        let first = |name| deciding.iter().find_map(|group| value(group, name));
        let counts = match first(USE_PROFILE) {
            None => Counts::Nothing,
            Some("false") => first("user").map_or(Counts::Unusable, Counts::User),
            Some("true") => first("profile").map_or(Counts::Unusable, Counts::Profile),
            Some(_) => Counts::Unusable,
        };
        let named = groups
            .into_iter()
            .find_map(|group| Some((value(group, "user")?, group.to_owned())));
        Self { named, counts }
    }

    /// As whom svc.startd runs the method, where the properties tell: a login name or a user id.
    pub(crate) fn user(&self) -> Option<&'p str> {
        match self.counts {
            Counts::User(user) => Some(user),
            Counts::Nothing => Some(ROOT),
            Counts::Profile(_) | Counts::Unusable => None,
        }
    }

    /// Whether a rights profile decides.
    pub(crate) fn has_profile(&self) -> bool {
        matches!(self.counts, Counts::Profile(_))
    }

    /// The user whom the context names, whether svc.startd looks at it or not.
    pub(crate) fn named(&self) -> Option<&'p str> {
        self.named.as_ref().map(|(user, _)| *user)
    }

    /// The user whom the context names in vain.
    pub(crate) fn ignored(&self) -> Option<Ignored> {
        let (user, group) = self.named.as_ref()?;
        let is_root = [ROOT, "0"].contains(user);
        let is_so = match self.counts {
            Counts::User(counts) => counts == *user,
            Counts::Nothing => is_root,
            // svc.startd says itself that it cannot use it, and runs nothing.
            Counts::Unusable => true,
            Counts::Profile(_) => false,
        };
        (!is_so).then(|| Ignored {
            user: (*user).to_owned(),
            group: group.clone(),
            instead: self.user().map(str::to_owned),
            profile: match self.counts {
                Counts::Profile(profile) => Some(profile.to_owned()),
                _ => None,
            },
        })
    }
}

impl Ignored {
    /// The command, without the instance, that has svc.startd look at the user.
    pub(crate) fn setprop(&self) -> String {
        format!("setprop {}/{USE_PROFILE} = boolean: false", self.group)
    }
}

impl fmt::Display for Ignored {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (user, group) = (Printable(&self.user), &self.group);
        match (&self.instead, &self.profile) {
            (Some(instead), _) => write!(
                f,
                "svc.startd runs its method as {}, not as {user}: it ignores {group}/user if {group}/{USE_PROFILE} is not set",
                Printable(instead)
            ),
            (None, Some(profile)) => write!(
                f,
                "{group}/user={user} is ignored: {USE_PROFILE} is true, and the rights profile '{}' determines the user as whom svc.startd runs its method",
                Printable(profile)
            ),
            (None, None) => write!(f, "{group}/user={user} is ignored"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::smf::tools::svcprop::{Properties, Value};

    /// The properties of `start` and `method_context`, as whom svc.startd runs the start, and what it says of a user whom
    /// it ignores.
    #[test]
    fn as_whom_svc_startd_runs_a_method() {
        type Row = (
            &'static [(&'static str, &'static str)],
            Option<&'static str>,
            Option<&'static str>,
        );
        let rows: &[Row] = &[
            (&[], Some("root"), None),
            (
                &[
                    ("method_context/user", "vb"),
                    ("method_context/use_profile", "false"),
                ],
                Some("vb"),
                None,
            ),
            (
                &[
                    ("method_context/user", "1001"),
                    ("method_context/use_profile", "false"),
                ],
                Some("1001"),
                None,
            ),
            // Made by hand.
            (
                &[("method_context/user", "vb")],
                Some("root"),
                Some("runs its method as root, not as vb"),
            ),
            (&[("method_context/user", "root")], Some("root"), None),
            (&[("method_context/user", "0")], Some("root"), None),
            // The method's own comes first, and counts where it says so itself.
            (
                &[
                    ("start/user", "anne"),
                    ("start/use_profile", "false"),
                    ("method_context/user", "vb"),
                    ("method_context/use_profile", "false"),
                ],
                Some("anne"),
                None,
            ),
            (
                &[
                    ("start/user", "anne"),
                    ("method_context/user", "vb"),
                    ("method_context/use_profile", "false"),
                ],
                Some("vb"),
                Some(
                    "runs its method as vb, not as anne: it ignores start/user if start/use_profile",
                ),
            ),
            // What it leaves out, the entity's says.
            (
                &[
                    ("start/use_profile", "false"),
                    ("method_context/user", "vb"),
                ],
                Some("vb"),
                None,
            ),
            (
                &[
                    ("method_context/user", "vb"),
                    ("method_context/use_profile", "true"),
                    ("method_context/profile", "VM Operator"),
                ],
                None,
                Some("use_profile is true, and the rights profile 'VM Operator' determines"),
            ),
            // It cannot use these: no method runs.
            (&[("method_context/use_profile", "false")], None, None),
            (&[("method_context/use_profile", "true")], None, None),
            (
                &[
                    ("method_context/user", "vb"),
                    ("method_context/use_profile", "maybe"),
                ],
                None,
                None,
            ),
        ];
        for (properties, user, ignored) in rows {
            let composed: Properties = properties
                .iter()
                .map(|(path, text)| {
                    let value = Value {
                        value_type: "astring".to_owned(),
                        values: vec![(*text).to_owned()],
                    };
                    ((*path).to_owned(), value)
                })
                .collect();
            let credential = Credential::new(&composed, "start");
            assert_eq!(credential.user(), *user, "{properties:?}");
            let told = credential.ignored().map(|ignored| ignored.to_string());
            match ignored {
                None => assert_eq!(told, None, "{properties:?}"),
                Some(words) => assert!(
                    told.as_ref().is_some_and(|told| told.contains(words)),
                    "{properties:?}: {told:?}"
                ),
            }
        }
    }
}
