//! What the XML parser and the document type refuse.

use super::super::{Rule, Severity, Stage};

pub(in super::super) const NOT_WELL_FORMED: Rule = Rule {
    stage: Stage::Dtd,
    severity: Severity::Error,
    title: "the file is not well-formed XML",
    explanation: "svccfg reads manifests with libxml2, which stops at the first place that is not XML: a tag that is not closed, a bare & or < in a value, an attribute that is there twice, anything before the XML declaration. svccfg then says \"couldn't parse document\".",
    help: "mend the XML at this place; & is written &amp;, < is &lt;, and in a value \" is &quot;",
};

pub(in super::super) const TOO_LARGE: Rule = Rule {
    stage: Stage::Dtd,
    severity: Severity::Error,
    title: "the file is larger or deeper than any manifest",
    explanation: "libxml2 refuses documents that are nested deeper than 256 elements or that grow without bound when entities are expanded, and this program does not read more than 128 MB (32 MB in another encoding than UTF-8) or a million tags, comments and references of a file. A manifest of ten thousand instances stays far below.",
    help: "split the manifest, or look at how the file came to be",
};

pub(in super::super) const ENCODING: Rule = Rule {
    stage: Stage::Dtd,
    severity: Severity::Error,
    title: "the characters cannot be decoded",
    explanation: "A file without a byte order mark and without an encoding in its XML declaration is UTF-8. A byte that cannot be in the encoding, or an encoding that the file is not in, ends the reading. This program knows UTF-8, UTF-16, US-ASCII, ISO-8859-1, ISO-8859-15 and windows-1252, and reads the likes of ISO-8859-2 and EUC-JP as if they were ISO-8859-1.",
    help: "save the file as UTF-8",
};

pub(in super::super) const NO_DOCUMENT_TYPE: Rule = Rule {
    stage: Stage::Dtd,
    severity: Severity::Error,
    title: "there is no document type",
    explanation: "svccfg knows a manifest by its document type, and says \"document has no DTD\" where there is none.",
    help: "add <!DOCTYPE service_bundle SYSTEM \"/usr/share/lib/xml/dtd/service_bundle.dtd.1\"> before the first element",
};

pub(in super::super) const UNKNOWN_DOCUMENT_TYPE: Rule = Rule {
    stage: Stage::Dtd,
    severity: Severity::Error,
    title: "the document type is not the one of service bundles",
    explanation: "svccfg compares the SYSTEM id of the document type byte for byte with /usr/share/lib/xml/dtd/service_bundle.dtd.1, whatever the PUBLIC id is; a file:// URL or another path to the same file is refused with \"document DTD unknown; not service bundle?\".",
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
    explanation: "XML itself defines &amp; &lt; &gt; &apos; and &quot; only. svccfg does not refuse the document for it, goes on without the value, and crashes (Abort).",
    help: "write the character itself, or &#233; with its number, or define the entity in the document type",
};

pub(in super::super) const INCLUDE: Rule = Rule {
    stage: Stage::Dtd,
    severity: Severity::Error,
    title: "an included file cannot be read",
    explanation: "svccfg follows XInclude while it reads, and says \"couldn't handle XInclude statements in document\" where the file is missing or is no XML and there is no xi:fallback. Where href is no URI or names the document itself, or where an inclusion has two fallbacks, a fallback does not help.",
    help: "put the file where href says, relative to the manifest, or add an <xi:fallback/>",
};

pub(in super::super) const UNKNOWN_ELEMENT: Rule = Rule {
    stage: Stage::Dtd,
    severity: Severity::Error,
    title: "there is no such element",
    explanation: "The document type service_bundle.dtd.1 has no element of this name.",
    help: "see the man page service_bundle(5) for the elements that there are",
};

pub(in super::super) const CONTENT: Rule = Rule {
    stage: Stage::Dtd,
    severity: Severity::Error,
    title: "an element is missing, not allowed here, or out of order",
    explanation: "The order of elements is fixed by the document type: svccfg says \"content does not follow the DTD, expecting (...), got (...)\". In a service, for instance, dependencies come before methods, methods before property groups, property groups before instances, and stability and template come last.",
    help: "bring the elements into this order",
};

pub(in super::super) const STRAY_TEXT: Rule = Rule {
    stage: Stage::Dtd,
    severity: Severity::Error,
    title: "there is text where only elements may be",
    explanation: "Only loctext and internal_separators hold text. A CDATA section counts as text even where it is empty.",
    help: "remove the text, or make it a comment",
};

pub(in super::super) const NOT_EMPTY: Rule = Rule {
    stage: Stage::Dtd,
    severity: Severity::Error,
    title: "an element that must be empty has content",
    explanation: "libxml2 takes the document type at its word: an element that is declared EMPTY may not even hold a blank or a comment.",
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
    explanation: "The document type lists the values that this attribute may have; case counts.",
    help: "use one of the values that are allowed",
};
