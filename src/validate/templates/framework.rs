//! The templates that every illumos system has: those of `svc:/system/svc/restarter` for what svc.startd
//! restarts, and those of `svc:/system/svc/global` for everything.
//!
//! `svccfg -s svc:/system/svc/restarter:default describe -t` and `svccfg -s svc:/system/svc/global:default
//! describe -t` show them.

use std::borrow::Cow;

use crate::validate::entity::{GroupPattern, PropertyPattern, Target};
use crate::validate::read::{group_key, property_key};
use crate::validate::value::ValueType;

/// A group of the framework: name, type, whether it is required, and its properties.
struct Row {
    name: &'static str,
    kind: &'static str,
    required: bool,
    properties: &'static [Property],
}

/// A property of a group of the framework.
#[derive(Clone, Copy)]
struct Property {
    name: &'static str,
    value_type: ValueType,
    required: bool,
    /// The least and the greatest number of values.
    cardinality: Option<(u64, u64)>,
    allowed: &'static [&'static str],
}

const fn property(name: &'static str, value_type: ValueType) -> Property {
    Property {
        name,
        value_type,
        required: false,
        cardinality: None,
        allowed: &[],
    }
}
/// With one value.
const fn single(name: &'static str, value_type: ValueType) -> Property {
    Property {
        cardinality: Some((1, 1)),
        ..property(name, value_type)
    }
}
/// With one value, and not to be left out.
const fn must(name: &'static str, value_type: ValueType) -> Property {
    Property {
        required: true,
        ..single(name, value_type)
    }
}
/// With one value of these.
const fn word(name: &'static str, allowed: &'static [&'static str]) -> Property {
    Property {
        allowed,
        ..single(name, ValueType::Astring)
    }
}

use ValueType::{Astring, Boolean, Count, Fmri, Time};

const fn text(name: &'static str) -> Property {
    single(name, Astring)
}

/// A method, as svc.startd has it.
const METHOD: &[Property] = &[
    must("exec", Astring),
    Property {
        required: true,
        ..word("type", &["method"])
    },
    must("timeout_seconds", Count),
    text("working_directory"),
    text("project"),
    text("resource_pool"),
    text("security_flags"),
    text("user"),
    text("group"),
    text("supp_groups"),
    text("privileges"),
    text("limit_privileges"),
    single("use_profile", Boolean),
    text("profile"),
    property("environment", Astring),
];

const STATES: &[&str] = &[
    "online",
    "offline",
    "uninitialized",
    "degraded",
    "disabled",
    "maintenance",
];
const NEXT_STATES: &[&str] = &[
    "online",
    "offline",
    "degraded",
    "disabled",
    "maintenance",
    "none",
];

/// What svc.startd has for its instances.
const RESTARTER: &[Row] = &[
    Row {
        name: "restarter",
        kind: "framework",
        required: false,
        properties: &[
            text("alt_logfile"),
            text("logfile"),
            single("contract", Count),
            single("start_pid", Count),
            single("start_method_timestamp", Time),
            text("auxiliary_state"),
            single("state_timestamp", Time),
            word("state", STATES),
            word("next_state", NEXT_STATES),
        ],
    },
    Row {
        name: "startd",
        kind: "framework",
        required: false,
        properties: &[
            word("duration", &["contract", "transient", "child"]),
            text("ignore_error"),
            single("need_session", Boolean),
            text("utmpx_prefix"),
        ],
    },
    Row {
        name: "start",
        kind: "method",
        required: true,
        properties: METHOD,
    },
    Row {
        name: "stop",
        kind: "method",
        required: true,
        properties: METHOD,
    },
    Row {
        name: "refresh",
        kind: "method",
        required: false,
        properties: METHOD,
    },
];

const fn list(name: &'static str, value_type: ValueType) -> Property {
    Property {
        cardinality: Some((1, u64::MAX)),
        ..property(name, value_type)
    }
}

/// What there is for every instance.
const GLOBAL: &[Row] = &[
    Row {
        name: "general",
        kind: "framework",
        required: true,
        properties: &[
            must("enabled", Boolean),
            single("restarter", Fmri),
            single("single_instance", Boolean),
        ],
    },
    Row {
        name: "",
        kind: "dependency",
        required: false,
        properties: &[
            Property {
                required: true,
                ..list("entities", Fmri)
            },
            single("external", Boolean),
            Property {
                required: true,
                ..word(
                    "grouping",
                    &["require_all", "require_any", "optional_all", "exclude_all"],
                )
            },
            Property {
                required: true,
                ..word("restart_on", &["none", "error", "restart", "refresh"])
            },
            Property {
                required: true,
                ..word("type", &["service", "path"])
            },
        ],
    },
    // What these hold of the patterns of a manifest is checked with the patterns themselves.
    Row {
        name: "",
        kind: "template_pg_pattern",
        required: false,
        properties: &[],
    },
    Row {
        name: "",
        kind: "template_prop_pattern",
        required: false,
        properties: &[],
    },
    Row {
        name: "method_context",
        kind: "framework",
        required: false,
        properties: &[
            text("working_directory"),
            text("project"),
            text("resource_pool"),
            text("user"),
            text("group"),
            text("supp_groups"),
            text("privileges"),
            text("limit_privileges"),
            single("use_profile", Boolean),
            text("profile"),
        ],
    },
    Row {
        name: "firewall_context",
        kind: "com.sun,fw_definition",
        required: false,
        properties: &[
            property("name", Astring),
            property("isrpc", Boolean),
            property("ipf_method", Astring),
        ],
    },
    Row {
        name: "firewall_config",
        kind: "com.sun,fw_configuration",
        required: false,
        properties: &[
            must("policy", Astring),
            text("block_policy"),
            property("apply_to", Astring),
            property("apply_to_6", Astring),
            property("exceptions", Astring),
            property("exceptions_6", Astring),
            property("target", Astring),
            property("target6", Astring),
        ],
    },
    Row {
        name: "",
        kind: "notify_params",
        required: false,
        properties: &[
            property("smtp,active", Boolean),
            property("smtp,to", Astring),
            property("smtp,reply-to", Astring),
            property("snmp,active", Boolean),
            property("syslog,active", Boolean),
        ],
    },
];

type Patterns = (Vec<GroupPattern<'static>>, Vec<PropertyPattern<'static>>);

/// The templates, as patterns.
pub(super) struct Framework {
    restarter: Patterns,
    global: Patterns,
    none: Patterns,
}

impl Framework {
    pub(super) fn new() -> Self {
        Self {
            restarter: patterns(RESTARTER, Target::Delegate),
            global: patterns(GLOBAL, Target::All),
            none: (Vec::new(), Vec::new()),
        }
    }

    /// Those of svc.startd, where they apply.
    pub(super) fn restarter(&self, applies: bool) -> &Patterns {
        if applies { &self.restarter } else { &self.none }
    }

    /// The global ones, where they apply.
    pub(super) fn global(&self, applies: bool) -> &Patterns {
        if applies { &self.global } else { &self.none }
    }
}

fn patterns(rows: &'static [Row], target: Target) -> Patterns {
    let mut patterns: Patterns = (Vec::new(), Vec::new());
    for row in rows {
        let key = group_key(row.name, row.kind);
        for property in row.properties {
            patterns.1.push(PropertyPattern {
                key: property_key(&key, property.name).into(),
                group: Cow::Owned(key.clone()),
                name: property.name,
                value_type: Some(property.value_type),
                required: property.required,
                cardinality: property.cardinality,
                allowed: (!property.allowed.is_empty()).then(|| property.allowed.to_vec()),
                ..PropertyPattern::default()
            });
        }
        patterns.0.push(GroupPattern {
            key: key.into(),
            name: row.name,
            kind: row.kind,
            target,
            required: row.required,
            at: 0,
        });
    }
    patterns
}
