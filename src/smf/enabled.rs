//! Whether an instance is enabled, by its own properties (`smf(7)`).

use crate::smf::tools::svcprop::Properties;

/// What says so: the second is there while somebody or a milestone has it otherwise for now (`svcadm disable -t`,
/// `svcadm milestone`, a host that goes down), and comes first. It is in no snapshot.
pub(crate) const WANTED: [&str; 2] = ["general/enabled", "general_ovr/enabled"];

/// Whether the instance is disabled. What is not there, or is no boolean, disables nothing: svc.startd has just run a
/// method of it.
pub(crate) fn is_disabled(properties: &Properties) -> bool {
    let [usual, for_now] = WANTED.map(|path| {
        let value = properties.get(path)?;
        match value.values.as_slice() {
            [word] if value.value_type == "boolean" => Some(word != "true"),
            _ => None,
        }
    });
    for_now.or(usual).unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::smf::tools::svcprop::Value;

    #[test]
    fn what_holds_for_now_comes_first() {
        let boolean = |word: &'static str| Some(("boolean", vec![word]));
        for (usual, for_now, expected) in [
            (boolean("true"), None, false),
            (boolean("false"), None, true),
            (boolean("true"), boolean("false"), true),
            (boolean("false"), boolean("true"), false),
            (None, boolean("false"), true),
            (None, None, false),
            (Some(("astring", vec!["false"])), None, false),
            (Some(("boolean", vec![])), None, false),
            (Some(("boolean", vec!["false", "false"])), None, false),
            // The group is there, and says nothing.
            (boolean("false"), Some(("boolean", vec![])), true),
        ] {
            let properties: Properties = WANTED
                .into_iter()
                .zip([&usual, &for_now])
                .filter_map(|(path, given)| {
                    let (value_type, values) = given.as_ref()?;
                    let value = Value {
                        value_type: (*value_type).to_owned(),
                        values: values.iter().map(|v| (*v).to_owned()).collect(),
                    };
                    Some((path.to_owned(), value))
                })
                .collect();
            assert_eq!(is_disabled(&properties), expected, "{usual:?} {for_now:?}");
        }
    }
}
