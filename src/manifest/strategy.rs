//! For tests: manifests with every element of the model and hostile values.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use super::model::*;
use super::template::*;
use crate::smf::value_type::ValueType;

/// A bundle whose only property has this value.
pub(super) fn with_value(value: &str) -> ServiceBundle {
    ServiceBundle {
        kind: BundleKind::Manifest,
        name: "x".into(),
        services: vec![Service {
            property_groups: vec![PropertyGroup {
                name: "vm".into(),
                kind: "application".into(),
                delete: false,
                stability: None,
                values: vec![PropertyEntry::Propval(Propval {
                    name: "name".into(),
                    kind: ValueType::Astring,
                    value: value.into(),
                    overrides: false,
                })],
            }],
            ..service("site/x")
        }],
    }
}

/// A service without anything in it.
fn service(name: &str) -> Service {
    Service {
        name: name.into(),
        kind: ServiceKind::Service,
        version: "1".into(),
        create_default_instance: None,
        single_instance: None,
        restarter: None,
        dependencies: Vec::new(),
        dependents: Vec::new(),
        method_context: None,
        exec_methods: Vec::new(),
        notification_parameters: Vec::new(),
        property_groups: Vec::new(),
        instances: Vec::new(),
        stability: None,
        template: None,
    }
}

/// What people and attackers put into values.
fn hostile() -> impl Strategy<Value = String> {
    prop_oneof![
        "[ a-z&<>\"'\t\n\r=/]{0,12}",
        "[\\PC\t\n\r]{0,8}",
        Just("]]> --> &#0; &amp;amp; <!-- ${x} %m".to_owned()),
        Just("q\"; VMState=\"running".to_owned()),
    ]
}

/// A text of a template: svccfg cuts the white space around it.
fn text() -> impl Strategy<Value = Text> {
    "[a-z&<>\"'][ -~\n\t]{0,10}[a-z&<>\"']".prop_map(|text| Text::plain(&text))
}

fn stability() -> impl Strategy<Value = Option<Stability>> {
    option::of(
        prop_oneof![
            Just(StabilityLevel::Evolving),
            Just(StabilityLevel::Obsolete)
        ]
        .prop_map(|value| Stability { value }),
    )
}

fn fmri() -> impl Strategy<Value = ServiceFmri> {
    hostile().prop_map(|value| ServiceFmri { value })
}

fn nodes() -> impl Strategy<Value = ValueNodes> {
    vec(hostile().prop_map(|value| ValueNode { value }), 1..4)
        .prop_map(|nodes| ValueNodes { nodes })
}

fn list() -> impl Strategy<Value = ValueList> {
    prop_oneof![
        nodes().prop_map(ValueList::Astring),
        nodes().prop_map(ValueList::NetAddressV4),
        nodes().prop_map(ValueList::Count),
    ]
}

fn entry() -> impl Strategy<Value = PropertyEntry> {
    prop_oneof![
        (hostile(), hostile(), any::<bool>()).prop_map(|(name, value, overrides)| {
            PropertyEntry::Propval(Propval {
                name,
                kind: ValueType::Ustring,
                value,
                overrides,
            })
        }),
        (hostile(), option::of(list()), any::<bool>()).prop_map(|(name, list, overrides)| {
            PropertyEntry::Property(Property {
                name,
                kind: ValueType::NetAddressV6,
                overrides,
                list,
            })
        }),
    ]
}

fn dependency() -> impl Strategy<Value = Dependency> {
    (
        hostile(),
        vec(fmri(), 0..3),
        stability(),
        vec(entry(), 0..2),
        any::<bool>(),
    )
        .prop_map(
            |(name, service_fmris, stability, values, delete)| Dependency {
                name,
                grouping: Grouping::OptionalAll,
                restart_on: RestartOn::None,
                kind: "service".into(),
                delete,
                service_fmris,
                stability,
                values,
            },
        )
}

fn dependent() -> impl Strategy<Value = Dependent> {
    (hostile(), fmri(), stability(), vec(entry(), 0..2)).prop_map(
        |(name, service_fmri, stability, values)| Dependent {
            name,
            grouping: Grouping::RequireAny,
            restart_on: RestartOn::Refresh,
            delete: false,
            overrides: true,
            service_fmri,
            stability,
            values,
        },
    )
}

fn context() -> impl Strategy<Value = MethodContext> {
    let credential = (hostile(), option::of(hostile()), option::of(hostile())).prop_map(
        |(user, group, privileges)| MethodCredential {
            user,
            group,
            supp_groups: None,
            privileges,
            limit_privileges: None,
        },
    );
    let variables = vec(
        (hostile(), hostile()).prop_map(|(name, value)| Envvar { name, value }),
        1..3,
    );
    (
        option::of(hostile()),
        option::of(hostile()),
        option::of(hostile()),
        option::of(credential),
        option::of(variables),
    )
        .prop_map(
            |(working_directory, project, security_flags, method_credential, variables)| {
                MethodContext {
                    working_directory,
                    resource_pool: project.clone(),
                    project,
                    method_profile: match (&method_credential, &security_flags) {
                        (None, Some(name)) => Some(MethodProfile { name: name.clone() }),
                        (Some(_), _) | (None, None) => None,
                    },
                    security_flags,
                    method_credential,
                    method_environment: variables.map(|variables| MethodEnvironment { variables }),
                }
            },
        )
}

fn method() -> impl Strategy<Value = ExecMethod> {
    (
        hostile(),
        hostile(),
        option::of(context()),
        stability(),
        vec(entry(), 0..2),
    )
        .prop_map(
            |(name, exec, method_context, stability, values)| ExecMethod {
                kind: MethodKind::Method,
                name,
                exec,
                timeout_seconds: "-1".into(),
                delete: false,
                method_context,
                stability,
                values,
            },
        )
}

fn notification() -> impl Strategy<Value = NotificationParameters> {
    let parameter = prop_oneof![
        (hostile(), hostile())
            .prop_map(|(name, value)| ParameterEntry::Paramval(Paramval { name, value })),
        (
            hostile(),
            vec(hostile().prop_map(|value| ValueNode { value }), 0..3)
        )
            .prop_map(|(name, values)| ParameterEntry::Parameter(Parameter { name, values })),
    ];
    let way = (hostile(), option::of(any::<bool>()), vec(parameter, 0..3)).prop_map(
        |(name, active, parameters)| NotificationType {
            name,
            active,
            parameters,
        },
    );
    (hostile(), vec(way, 1..3)).prop_map(|(value, types)| NotificationParameters {
        event: Event { value },
        types,
    })
}

fn group() -> impl Strategy<Value = PropertyGroup> {
    (
        hostile(),
        hostile(),
        stability(),
        vec(entry(), 0..4),
        any::<bool>(),
    )
        .prop_map(|(name, kind, stability, values, delete)| PropertyGroup {
            name,
            kind,
            delete,
            stability,
            values,
        })
}

fn value() -> impl Strategy<Value = Value> {
    (hostile(), option::of(text()), option::of(text())).prop_map(
        |(name, common_name, description)| Value {
            name,
            common_name,
            description,
        },
    )
}

fn prop_pattern() -> impl Strategy<Value = PropPattern> {
    (
        hostile(),
        option::of(text()),
        option::of((option::of(any::<u64>()), option::of(any::<u64>()))),
        option::of(vec(value(), 1..3)),
        vec(value(), 0..2),
        vec(
            (hostile(), hostile()).prop_map(|(min, max)| Range { min, max }),
            0..2,
        ),
    )
        .prop_map(
            |(name, text, cardinality, values, listed, ranges)| PropPattern {
                name,
                kind: text.is_some().then_some(ValueType::Count),
                required: text.is_none(),
                common_name: text.clone(),
                description: text.clone(),
                units: text,
                visibility: Some(Visibility {
                    value: VisibilityLevel::Readwrite,
                }),
                cardinality: cardinality.map(|(min, max)| Cardinality { min, max }),
                internal_separators: values.is_some().then(|| ",".to_owned()),
                values: values.map(|values| Values { values }),
                constraints: Some(Constraints {
                    values: listed.clone(),
                    ranges: ranges.clone(),
                }),
                choices: Some(Choices {
                    values: listed,
                    ranges,
                    include_values: vec![IncludeValues {
                        from: ValueSource::Constraints,
                    }],
                }),
            },
        )
}

fn template() -> impl Strategy<Value = Template> {
    let links = prop_oneof![
        (hostile(), hostile())
            .prop_map(|(name, uri)| DocumentationLink::DocLink(DocLink { name, uri })),
        (hostile(), option::of(hostile())).prop_map(|(title, manpath)| {
            DocumentationLink::Manpage(Manpage {
                title,
                section: "8".into(),
                manpath,
            })
        }),
    ];
    let pattern = (hostile(), option::of(text()), vec(prop_pattern(), 0..2)).prop_map(
        |(name, description, prop_patterns)| PgPattern {
            name,
            kind: String::new(),
            target: Target::Instance,
            required: false,
            common_name: None,
            description,
            prop_patterns,
        },
    );
    (text(), option::of(vec(links, 0..3)), vec(pattern, 0..2)).prop_map(
        |(common_name, links, pg_patterns)| Template {
            common_name,
            description: None,
            documentation: links.map(|links| Documentation { links }),
            pg_patterns,
        },
    )
}

fn instance() -> impl Strategy<Value = Instance> {
    (
        hostile(),
        any::<bool>(),
        option::of(fmri()),
        vec(dependency(), 0..2),
        vec(dependent(), 0..2),
        option::of(context()),
        (vec(method(), 0..2), vec(notification(), 0..2)),
        vec(group(), 0..2),
        option::of(template()),
    )
        .prop_map(
            |(
                name,
                enabled,
                restarter,
                dependencies,
                dependents,
                method_context,
                (exec_methods, notification_parameters),
                property_groups,
                template,
            )| Instance {
                name,
                enabled,
                restarter: restarter.map(|service_fmri| Restarter { service_fmri }),
                dependencies,
                dependents,
                method_context,
                exec_methods,
                notification_parameters,
                property_groups,
                template,
            },
        )
}

/// A bundle with everything that the model can hold.
pub(super) fn bundle() -> impl Strategy<Value = ServiceBundle> {
    (
        hostile(),
        any::<bool>(),
        vec(instance(), 0..3),
        stability(),
        hostile(),
    )
        .prop_map(|(name, both, instances, stability, version)| {
            let first = instances.first();
            let service = Service {
                version,
                create_default_instance: both.then_some(CreateDefaultInstance { enabled: true }),
                single_instance: both.then_some(SingleInstance {}),
                dependencies: first.map(|i| i.dependencies.clone()).unwrap_or_default(),
                dependents: first.map(|i| i.dependents.clone()).unwrap_or_default(),
                exec_methods: first.map(|i| i.exec_methods.clone()).unwrap_or_default(),
                notification_parameters: first
                    .map(|i| i.notification_parameters.clone())
                    .unwrap_or_default(),
                property_groups: first.map(|i| i.property_groups.clone()).unwrap_or_default(),
                template: first.and_then(|i| i.template.clone()),
                method_context: first.and_then(|i| i.method_context.clone()),
                instances,
                stability,
                ..self::service(&name)
            };
            ServiceBundle {
                kind: BundleKind::Manifest,
                name,
                services: if both {
                    vec![service.clone(), service]
                } else {
                    vec![service]
                },
            }
        })
}
