//! The picture as XML.

use super::*;
use crate::simulation::rehearsal::scenario::{Scenario, Script, play};
use roxmltree::Document;

const SHIPPED: &str = include_str!("../../../../manifests/vbox.xml");

fn story(scenario: Scenario) -> (String, Played) {
    let played = play(SHIPPED, &Script::of(scenario)).unwrap();
    ("a <b> & 'c'".to_owned(), played)
}

#[test]
fn it_is_xml_and_needs_nothing_else() {
    let stories: Vec<_> = Scenario::all().iter().copied().map(story).collect();
    let text = picture(&stories);
    let document = Document::parse(&text).unwrap();
    for node in document.descendants() {
        let name = node.tag_name().name();
        assert!(!["script", "image", "use", "foreignObject"].contains(&name));
        assert!(
            node.attributes()
                .all(|a| !a.name().starts_with("on") && a.name() != "href")
        );
    }
    let words: Vec<&str> = document.descendants().filter_map(|n| n.text()).collect();
    for word in ["vm1", "ok", "running", "saved", "online"] {
        assert!(words.contains(&word), "no {word}");
    }
    assert!(words.iter().any(|w| w.starts_with("boot: a <b> & 'c'")));
    assert!(!text.contains("NaN") && !text.contains("inf"));
}

#[test]
fn nothing_is_outside() {
    let text = picture(&[story(Scenario::Life)]);
    let document = Document::parse(&text).unwrap();
    let number = |node: roxmltree::Node<'_, '_>, name| -> f64 {
        node.attribute(name).map_or(0.0, |v| v.parse().unwrap())
    };
    let root = document.root_element();
    let (width, height) = (number(root, "width"), number(root, "height"));
    for node in document.descendants().filter(|n| n.has_tag_name("rect")) {
        assert!(number(node, "x") >= 0.0 && number(node, "x") + number(node, "width") <= width);
        assert!(number(node, "y") >= 0.0 && number(node, "y") + number(node, "height") <= height);
    }
}
