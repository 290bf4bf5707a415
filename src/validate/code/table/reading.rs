//! What the XML parser and the document type refuse.

use super::super::{Rule, Severity, Stage};

pub(in super::super) const NOT_WELL_FORMED: Rule = Rule {
    stage: Stage::Dtd,
    severity: Severity::Error,
    title: "the file is not well-formed XML",
    explanation: "svccfg reads manifests with libxml2, which stops at the first error: an unclosed tag, a bare & or < in a value, a duplicate attribute, anything before the XML declaration. svccfg then reports \"couldn't parse document\".",
    help: "correct the XML at this position; & is written &amp;, < is &lt;, and in a value \" is &quot;",
};

pub(in super::super) const TOO_LARGE: Rule = Rule {
    stage: Stage::Dtd,
    severity: Severity::Error,
    title: "the file is too large or too deeply nested",
    explanation: "libxml2 rejects documents that are nested deeper than 256 elements or that grow without limit when entities are expanded, and this program does not read more than 128 MB (32 MB in another encoding than UTF-8) or a million tags, comments and references of a file. A manifest with ten thousand instances is far below these limits.",
    help: "split the manifest, or check how the file was created",
};

pub(in super::super) const ENCODING: Rule = Rule {
    stage: Stage::Dtd,
    severity: Severity::Error,
    title: "the characters cannot be decoded",
    explanation: "A file without a byte order mark and without an encoding in its XML declaration is UTF-8. A byte that is invalid in the encoding, or a wrong encoding, stops the parser. This program supports UTF-8, UTF-16, US-ASCII, ISO-8859-1, ISO-8859-15 and windows-1252, and reads encodings such as ISO-8859-2 and EUC-JP as ISO-8859-1.",
    help: "save the file as UTF-8",
};

pub(in super::super) const NO_DOCUMENT_TYPE: Rule = Rule {
    stage: Stage::Dtd,
    severity: Severity::Error,
    title: "the document type is missing",
    explanation: "svccfg recognizes a manifest by its document type, and reports \"document has no DTD\" if there is none.",
    help: "add <!DOCTYPE service_bundle SYSTEM \"/usr/share/lib/xml/dtd/service_bundle.dtd.1\"> before the first element",
};

pub(in super::super) const UNKNOWN_DOCUMENT_TYPE: Rule = Rule {
    stage: Stage::Dtd,
    severity: Severity::Error,
    title: "the document type is not the one of service bundles",
    explanation: "svccfg compares the SYSTEM id of the document type byte for byte with /usr/share/lib/xml/dtd/service_bundle.dtd.1, whatever the PUBLIC id is; a file:// URL or another path to the same file is rejected with \"document DTD unknown; not service bundle?\".",
    help: "write SYSTEM \"/usr/share/lib/xml/dtd/service_bundle.dtd.1\"",
};

pub(in super::super) const ROOT_ELEMENT: Rule = Rule {
    stage: Stage::Dtd,
    severity: Severity::Error,
    title: "the document is not a service bundle",
    explanation: "The outermost element of a manifest is service_bundle, and the document type names it.",
    help: "put everything into one <service_bundle type='manifest' name='...'>",
};

pub(in super::super) const UNDEFINED_ENTITY: Rule = Rule {
    stage: Stage::Dtd,
    severity: Severity::Error,
    title: "an entity is not defined",
    explanation: "XML itself defines &amp; &lt; &gt; &apos; and &quot; only. svccfg does not reject the document, continues without the value, and crashes (Abort).",
    help: "write the character itself, or &#233; with its number, or define the entity in the document type",
};

pub(in super::super) const INCLUDE: Rule = Rule {
    stage: Stage::Dtd,
    severity: Severity::Error,
    title: "an included file cannot be read",
    explanation: "svccfg processes XInclude while reading, and reports \"couldn't handle XInclude statements in document\" if the file is missing or is not XML and there is no xi:fallback. If href is not a URI or names the document itself, or if an inclusion has two fallbacks, a fallback does not help.",
    help: "put the file at the location in href, relative to the manifest, or add an <xi:fallback/>",
};

pub(in super::super) const UNKNOWN_ELEMENT: Rule = Rule {
    stage: Stage::Dtd,
    severity: Severity::Error,
    title: "unknown element",
    explanation: "The document type service_bundle.dtd.1 has no element of this name.",
    help: "see the man page service_bundle(5) for the existing elements",
};

pub(in super::super) const CONTENT: Rule = Rule {
    stage: Stage::Dtd,
    severity: Severity::Error,
    title: "an element is missing, not allowed here, or out of order",
    explanation: "The order of elements is fixed by the DTD: svccfg reports \"content does not follow the DTD, expecting (...), got (...)\". In a service, for instance, dependencies come before methods, methods before property groups, property groups before instances, and stability and template come last.",
    help: "put the elements in this order",
};

pub(in super::super) const STRAY_TEXT: Rule = Rule {
    stage: Stage::Dtd,
    severity: Severity::Error,
    title: "text where only elements are allowed",
    explanation: "Only loctext and internal_separators contain text. A CDATA section counts as text even if it is empty.",
    help: "remove the text, or make it a comment",
};

pub(in super::super) const NOT_EMPTY: Rule = Rule {
    stage: Stage::Dtd,
    severity: Severity::Error,
    title: "an element that must be empty has content",
    explanation: "libxml2 follows the DTD strictly: an element that is declared EMPTY must not contain even a blank or a comment.",
    help: "close the element at once: <stability value='Stable'/>",
};

pub(in super::super) const UNKNOWN_ATTRIBUTE: Rule = Rule {
    stage: Stage::Dtd,
    severity: Severity::Error,
    title: "the element has no such attribute",
    explanation: "The document type does not declare the attribute for this element; a namespace declaration (xmlns) counts as one.",
    help: "remove the attribute",
};

pub(in super::super) const MISSING_ATTRIBUTE: Rule = Rule {
    stage: Stage::Dtd,
    severity: Severity::Error,
    title: "a required attribute is missing",
    explanation: "The document type requires the attribute on this element.",
    help: "add the attribute",
};

pub(in super::super) const ATTRIBUTE_VALUE: Rule = Rule {
    stage: Stage::Dtd,
    severity: Severity::Error,
    title: "the attribute cannot have this value",
    explanation: "The DTD lists the allowed values of this attribute; they are case-sensitive.",
    help: "use one of the allowed values",
};
