//! The stand-in for svcprop says what the real one said: each of its commands in the recorded transcript is asked of
//! it, against the properties of the manifest that the transcript was recorded with. No VirtualBox takes part.

#[path = "../fakes/svcprop.rs"]
#[expect(dead_code, reason = "as a program it has a main too")]
mod fake;

use fake::{Reply, Repository};

const TRANSCRIPT: &str = include_str!("../vectors/svcprop/svcprop.transcript.txt");

/// From here on the transcript is about svccfg.
const END: &str = "### svccfg listprop";

/// What the stand-in cannot know: in which order the real one walks a service's instances, and that it passes over the
/// one that has never been refreshed.
const NOT_PLAYED: [&str; 1] = ["svcprop -p config/int propdemo"];

/// What `svccfg import` makes of the manifest, in the order in which svcprop lists it.
const SERVICE: &[&str] = &[
    "config/b_false boolean false",
    "config/b_true boolean true",
    "config/both astring from-service",
    "config/cnt count 18446744073709551615",
    "config/fmr fmri svc:/site/other:default",
    "config/hn hostname a.example.com",
    "config/hst host 10.0.0.1",
    "config/int integer -42",
    "config/multi astring one two\\ words \"\" four",
    "config/multi_int integer 3 1 2",
    "config/n4 net_address_v4 10.0.0.0/8",
    "config/n6 net_address_v6 fe80::1",
    "config/novalue astring",
    "config/opq opaque 00ffdeadbeef",
    "config/str_bs astring back\\\\slash",
    "config/str_dash astring -n",
    "config/str_dq astring say\\ \\\"hi\\\"",
    "config/str_empty astring \"\"",
    "config/str_hash astring #x",
    "config/str_lead astring \\ x\\ ",
    "config/str_meta astring a\\;b\\|c\\&d\\>e\\<f\\(g\\)h$i*j?k[l]m{n}o~p\\`q#r!s=t%u\\^v",
    "config/str_nl astring line1\\\nline2",
    "config/str_plain astring plain",
    "config/str_space astring two\\ words",
    "config/str_sq astring it\\'s",
    "config/str_tab astring a\\\tb",
    "config/str_utf8 astring héllo\\ ☃",
    "config/tim time 1234567890.500000000",
    "config/ur uri http://example.com/?a=b\\&c=d",
    "config/ustr ustring héllo\\ w",
    "emptypg",
    "only_service/x astring s",
    "fs/entities fmri svc:/system/filesystem/local svc:/network/loopback:default",
    "fs/grouping astring require_all",
    "fs/restart_on astring none",
    "fs/type astring service",
    "general/entity_stability astring Unstable",
    "general/single_instance boolean true",
    "start/environment astring A=b\\ c LANG=C",
    "start/exec astring /opt/my\\ app/bin/run\\ -x\\ \\\"a\\ b\\\"\\ %i",
    "start/group astring daemon",
    "start/timeout_seconds count 60",
    "start/type astring method",
    "start/use_profile boolean false",
    "start/user astring daemon",
    "start/working_directory astring /var/tmp",
    "stop/exec astring :kill",
    "stop/timeout_seconds count 18446744073709551615",
    "stop/type astring method",
];
const DEFAULT: &[&str] = &[
    "general/enabled boolean false",
    "config/both astring from-instance",
    "config/inst_only astring i",
];
const SECOND: &[&str] = &["general/enabled boolean true"];

/// A command of the transcript with what it said.
struct Recorded {
    command: String,
    reply: Reply,
}

/// The service and its instances, changed as the transcript's svccfg commands change them.
struct Model {
    service: Vec<String>,
    instances: Vec<Instance>,
}

struct Instance {
    name: String,
    own: Vec<String>,
    /// Groups that are in no snapshot.
    volatile: Vec<String>,
    /// The lines of the property file that tell of the snapshots.
    snapshots: String,
}

#[test]
fn answers_as_the_real_one_did() {
    let mut model = Model::imported();
    let mut compared = 0;
    for recorded in transcript() {
        let words = words(&recorded.command);
        if words[0] != "svcprop" {
            model.apply(&words);
        } else if !words.contains(&"|".to_owned())
            && !NOT_PLAYED.contains(&recorded.command.as_str())
        {
            let reply = model.repository().answer(&words[1..]);
            let readable = |reply: &Reply| String::from_utf8_lossy(&reply.stdout).into_owned();
            assert_eq!(
                readable(&reply),
                readable(&recorded.reply),
                "{}",
                recorded.command
            );
            assert_eq!(reply, recorded.reply, "{}", recorded.command);
            compared += 1;
        }
    }
    assert_eq!(
        compared, 133,
        "the transcript has changed, or is not read to its end"
    );
}

fn transcript() -> Vec<Recorded> {
    let mut all: Vec<Recorded> = Vec::new();
    for line in TRANSCRIPT.lines().take_while(|line| !line.starts_with(END)) {
        if let Some(command) = line.strip_prefix("$ ") {
            all.push(Recorded {
                command: command.to_owned(),
                reply: Reply::default(),
            });
        } else if let Some(recorded) = all.last_mut() {
            if let Some(text) = line.strip_prefix("  stdout| ") {
                recorded.reply.stdout.extend(format!("{text}\n").bytes());
            } else if let Some(text) = line.strip_prefix("  stderr| ") {
                recorded.reply.stderr.extend([text, "\n"]);
            } else if let Some(status) = line.strip_prefix("  exit ") {
                recorded.reply.status = status.parse().expect("an exit status");
            }
        }
    }
    all
}

/// The words of a command as a shell reads them, as far as the transcript needs it.
fn words(command: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = None::<String>;
    let mut quote = None;
    for character in command.chars() {
        match (character, quote) {
            ('"' | '\'', None) => {
                quote = Some(character);
                word.get_or_insert_default();
            }
            (end, Some(begin)) if end == begin => quote = None,
            (' ', None) => words.extend(word.take()),
            (other, _) => word.get_or_insert_default().push(other),
        }
    }
    words.extend(word);
    words
}

impl Model {
    fn imported() -> Self {
        let owned = |lines: &[&str]| lines.iter().map(|&line| line.to_owned()).collect();
        let instance = |name: &str, lines: &[&str]| Instance {
            name: name.to_owned(),
            own: owned(lines),
            volatile: Vec::new(),
            snapshots: String::new(),
        };
        let instances = vec![instance("default", DEFAULT), instance("second", SECOND)];
        let mut model = Self {
            service: owned(SERVICE),
            instances,
        };
        model.refresh("default");
        model.refresh("second");
        model
    }

    fn instance(&mut self, name: &str) -> &mut Instance {
        self.instances
            .iter_mut()
            .find(|instance| instance.name == name)
            .expect("an instance of the transcript")
    }

    fn refresh(&mut self, name: &str) {
        let service = lines("s", &self.service);
        let instance = self.instance(name);
        instance.snapshots = format!(
            "!snapshot running initial last-import\n{}{service}",
            lines("i", &instance.own)
        );
    }

    /// Does what `refresh`, `svccfg -s ENTITY setprop`, `addpg`, `add` and `listsnap` do.
    fn apply(&mut self, words: &[String]) {
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        match words[..] {
            ["refresh", fmri] => self.refresh(after_colon(fmri)),
            ["svccfg", "-s", _, "listsnap"] => {}
            ["svccfg", "-s", "site/propdemo", "add", name] => self.instances.push(Instance {
                name: name.to_owned(),
                own: Vec::new(),
                volatile: Vec::new(),
                snapshots: "!no-snapshots\n".to_owned(),
            }),
            [
                "svccfg",
                "-s",
                fmri,
                "addpg",
                group,
                "application",
                ref flags @ ..,
            ] => {
                let instance = self.instance(after_colon(fmri));
                let lines = if flags == ["P"] {
                    &mut instance.volatile
                } else {
                    &mut instance.own
                };
                lines.push(group.to_owned());
            }
            [
                "svccfg",
                "-s",
                "svc:/site/propdemo",
                "setprop",
                path,
                "=",
                kind,
                value,
            ] => {
                set(&mut self.service, path, kind, value);
            }
            ["svccfg", "-s", fmri, "setprop", path, "=", kind, value] => {
                let instance = self.instance(after_colon(fmri));
                let group = path.split('/').next().unwrap_or_default();
                let is_volatile = instance.volatile.iter().any(|line| line == group);
                set(
                    if is_volatile {
                        &mut instance.volatile
                    } else {
                        &mut instance.own
                    },
                    path,
                    kind,
                    value,
                );
            }
            _ => panic!("a command that the model does not know: {words:?}"),
        }
    }

    fn repository(&self) -> Repository {
        let mut repository = Repository::default();
        repository
            .add("site%propdemo", &lines("s", &self.service))
            .expect("the service's file");
        for Instance {
            name,
            own,
            volatile,
            snapshots,
        } in &self.instances
        {
            let text = format!("{}{}{snapshots}", lines("i", own), lines("v", volatile));
            repository
                .add(&format!("site%propdemo@{name}"), &text)
                .expect("an instance's file");
        }
        repository
    }
}

fn after_colon(fmri: &str) -> &str {
    fmri.rsplit(':').next().unwrap_or_default()
}

/// A property that is set anew is listed last.
fn set(lines: &mut Vec<String>, path: &str, kind: &str, value: &str) {
    lines.retain(|line| line.split(' ').next() != Some(path));
    lines.push(format!("{path} {} {value}", kind.trim_end_matches(':')));
}

fn lines(level: &str, properties: &[String]) -> String {
    properties
        .iter()
        .flat_map(|property| {
            [
                level, " ", property, "
",
            ]
        })
        .collect()
}
