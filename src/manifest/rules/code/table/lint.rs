//! What svccfg lets pass and somebody will regret.

use super::super::{Code, Rule};
use super::warning as row;

pub(in super::super) const RULES: &[Rule] = &[
    row(
        Code::PartialMethod,
        [
            "an instance overrides only a part of a method",
            "svc.startd reads exec, type and timeout_seconds of a method from one property group. An instance that has a group start or stop of its own without all three fails with \"Method property 'stop/exec' is not present\".",
            "write the whole exec_method in the instance, or none",
        ],
    ),
    row(
        Code::ShortTimeout,
        [
            "the method is killed before its work can be done",
            "svc.startd kills everything that the method started, VBoxSVC and with it all VMs of the user included, when timeout_seconds are over. The methods of this program end ten seconds before.",
            "raise timeout_seconds, or lower vm/stop_timeout or vm/start_delay",
        ],
    ),
    row(
        Code::ExecTokens,
        [
            "svc.startd cannot expand the method",
            "svc.startd knows the tokens %s %i %f %m %r %% and %{group/property}. With any other one, or a brace that is not closed, the method is not run and the instance goes to maintenance. validate and import do not look at it.",
            "write %% for a percent sign",
        ],
    ),
    row(
        Code::KillTransient,
        [
            ":kill in a transient service",
            "A transient service has no contract that could be sent a signal: svc.startd says \"Invalid use of :kill as stop method for transient service\", and the instance goes to maintenance.",
            "use :true where there is nothing to stop",
        ],
    ),
    row(
        Code::SingleInstance,
        [
            "single_instance has no effect",
            "SMF never enforced it. It says nothing to readers but that there was a time when somebody hoped so.",
            "remove single_instance",
        ],
    ),
    row(
        Code::NameByMistake,
        [
            "svccfg takes this name by mistake",
            "libuutil does not look at the last character of a part of a service's name that is followed by a slash: sit!/demo passes. Other programs will refuse it.",
            "use letters, digits, - and _ only",
        ],
    ),
    row(
        Code::TextCut,
        [
            "the value is cut at 4095 bytes",
            "svccfg import cuts an astring silently, exec strings included.",
            "shorten the value, or split it into several",
        ],
    ),
    row(
        Code::RestarterFmri,
        [
            "the restarter is not an instance",
            "svccfg warns: \"restarter FMRI is not valid; instance fmri required\", and checks the instance against no restarter's template.",
            "name the instance, as in svc:/network/inetd:default",
        ],
    ),
    row(
        Code::IncludeNotRead,
        [
            "an included file was not judged",
            "svccfg puts the file in the place of xi:include. This program does not follow it outside the manifest's folder, and judges this file only.",
            "judge the included file as well",
        ],
    ),
    row(
        Code::XmlVersion,
        [
            "the XML version is not 1.0",
            "libxml2 warns \"Unsupported version\" and reads on.",
            "write <?xml version='1.0'?>",
        ],
    ),
    row(
        Code::VmProperty,
        [
            "the methods of this program do not take this property",
            "A property of the groups vm and virtualbox that the program does not know, or a value that it does not allow: the method warns of the one and fails with the other (exit status 96).",
            "see vbox-smf describe for what there is",
        ],
    ),
    row(
        Code::ShortFmri,
        [
            "the FMRI is not in its full form",
            "svccfg stores system/filesystem/local as it stands, and svc.startd and svcs then do not know that it is svc:/system/filesystem/local.",
            "begin it with svc:/",
        ],
    ),
    row(
        Code::DependencyKind,
        [
            "the dependency's type and its FMRI do not fit",
            "A dependency of type path names files (file://localhost/...), one of type service names services. svccfg compares neither.",
            "change the type or the FMRI",
        ],
    ),
    row(
        Code::NodeIgnored,
        [
            "svccfg ignores this",
            "A processing instruction among notification parameters is reported as an \"illegal element\" and left out; a reference to an entity between services is left out without a word.",
            "remove it",
        ],
    ),
    row(
        Code::TooMany,
        [
            "there is more of this kind",
            "Of one file the first thousand findings are kept.",
            "mend these first",
        ],
    ),
    row(
        Code::ProfileTwice,
        [
            "svccfg apply keeps the first of two",
            "Where a profile has a property or a dependent twice, svccfg apply says \"Multiple definitions\", keeps the first one, and goes on with exit status 0. svccfg import would refuse a manifest for it.",
            "keep one of the two",
        ],
    ),
];
