//! Stands in the place of `/usr/bin/svcprop` and answers byte for byte as the real one does, from property files.
//!
//! A service or an instance is a file `/var/svcprop/UID/NAME.props`, where NAME is its FMRI without `svc:/`, with `%`
//! for `/` and `@` for `:` (`site%xvm%vbox@vm1.props`). UID is the user's who asks; root sees the files of all users.
//!
//! ```text
//! i vm/stop_method astring savestate     a property of the instance
//! s start/timeout_seconds count 120      a property of its service, as this instance sees it
//! v restarter/state astring online       a non-persistent one of the instance: in no snapshot
//! i vm                                   a group, which may stay without properties
//! !snapshot running initial              the lines from here on are what these snapshots hold
//! ```
//!
//! Values are written as svcprop prints them, with its backslashes. Without `!snapshot` an instance has snapshots that
//! hold what is current; with `!no-snapshots`, as the last line, it has none. A line that begins with `#` is a comment.
//!
//! Faults, for the file's instance:
//!
//! ```text
//! !sleep SECONDS           answer late
//! !stderr TEXT             say TEXT on stderr first
//! !exit STATUS             no answer, this status
//! !garbage [TEXT]          TEXT, or bytes that are not even UTF-8, for an answer
//! !configd-down [TIMES]    the repository cannot be reached, this often or always
//! ```
//!
//! Each call is one line of `/var/svcprop/UID/calls.log`: nanoseconds of `CLOCK_MONOTONIC`, PID, parent, arguments,
//! separated by tabs.

#![expect(
    unsafe_code,
    reason = "the clock and the user have no safe interface in std"
)]
#![expect(
    clippy::disallowed_methods,
    reason = "it is a stand-in for a program that is run, not part of vbox-smf"
)]

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

const FILES: &str = "/var/svcprop";
const CALLS: &str = "calls.log";

/// Not a status of svcprop's: a test that sees it knows whom to blame.
const CANNOT_STAND_IN: u8 = 125;

const USAGE: &str = "\
Usage: svcprop [-fqtv] [-C | -c | -s snapshot] [-z zone] [-p [name/]name]... \n\
\x20        {FMRI | pattern}...\n\
\x20      svcprop -w [-fqtv] [-z zone] [-p [name/]name] {FMRI | pattern}\n";

fn main() -> ExitCode {
    match stand_in() {
        Ok(status) => ExitCode::from(status),
        Err(error) => {
            eprintln!("fake svcprop: {error}");
            ExitCode::from(CANNOT_STAND_IN)
        }
    }
}

fn stand_in() -> io::Result<u8> {
    let arguments: Vec<String> = std::env::args_os()
        .skip(1)
        .map(|argument| argument.to_string_lossy().into_owned())
        .collect();
    // SAFETY: getuid has no preconditions and cannot fail.
    let user = unsafe { libc::getuid() };
    let own = Path::new(FILES).join(user.to_string());
    write_down(&own, &arguments)?;

    let mut repository = Repository::default();
    for folder in folders(user, &own)? {
        match repository.read_folder(&folder) {
            // Another test may be clearing another user's away.
            Err(error) if error.kind() == io::ErrorKind::NotFound && folder != own => {}
            read => read?,
        }
    }
    let reply = match repository.faults(&arguments) {
        Some(faults) => faults.reply(&own, &repository, &arguments)?,
        None => repository.answer(&arguments),
    };
    io::stderr().write_all(reply.stderr.as_bytes())?;
    io::stdout().write_all(&reply.stdout)?;
    Ok(reply.status)
}

fn folders(user: u32, own: &Path) -> io::Result<Vec<PathBuf>> {
    if user != 0 {
        return Ok(vec![own.to_owned()]);
    }
    let mut folders = fs::read_dir(FILES)?
        .map(|entry| Ok(entry?.path()))
        .collect::<io::Result<Vec<_>>>()?;
    folders.sort();
    Ok(folders)
}

fn write_down(own: &Path, arguments: &[String]) -> io::Result<()> {
    let log = own.join(CALLS);
    let mut now = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: `now` is a timespec of our own; CLOCK_MONOTONIC always exists.
    unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC, &raw mut now) };
    let nanoseconds = i128::from(now.tv_sec) * 1_000_000_000 + i128::from(now.tv_nsec);
    let mut line = format!(
        "{nanoseconds}\t{}\t{}",
        std::process::id(),
        std::os::unix::process::parent_id()
    );
    for argument in arguments {
        line.push('\t');
        line.push_str(
            &argument
                .replace('\\', "\\\\")
                .replace('\t', "\\t")
                .replace('\n', "\\n"),
        );
    }
    line.push('\n');
    let mut file = OpenOptions::new()
        .append(true)
        .create(true)
        .open(&log)
        .map_err(|error| io::Error::other(format!("{}: {error}", log.display())))?;
    file.write_all(line.as_bytes())
}

/// What a call says and how it ends.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Reply {
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: String,
    pub(crate) status: u8,
}

impl Reply {
    fn usage(message: &str) -> Self {
        Self {
            stderr: format!("{message}{USAGE}"),
            status: 2,
            ..Self::default()
        }
    }

    fn refusal(message: &str, status: u8) -> Self {
        Self {
            stderr: format!("svcprop: {message}\n"),
            status,
            ..Self::default()
        }
    }
}

#[derive(Clone, Debug)]
struct Property {
    name: String,
    kind: String,
    values: Vec<String>,
}

#[derive(Clone, Debug)]
struct Group {
    name: String,
    properties: Vec<Property>,
}

/// The property groups of a service, or of an instance alone, in the order of the file.
#[derive(Clone, Debug, Default)]
struct Level(Vec<Group>);

impl Level {
    fn group(&self, name: &str) -> Option<&Group> {
        self.0.iter().find(|group| group.name == name)
    }

    fn group_mut(&mut self, name: &str) -> &mut Group {
        let at = self
            .0
            .iter()
            .position(|group| group.name == name)
            .unwrap_or_else(|| {
                self.0.push(Group {
                    name: name.to_owned(),
                    properties: Vec::new(),
                });
                self.0.len() - 1
            });
        &mut self.0[at]
    }

    /// This level with what the lower one has beside it: a property of this level hides the lower one's.
    fn over(&self, lower: &Self) -> Self {
        let mut composed = self.clone();
        for group in &lower.0 {
            let upper = composed.group_mut(&group.name);
            for property in &group.properties {
                if upper.properties.iter().all(|own| own.name != property.name) {
                    upper.properties.push(property.clone());
                }
            }
        }
        composed
    }
}

/// The values that are current, or those in a snapshot.
#[derive(Clone, Debug, Default)]
struct Values {
    instance: Level,
    service: Level,
}

/// The snapshots of an instance, which all hold the same.
#[derive(Debug, Default)]
struct Snapshots {
    names: Vec<String>,
    values: Values,
}

#[derive(Debug, Default)]
struct Faults {
    sleep: Option<Duration>,
    stderr: String,
    status: Option<u8>,
    garbage: Option<Vec<u8>>,
    /// How often the repository is down: `u64::MAX` is always.
    down: u64,
    /// The name of the file that counts how often it was.
    counter: String,
}

impl Faults {
    fn any(&self) -> bool {
        self.sleep.is_some()
            || !self.stderr.is_empty()
            || self.status.is_some()
            || self.garbage.is_some()
            || self.down > 0
    }

    fn reply(
        &self,
        own: &Path,
        repository: &Repository,
        arguments: &[String],
    ) -> io::Result<Reply> {
        if let Some(pause) = self.sleep {
            std::thread::sleep(pause);
        }
        if self.down > 0 {
            // A byte a call, appended: calls at the same moment are counted too.
            let mut counter = OpenOptions::new()
                .append(true)
                .create(true)
                .open(own.join(&self.counter))?;
            counter.write_all(b".")?;
            if counter.metadata()?.len() <= self.down {
                let message =
                    "Could not connect to configuration repository: repository server unavailable.";
                return Ok(Reply::refusal(message, 1));
            }
        }
        let mut reply = match (&self.garbage, self.status) {
            (Some(garbage), status) => Reply {
                stdout: garbage.clone(),
                status: status.unwrap_or(0),
                ..Reply::default()
            },
            (None, Some(status)) => Reply {
                status,
                ..Reply::default()
            },
            (None, None) => repository.answer(arguments),
        };
        reply.stderr.insert_str(0, &self.stderr);
        Ok(reply)
    }
}

/// A service or an instance.
#[derive(Debug)]
struct Entity {
    /// As in `site/xvm/vbox`.
    service: String,
    instance: Option<String>,
    current: Values,
    volatile: Level,
    /// None where the file does not speak of snapshots: then they hold what is current.
    snapshots: Option<Snapshots>,
    faults: Faults,
}

impl Entity {
    fn fmri(&self) -> String {
        match &self.instance {
            Some(instance) => format!("svc:/{}:{instance}", self.service),
            None => format!("svc:/{}", self.service),
        }
    }

    /// `for instance FMRI` in a message.
    fn described(&self) -> String {
        let kind = if self.instance.is_some() {
            "instance"
        } else {
            "service"
        };
        format!("{kind} `{}'", self.fmri())
    }

    fn parse(name: &str, text: &str) -> io::Result<Self> {
        let fmri = name.replace('%', "/").replace('@', ":");
        let (service, instance) = match fmri.split_once(':') {
            Some((service, instance)) => (service.to_owned(), Some(instance.to_owned())),
            None => (fmri, None),
        };
        let mut entity = Self {
            service,
            instance,
            current: Values::default(),
            volatile: Level::default(),
            snapshots: None,
            faults: Faults {
                counter: format!("{name}.down"),
                ..Faults::default()
            },
        };
        for line in logical_lines(text) {
            if !line.is_empty() && !line.starts_with('#') {
                entity
                    .take(&line)
                    .ok_or_else(|| io::Error::other(format!("{name}: `{line}`")))?;
            }
        }
        Ok(entity)
    }

    fn take(&mut self, line: &str) -> Option<()> {
        let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
        match word {
            "!snapshot" => {
                let names = rest.split(' ').map(str::to_owned).collect();
                self.snapshots = Some(Snapshots {
                    names,
                    values: Values::default(),
                });
            }
            "!no-snapshots" => self.snapshots = Some(Snapshots::default()),
            "!sleep" => {
                self.faults.sleep = Some(Duration::try_from_secs_f64(rest.parse().ok()?).ok()?);
            }
            "!stderr" => self.faults.stderr.extend([rest, "\n"]),
            "!exit" => self.faults.status = Some(rest.parse().ok()?),
            "!garbage" if rest.is_empty() => {
                self.faults.garbage = Some(b"\x7fELF\x02\xff\xfe\x00\n\\".to_vec());
            }
            "!garbage" => self.faults.garbage = Some(rest.as_bytes().to_vec()),
            "!configd-down" if rest.is_empty() => self.faults.down = u64::MAX,
            "!configd-down" => self.faults.down = rest.parse().ok()?,
            "v" => add(&mut self.volatile, rest)?,
            "i" | "s" => {
                let values = self
                    .snapshots
                    .as_mut()
                    .map_or(&mut self.current, |snapshots| &mut snapshots.values);
                add(
                    if word == "i" {
                        &mut values.instance
                    } else {
                        &mut values.service
                    },
                    rest,
                )?;
            }
            _ => return None,
        }
        Some(())
    }
}

/// Adds what a line says after its first word: a group, or a property with its type and values.
fn add(level: &mut Level, rest: &str) -> Option<()> {
    let (path, rest) = rest.split_once(' ').unwrap_or((rest, ""));
    let Some((group, name)) = path.split_once('/') else {
        level.group_mut(path);
        return rest.is_empty().then_some(());
    };
    let (kind, values) = rest.split_once(' ').unwrap_or((rest, ""));
    let property = Property {
        name: name.to_owned(),
        kind: kind.to_owned(),
        values: unquote(values),
    };
    level.group_mut(group).properties.push(property);
    (!kind.is_empty()).then_some(())
}

/// The lines of a file, where a newline after a backslash belongs to a value.
fn logical_lines(text: &str) -> Vec<String> {
    let mut lines = vec![String::new()];
    let mut escaped = false;
    for character in text.chars() {
        match lines.last_mut() {
            Some(line) if escaped || character != '\n' => line.push(character),
            _ => lines.push(String::new()),
        }
        escaped = !escaped && character == '\\';
    }
    lines
}

/// The values in a text as svcprop prints them.
fn unquote(text: &str) -> Vec<String> {
    let mut values = Vec::new();
    let mut value = None::<String>;
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        match character {
            ' ' => values.extend(value.take()),
            '"' => drop(value.get_or_insert_default()),
            '\\' => value.get_or_insert_default().extend(characters.next()),
            other => value.get_or_insert_default().push(other),
        }
    }
    values.extend(value);
    values
}

/// A value as svcprop prints it.
fn quote(value: &str) -> String {
    if value.is_empty() {
        return "\"\"".to_owned();
    }
    let mut quoted = String::new();
    for character in value.chars() {
        if ";&()|^<>\n \t\\\"'`".contains(character) {
            quoted.push('\\');
        }
        quoted.push(character);
    }
    quoted
}

/// `-p`: a group, or a property in it.
struct Wanted {
    group: String,
    property: Option<String>,
}

/// Which of the values an instance has are shown.
#[derive(Clone, PartialEq)]
enum View {
    /// The running snapshot, or what is current where there is none.
    Running,
    /// `-c`
    Current,
    /// `-C`
    InstanceOnly,
    /// `-s`
    Snapshot(String),
}

#[expect(
    clippy::struct_excessive_bools,
    reason = "each is an option of svcprop's"
)]
struct Options {
    wanted: Vec<Wanted>,
    view: View,
    types: bool,
    fmris: bool,
    quiet: bool,
    verbose: bool,
    operands: Vec<String>,
}

impl Options {
    fn parse(arguments: &[String]) -> Result<Self, Reply> {
        let mut options = Self {
            wanted: Vec::new(),
            view: View::Running,
            types: false,
            fmris: false,
            quiet: false,
            verbose: false,
            operands: Vec::new(),
        };
        let mut arguments = arguments.iter();
        // As getopt reads them on illumos: up to the first operand.
        while let Some(argument) = arguments.next() {
            let flags = match argument.strip_prefix('-') {
                Some("-") => break,
                Some(flags) if !flags.is_empty() => flags,
                _ => {
                    options.operands.push(argument.clone());
                    break;
                }
            };
            for (at, flag) in flags.char_indices() {
                if "ps".contains(flag) {
                    let rest = &flags[at + 1..];
                    let value = if rest.is_empty() {
                        arguments.next().map(String::as_str)
                    } else {
                        Some(rest)
                    };
                    let missing = || {
                        Reply::usage(&format!("svcprop: option requires an argument -- {flag}\n"))
                    };
                    options.with_value(flag, value.ok_or_else(missing)?)?;
                    break;
                }
                options.flag(flag)?;
            }
        }
        options.operands.extend(arguments.cloned());
        if options.operands.is_empty() {
            return Err(Reply::usage(""));
        }
        Ok(options)
    }

    fn flag(&mut self, flag: char) -> Result<(), Reply> {
        match flag {
            't' => self.types = true,
            'f' => self.fmris = true,
            'q' => self.quiet = true,
            'v' => self.verbose = true,
            'c' => self.look_at(View::Current)?,
            'C' => self.look_at(View::InstanceOnly)?,
            'w' | 'z' => {
                let stderr = format!("fake svcprop: -{flag} is not played\n");
                return Err(Reply {
                    stderr,
                    status: CANNOT_STAND_IN,
                    ..Reply::default()
                });
            }
            other => {
                return Err(Reply::usage(&format!(
                    "svcprop: illegal option -- {other}\n"
                )));
            }
        }
        Ok(())
    }

    fn with_value(&mut self, flag: char, value: &str) -> Result<(), Reply> {
        if flag == 's' {
            return self.look_at(View::Snapshot(value.to_owned()));
        }
        let parts: Vec<&str> = value.split('/').collect();
        if parts.len() > 2 {
            return Err(Reply::usage(&format!(
                "svcprop: -p argument `{value}' has too many components.\n"
            )));
        }
        if let Some(bad) = parts.iter().find(|part| !is_component(part)) {
            return Err(Reply::refusal(
                &format!("Invalid component name `{bad}'."),
                2,
            ));
        }
        self.wanted.push(Wanted {
            group: parts[0].to_owned(),
            property: parts.get(1).map(|&name| name.to_owned()),
        });
        Ok(())
    }

    fn look_at(&mut self, view: View) -> Result<(), Reply> {
        if self.view != View::Running {
            return Err(Reply::usage(""));
        }
        self.view = view;
        Ok(())
    }
}

/// Whether it can be the name of a property group or a property, with the domain before a comma.
fn is_component(text: &str) -> bool {
    let (domain, name) = text.split_once(',').unwrap_or(("domain", text));
    let is_name = |name: &str, also: &str| {
        name.starts_with(|first: char| first.is_ascii_alphabetic())
            && name
                .chars()
                .all(|each| each.is_ascii_alphanumeric() || also.contains(each))
    };
    is_name(domain, "_-.") && is_name(name, "_-")
}

/// What an operand stands for.
enum Operand<'a> {
    Entity(&'a Entity),
    Group(&'a Entity, &'a Group),
    Property(&'a Entity, &'a Group, &'a Property),
}

/// All services and instances.
#[derive(Debug, Default)]
pub(crate) struct Repository(Vec<Entity>);

impl Repository {
    fn read_folder(&mut self, folder: &Path) -> io::Result<()> {
        let mut paths = fs::read_dir(folder)?
            .map(|entry| Ok(entry?.path()))
            .collect::<io::Result<Vec<_>>>()?;
        paths.sort();
        for path in paths {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            if let Some(name) = name.strip_suffix(".props") {
                self.add(name, &fs::read_to_string(&path)?)?;
            }
        }
        Ok(())
    }

    /// Adds the service or instance that a property file tells of.
    pub(crate) fn add(&mut self, name: &str, text: &str) -> io::Result<()> {
        self.0.push(Entity::parse(name, text)?);
        Ok(())
    }

    fn faults(&self, arguments: &[String]) -> Option<&Faults> {
        let entity = self
            .0
            .iter()
            .find(|entity| arguments.contains(&entity.fmri()))?;
        entity.faults.any().then_some(&entity.faults)
    }

    /// What svcprop says to these arguments.
    pub(crate) fn answer(&self, arguments: &[String]) -> Reply {
        let options = match Options::parse(arguments) {
            Ok(options) => options,
            Err(reply) => return reply,
        };
        let mut reply = Reply::default();
        let mut found = Vec::new();
        for pattern in &options.operands {
            let matching = self.find(pattern);
            if matching.is_empty() {
                reply.status = 1;
                if !options.quiet {
                    let said = if is_glob(pattern)
                        && !pattern.starts_with('*')
                        && !pattern.starts_with("svc:/")
                    {
                        format!("svc:/{pattern}")
                    } else {
                        pattern.clone()
                    };
                    let message = format!("svcprop: Pattern '{said}' doesn't match any entities\n");
                    reply.stderr.push_str(&message);
                }
            }
            found.extend(matching);
        }

        let fmris = options.fmris || found.len() > 1;
        let whole_groups = options
            .wanted
            .iter()
            .any(|wanted| wanted.property.is_none())
            || options.wanted.is_empty();
        let mut printer = Printer {
            fmris,
            types: options.types || fmris || whole_groups,
            options: &options,
            reply,
        };
        for operand in found {
            if let Err(last) = self.show(&operand, &mut printer) {
                printer.reply.stderr.push_str(&last.stderr);
                printer.reply.status = last.status;
                return printer.reply;
            }
        }
        printer.reply
    }

    /// Prints what is wanted of one operand. An error ends the run.
    fn show(&self, operand: &Operand<'_>, printer: &mut Printer<'_>) -> Result<(), Reply> {
        let options = printer.options;
        match *operand {
            Operand::Property(entity, group, property) => {
                if !options.wanted.is_empty() {
                    let message = "svcprop: The -p option cannot be used with property operands.\n";
                    return Err(Reply::usage(message));
                }
                // One property: no type, unless it is asked for.
                printer.types = options.types || printer.fmris;
                printer.property(entity, group, property);
            }
            Operand::Group(entity, group) => {
                let fmri = format!("{}/:properties/{}", entity.fmri(), group.name);
                if options.wanted.is_empty() {
                    group
                        .properties
                        .iter()
                        .for_each(|property| printer.property(entity, group, property));
                }
                printer.types = options.types || printer.fmris;
                for wanted in options.wanted.iter().rev() {
                    if let Some(property) = &wanted.property {
                        let path = format!("{}/{property}", wanted.group);
                        let message = format!(
                            "-p argument `{path}' has too many components for property group `{fmri}'."
                        );
                        return Err(Reply::refusal(&message, 2));
                    }
                    match group
                        .properties
                        .iter()
                        .find(|property| property.name == wanted.group)
                    {
                        Some(property) => printer.property(entity, group, property),
                        None => printer.missing(&format!(
                            "property `{}' in property group `{fmri}'",
                            wanted.group
                        ))?,
                    }
                }
            }
            Operand::Entity(entity) => {
                let level = self.level(entity, &options.view)?;
                if options.wanted.is_empty() {
                    level
                        .0
                        .iter()
                        .for_each(|group| printer.group(entity, group));
                }
                // The real one keeps the options in a list that it reads from the end.
                for wanted in options.wanted.iter().rev() {
                    printer.wanted(entity, &level, wanted)?;
                }
            }
        }
        Ok(())
    }

    /// The properties that an entity shows under a view.
    fn level(&self, entity: &Entity, view: &View) -> Result<Level, Reply> {
        let current = Values {
            instance: entity.volatile.over(&entity.current.instance),
            service: entity
                .current
                .service
                .over(&self.service_level(&entity.service)),
        };
        if entity.instance.is_none() {
            return match view {
                View::Snapshot(_) => Err(Reply::refusal("Only instances have snapshots.", 1)),
                View::Running | View::Current | View::InstanceOnly => Ok(current.service),
            };
        }
        let composed = |values: &Values| values.instance.over(&values.service);
        let in_snapshot = |name: &str| match &entity.snapshots {
            None => ["running", "initial", "last-import"]
                .contains(&name)
                .then(|| current.clone()),
            Some(snapshots) => snapshots
                .names
                .iter()
                .any(|each| each == name)
                .then(|| snapshots.values.clone()),
        };
        match view {
            View::Current => Ok(composed(&current)),
            View::InstanceOnly => Ok(current.instance),
            View::Running => Ok(match in_snapshot("running") {
                Some(values) => entity.volatile.over(&composed(&values)),
                None => composed(&current),
            }),
            View::Snapshot(name) => match in_snapshot(name) {
                Some(values) => Ok(composed(&values)),
                None => Err(Reply::refusal("No such snapshot.", 1)),
            },
        }
    }

    fn service_level(&self, service: &str) -> Level {
        self.0
            .iter()
            .find(|entity| entity.service == service && entity.instance.is_none())
            .map_or_else(Level::default, |entity| entity.current.service.clone())
    }

    fn find(&self, pattern: &str) -> Vec<Operand<'_>> {
        match pattern.split_once("/:properties/") {
            Some((entity, path)) => self.find_properties(entity, path),
            None => self
                .find_entities(pattern)
                .into_iter()
                .map(Operand::Entity)
                .collect(),
        }
    }

    /// Groups and properties as operands are those of the entity itself, not composed.
    fn find_properties<'a>(&'a self, entity: &str, path: &str) -> Vec<Operand<'a>> {
        let (group, property) = path
            .split_once('/')
            .map_or((path, None), |(group, name)| (group, Some(name)));
        let find_in = |entity: &'a Entity| {
            let Entity {
                current, instance, ..
            } = entity;
            let level = if instance.is_some() {
                &current.instance
            } else {
                &current.service
            };
            let group = level.group(group)?;
            Some(match property {
                None => Operand::Group(entity, group),
                Some(name) => Operand::Property(
                    entity,
                    group,
                    group
                        .properties
                        .iter()
                        .find(|property| property.name == name)?,
                ),
            })
        };
        self.find_entities(entity)
            .into_iter()
            .filter_map(find_in)
            .collect()
    }

    fn find_entities(&self, pattern: &str) -> Vec<&Entity> {
        let matching = |matches: &dyn Fn(&Entity) -> bool| {
            self.0.iter().filter(|entity| matches(entity)).collect()
        };
        if is_glob(pattern) {
            let anchored = if pattern.starts_with('*') || pattern.starts_with("svc:/") {
                ""
            } else {
                "svc:/"
            };
            let pattern: Vec<char> = anchored.chars().chain(pattern.chars()).collect();
            return matching(&|entity| glob(&pattern, &entity.fmri().chars().collect::<Vec<_>>()));
        }
        let path = pattern.strip_prefix("svc:").unwrap_or(pattern);
        let path = path.strip_prefix("//localhost").unwrap_or(path);
        let full = format!("svc:/{}", path.strip_prefix('/').unwrap_or(path));
        let exact: Vec<&Entity> = matching(&|entity| entity.fmri() == full);
        if !exact.is_empty() || path.starts_with('/') {
            return exact;
        }
        // An abbreviation: the end of the service's name, from a slash on.
        let (service, instance) = path
            .split_once(':')
            .map_or((path, None), |(service, name)| (service, Some(name)));
        matching(&|entity| {
            entity
                .service
                .strip_suffix(service)
                .is_some_and(|before| before.ends_with('/'))
                && instance.is_none_or(|name| entity.instance.as_deref() == Some(name))
        })
    }
}

/// Collects what is printed.
struct Printer<'a> {
    options: &'a Options,
    /// Whether a line begins with the FMRI, and whether with the property's name and type.
    fmris: bool,
    types: bool,
    reply: Reply,
}

impl Printer<'_> {
    fn wanted(&mut self, entity: &Entity, level: &Level, wanted: &Wanted) -> Result<(), Reply> {
        let described = entity.described();
        let Some(group) = level.group(&wanted.group) else {
            return self.missing(&format!(
                "property group `{}' for {described}",
                wanted.group
            ));
        };
        let Some(name) = &wanted.property else {
            self.group(entity, group);
            return Ok(());
        };
        match group
            .properties
            .iter()
            .find(|property| property.name == *name)
        {
            Some(property) => {
                self.property(entity, group, property);
                Ok(())
            }
            None => self.missing(&format!("property `{}/{name}' for {described}", group.name)),
        }
    }

    fn group(&mut self, entity: &Entity, group: &Group) {
        for property in &group.properties {
            self.property(entity, group, property);
        }
    }

    fn property(&mut self, entity: &Entity, group: &Group, property: &Property) {
        if self.options.quiet {
            return;
        }
        let mut line = String::new();
        if self.fmris {
            line.extend([&entity.fmri(), "/:properties/"]);
        }
        if self.types {
            line.extend([&group.name, "/", &property.name, " ", &property.kind, " "]);
        }
        let values: Vec<String> = property.values.iter().map(|value| quote(value)).collect();
        line.push_str(&values.join(" "));
        line.push('\n');
        self.reply.stdout.extend(line.as_bytes());
    }

    /// A missing one does not stop the others, unless nothing is to be printed anyway.
    fn missing(&mut self, what: &str) -> Result<(), Reply> {
        if !self.options.quiet || self.options.verbose {
            let parts = ["svcprop: Couldn't find ", what, ".\n"];
            self.reply.stderr.extend(parts);
        }
        self.reply.status = 1;
        if self.options.quiet {
            Err(Reply {
                status: 1,
                ..Reply::default()
            })
        } else {
            Ok(())
        }
    }
}

fn is_glob(pattern: &str) -> bool {
    pattern.contains(['*', '?', '['])
}

/// As fnmatch without flags: `*` matches slashes too. Bracket expressions are not played.
fn glob(pattern: &[char], text: &[char]) -> bool {
    match pattern.split_first() {
        None => text.is_empty(),
        Some(('*', rest)) => (0..=text.len()).any(|skipped| glob(rest, &text[skipped..])),
        Some((&expected, rest)) => text.split_first().is_some_and(|(&first, left)| {
            (expected == '?' || expected == first) && glob(rest, left)
        }),
    }
}
