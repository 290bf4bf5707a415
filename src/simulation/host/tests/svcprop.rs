//! svcprop against its recorded transcripts.

use super::{SECOND, alone, invocation};
use crate::host::{ExitStatus, Host};
use crate::simulation::host::{Sim, SimHost};
use crate::smf::fmri::InstanceFmri;

/// The properties of `prop-demo.xml` that are asked for below.
fn propdemo() -> Sim {
    let sim = Sim::new();
    sim.repository(|repository| {
        let service = repository.service_mut("site/propdemo");
        for (name, kind, values) in [
            ("b_true", "boolean", &["true"][..]),
            ("cnt", "count", &["18446744073709551615"]),
            ("int", "integer", &["-42"]),
            ("str_plain", "astring", &["plain"]),
            ("str_empty", "astring", &[""]),
            ("str_space", "astring", &["two words"]),
            ("str_dq", "astring", &["say \"hi\""]),
            ("str_sq", "astring", &["it's"]),
            ("str_bs", "astring", &["back\\slash"]),
            ("str_nl", "astring", &["line1\nline2"]),
            ("str_tab", "astring", &["a\tb"]),
            (
                "str_meta",
                "astring",
                &["a;b|c&d>e<f(g)h$i*j?k[l]m{n}o~p`q#r!s=t%u^v"],
            ),
            ("str_lead", "astring", &[" x "]),
            ("ur", "uri", &["http://example.com/?a=b&c=d"]),
            ("multi", "astring", &["one", "two words", "", "four"]),
            ("novalue", "astring", &[]),
            ("both", "astring", &["from-service"]),
        ] {
            service.set("config", name, kind, values);
        }
        service.set("stop", "exec", "astring", &[":kill"]);
        service.set(
            "stop",
            "timeout_seconds",
            "count",
            &["18446744073709551615"],
        );
        service.set("stop", "type", "astring", &["method"]);
        service.add_group("emptypg");
        let fmri: InstanceFmri = "svc:/site/propdemo:default".parse().unwrap();
        let instance = repository.instance_mut(&fmri);
        instance.set("config", "both", "astring", &["from-instance"]);
        repository.refresh(&fmri);
    });
    sim
}

fn svcprop(host: &SimHost<'_>, args: &[&str]) -> (i32, String, String) {
    let output = host
        .run(
            &invocation("svcprop", args, SECOND),
            &mut crate::host::keep_waiting,
        )
        .unwrap();
    let ExitStatus::Exited(status) = output.ended else {
        panic!("svcprop was killed");
    };
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (status, text(output.stdout), text(output.stderr))
}

#[test]
fn values_and_their_quoting() {
    alone(&propdemo(), |host| {
        for (property, printed) in [
            ("b_true", "true\n"),
            ("cnt", "18446744073709551615\n"),
            ("int", "-42\n"),
            ("str_plain", "plain\n"),
            ("str_empty", "\"\"\n"),
            ("str_space", "two\\ words\n"),
            ("str_dq", "say\\ \\\"hi\\\"\n"),
            ("str_sq", "it\\'s\n"),
            ("str_bs", "back\\\\slash\n"),
            ("str_nl", "line1\\\nline2\n"),
            ("str_tab", "a\\\tb\n"),
            (
                "str_meta",
                "a\\;b\\|c\\&d\\>e\\<f\\(g\\)h$i*j?k[l]m{n}o~p\\`q#r!s=t%u\\^v\n",
            ),
            ("str_lead", "\\ x\\ \n"),
            ("ur", "http://example.com/?a=b\\&c=d\n"),
            ("multi", "one two\\ words \"\" four\n"),
            ("novalue", "\n"),
            ("both", "from-instance\n"),
        ] {
            let path = format!("config/{property}");
            let answer = svcprop(host, &["-p", &path, "svc:/site/propdemo:default"]);
            assert_eq!(answer, (0, printed.into(), String::new()), "{property}");
        }
    });
}

#[test]
fn forms_and_orders() {
    alone(&propdemo(), |host| {
        for (args, printed) in [
            (
                &["-t", "-p", "config/multi"][..],
                "config/multi astring one two\\ words \"\" four\n",
            ),
            (&["-t", "-p", "config/novalue"], "config/novalue astring \n"),
            (
                &["-f", "-p", "config/multi"],
                "svc:/site/propdemo:default/:properties/config/multi astring one two\\ words \"\" four\n",
            ),
            (
                &["-p", "config/int", "-p", "config/str_plain"],
                "plain\n-42\n",
            ),
            (
                &["-p", "config/int", "-p", "stop"],
                "stop/exec astring :kill\nstop/timeout_seconds count 18446744073709551615\nstop/type astring method\nconfig/int integer -42\n",
            ),
            (&["-p", "config/int", "-p", "config/int"], "-42\n-42\n"),
            (&["-p", "emptypg"], ""),
            (&["-q", "-p", "config/int"], ""),
        ] {
            let args = [args, &["svc:/site/propdemo:default"]].concat();
            let answer = svcprop(host, &args);
            assert_eq!(answer, (0, printed.into(), String::new()), "{args:?}");
        }
    });
}

#[test]
fn what_is_not_there() {
    let usage = "Usage: svcprop [-fqtv] [-C | -c | -s snapshot] [-z zone] [-p [name/]name]... \n         {FMRI | pattern}...\n       svcprop -w [-fqtv] [-z zone] [-p [name/]name] {FMRI | pattern}\n";
    let demo = "svc:/site/propdemo:default";
    alone(&propdemo(), |host| {
        for (args, status, stdout, stderr) in [
            (
                &[
                    "-p",
                    "config/int",
                    "-p",
                    "nosuch/x",
                    "-p",
                    "config/str_plain",
                    demo,
                ][..],
                1,
                "plain\n-42\n",
                "svcprop: Couldn't find property group `nosuch' for instance `svc:/site/propdemo:default'.\n",
            ),
            (
                &["-p", "config/nosuch", demo],
                1,
                "",
                "svcprop: Couldn't find property `config/nosuch' for instance `svc:/site/propdemo:default'.\n",
            ),
            (
                &["-p", "config/inst_only", "svc:/site/propdemo"],
                1,
                "",
                "svcprop: Couldn't find property `config/inst_only' for service `svc:/site/propdemo'.\n",
            ),
            (
                &["-p", "config/int", "svc:/site/propdemo:nosuch"],
                1,
                "",
                "svcprop: Pattern 'svc:/site/propdemo:nosuch' doesn't match any entities\n",
            ),
            (
                &["-p", "config/int", "svc:/a b"],
                1,
                "",
                "svcprop: Pattern 'svc:/a b' doesn't match any entities\n",
            ),
            (
                &["-p", "a b/c", demo],
                2,
                "",
                "svcprop: Invalid component name `a b'.\n",
            ),
            (
                &["-p", "config/", demo],
                2,
                "",
                "svcprop: Invalid component name `'.\n",
            ),
            (&["-p", "config/int"], 2, "", usage),
            (&[], 2, "", usage),
        ] {
            let answer = svcprop(host, args);
            assert_eq!(answer, (status, stdout.into(), stderr.into()), "{args:?}");
        }
        let (status, _, stderr) = svcprop(host, &["-p", "a/b/c", demo]);
        let told = format!("svcprop: -p argument `a/b/c' has too many components.\n{usage}");
        assert_eq!((status, stderr), (2, told));
        let (status, _, stderr) = svcprop(host, &["-x", demo]);
        assert_eq!(
            (status, stderr),
            (2, format!("svcprop: illegal option -- x\n{usage}"))
        );
    });
}

#[test]
fn the_repository_can_be_away() {
    let sim = propdemo();
    sim.repository_down_until(SECOND);
    alone(&sim, |host| {
        let args = ["-p", "config/int", "svc:/site/propdemo:default"];
        let (status, _, stderr) = svcprop(host, &args);
        assert_eq!(status, 1);
        assert_eq!(
            stderr,
            "svcprop: Could not connect to configuration repository: repository server unavailable.\n"
        );
        host.sleep(SECOND);
        assert_eq!(svcprop(host, &args).0, 0);
    });
}
