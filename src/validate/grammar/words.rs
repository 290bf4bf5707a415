//! The grammar in words, for messages.

use super::table::{Content, ElementRule, Occurs};

/// `<a> or <b>`
pub(super) fn names(names: &[&str]) -> String {
    if names.len() > 3 {
        return format!("<{}> or another list", names[0]);
    }
    names
        .iter()
        .map(|name| format!("<{name}>"))
        .collect::<Vec<_>>()
        .join(" or ")
}

/// What an element holds, in its order: `restarter?, dependency*, ...`.
pub(super) fn order(rule: &ElementRule) -> String {
    let content = match rule.content {
        // Of one kind there is no order.
        Content::Sequence([particle]) => {
            return format!("<{}> contains {}", rule.name, names(particle.names));
        }
        Content::Sequence(particles) => particles
            .iter()
            .map(|particle| {
                let mark = match particle.occurs {
                    Occurs::Once => "",
                    Occurs::Optional => "?",
                    Occurs::Any => "*",
                    Occurs::AtLeastOnce => "+",
                };
                match particle.names {
                    [name] => format!("{name}{mark}"),
                    names => format!("({}){mark}", names.join(" | ")),
                }
            })
            .collect::<Vec<_>>()
            .join(", "),
        Content::OneKind(kinds) => {
            let name = rule.name;
            return format!(
                "all elements in <{name}> have the same kind: {}",
                names(kinds)
            );
        }
        Content::Empty => "nothing".to_owned(),
        Content::Any => "anything".to_owned(),
        Content::Text => "text".to_owned(),
    };
    format!("<{}> contains, in this order: {content}", rule.name)
}
