//! What a fleet file says of a VM is what the VM has, and every error names its place.

use std::collections::BTreeMap;

use super::File;
use super::keys::{Key, TableKind};
use crate::manifest::blueprint::ContextPart;
use crate::manifest::model::{Instance, PropertyEntry, PropertyGroup, Service};
use crate::manifest::need::Need;
use crate::manifest::request::{Directive, Request, Scope};
use crate::manifest::{build, order, resolve, write};

pub(super) const GOOD: &str = "\
[defaults]
user = 'vbox'
stop_method = 'acpipowerbutton'
stop_timeout = 400

[template.base]
timezone = 'UTC'
env = { LANG = 'C' }

[template.big]
templates = ['base']
start_delay = 0x20
path = ['/tank/big']

[vm.web]
templates = ['big']
name = 'web.example'
after = ['db']
enabled = true

[vm.db]
templates = ['base']
stop_method = 'savestate'
vboxmanage = '/opt/x/VBoxManage'
delegate = ['bob']
";

pub(super) fn request(text: &str) -> Request {
    let file = File::parse(text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    file.request()
        .unwrap_or_else(|error| panic!("{error}\n{text}"))
}

#[track_caller]
fn service(text: &str) -> Service {
    let blueprint = resolve::resolve(&request(text)).unwrap();
    let mut bundle = build::build(&blueprint);
    let written = write::to_text(&bundle).unwrap();
    assert_eq!(order::violations(&written), Vec::<String>::new());
    bundle.services.remove(0)
}

/// `group/name` to value.
pub(super) fn values(groups: &[PropertyGroup]) -> BTreeMap<String, String> {
    let mut values = BTreeMap::new();
    for group in groups {
        for entry in &group.values {
            if let PropertyEntry::Propval(value) = entry {
                values.insert(
                    format!("{}/{}", group.name, value.name),
                    value.value.clone(),
                );
            }
        }
    }
    values
}

/// What SMF hands the methods of an instance: the instance's value, else the service's.
pub(super) fn composed(service: &Service, instance: &Instance, property: &str) -> Option<String> {
    let own = values(&instance.property_groups).remove(property);
    own.or_else(|| values(&service.property_groups).remove(property))
}

#[test]
fn a_fleet() {
    let service = service(GOOD);
    let [web, db] = &service.instances[..] else {
        panic!("{} instances", service.instances.len())
    };
    assert_eq!((web.name.as_str(), db.name.as_str()), ("web", "db"));
    assert!(web.enabled && !db.enabled);
    for (instance, property, expected) in [
        (web, "vm/name", Some("web.example")),
        (db, "vm/name", None),
        (web, "vm/stop_method", Some("acpipowerbutton")),
        (db, "vm/stop_method", Some("savestate")),
        (db, "vm/stop_timeout", Some("400")),
        (web, "vm/start_delay", Some("32")),
        (db, "vm/start_delay", Some("0")),
        (db, "virtualbox/vboxmanage", Some("/opt/x/VBoxManage")),
        (web, "virtualbox/vboxmanage", None),
    ] {
        let found = composed(&service, instance, property);
        assert_eq!(found.as_deref(), expected, "{}: {property}", instance.name);
    }
    // What most have is the service's, and the other says otherwise.
    let for_all = values(&service.property_groups);
    assert_eq!(for_all["vm/stop_method"], "acpipowerbutton");
    assert_eq!(for_all["vm/stop_timeout"], "400");
    assert!(!values(&web.property_groups).contains_key("vm/stop_method"));
    let names = |instance: &Instance| -> Vec<String> {
        let of = instance.dependencies.iter();
        of.map(|d| d.service_fmris[0].value.clone()).collect()
    };
    assert_eq!(
        names(web),
        ["svc:/site/xvm/vbox:db", "file://localhost/tank/big"]
    );
    assert_eq!(names(db), Vec::<String>::new());
}

#[test]
fn where_a_directive_comes_from() {
    let of = |scope: &str, value: &str| {
        let request = request(GOOD);
        let found = request.directives.iter().find(|directive| {
            let is = match &directive.want {
                Directive::Setting(setting) => setting.value == value,
                Directive::Context(ContextPart::Variable(variable)) => variable.value() == value,
                other => format!("{other:?}").contains(value),
            };
            is && directive.scope.to_string() == scope
        });
        found.map(|directive| directive.origin.to_string())
    };
    for (scope, value, origin) in [
        ("all VMs", "acpipowerbutton", "[defaults] line 3"),
        ("db", "savestate", "[vm.db] line 23"),
        ("web", "32", "[template.big] line 12"),
        ("all VMs", "UTC", "[template.base] line 7"),
        ("all VMs", "C", "[template.base] line 8"),
        ("web", "/tank/big", "[template.big] line 13"),
    ] {
        assert_eq!(of(scope, value).as_deref(), Some(origin), "{value}");
    }
}

#[test]
fn what_comes_later_counts() {
    let values = |templates: &str, own: &str| {
        let text = format!(
            "[defaults]\nuser = 'u'\nstart_delay = 1\n\
             [template.base]\nstart_delay = 2\n\
             [template.a]\ntemplates = ['base']\nstart_delay = 3\n\
             [template.b]\ntemplates = ['base']\nstop_timeout = 4\n\
             [vm.x]\ntemplates = {templates}\n{own}\n[vm.other]\n"
        );
        let service = service(&text);
        composed(&service, &service.instances[0], "vm/start_delay").unwrap()
    };
    for (templates, own, expected) in [
        ("[]", "", "1"),
        ("['base']", "", "2"),
        ("['a']", "", "3"),
        ("['b']", "", "2"),
        // The base of both counts once, so what the first of them changes stays changed.
        ("['a', 'b']", "", "3"),
        ("['b', 'a']", "", "3"),
        ("['base', 'a', 'a']", "", "3"),
        ("['a', 'b']", "start_delay = 5", "5"),
    ] {
        assert_eq!(values(templates, own), expected, "{templates} {own}");
    }
}

#[test]
fn lists_are_replaced_and_variables_add_up() {
    let request = request(
        "[defaults]\nuser='u'\npath=['/a','/b']\nafter=['x']\nnotify=['mailto:root']\nenv.A='1'\n\
         [vm.x]\npath=['/b','/c']\n[vm.y]\nafter=[]\nenv.B='2'\nnotify=[]\n[vm.z]\n",
    );
    let of = |scope: &str| -> Vec<String> {
        let directives = request.directives.iter();
        let mut found: Vec<_> = directives
            .filter(|directive| directive.scope.to_string() == scope)
            .filter_map(|directive| match &directive.want {
                Directive::Need(Need::File(path)) => Some(path.as_str().to_owned()),
                Directive::Need(Need::After(other)) => Some(format!("after {other}")),
                Directive::Context(ContextPart::Variable(variable)) => {
                    Some(variable.name().to_owned())
                }
                Directive::Notify(target) => Some(target.to_string()),
                _ => None,
            })
            .collect();
        found.sort();
        found
    };
    assert_eq!(of("all VMs"), ["/b", "A"]);
    // x is not after itself.
    assert_eq!(of("x"), ["/c", "mailto:root"]);
    assert_eq!(of("y"), ["/a", "B"]);
    assert_eq!(of("z"), ["/a", "after x", "mailto:root"]);
    assert!(
        request
            .directives
            .iter()
            .all(|w| !matches!(w.scope, Scope::User(_)))
    );
}

#[test]
fn errors_name_their_place() {
    let vm = "[vm.a]\nuser = 'u'\n";
    let table = [
        (
            String::new(),
            "1:1: no VM specified",
            "add a table [vm.NAME]",
        ),
        ("[vm.a\n".to_owned(), "1:6: this is not TOML: ", ""),
        (
            format!("{vm}user = 'v'\n"),
            "3:1: this is not TOML: duplicate key",
            "",
        ),
        (
            format!("{vm}usr = 'x'\n"),
            "3:1: [vm.a] has no key 'usr'",
            "did you mean user?",
        ),
        (
            format!("{vm}memory = 1\n"),
            "3:1: [vm.a] has no key 'memory'",
            "available: templates, name, user, ",
        ),
        (
            "[default]\n".to_owned() + vm,
            "1:2: the file has no key 'default'",
            "did you mean defaults?",
        ),
        (
            "[vm.web.example]\n".to_owned(),
            "1:9: [vm.web] has no key 'example'",
            "write [vm.web-example]",
        ),
        (
            "[vm.'web.example']\n".to_owned(),
            "1:5: [vm.web.example]: ",
            "write [vm.web-example], and set the VM's name with the key name",
        ),
        (
            "vm = 1\n".to_owned(),
            "1:6: [vm] is an integer; it must be a table",
            "",
        ),
        (
            format!("{vm}  stop_timeout = '60'\n"),
            "3:18: stop_timeout is a string; it must be an integer, in seconds",
            "",
        ),
        (
            format!("{vm}stop_timeout = 0\n"),
            "3:16: vm/stop_timeout cannot be '0'; allowed: 1 to 86400 seconds",
            "",
        ),
        (
            format!("{vm}stop_timeout = 99999999999999999999\n"),
            "3:16: vm/stop_timeout cannot be '99999999999999999999'; allowed:",
            "",
        ),
        (
            format!("{vm}stop_timeout = 1.5\n"),
            "3:16: stop_timeout is a floating-point number",
            "",
        ),
        (
            format!("{vm}on_saved = 'keep'\n"),
            "3:12: vm/on_saved cannot be 'keep'; allowed: restore, discard, leave or refuse",
            "",
        ),
        (
            format!("{vm}after = 'b'\n"),
            "3:9: after is a string; it must be an array",
            "",
        ),
        (
            format!("{vm}after = ['b', 1]\n"),
            "3:15: each of after is an integer; it must be a string",
            "",
        ),
        (
            format!("{vm}path = ['/x',\n 'y']\n"),
            "4:2: 'y' is not an absolute path",
            "",
        ),
        (
            format!("{vm}enabled = 1\n"),
            "3:11: enabled is an integer; it must be true",
            "",
        ),
        (
            format!("{vm}env = 'A=b'\n"),
            "3:7: env is a string; it must be a table",
            "",
        ),
        (
            format!("{vm}env = {{ TZ = 'UTC' }}\ntimezone = 'UTC'\n"),
            "4:1: [vm.a] sets env.TZ twice (also in line 3)",
            "",
        ),
        (
            format!("{vm}env = {{ SMF_X = '' }}\n"),
            "3:9: the variable 'SMF_X' is",
            "",
        ),
        (
            format!("{vm}delegate = ['a b']\n"),
            "3:13: 'a b' is not a valid user name",
            "",
        ),
        (
            "[defaults]\nname = 'x'\n".to_owned() + vm,
            "2:1: [defaults] has no key 'name'",
            "",
        ),
        (
            format!("{vm}templates = ['bgi']\n[template.big]\n"),
            "3:14: there is no [template.bgi]",
            "did you mean big?",
        ),
        (
            "[template.a]\ntemplates = ['b']\n[template.b]\ntemplates = ['a']\n".to_owned() + vm,
            "4:14: a template cannot inherit from itself: a -> b -> a",
            "remove it here",
        ),
        (
            "[template.a]\ntemplates = ['a']\n".to_owned() + vm,
            "2:14: a template cannot inherit from itself: a -> a",
            "",
        ),
    ];
    for (text, message, hint) in table {
        let error = File::parse(&text)
            .and_then(|file| file.request())
            .expect_err(&text);
        assert!(error.to_string().starts_with(message), "{error}\n{text}");
        let told = error.hint.unwrap_or_default();
        assert!(told.contains(hint), "{told}\n{text}");
    }
}

#[test]
fn the_readme_has_a_fleet_and_every_key() {
    let readme = include_str!("../../../README.md");
    let (_, rest) = readme.split_once("```toml\n").unwrap();
    let (example, rest) = rest.split_once("```\n").unwrap();
    assert_eq!(service(example).instances.len(), 2);
    let keys = TableKind::Vm.keys();
    for (name, key) in keys.filter(|(_, key)| !matches!(key, Key::Property(_))) {
        assert!(rest.contains(&format!("`{name}`")), "{name}: {key:?}");
    }
}

#[test]
fn a_long_chain_of_templates_is_refused() {
    use std::fmt::Write as _;
    let mut text = String::from("[vm.a]\nuser='u'\ntemplates=['t0']\n");
    for i in 0..900 {
        let _infallible = writeln!(text, "[template.t{i}]\ntemplates=['t{}']", i + 1);
    }
    text += "[template.t900]\n";
    let file = File::parse(&text).unwrap();
    let error = file.request().unwrap_err();
    assert!(error.message.contains("deeper than 64 levels"), "{error}");
}
