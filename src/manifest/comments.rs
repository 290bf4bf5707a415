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
VMs come last and go first: at a shutdown they are stopped while everything that
they may need still runs. No dependency ever restarts a VM: restart_on is none.",
    },
    Comment {
        element: "dependency",
        name: "filesystem-remote",
        text: "Disks may be on NFS. Where these are not enabled they are not waited for.",
    },
    Comment {
        element: "exec_method",
        name: "start",
        text: "\
At a timeout svc.startd kills everything that the method has started, which can be all
VMs of the user. So vbox-smf gives up 10 seconds before, and a longer vm/start_delay or
vm/stop_timeout needs a longer timeout here.",
    },
    Comment {
        element: "exec_method",
        name: "refresh",
        text: "The methods read their properties when they run: there is nothing to refresh.",
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
Who may restart, refresh, clear and mark an instance takes the first; svcadm enable and
disable take both. With -t they are for root alone, and whoever has solaris.smf.modify.",
    },
    Comment {
        element: "property_group",
        name: "startd",
        text: "\
Transient, because VirtualBox starts all VMs of a user from one daemon, and that lives in
the process contract of whichever instance was first: contracts do not tell whose VM died.",
    },
    Comment {
        element: "property_group",
        name: "vm",
        text: "\
For all VMs. An instance's own values come first:
    svccfg -s INSTANCE setprop vm/stop_method = astring: acpipowerbutton
    svcadm refresh INSTANCE",
    },
    Comment {
        element: "property_group",
        name: "virtualbox",
        text: "\
Not in the group vm and without value_authorization: whoever may tune a VM may not choose
a program that is run as its owner.",
    },
    Comment {
        element: "instance",
        name: "",
        text: "\
An instance is a VM. It has a group vm of its own, even with nothing to say, because svccfg
sets a property only in a group that is there, and an empty general/comment, because svcadm
enable and disable write it, and with value_authorization nobody can add a property.",
    },
    Comment {
        element: "method_context",
        name: "",
        text: "VirtualBox keeps VMs per user, so the methods run as the user whose VM it is.",
    },
    Comment {
        element: "template",
        name: "",
        text: "What svccfg describe -v tells, and svccfg validate checks.",
    },
];

/// Of a profile.
const PROFILE: &[Comment] = &[
    Comment {
        element: "service",
        name: "",
        text: "\
Written by vbox-smf gen profile, for a host that has the instances.
    svccfg apply FILE",
    },
    Comment {
        element: "property_group",
        name: "start",
        text: "\
A longer vm/start_delay needs a longer timeout. The group is written whole, because on
an instance it hides the service's.",
    },
    Comment {
        element: "property_group",
        name: "stop",
        text: "\
A longer vm/stop_timeout needs a longer timeout. The group is written whole, because on
an instance it hides the service's.",
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
