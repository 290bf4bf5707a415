//! What svccfg lets pass and somebody will regret.

use super::super::{Rule, Severity, Stage};

pub(in super::super) const PARTIAL_METHOD: Rule = Rule {
    stage: Stage::Lint,
    severity: Severity::Warning,
    title: "an instance overrides only a part of a method",
    explanation: "svc.startd reads exec, type and timeout_seconds of a method from one property group. An instance that has a group start or stop of its own without all three fails with \"Method property 'stop/exec' is not present\".",
    help: "write the whole exec_method in the instance, or none",
};

pub(in super::super) const SHORT_TIMEOUT: Rule = Rule {
    stage: Stage::Lint,
    severity: Severity::Warning,
    title: "the method is killed before its work can be done",
    explanation: "svc.startd kills everything that the method started, VBoxSVC and with it all VMs of the user included, when timeout_seconds are over. The methods of this program end ten seconds before.",
    help: "raise timeout_seconds, or lower vm/stop_timeout or vm/start_delay",
};

pub(in super::super) const EXEC_TOKENS: Rule = Rule {
    stage: Stage::Lint,
    severity: Severity::Warning,
    title: "svc.startd cannot expand the method",
    explanation: "svc.startd knows the tokens %s %i %f %m %r %% and %{group/property}. With any other one, or a brace that is not closed, the method is not run and the instance goes to maintenance. validate and import do not look at it.",
    help: "write %% for a percent sign",
};

pub(in super::super) const KILL_TRANSIENT: Rule = Rule {
    stage: Stage::Lint,
    severity: Severity::Warning,
    title: ":kill in a transient service",
    explanation: "A transient service has no contract that could be sent a signal: svc.startd says \"Invalid use of :kill as stop method for transient service\", and the instance goes to maintenance.",
    help: "use :true where there is nothing to stop",
};

pub(in super::super) const SINGLE_INSTANCE: Rule = Rule {
    stage: Stage::Lint,
    severity: Severity::Warning,
    title: "single_instance has no effect",
    explanation: "SMF never enforced it. It says nothing to readers but that there was a time when somebody hoped so.",
    help: "remove single_instance",
};

pub(in super::super) const NAME_BY_MISTAKE: Rule = Rule {
    stage: Stage::Lint,
    severity: Severity::Warning,
    title: "svccfg takes this name by mistake",
    explanation: "libuutil does not look at the last character of a part of a service's name that is followed by a slash: sit!/demo passes. Other programs will refuse it.",
    help: "use letters, digits, - and _ only",
};

pub(in super::super) const TEXT_CUT: Rule = Rule {
    stage: Stage::Lint,
    severity: Severity::Warning,
    title: "the value is cut at 4095 bytes",
    explanation: "svccfg import cuts an astring silently, exec strings included.",
    help: "shorten the value, or split it into several",
};

pub(in super::super) const RESTARTER_FMRI: Rule = Rule {
    stage: Stage::Lint,
    severity: Severity::Warning,
    title: "the restarter is not an instance",
    explanation: "svccfg warns: \"restarter FMRI is not valid; instance fmri required\", and checks the instance against no restarter's template.",
    help: "name the instance, as in svc:/network/inetd:default",
};

pub(in super::super) const INCLUDE_NOT_READ: Rule = Rule {
    stage: Stage::Lint,
    severity: Severity::Warning,
    title: "an included file was not judged",
    explanation: "svccfg puts the file in the place of xi:include. This program reads files in the folder of the manifest or profile only, follows no link there, fetches nothing from a network, and reads no more than 16 MB, 64 files, and files in files 16 deep. What a profile includes is judged with it; of what a manifest includes only whether it can be read.",
    help: "judge the included file as well",
};

pub(in super::super) const XML_VERSION: Rule = Rule {
    stage: Stage::Lint,
    severity: Severity::Warning,
    title: "the XML version is not 1.0",
    explanation: "libxml2 warns \"Unsupported version\" and reads on.",
    help: "write <?xml version='1.0'?>",
};

pub(in super::super) const VM_PROPERTY: Rule = Rule {
    stage: Stage::Lint,
    severity: Severity::Warning,
    title: "the methods of this program do not take this property",
    explanation: "A property of the groups vm and virtualbox that the program does not know, or a value that it does not allow: the method warns of the one and fails with the other (exit status 96).",
    help: "see vbox-smf describe for what there is",
};

pub(in super::super) const SHORT_FMRI: Rule = Rule {
    stage: Stage::Lint,
    severity: Severity::Warning,
    title: "the FMRI is not in its full form",
    explanation: "svccfg stores system/filesystem/local as it stands, and svc.startd and svcs then do not know that it is svc:/system/filesystem/local.",
    help: "begin it with svc:/",
};

pub(in super::super) const DEPENDENCY_KIND: Rule = Rule {
    stage: Stage::Lint,
    severity: Severity::Warning,
    title: "the dependency's type and its FMRI do not fit",
    explanation: "A dependency of type path names files (file://localhost/...), one of type service names services. svccfg compares neither.",
    help: "change the type or the FMRI",
};

pub(in super::super) const NODE_IGNORED: Rule = Rule {
    stage: Stage::Lint,
    severity: Severity::Warning,
    title: "svccfg ignores this",
    explanation: "A processing instruction among notification parameters is reported as an \"illegal element\" and left out; a reference to an entity between services is left out without a word.",
    help: "remove it",
};

pub(in super::super) const TOO_MANY: Rule = Rule {
    stage: Stage::Lint,
    severity: Severity::Warning,
    title: "there is more of this kind",
    explanation: "Of one file the first thousand findings are kept.",
    help: "mend these first",
};

pub(in super::super) const PROFILE_TWICE: Rule = Rule {
    stage: Stage::Lint,
    severity: Severity::Warning,
    title: "svccfg apply keeps the first of two",
    explanation: "Where a profile has a property or a dependent twice, svccfg apply says \"Multiple definitions\", keeps the first one, and goes on with exit status 0. svccfg import would refuse a manifest for it.",
    help: "keep one of the two",
};

pub(in super::super) const PROFILE_GRAMMAR: Rule = Rule {
    stage: Stage::Lint,
    severity: Severity::Warning,
    title: "the document type does not allow this in a profile",
    explanation: "svccfg apply does not check a profile against the document type as a whole, only dependencies, dependents, methods, types of notifications and stabilities of property groups. What else the document type objects to, it takes, and often leaves out without a word: elements that it does not know between services, text, attributes. Editors and xmllint --valid complain.",
    help: "write it as the document type has it",
};

pub(in super::super) const PROFILE_LEFT_OUT: Rule = Rule {
    stage: Stage::Lint,
    severity: Severity::Warning,
    title: "svccfg apply leaves this out, and what comes after it",
    explanation: "The repository does not take the name or the value. svccfg apply says so, leaves out the property group and those behind it in the same service or instance, goes on with the next one, and ends with exit status 0.",
    help: "write a valid name or value",
};

pub(in super::super) const MISSING_TYPE: Rule = Rule {
    stage: Stage::Lint,
    severity: Severity::Warning,
    title: "the repository says of which type this is",
    explanation: "Where a profile leaves a type out, svccfg apply takes it from the repository or from a template. Where there is no such property group or property, it refuses the profile; where the property is a count, an integer or a boolean, it applies the profile and crashes. What is in the repository is not known here.",
    help: "write the type, as in type='astring'",
};
