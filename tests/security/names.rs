//! Names, values, contents and file names that would like to be something else: an option, a line of the log, an
//! element, an escape sequence.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use crate::lanes::some_or_many;

use super::{COMMAND_LINES, assert_harmless, folder, program, row, run, with_name, words};

const NAMES: [&[u8]; 38] = [
    b"-x",
    b"-h",
    b"--help",
    b"--machinereadable",
    b"--",
    b"-",
    b"a\nFORGED",
    b"a\r\nFORGED: svc:/x",
    b"\nFORGED",
    b"a\tb",
    b"\x1b[2J",
    b"\x1b]0;title\x07",
    b"a\x08\x08b\x7f",
    "\u{9b}31m".as_bytes(),
    "\u{85}FORGED".as_bytes(),
    "\u{202e}gpj".as_bytes(),
    "\u{2066}x\u{2069}".as_bytes(),
    "a\u{200b}b".as_bytes(),
    "\u{feff}a".as_bytes(),
    "a\u{2028}FORGED".as_bytes(),
    "\u{e0041}".as_bytes(),
    b"\xff\xfe",
    b"\x1b[\xff2J\x9b",
    b"$(touch MARK)",
    b"`touch MARK`",
    b"; touch MARK;",
    b"' onload='alert(1)",
    b"\"><x y=\"",
    b"]]>",
    b"</loctext><x/>",
    b"<!-- -->",
    b"&amp;&lt;&#27;",
    b"%n%s%i%{vm/name}",
    b"\\u{1b}",
    b"\\",
    b"../../../etc/passwd",
    "Größe 大 ☃".as_bytes(),
    b"",
];

/// Wherever a name can stand on a command line.
#[test]
fn on_the_command_line() {
    let folder = folder("names");
    // Each name in some places, and each place with some names; or all of them.
    let apart = some_or_many(6, 1);
    let mut runs = 0;
    for (nth, name) in NAMES.into_iter().enumerate() {
        for line in COMMAND_LINES.into_iter().skip(nth % apart).step_by(apart) {
            run(&folder, &with_name(line, OsStr::from_bytes(name)));
            runs += 1;
        }
    }
    let left: Vec<_> = fs::read_dir(&folder).unwrap().collect();
    assert!(left.is_empty(), "{left:?}");
    row("hostile names on the command line", runs);
}

/// What svc.startd says.
#[test]
fn in_the_environment() {
    let folder = folder("environment-names");
    let mut runs = 0;
    for name in NAMES {
        for variable in [
            "SMF_FMRI",
            "SMF_METHOD",
            "SMF_RESTARTER",
            "LANG",
            "TZ",
            "HOME",
        ] {
            let arguments = words(&["start"]);
            let mut fmri = OsString::from("svc:/site/xvm/vbox:");
            fmri.push(OsStr::from_bytes(name));
            let output = program(&folder)
                .arg("start")
                .env("SMF_METHOD", "start")
                .env("SMF_FMRI", &fmri)
                .env(variable, OsStr::from_bytes(name))
                .output()
                .unwrap();
            assert_harmless(&arguments, &output);
            runs += 1;
        }
    }
    row("hostile names in SMF's environment", runs);
}

/// A manifest that is written says exactly this name, and nothing else: our own judge takes it, and every other element
/// is as it is for a name that is nothing special.
#[test]
fn in_a_manifest() {
    let folder = folder("manifest-names");
    let plain = manifest(&folder, OsStr::new("plain")).unwrap();
    let mut written = 0;
    for name in NAMES {
        let name = OsStr::from_bytes(name);
        let Some(text) = manifest(&folder, name) else {
            continue;
        };
        written += 1;
        let (of_plain, of_name) = (shape(&plain, "plain"), shape(&text, name.to_str().unwrap()));
        assert_eq!(of_plain, of_name, "{name:?}");
        let judged = program(&folder)
            .args(["validate", "--strict", "-"])
            .write_stdin(text)
            .output()
            .unwrap();
        assert_eq!(judged.status.code(), Some(0), "{name:?}: {judged:?}");
    }
    // Those with characters that XML cannot represent, and the empty one, are refused.
    assert!((26..NAMES.len()).contains(&written), "{written} written");
    row(
        "hostile names in a manifest, which holds nothing else",
        written,
    );
}

fn manifest(folder: &Path, name: &OsStr) -> Option<String> {
    let line = with_name(&["gen", "--user=u", "--", "i=NAME"], name);
    let output = run(folder, &line);
    let stderr = String::from_utf8(output.stderr).unwrap();
    if output.status.code() == Some(0) {
        return Some(String::from_utf8(output.stdout).unwrap());
    }
    assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0));
    let told = ["vbox-smf: ", "error: "]
        .iter()
        .any(|head| stderr.starts_with(head));
    assert!(told, "{}: {stderr}", name.as_bytes().escape_ascii());
    None
}

/// All elements and attributes, with the name as NAME; it is there once.
fn shape(manifest: &str, name: &str) -> Vec<String> {
    let options = roxmltree::ParsingOptions {
        allow_dtd: true,
        ..roxmltree::ParsingOptions::default()
    };
    let tree = roxmltree::Document::parse_with_options(manifest, options).unwrap();
    let mut shape = Vec::new();
    let mut named = 0;
    for node in tree.descendants().filter(roxmltree::Node::is_element) {
        shape.push(node.tag_name().name().to_owned());
        for attribute in node.attributes() {
            let is_value = attribute.name() == "value" && node.attribute("name") == Some("name");
            if is_value {
                assert_eq!(attribute.value(), name);
                named += 1;
                shape.push("value=NAME".to_owned());
            } else {
                shape.push(format!("{}={}", attribute.name(), attribute.value()));
            }
        }
    }
    assert_eq!(named, 1, "{manifest}");
    shape
}

/// A picture is XML, and a report is JSON, whatever the names in it are.
#[test]
fn in_pictures_and_reports() {
    let folder = folder("pictures");
    for name in NAMES {
        let line = ["rehearse", "--json", "--", "NAME"];
        let output = run(&folder, &with_name(&line, OsStr::from_bytes(name)));
        if !output.stdout.is_empty() {
            let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
            assert_eq!(report["version"], 1);
            assert_eq!(String::from_utf8(output.stdout).unwrap().lines().count(), 1);
        }
        let line = ["rehearse", "--svg=-", "--", "NAME"];
        let output = run(&folder, &with_name(&line, OsStr::from_bytes(name)));
        let picture = String::from_utf8(output.stdout).unwrap();
        if !picture.is_empty() {
            let tree = roxmltree::Document::parse(&picture).unwrap();
            for node in tree.descendants().filter(roxmltree::Node::is_element) {
                let tag = node.tag_name().name();
                let drawn = [
                    "svg", "title", "style", "g", "rect", "text", "path", "circle", "line",
                ];
                assert!(drawn.contains(&tag), "{name:?}: <{tag}>");
                let runs = node.attributes().any(|a| a.name().starts_with("on"));
                assert!(!runs, "{name:?}: {node:?}");
            }
        }
    }
}

/// Contents, and what the files are called.
#[test]
fn in_files_and_their_names() {
    let mut runs = 0;
    let mut run = |folder: &Path, arguments: &[OsString]| {
        runs += 1;
        run(folder, arguments)
    };
    let folder = folder("contents");
    let shipped = concat!(env!("CARGO_MANIFEST_DIR"), "/manifests/vbox.xml");
    let shipped = fs::read_to_string(shipped).unwrap();
    for (nth, name) in NAMES.iter().enumerate() {
        if nth % some_or_many(3, 1) != 0 {
            continue;
        }
        let in_xml: Vec<u8> = name
            .iter()
            .flat_map(|byte| match byte {
                b'&' => b"&amp;".to_vec(),
                b'<' => b"&lt;".to_vec(),
                b'\'' => b"&apos;".to_vec(),
                b'"' => b"&quot;".to_vec(),
                other => vec![*other],
            })
            .collect();
        // As it is, and as somebody would write it who knows XML.
        for (way, name) in [("raw", name.to_vec()), ("quoted", in_xml)] {
            if way == "quoted" && name == NAMES[nth] {
                continue;
            }
            let here = folder.join(format!("{nth}-{way}"));
            fs::create_dir(&here).unwrap();
            let put_in = |text: &str| {
                let mut parts = text.split("NAME");
                let mut whole = parts.next().unwrap().as_bytes().to_vec();
                for part in parts {
                    whole.extend(&name);
                    whole.extend(part.as_bytes());
                }
                whole
            };
            for (file, text) in [
                ("value.xml", shipped.replace("value='vm1'", "value='NAME'")),
                ("type.xml", shipped.replace("type='astring'", "type='NAME'")),
                ("name.xml", shipped.replace("name='vm'", "name='NAME'")),
                (
                    "instance.xml",
                    shipped.replace("instance name='vm1'", "instance name='NAME'"),
                ),
                ("exec.xml", shipped.replace("exec='/lib", "exec='NAME/lib")),
                ("element.xml", shipped.replace("<stability", "<NAME")),
                ("text.xml", shipped.replace("</loctext>", "NAME</loctext>")),
                (
                    "include.xml",
                    shipped.replace("<service\n", "<xi:include href='NAME'/><service\n"),
                ),
                ("top.xml", "NAME".to_owned()),
                ("user.toml", "[vm.a]\nuser = \"NAME\"\n".to_owned()),
                (
                    "key.toml",
                    "[vm.a]\nuser = \"u\"\n\"NAME\" = 1\n".to_owned(),
                ),
                ("vm.toml", "[vm.\"NAME\"]\nuser = \"u\"\n".to_owned()),
                (
                    "name.toml",
                    "[vm.a]\nuser = \"u\"\nname = '''NAME'''\n".to_owned(),
                ),
                ("bare.toml", "NAME".to_owned()),
            ] {
                fs::write(here.join(file), put_in(&text)).unwrap();
                if !text.starts_with('<') && file != "top.xml" {
                    run(&here, &words(&["gen", "--fleet", file]));
                    run(&here, &words(&["gen", "--explain", "--fleet", file]));
                } else {
                    let path = format!("./{file}");
                    run(&here, &words(&["validate", &path]));
                    run(&here, &words(&["validate", "--profile", "--json", &path]));
                    if ["value.xml", "exec.xml", "instance.xml"].contains(&file) {
                        run(&here, &words(&["rehearse", &path]));
                    }
                }
            }
            // A file of this name.
            let safe = !name.is_empty() && name.len() < 200 && !name.contains(&b'/');
            if way == "raw" && safe {
                let path = here.join("names").join(OsStr::from_bytes(&name));
                fs::create_dir(here.join("names")).unwrap();
                fs::write(path.with_extension("xml"), "<x/>").unwrap();
                run(&here, &words(&["validate", "names"]));
                run(&here, &words(&["validate", "--json", "names"]));
                let file = path.with_extension("xml").into_os_string();
                for command in ["validate", "rehearse"] {
                    run(&here, &[command.into(), file.clone()]);
                }
                run(&here, &["gen".into(), "--fleet".into(), file.clone()]);
                let mut output = words(&["gen", "vm1", "--user=u", "--output"]);
                output.push(file);
                run(&here, &output);
                output.push("--force".into());
                run(&here, &output);
            }
        }
    }
    assert!(!folder.join("MARK").exists());
    row("hostile contents and names of files", runs);
}
