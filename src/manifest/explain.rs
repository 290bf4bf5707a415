//! Where each value ends up, and why: the same directives as the [resolver](super::resolve)'s, as rows for a
//! reader.

mod levels;

use std::collections::HashMap;

use super::blueprint::Blueprint;
use super::method::{self, Timeouts};
use super::model::ExecMethod;
use super::options::{GenOption, OPTIONS, Per};
use super::request::{Directive, Request, Scope, ScopedDirective, VmRequest};
use super::resolve::Layers;
use crate::config::schema::{self, Default as SchemaDefault};
use crate::smf::fmri::InstanceName;
use levels::{is_for_the_service, is_left_out, is_property, repeats};

/// Which level of SMF says a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Level {
    /// None: the property is absent.
    Absent,
    /// The service, for every instance that does not say otherwise.
    Service,
    /// These instances, each for itself.
    Instances(Vec<InstanceName>),
}

/// A value and its level.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Row {
    /// `vm/stop_method`, or the key of the fleet file for what is no property of the schema.
    pub(crate) property: String,
    /// The value; for an absent one, what holds without it.
    pub(crate) value: String,
    /// Where it is.
    pub(crate) level: Level,
    /// Who says so.
    pub(crate) from: String,
}

/// Every value of the manifest: first the properties of the schema, then the rest.
pub(crate) fn rows(request: &Request, blueprint: &Blueprint) -> Vec<Row> {
    let mut table = Table {
        vms: request.vms.iter().map(|vm| (&vm.instance, vm)).collect(),
        layers: Layers::of(&request.directives),
        blueprint,
        rows: Rows::default(),
    };
    for property in schema::PROPERTIES {
        table.property(property);
    }
    table.timeouts();
    for option in OPTIONS.iter().filter(|option| option.per == Per::Vm) {
        table.usual(option);
    }
    table.others();
    for option in OPTIONS.iter().filter(|option| option.per == Per::User) {
        table.usual(option);
    }
    let mut rows = table.rows.rows;
    // The schema's in its order, then the rest by name.
    let place = |row: &Row| {
        let mut schema = schema::PROPERTIES.iter();
        schema
            .position(|property| property.path() == row.property)
            .unwrap_or(usize::MAX)
    };
    rows.sort_by_cached_key(|row| match place(row) {
        usize::MAX => (usize::MAX, row.property.clone()),
        place => (place, String::new()),
    });
    rows
}

/// The rows so far.
#[derive(Default)]
struct Rows {
    rows: Vec<Row>,
    /// By property, value and origin: which row has instances with this. A fleet may have thousands.
    of_instances: HashMap<[String; 3], usize>,
}

impl Rows {
    /// Adds a row for the service.
    fn service(&mut self, property: &str, value: &str, from: &str) {
        self.rows.push(Row {
            property: property.to_owned(),
            value: value.to_owned(),
            level: Level::Service,
            from: from.to_owned(),
        });
    }

    /// Adds a value of an instance: to the row of those that have the same for the same reason.
    fn instance(&mut self, property: &str, value: &str, name: &InstanceName, from: &str) {
        let alike = [property, value, from].map(str::to_owned);
        let at = *self.of_instances.entry(alike).or_insert_with(|| {
            self.rows.push(Row {
                property: property.to_owned(),
                value: value.to_owned(),
                level: Level::Instances(Vec::new()),
                from: from.to_owned(),
            });
            self.rows.len() - 1
        });
        if let Level::Instances(names) = &mut self.rows[at].level {
            names.push(name.clone());
        }
    }
}

/// What the rows are made from.
struct Table<'r> {
    vms: HashMap<&'r InstanceName, &'r VmRequest>,
    layers: Layers<'r>,
    blueprint: &'r Blueprint,
    rows: Rows,
}

impl<'r> Table<'r> {
    /// A property of the schema: the service's value first, then what instances say otherwise.
    fn property(&mut self, property: &schema::Property) {
        let path = property.path();
        let set = |directive: &'r ScopedDirective| {
            if let Directive::Setting(setting) = &directive.want
                && setting.property == property
            {
                Some((setting.value.as_str(), directive.origin.to_string()))
            } else {
                None
            }
        };
        let for_all = self.layers.all().find_map(set);
        match (for_all, property.default) {
            (Some((value, from)), _) => self.rows.service(&path, value, &from),
            (None, SchemaDefault::Value(value)) => {
                self.rows.service(&path, value, "schema default");
            }
            (None, SchemaDefault::Absent(words)) => self.rows.rows.push(Row {
                property: path.clone(),
                value: format!("({words})"),
                level: Level::Absent,
                from: "schema default".to_owned(),
            }),
        }
        for of in &self.blueprint.instances {
            let user = of.owner.as_ref().map(|owner| &owner.user);
            let own = self.layers.closer_for(&of.name, user).find_map(set);
            if let Some((value, from)) = own {
                self.rows.instance(&path, value, &of.name, &from);
            } else if *property == schema::NAME
                && let Some(vm) = self.vms.get(&of.name)
                && let Some(name) = &vm.vm
            {
                self.rows
                    .instance(&path, name.as_str(), &of.name, &vm.origin.to_string());
            }
        }
    }

    /// The timeouts of the methods, which follow from the properties.
    fn timeouts(&mut self) {
        let path = &self.blueprint.method;
        let usual = Timeouts::for_settings(&[]);
        let for_all = Timeouts::for_settings(&self.blueprint.settings);
        let raised = method::longer(path, for_all, usual);
        for of_all in method::all(path, for_all) {
            // `:true` needs no time.
            let Some(reason) = reason(&of_all) else {
                continue;
            };
            let is_raised = raised.iter().any(|method| method.name == of_all.name);
            let from = if is_raised { reason } else { "default" };
            self.rows
                .service(&property_of(&of_all), &of_all.timeout_seconds, from);
        }
        for of in &self.blueprint.instances {
            let settings = [of.settings.as_slice(), &self.blueprint.settings].concat();
            for own in method::longer(path, Timeouts::for_settings(&settings), for_all) {
                let from = reason(&own).unwrap_or("default");
                let seconds = &own.timeout_seconds;
                self.rows
                    .instance(&property_of(&own), seconds, &of.name, from);
            }
        }
    }

    /// Everything else that is asked for.
    fn others(&mut self) {
        for directive in self.layers.all() {
            let want = &directive.want;
            if !is_property(want) && is_for_the_service(want, self.blueprint) {
                self.rows.service(
                    &want.name(),
                    &want.to_string(),
                    &directive.origin.to_string(),
                );
            }
        }
        for of in &self.blueprint.instances {
            let user = of.owner.as_ref().map(|owner| &owner.user);
            let mut taken: Vec<String> = Vec::new();
            for directive in self.layers.everything_for(&of.name, user) {
                if is_property(&directive.want) {
                    continue;
                }
                let name = directive.want.name();
                let of_service = directive.scope == Scope::All
                    && is_for_the_service(&directive.want, self.blueprint);
                if of_service && !repeats(of, &directive.want) || is_left_out(of, &directive.want) {
                    continue;
                }
                // Of what there can be one only the closest counts.
                if directive.want.slot().is_some() {
                    if taken.contains(&name) {
                        continue;
                    }
                    taken.push(name.clone());
                }
                let value = directive.want.to_string();
                self.rows
                    .instance(&name, &value, &of.name, &directive.origin.to_string());
            }
        }
    }

    /// What an instance has of this where nobody asks for anything.
    fn usual(&mut self, option: &GenOption) {
        let Some(usual) = option.usual else { return };
        let value = usual();
        for of in &self.blueprint.instances {
            let has_it = of.owner.is_some() || option.per == Per::Vm;
            let mut asked = self
                .layers
                .everything_for(&of.name, of.owner.as_ref().map(|owner| &owner.user));
            if has_it && !asked.any(|directive| directive.want.option() == option) {
                self.rows.instance(option.key, &value, &of.name, "default");
            }
        }
    }
}

fn property_of(method: &ExecMethod) -> String {
    format!("{}/timeout_seconds", method.name)
}

/// What a method may need more time for.
fn reason(method: &ExecMethod) -> Option<&'static str> {
    match method.name.as_str() {
        "start" => Some("vm/start_delay"),
        "stop" => Some("vm/stop_timeout"),
        _ => None,
    }
}
