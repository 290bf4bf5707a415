//! What svccfg lets pass and somebody will regret.

use super::super::{Rule, Severity, Stage};

pub(in super::super) const PARTIAL_METHOD: Rule = Rule {
    stage: Stage::Lint,
    severity: Severity::Warning,
    title: "an instance overrides only a part of a method",
    explanation: "svc.startd reads exec, type and timeout_seconds of a method from one property group. An instance with its own start or stop group that lacks one of them fails with \"Method property 'stop/exec' is not present\".",
    help: "write the whole exec_method in the instance, or none",
};

pub(in super::super) const SHORT_TIMEOUT: Rule = Rule {
    stage: Stage::Lint,
    severity: Severity::Warning,
    title: "the method is killed before its work can be done",
    explanation: "After timeout_seconds, svc.startd kills everything that the method started, including VBoxSVC and with it all VMs of the user. The methods of this program end ten seconds earlier.",
    help: "raise timeout_seconds, or lower vm/stop_timeout or vm/start_delay",
};

pub(in super::super) const EXEC_TOKENS: Rule = Rule {
    stage: Stage::Lint,
    severity: Severity::Warning,
    title: "svc.startd cannot expand the method",
    explanation: "svc.startd knows the tokens %s %i %f %m %r %% and %{group/property}. With any other token, or an unclosed brace, the method is not run and the instance goes to maintenance. svccfg validate and import do not check this.",
    help: "write %% for a percent sign",
};

pub(in super::super) const KILL_TRANSIENT: Rule = Rule {
    stage: Stage::Lint,
    severity: Severity::Warning,
    title: ":kill in a transient service",
    explanation: "A transient service has no contract to which a signal could be sent: svc.startd says \"Invalid use of :kill as stop method for transient service\", and the instance goes to maintenance.",
    help: "use :true if there is nothing to stop",
};

pub(in super::super) const SINGLE_INSTANCE: Rule = Rule {
    stage: Stage::Lint,
    severity: Severity::Warning,
    title: "single_instance has no effect",
    explanation: "SMF has never enforced it.",
    help: "remove single_instance",
};

pub(in super::super) const NAME_BY_MISTAKE: Rule = Rule {
    stage: Stage::Lint,
    severity: Severity::Warning,
    title: "svccfg accepts this name by mistake",
    explanation: "libuutil does not check the last character of a name component that is followed by a slash: sit!/demo is accepted. Other programs reject it.",
    help: "use letters, digits, - and _ only",
};

pub(in super::super) const TEXT_CUT: Rule = Rule {
    stage: Stage::Lint,
    severity: Severity::Warning,
    title: "the value is truncated to 4095 bytes",
    explanation: "svccfg import silently truncates an astring, including exec strings.",
    help: "shorten the value, or split it into several",
};

pub(in super::super) const RESTARTER_FMRI: Rule = Rule {
    stage: Stage::Lint,
    severity: Severity::Warning,
    title: "the restarter is not an instance",
    explanation: "svccfg warns: \"restarter FMRI is not valid; instance fmri required\", and checks the instance against no restarter's template.",
    help: "specify the instance, for example svc:/network/inetd:default",
};

pub(in super::super) const INCLUDE_NOT_READ: Rule = Rule {
    stage: Stage::Lint,
    severity: Severity::Warning,
    title: "an included file was not checked",
    explanation: "svccfg replaces xi:include with the file. This program reads only files in the folder of the manifest or profile, does not follow links, does not use the network, and reads at most 16 MB, 64 files and 16 nested levels. Files included by a profile are checked with it; for files included by a manifest, only whether they can be read is checked.",
    help: "check the included file as well",
};

pub(in super::super) const XML_VERSION: Rule = Rule {
    stage: Stage::Lint,
    severity: Severity::Warning,
    title: "the XML version is not 1.0",
    explanation: "libxml2 warns \"Unsupported version\" and continues.",
    help: "write <?xml version='1.0'?>",
};

pub(in super::super) const VM_PROPERTY: Rule = Rule {
    stage: Stage::Lint,
    severity: Severity::Warning,
    title: "the methods of this program do not accept this property",
    explanation: "A property of the groups vm and virtualbox is unknown to the program, or has a value that is not allowed: the method warns about an unknown property and fails with an invalid value (exit status 96).",
    help: "see vbox-smf describe for the properties",
};

pub(in super::super) const SHORT_FMRI: Rule = Rule {
    stage: Stage::Lint,
    severity: Severity::Warning,
    title: "the FMRI is not in its full form",
    explanation: "svccfg stores system/filesystem/local unchanged, and svc.startd and svcs do not recognize it as svc:/system/filesystem/local.",
    help: "begin it with svc:/",
};

pub(in super::super) const DEPENDENCY_KIND: Rule = Rule {
    stage: Stage::Lint,
    severity: Severity::Warning,
    title: "the type of the dependency does not match its FMRI",
    explanation: "A dependency of type path names files (file://localhost/...), one of type service names services. svccfg does not check this.",
    help: "change the type or the FMRI",
};

pub(in super::super) const NODE_IGNORED: Rule = Rule {
    stage: Stage::Lint,
    severity: Severity::Warning,
    title: "svccfg ignores this",
    explanation: "A processing instruction among notification parameters is reported as an \"illegal element\" and omitted; an entity reference between services is omitted silently.",
    help: "remove it",
};

pub(in super::super) const TOO_MANY: Rule = Rule {
    stage: Stage::Lint,
    severity: Severity::Warning,
    title: "too many findings",
    explanation: "Only the first thousand findings of a file are reported.",
    help: "correct these first",
};

pub(in super::super) const PROFILE_TWICE: Rule = Rule {
    stage: Stage::Lint,
    severity: Severity::Warning,
    title: "svccfg apply keeps the first of two",
    explanation: "If a profile has a property or a dependent twice, svccfg apply reports \"Multiple definitions\", keeps the first one, and continues with exit status 0. svccfg import would reject such a manifest.",
    help: "keep one of the two",
};

pub(in super::super) const PROFILE_GRAMMAR: Rule = Rule {
    stage: Stage::Lint,
    severity: Severity::Warning,
    title: "the DTD does not allow this in a profile",
    explanation: "svccfg apply checks only parts of a profile against the DTD: dependencies, dependents, methods, notification types and stabilities of property groups. Other violations of the DTD are accepted and often ignored silently: unknown elements between services, text, attributes. Editors and xmllint --valid report them.",
    help: "write it as the DTD requires",
};

pub(in super::super) const PROFILE_LEFT_OUT: Rule = Rule {
    stage: Stage::Lint,
    severity: Severity::Warning,
    title: "svccfg apply omits this and what follows it",
    explanation: "The repository rejects the name or the value. svccfg apply reports this, omits the property group and those after it in the same service or instance, continues with the next one, and ends with exit status 0.",
    help: "write a valid name or value",
};

pub(in super::super) const MISSING_TYPE: Rule = Rule {
    stage: Stage::Lint,
    severity: Severity::Warning,
    title: "the type depends on the repository",
    explanation: "If a profile omits a type, svccfg apply takes it from the repository or from a template. Without such a property group or property, it rejects the profile; if the property is a count, an integer or a boolean, it applies the profile and crashes. The content of the repository is not known here.",
    help: "specify the type, for example type='astring'",
};
