/* A parser of XML (libexpat) for files that may be hostile: no document type, and so no entities of
 * a file's own; elements nested to KP_XML_DEPTH_MAX; KP_XML_MEMORY_MAX bytes at a time, whatever
 * comes, so a name or a tag without end ends the reading. Names come without their namespace when
 * it is the one asked for, else as "URI NAME". */
#ifndef KP_PROTO_TABLE_XML_H
#define KP_PROTO_TABLE_XML_H

#include "crypto/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct kp_xml;

/* Called while parsing; any may be NULL. attributes: name, value, ..., NULL. */
struct kp_xml_reader {
    void *context;
    void (*start)(void *context, const char *name, const char **attributes);
    void (*end)(void *context, const char *name);
    void (*text)(void *context, const char *text, size_t size);
};

/* namespaces: NULL-terminated, kept. NULL: no memory. The caller frees it. */
struct kp_xml *kp_xml_new(const struct kp_xml_reader *reader, const char *const *namespaces);
void kp_xml_free(struct kp_xml *xml);

/* Room for the next `size` bytes of the document; NULL: no memory (or no more of it, see above). */
void *kp_xml_room(struct kp_xml *xml, size_t size);
/* So many were put there; `last`: the document ends with them. KP_RETRY: kp_xml_pause was called,
 * go on with kp_xml_resume. KP_REFUSED: kp_xml_reason says why. */
KP_MUST_USE enum kp_status kp_xml_parse(struct kp_xml *xml, size_t size, bool last);
KP_MUST_USE enum kp_status kp_xml_resume(struct kp_xml *xml);
/* For a function of the reader: come back to the caller, behind this element. */
void kp_xml_pause(struct kp_xml *xml);
/* For a function of the reader: the document is refused. The text is kept, not copied. */
void kp_xml_refuse(struct kp_xml *xml, const char *reason);

/* "line 12: not well-formed (invalid token)" */
const char *kp_xml_reason(struct kp_xml *xml);

/* Where the parser is, from 1. */
unsigned long kp_xml_line(const struct kp_xml *xml);

/* The attribute's value, or NULL. */
const char *kp_xml_attribute(const char **attributes, const char *name);

#endif
