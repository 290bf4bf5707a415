//! What the XML parser and the document type refuse.

use super::super::{Code, Rule, Stage};

const fn row(code: Code, texts: [&'static str; 3]) -> Rule {
    super::error(code, Stage::Dtd, texts)
}

pub(in super::super) const RULES: &[Rule] = &[
    row(
        Code::NotWellFormed,
        [
            "the file is not well-formed XML",
            "svccfg reads manifests with libxml2, which stops at the first place that is not XML: a tag that is not closed, a bare & or < in a value, an attribute that is there twice, anything before the XML declaration. svccfg then says \"couldn't parse document\".",
            "mend the XML at this place; & is written &amp;, < is &lt;, and in a value \" is &quot;",
        ],
    ),
    row(
        Code::TooLarge,
        [
            "the file is larger or deeper than any manifest",
            "libxml2 refuses documents that are nested deeper than 256 elements or that grow without bound when entities are expanded, and this program does not read more than 128 MB (32 MB in another encoding than UTF-8) or a million tags, comments and references of a file. A manifest of ten thousand instances stays far below.",
            "split the manifest, or look at how the file came to be",
        ],
    ),
    row(
        Code::Encoding,
        [
            "the characters cannot be decoded",
            "A file without a byte order mark and without an encoding in its XML declaration is UTF-8. A byte that cannot be in the encoding, or an encoding that the file is not in, ends the reading. This program knows UTF-8, UTF-16, US-ASCII, ISO-8859-1, ISO-8859-15 and windows-1252, and reads the likes of ISO-8859-2 and EUC-JP as if they were ISO-8859-1.",
            "save the file as UTF-8",
        ],
    ),
    row(
        Code::NoDocumentType,
        [
            "there is no document type",
            "svccfg knows a manifest by its document type, and says \"document has no DTD\" where there is none.",
            "add <!DOCTYPE service_bundle SYSTEM \"/usr/share/lib/xml/dtd/service_bundle.dtd.1\"> before the first element",
        ],
    ),
    row(
        Code::UnknownDocumentType,
        [
            "the document type is not the one of service bundles",
            "svccfg compares the SYSTEM id of the document type byte for byte with /usr/share/lib/xml/dtd/service_bundle.dtd.1, whatever the PUBLIC id is; a file:// URL or another path to the same file is refused with \"document DTD unknown; not service bundle?\".",
            "write SYSTEM \"/usr/share/lib/xml/dtd/service_bundle.dtd.1\"",
        ],
    ),
    row(
        Code::RootElement,
        [
            "the document is not a service bundle",
            "The outermost element of a manifest is service_bundle, and the document type names it.",
            "put everything into one <service_bundle type='manifest' name='...'>",
        ],
    ),
    row(
        Code::UndefinedEntity,
        [
            "an entity is not defined",
            "XML itself defines &amp; &lt; &gt; &apos; and &quot; only. svccfg does not refuse the document for it, goes on without the value, and crashes (Abort).",
            "write the character itself, or &#233; with its number, or define the entity in the document type",
        ],
    ),
    row(
        Code::Include,
        [
            "an included file cannot be read",
            "svccfg follows XInclude while it reads, and says \"couldn't handle XInclude statements in document\" where the file is missing or is no XML and there is no xi:fallback.",
            "put the file where href says, relative to the manifest, or add an <xi:fallback/>",
        ],
    ),
    row(
        Code::UnknownElement,
        [
            "there is no such element",
            "The document type service_bundle.dtd.1 has no element of this name.",
            "see the man page service_bundle(5) for the elements that there are",
        ],
    ),
    row(
        Code::Content,
        [
            "an element is missing, not allowed here, or out of order",
            "The order of elements is fixed by the document type: svccfg says \"content does not follow the DTD, expecting (...), got (...)\". In a service, for instance, dependencies come before methods, methods before property groups, property groups before instances, and stability and template come last.",
            "bring the elements into this order",
        ],
    ),
    row(
        Code::StrayText,
        [
            "there is text where only elements may be",
            "Only loctext and internal_separators hold text. A CDATA section counts as text even where it is empty.",
            "remove the text, or make it a comment",
        ],
    ),
    row(
        Code::NotEmpty,
        [
            "an element that must be empty has content",
            "libxml2 takes the document type at its word: an element that is declared EMPTY may not even hold a blank or a comment.",
            "close the element at once: <stability value='Stable'/>",
        ],
    ),
    row(
        Code::UnknownAttribute,
        [
            "the element has no such attribute",
            "The document type does not declare the attribute for this element; a namespace declaration (xmlns) counts as one.",
            "remove the attribute",
        ],
    ),
    row(
        Code::MissingAttribute,
        [
            "a required attribute is missing",
            "The document type requires the attribute on this element.",
            "add the attribute",
        ],
    ),
    row(
        Code::AttributeValue,
        [
            "the attribute cannot have this value",
            "The document type lists the values that this attribute may have; case counts.",
            "use one of the values that are allowed",
        ],
    ),
];
