//! The comments in a manifest, for the administrator who reads it on the host.
//!
//! A comment stands before the first element that it fits, once.

use super::element::Element;

/// A comment and what it stands before.
#[derive(Debug)]
struct Comment {
    element: &'static str,
    /// Its `@name`; empty for any.
    name: &'static str,
    text: &'static str,
}

/// Of a manifest, in the order of the elements.
const MANIFEST: &[Comment] = &[
    Comment {
        element: "service",
        name: "",
        text: "\
Written by vbox-smf gen: one instance for each VirtualBox VM.
    svccfg import FILE; svcadm enable INSTANCE",
    },
    Comment {
        element: "dependency",
        name: "multi-user-server",
        text: "\
VMs start last and stop first: at a shutdown they are stopped while everything that
they may need is still running. No dependency restarts a VM: restart_on is none.",
    },
    Comment {
        element: "dependency",
        name: "filesystem-remote",
        text: "Disks may be on NFS. Services that are not enabled are not waited for.",
    },
    Comment {
        element: "exec_method",
        name: "start",
        text: "\
At a timeout svc.startd kills everything that the method has started, which can be all
VMs of the user. Therefore vbox-smf gives up 10 seconds earlier, and a longer
vm/start_delay or vm/stop_timeout needs a longer timeout here.",
    },
    Comment {
        element: "exec_method",
        name: "refresh",
        text: "The methods read the properties whenever they run; there is nothing to refresh.",
    },
    Comment {
        element: "notification_parameters",
        name: "",
        text: "\
svccfg listnotify shows them. Mail is sent by svc:/system/fm/smtp-notify, traps by
svc:/system/fm/snmp-notify: they must be installed and enabled.",
    },
    Comment {
        element: "property_group",
        name: "general",
        text: "\
The first is needed to restart, refresh, clear and mark an instance; svcadm enable and
disable need both. With -t they require root or solaris.smf.modify.",
    },
    Comment {
        element: "property_group",
        name: "startd",
        text: "\
Transient, because VirtualBox starts all VMs of a user from one daemon, which is in the
process contract of the first instance: a contract does not show which VM has ended.",
    },
    Comment {
        element: "property_group",
        name: "vm",
        text: "\
Defaults for all VMs. Values of an instance take precedence:
    svccfg -s INSTANCE setprop vm/stop_method = astring: acpipowerbutton
    svcadm refresh INSTANCE",
    },
    Comment {
        element: "property_group",
        name: "virtualbox",
        text: "\
Not in the group vm and without value_authorization: users who may tune a VM must not
choose a program that runs as its owner.",
    },
    Comment {
        element: "instance",
        name: "",
        text: "\
One instance for each VM. It has its own group vm, even if empty, because svccfg sets a
property only in an existing group, and an empty general/comment, because svcadm enable
and disable write it, and value_authorization does not allow adding a property.",
    },
    Comment {
        element: "method_context",
        name: "",
        text: "VirtualBox keeps VMs per user, so the methods run as the owner of the VM.",
    },
    Comment {
        element: "template",
        name: "",
        text: "Shown by svccfg describe -v and checked by svccfg validate.",
    },
];

/// Of a profile.
const PROFILE: &[Comment] = &[
    Comment {
        element: "service",
        name: "",
        text: "\
Written by vbox-smf gen profile, for a host on which the instances exist.
    svccfg apply FILE",
    },
    Comment {
        element: "property_group",
        name: "start",
        text: "\
A longer vm/start_delay needs a longer timeout. The group is complete,
because on an instance it hides the group of the service.",
    },
    Comment {
        element: "property_group",
        name: "stop",
        text: "\
A longer vm/stop_timeout needs a longer timeout. The group is complete,
because on an instance it hides the group of the service.",
    },
];

/// The comments that are still to be written.
#[derive(Debug)]
pub(super) struct Comments {
    table: &'static [Comment],
    written: Vec<bool>,
}

impl Comments {
    /// The comments for a document of this root.
    pub(super) fn of(root: &Element) -> Self {
        let is_profile = root
            .attributes
            .iter()
            .any(|(name, value)| name == "type" && value == "profile");
        let table = if is_profile { PROFILE } else { MANIFEST };
        Self {
            table,
            written: vec![false; table.len()],
        }
    }

    /// The comment that belongs before this element, unless it was given before.
    pub(super) fn before(&mut self, element: &Element) -> Option<&'static str> {
        let name = element.name_attribute();
        let at = self.table.iter().position(|comment| {
            comment.element == element.name
                && (comment.name.is_empty() || name == Some(comment.name))
        })?;
        let before = std::mem::replace(&mut self.written[at], true);
        (!before).then_some(self.table[at].text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_can_stand_in_xml() {
        for comment in MANIFEST.iter().chain(PROFILE) {
            assert!(!comment.text.contains("--"), "{}", comment.text);
            for line in comment.text.lines() {
                assert!(line.len() <= 92, "{line}");
            }
        }
    }
}
