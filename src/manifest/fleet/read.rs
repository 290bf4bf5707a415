//! From text to tables whose every value is valid in itself.

use std::collections::{BTreeMap, HashMap};

use toml::de::{DeTable, DeValue};

use super::error::FleetError;
use super::keys::{Key, Shape, TableKind};
use super::value::{Name, Source, Value, in_order};
use super::want;
use crate::manifest::names::instance_from;
use crate::manifest::request::Directive;
use crate::manifest::resolve::VMS_MAX;
use crate::smf::fmri::InstanceName;
use crate::text::printable::Printable;
use crate::text::suggest::nearest;
use crate::virtualbox::vm::VmName;

/// A file of 10,000 VMs has as many templates as there are kinds of VMs.
const TEMPLATES_MAX: usize = 1000;

/// A fleet file, read.
#[derive(Debug)]
pub(crate) struct File {
    /// `[defaults]`
    pub(super) defaults: Table,
    /// `[template.X]`, by name.
    pub(super) templates: BTreeMap<String, Table>,
    /// `[vm.X]`, in the order of the file.
    pub(super) vms: Vec<Vm>,
    /// For the places of errors that are found later.
    pub(super) text: String,
}

/// `[vm.X]`
#[derive(Debug)]
pub(super) struct Vm {
    /// The instance.
    pub(super) instance: InstanceName,
    /// The VM, where it has another name than the instance.
    pub(super) name: Option<VmName>,
    /// The line where it is named.
    pub(super) line: usize,
    /// The rest.
    pub(super) table: Table,
}

/// What a table says.
#[derive(Debug, Default)]
pub(super) struct Table {
    /// As it stands in the file: `[template.big]`.
    pub(super) title: String,
    /// The templates that come before it, each with the byte where it is named.
    pub(super) templates: Vec<(String, usize)>,
    /// Its values, in the order of the file.
    pub(super) entries: Vec<Entry>,
}

/// A key and its value.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    /// What a later table replaces: the key, or `env.NAME`.
    pub(super) slot: String,
    /// What is asked for: nothing where a list is empty.
    pub(super) wants: Vec<Directive>,
    /// The line of the key.
    pub(super) line: usize,
}

impl File {
    /// Reads a fleet file.
    ///
    /// # Errors
    /// It is not TOML, has a key that there is not, or a value that cannot be.
    pub(crate) fn parse(text: &str) -> Result<Self, FleetError> {
        let root = DeTable::parse(text).map_err(|error| {
            let offset = error.span().map_or(0, |span| span.start);
            let message = error.message().replace('\n', ", ");
            FleetError::at(text, offset, format_args!("this is not TOML: {message}"))
        })?;
        let reader = Source::new(text);
        let mut file = Self {
            defaults: Table::default(),
            templates: BTreeMap::new(),
            vms: Vec::new(),
            text: text.to_owned(),
        };
        for (key, value) in in_order(root.get_ref()) {
            match key.get_ref().as_ref() {
                "defaults" => {
                    let table = reader.table(value, "[defaults]")?;
                    file.defaults = reader.read(table, TableKind::Defaults, "[defaults]".into())?;
                }
                "template" => {
                    let templates = in_order(reader.table(value, "[template]")?);
                    if let Some((name, _)) = templates.get(TEMPLATES_MAX) {
                        let found = templates.len();
                        let told =
                            format!("the file has {found} templates; the limit is {TEMPLATES_MAX}");
                        return Err(reader
                            .wrong(name, told)
                            .hinted("share templates between VMs"));
                    }
                    for (name, value) in templates {
                        let title = format!("[template.{}]", name.get_ref());
                        let table = reader.table(value, &title)?;
                        let table = reader.read(table, TableKind::Template, title)?;
                        file.templates.insert(name.get_ref().to_string(), table);
                    }
                }
                "vm" => {
                    let vms = in_order(reader.table(value, "[vm]")?);
                    if let Some((name, _)) = vms.get(VMS_MAX) {
                        let told =
                            format!("the file has {} VMs; the limit is {VMS_MAX}", vms.len());
                        return Err(reader
                            .wrong(name, told)
                            .hinted("split it into several files"));
                    }
                    for (name, value) in vms {
                        file.vms.push(reader.vm(name, value)?);
                    }
                }
                other => {
                    let there = ["defaults", "template", "vm"];
                    return Err(reader.unknown("the file", key, other, there.into_iter()));
                }
            }
        }
        if file.vms.is_empty() {
            return Err(FleetError::at(text, text.len(), "no VM specified")
                .hinted("add a table [vm.NAME] for each VM"));
        }
        Ok(file)
    }
}

impl Source<'_> {
    fn unknown<'k>(
        &self,
        owner: &str,
        key: &Name<'_>,
        name: &str,
        known: impl Iterator<Item = &'k str>,
    ) -> FleetError {
        let known: Vec<_> = known.collect();
        let hint = match nearest(name, known.iter().copied()) {
            Some(near) => format!("did you mean {near}?"),
            None => format!("available: {}", known.join(", ")),
        };
        let message = format!("{owner} has no key '{}'", Printable(name));
        self.wrong(key, message).hinted(hint)
    }

    fn vm(&self, name: &Name<'_>, value: &Value<'_>) -> Result<Vm, FleetError> {
        let text = name.get_ref().as_ref();
        let title = format!("[vm.{text}]");
        let instance = text.parse::<InstanceName>().map_err(|error| {
            let better = instance_from(text);
            self.wrong(name, format_args!("{title}: {error}"))
                .hinted(format!(
                    "write [vm.{better}], and set the VM's name with the key name"
                ))
        })?;
        let table = self.table(value, &title)?;
        let mut vm = Vm {
            name: None,
            line: self.line(name),
            table: self.read(table, TableKind::Vm, title)?,
            instance,
        };
        if let Some(value) = table.get("name") {
            let text = self.string(value, "name", Shape::Text)?;
            let name: VmName = text.parse().map_err(|e| self.wrong(value, e))?;
            vm.line = self.line(value);
            // An instance that is called like its VM needs no property to say so.
            vm.name = (name.as_str() != vm.instance.as_str()).then_some(name);
        }
        Ok(vm)
    }

    fn read(
        &self,
        table: &DeTable<'_>,
        kind: TableKind,
        title: String,
    ) -> Result<Table, FleetError> {
        let mut read = Table {
            title,
            ..Table::default()
        };
        let mut lines = HashMap::new();
        for (name, value) in in_order(table) {
            let text = name.get_ref().as_ref();
            let Some(key) = kind.key(text) else {
                let known = kind.keys().map(|(known, _)| known);
                let error = self.unknown(&read.title, name, text, known);
                // `[vm.web.example]` is a table `example` in `web`.
                let dotted = matches!(value.get_ref(), DeValue::Table(_)) && kind == TableKind::Vm;
                return Err(if dotted {
                    error.hinted(
                        "the name of an instance cannot contain dots: write [vm.web-example], and set the VM's name with the key name",
                    )
                } else {
                    error
                });
            };
            let line = self.line(name);
            let found = self.entries(key, text, value, line)?;
            for entry in &found {
                // `timezone` and `env.TZ` are one variable.
                if let Some(line) = lines.insert(entry.slot.clone(), entry.line) {
                    return Err(self.wrong(
                        name,
                        format_args!(
                            "{} sets {} twice (also in line {line})",
                            read.title, entry.slot
                        ),
                    ));
                }
            }
            read.entries.extend(found);
            if key == Key::Templates {
                read.templates = self.strings(value, text)?;
            }
        }
        Ok(read)
    }

    fn entries(
        &self,
        key: Key,
        name: &str,
        value: &Value<'_>,
        line: usize,
    ) -> Result<Vec<Entry>, FleetError> {
        let entry = |slot: &str, wants| Entry {
            slot: slot.to_owned(),
            wants,
            line,
        };
        let one = |text: &str, at: usize| {
            want::want(key, text).map_err(|e| FleetError::at(self.text, at, e))
        };
        match key.shape() {
            Shape::Text | Shape::Seconds | Shape::Flag => {
                let text = self.string(value, name, key.shape())?;
                let Some(want) = one(&text, value.span().start)? else {
                    return Ok(Vec::new());
                };
                // `timezone` sets `env.TZ`.
                let slot = match &want {
                    Directive::Context(_) => want.name(),
                    _ => name.to_owned(),
                };
                Ok(vec![entry(&slot, vec![want])])
            }
            Shape::Texts => {
                let mut wants = Vec::new();
                for (text, at) in self.strings(value, name)? {
                    match one(&text, at)? {
                        Some(want) => wants.push(want),
                        None => return Ok(Vec::new()),
                    }
                }
                let is_list = key != Key::Templates;
                Ok(is_list.then(|| entry(name, wants)).into_iter().collect())
            }
            Shape::Variables => {
                let mut entries = Vec::new();
                for (variable, value) in in_order(self.table(value, name)?) {
                    let called = variable.get_ref().as_ref();
                    let slot = format!("{name}.{called}");
                    let text = self.string(value, &slot, Shape::Text)?;
                    let wanted = want::pair(key, called, &text);
                    let wanted = wanted.map_err(|e| self.wrong(variable, e))?;
                    entries.push(Entry {
                        slot,
                        wants: wanted.into_iter().collect(),
                        line: self.line(variable),
                    });
                }
                Ok(entries)
            }
        }
    }
}
