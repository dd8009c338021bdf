/* Reads a file of the LVBAG extract 2.0 (schema 2.1.0, namespaces v20200601) with expat: towns
 * (woonplaats), streets (openbare ruimte), numbers (nummeraanduiding) and objects (verblijfsobject,
 * ligplaats, standplaats), each occurrence (voorkomen) of each, as it comes.
 *
 * Elements are known by namespace and place; what isn't known is passed over, geometry without
 * being kept. A DOCTYPE is refused, so there are no entities; depth, tags, texts and the parser's
 * memory are bounded (limits.h, proto/table/xml.h). */
#ifndef KP_PROTO_ADDRESS_BAG_XML_H
#define KP_PROTO_ADDRESS_BAG_XML_H

#include "proto/address/bag_record.h"
#include "proto/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a file says. Whatever is not KP_OK ends the reading with that status. */
struct kp_bag_xml_reader {
    void *context;
    /* Before all others: whether it is of the schema that is known here, v20200601. One of another
     * version is read as if it were. */
    void (*schema)(void *context, bool known);
    /* StandTechnischeDatum, yyyymmdd; before any record, or not at all. */
    enum kp_status (*date)(void *context, uint32_t date, struct kp_error *error);
    enum kp_status (*record)(void *context, const struct kp_bag_record *record,
                             struct kp_error *error);
    /* A record that is left out: where it ends, which element, why; never a value. */
    enum kp_status (*bad)(void *context, uint64_t line, const char *element, const char *reason,
                          struct kp_error *error);
};

struct kp_bag_xml;

/* reader outlives *out, which the caller frees. */
KP_MUST_USE enum kp_status kp_bag_xml_new(struct kp_bag_xml **out,
                                          const struct kp_bag_xml_reader *reader,
                                          struct kp_error *error);
/* *enough: nothing of what follows is of interest; then it needs no end. KP_REFUSED: not such a
 * file; after that only free. */
KP_MUST_USE enum kp_status kp_bag_xml_feed(struct kp_bag_xml *xml, const uint8_t *bytes,
                                           size_t size, bool *enough, struct kp_error *error);
/* After the last byte. KP_REFUSED: it is cut off. */
KP_MUST_USE enum kp_status kp_bag_xml_end(struct kp_bag_xml *xml, struct kp_error *error);
void kp_bag_xml_free(struct kp_bag_xml *xml); /* NULL is fine */

#endif
