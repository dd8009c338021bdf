#include "proto/address/bag_xml.h"

#include "proto/address.h"
#include "proto/table/xml.h"

#include <stdlib.h>
#include <string.h>

#define CHUNK (64u << 10)

#define SCHEMA "/v20200601 " /* of the namespaces; what this is made for */
#define NS_EXTRACT "http://www.kadaster.nl/schemas/lvbag/extract-deelbestand-lvc/v20200601"
#define NS_DELIVERY "http://www.kadaster.nl/schemas/lvbag/extract-levering/v20200601"
#define NS_SELECTION "http://www.kadaster.nl/schemas/lvbag/extract-selecties/v20200601"
#define NS_STATE "http://www.kadaster.nl/schemas/standlevering-generiek/1.0"
#define NS_OBJECTS "www.kadaster.nl/schemas/lvbag/imbag/objecten/v20200601"
#define NS_REF "www.kadaster.nl/schemas/lvbag/imbag/objecten-ref/v20200601"
#define NS_HISTORY "www.kadaster.nl/schemas/lvbag/imbag/historie/v20200601"

/* Where we are: each element that is known, by its place. */
enum place {
    OUTSIDE,
    FILE_, /* bagStand */
    INFO,
    SELECTED, /* what holds StandTechnischeDatum */
    DATE,
    DELIVERY,
    DELIVERED,
    CHANGES,
    STATES,
    CONTENTS,
    TYPES,
    TYPE,
    STATE,
    THING,
    TOWN,
    STREET,
    NUMBER,
    OBJECT,
    STREET_OF,
    TOWN_OF,
    MAIN_OF,
    SIDE_OF,
    HISTORY,
    OCCURRENCE,
    AVAILABLE,
    VALUE, /* text of the field that the rule says */
    PLACE_COUNT,
};

#define AT(place) (1u << (place))
#define ALL_THINGS (AT(TOWN) | AT(STREET) | AT(NUMBER) | AT(OBJECT))
#define NO_FIELD KP_FIELD_COUNT

/* An element is known when a rule has its name and the place around it. */
static const struct rule {
    uint32_t around;
    enum place place;
    enum kp_record_field field; /* of a value */
    unsigned type;              /* of an object, or enum kp_bag_type of a thing */
    const char *namespace, *name;
} rules[] = {
    {AT(OUTSIDE), FILE_, NO_FIELD, 0, NS_EXTRACT, "bagStand"},
    {AT(OUTSIDE), DELIVERY, NO_FIELD, 0, NS_DELIVERY, "BAG-Extract-Levering"},
    {AT(DELIVERY), DELIVERED, NO_FIELD, 0, NS_DELIVERY, "SelectieGegevens"},
    {AT(FILE_), INFO, NO_FIELD, 0, NS_EXTRACT, "bagInfo"},
    {AT(INFO) | AT(DELIVERED), SELECTED, NO_FIELD, 0, NS_SELECTION, "LVC-Extract"},
    {AT(DELIVERED), CHANGES, NO_FIELD, 0, NS_SELECTION, "MUT-Extract"},
    {AT(SELECTED), DATE, NO_FIELD, 0, NS_SELECTION, "StandTechnischeDatum"},
    {AT(FILE_), STATES, NO_FIELD, 0, NS_STATE, "standBestand"},
    {AT(STATES), CONTENTS, NO_FIELD, 0, NS_STATE, "inhoud"},
    {AT(CONTENTS), TYPES, NO_FIELD, 0, NS_STATE, "objectTypen"},
    {AT(TYPES), TYPE, NO_FIELD, 0, NS_STATE, "objectType"},
    {AT(STATES), STATE, NO_FIELD, 0, NS_STATE, "stand"},
    {AT(STATE), THING, NO_FIELD, 0, NS_EXTRACT, "bagObject"},
    {AT(THING), TOWN, NO_FIELD, 0, NS_OBJECTS, "Woonplaats"},
    {AT(THING), STREET, NO_FIELD, KP_BAG_STREET, NS_OBJECTS, "OpenbareRuimte"},
    {AT(THING), NUMBER, NO_FIELD, KP_BAG_NUMBER, NS_OBJECTS, "Nummeraanduiding"},
    {AT(THING), OBJECT, NO_FIELD, KP_BAG_UNIT, NS_OBJECTS, "Verblijfsobject"},
    {AT(THING), OBJECT, NO_FIELD, KP_BAG_BERTH, NS_OBJECTS, "Ligplaats"},
    {AT(THING), OBJECT, NO_FIELD, KP_BAG_PITCH, NS_OBJECTS, "Standplaats"},
    {ALL_THINGS, VALUE, KP_FIELD_ID, 0, NS_OBJECTS, "identificatie"},
    {ALL_THINGS, VALUE, KP_FIELD_STATUS, 0, NS_OBJECTS, "status"},
    {ALL_THINGS, HISTORY, NO_FIELD, 0, NS_OBJECTS, "voorkomen"},
    {AT(HISTORY), OCCURRENCE, NO_FIELD, 0, NS_HISTORY, "Voorkomen"},
    {AT(OCCURRENCE), VALUE, KP_FIELD_OCCURRENCE, 0, NS_HISTORY, "voorkomenidentificatie"},
    {AT(OCCURRENCE), VALUE, KP_FIELD_BEGIN, 0, NS_HISTORY, "beginGeldigheid"},
    {AT(OCCURRENCE), VALUE, KP_FIELD_END, 0, NS_HISTORY, "eindGeldigheid"},
    {AT(OCCURRENCE), VALUE, KP_FIELD_DROPPED, 0, NS_HISTORY, "tijdstipInactief"},
    {AT(OCCURRENCE), AVAILABLE, NO_FIELD, 0, NS_HISTORY, "BeschikbaarLV"},
    {AT(AVAILABLE), VALUE, KP_FIELD_DROPPED, 0, NS_HISTORY, "tijdstipInactiefLV"},
    {AT(AVAILABLE), VALUE, KP_FIELD_DROPPED, 0, NS_HISTORY, "tijdstipNietBagLV"},
    {AT(TOWN) | AT(STREET), VALUE, KP_FIELD_NAME, 0, NS_OBJECTS, "naam"},
    {AT(NUMBER), VALUE, KP_FIELD_HOUSE_NUMBER, 0, NS_OBJECTS, "huisnummer"},
    {AT(NUMBER), VALUE, KP_FIELD_LETTER, 0, NS_OBJECTS, "huisletter"},
    {AT(NUMBER), VALUE, KP_FIELD_ADDITION, 0, NS_OBJECTS, "huisnummertoevoeging"},
    {AT(NUMBER), VALUE, KP_FIELD_POSTCODE, 0, NS_OBJECTS, "postcode"},
    {AT(NUMBER), STREET_OF, NO_FIELD, 0, NS_OBJECTS, "ligtAan"},
    {AT(STREET_OF), VALUE, KP_FIELD_STREET, 0, NS_REF, "OpenbareRuimteRef"},
    {AT(NUMBER) | AT(STREET), TOWN_OF, NO_FIELD, 0, NS_OBJECTS, "ligtIn"},
    {AT(TOWN_OF), VALUE, KP_FIELD_TOWN, 0, NS_REF, "WoonplaatsRef"},
    {AT(OBJECT), MAIN_OF, NO_FIELD, 0, NS_OBJECTS, "heeftAlsHoofdadres"},
    {AT(MAIN_OF), VALUE, KP_FIELD_MAIN, 0, NS_REF, "NummeraanduidingRef"},
    {AT(OBJECT), SIDE_OF, NO_FIELD, 0, NS_OBJECTS, "heeftAlsNevenadres"},
    {AT(SIDE_OF), VALUE, KP_FIELD_SIDE, 0, NS_REF, "NummeraanduidingRef"},
};
_Static_assert(PLACE_COUNT <= 32, "a bit for each place");
/* Each place has another around it, so no more of them can be open. */
#define KNOWN_MAX PLACE_COUNT

struct kp_bag_xml {
    const struct kp_bag_xml_reader *reader;
    struct kp_xml *parser;

    enum place places[KNOWN_MAX]; /* of the elements that are open and known */
    size_t known;                 /* how many of those */
    size_t unknown;               /* open within the last of them, passed over */
    enum kp_record_field field;   /* of VALUE */
    uint64_t text_size;           /* in the element that began last */
    char text[KP_BAG_VALUE_MAX];  /* of a VALUE, DATE or TYPE */
    size_t text_kept;

    bool enough;            /* the rest isn't needed */
    bool buildings, others; /* which kinds it says to hold: PND, and anything else */
    struct kp_record_draft draft;

    bool stopped;
    enum kp_status status; /* of the reader */
    struct kp_error error; /* when that isn't KP_OK */
};

static enum place around(const struct kp_bag_xml *xml)
{
    return xml->known == 0 ? OUTSIDE : xml->places[xml->known - 1];
}

static bool has_text(enum place place)
{
    return place == VALUE || place == DATE || place == TYPE;
}

/* Ends the parsing: `what` is kept, not copied. */
static void refuse(struct kp_bag_xml *xml, const char *what)
{
    kp_xml_refuse(xml->parser, what);
    xml->stopped = true;
}

/* What the reader answers. */
static void answer(struct kp_bag_xml *xml, enum kp_status status)
{
    xml->status = status;
    if (status != KP_OK) {
        refuse(xml, "by the reader");
    }
}

static void end_early(struct kp_bag_xml *xml)
{
    xml->enough = true;
    refuse(xml, "enough");
}

/* --- Elements ------------------------------------------------------------------------------------
 */

static const char *without_scheme(const char *uri, size_t *size)
{
    if (*size >= 7 && memcmp(uri, "http://", 7) == 0) {
        *size -= 7;
        return uri + 7;
    }
    return uri;
}

static size_t without_version(const char *uri, size_t size)
{
    while (size > 0 && uri[size - 1] != '/') {
        size--;
    }
    return size;
}

/* Ours, whatever version stands at its end. */
static bool is_namespace(const char *ours, const char *uri, size_t size)
{
    size_t our_size = strlen(ours);
    ours = without_scheme(ours, &our_size);
    uri = without_scheme(uri, &size);
    our_size = without_version(ours, our_size);
    return our_size == without_version(uri, size) && memcmp(ours, uri, our_size) == 0;
}

static const struct rule *find_rule(enum place place, const char *element)
{
    const char *name = strrchr(element, ' ');
    if (name == NULL) {
        return NULL;
    }
    size_t space = (size_t)(name++ - element);
    for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
        const struct rule *rule = &rules[i];
        if ((rule->around & AT(place)) != 0 && strcmp(rule->name, name) == 0 &&
            is_namespace(rule->namespace, element, space)) {
            return rule;
        }
    }
    return NULL;
}

/* A root that isn't known. What people take for the extract, or what comes with it, is named. */
static void refuse_root(struct kp_bag_xml *xml, const char *element)
{
    const char *name = strrchr(element, ' ');
    name = name == NULL ? element : name + 1;
    if (strcmp(name, "BAG-GWR-Deelbestand-LVC") == 0) { /* which town is in which municipality */
        end_early(xml);
    } else if (strcmp(name, "BAG-Extract-Deelbestand-LVC") == 0) {
        refuse(xml, "this is the BAG extract 1; get the LVBAG extract 2.0");
    } else if (strcmp(name, "bagMutaties") == 0) {
        refuse(xml, "these are changes (mutaties); get a whole extract");
    } else if (strcmp(name, "bagStand") == 0 || strcmp(name, "BAG-Extract-Levering") == 0) {
        refuse(xml, "its namespace is not that of the LVBAG extract 2.0");
    } else {
        refuse(xml, "not a file of the LVBAG extract 2.0: another root element");
    }
}

static void begin_place(struct kp_bag_xml *xml, const struct rule *rule, const char *element)
{
    xml->field = rule->field;
    switch (rule->place) {
    case FILE_:
        xml->reader->schema(xml->reader->context, strstr(element, SCHEMA) != NULL);
        break;
    case CHANGES:
        refuse(xml, "a delivery of changes (mutaties); get a whole extract");
        break;
    case TOWN:
        kp_record_begin(&xml->draft, KP_RECORD_TOWN, 0);
        break;
    case STREET:
        kp_record_begin(&xml->draft, KP_RECORD_STREET, rule->type);
        break;
    case NUMBER:
        kp_record_begin(&xml->draft, KP_RECORD_NUMBER, rule->type);
        break;
    case OBJECT:
        kp_record_begin(&xml->draft, KP_RECORD_OBJECT, rule->type);
        break;
    default:
        break;
    }
}

static void take_start(void *context, const char *element, const char **attributes)
{
    struct kp_bag_xml *xml = context;
    (void)attributes;
    if (xml->stopped) {
        return;
    }
    xml->text_size = xml->text_kept = 0;
    const struct rule *rule = xml->unknown > 0 ? NULL : find_rule(around(xml), element);
    if (rule != NULL) {
        xml->places[xml->known++] = rule->place;
        begin_place(xml, rule, element);
    } else if (xml->known == 0) {
        refuse_root(xml, element);
    } else if (has_text(around(xml))) {
        refuse(xml, "an element within a value");
    } else {
        xml->unknown++;
    }
}

static void take_text(void *context, const char *text, size_t size)
{
    struct kp_bag_xml *xml = context;
    if (xml->stopped) {
        return;
    }
    xml->text_size += size;
    if (xml->text_size > KP_BAG_TEXT_MAX) {
        refuse(xml, "more than 64 MiB of text in one element");
    } else if (xml->unknown == 0 && has_text(around(xml))) {
        if (xml->text_kept + size >= sizeof(xml->text)) {
            refuse(xml, "a value of more than 1024 bytes");
            return;
        }
        memcpy(xml->text + xml->text_kept, text, size);
        xml->text_kept += size;
    }
}

static bool is_space(char character)
{
    return character == ' ' || character == '\t' || character == '\n' || character == '\r';
}

static void end_date(struct kp_bag_xml *xml, const char *text, size_t size)
{
    uint32_t date = 0;
    if (!kp_record_date(&date, text, size)) {
        refuse(xml, "StandTechnischeDatum is no date");
        return;
    }
    answer(xml, xml->reader->date(xml->reader->context, date, &xml->error));
}

/* Of what may be in a file only buildings (PND) are of no use here; and they are most of it. */
static void end_type(struct kp_bag_xml *xml, const char *text, size_t size)
{
    bool buildings = size == 3 && memcmp(text, "PND", 3) == 0;
    xml->buildings |= buildings;
    xml->others |= !buildings;
}

static void end_record(struct kp_bag_xml *xml)
{
    const struct kp_bag_xml_reader *reader = xml->reader;
    if (kp_record_end(&xml->draft)) {
        answer(xml, reader->record(reader->context, &xml->draft.record, &xml->error));
    } else {
        answer(xml, reader->bad(reader->context, kp_xml_line(xml->parser), xml->draft.element,
                                xml->draft.reason, &xml->error));
    }
}

static void take_end(void *context, const char *element)
{
    struct kp_bag_xml *xml = context;
    (void)element;
    if (xml->stopped) {
        return;
    }
    if (xml->unknown > 0) {
        xml->unknown--;
        return;
    }
    enum place place = xml->places[--xml->known];
    const char *text = xml->text;
    size_t size = xml->text_kept;
    for (; size > 0 && is_space(text[0]); size--) {
        text++;
    }
    while (size > 0 && is_space(text[size - 1])) {
        size--;
    }
    if (place == VALUE) {
        kp_record_take(&xml->draft, xml->field, text, size);
    } else if (place == DATE) {
        end_date(xml, text, size);
    } else if (place == TYPE) {
        end_type(xml, text, size);
    } else if (place == TYPES && xml->buildings && !xml->others) {
        end_early(xml);
    } else if ((AT(place) & ALL_THINGS) != 0) {
        end_record(xml);
    }
    xml->text_kept = 0;
}

/* --- The parser ----------------------------------------------------------------------------------
 */

enum kp_status kp_bag_xml_new(struct kp_bag_xml **out, const struct kp_bag_xml_reader *reader,
                              struct kp_error *error)
{
    static const char *const no_namespaces[] = {NULL};
    struct kp_bag_xml *xml = calloc(1, sizeof(*xml));
    if (xml != NULL) {
        const struct kp_xml_reader handlers = {xml, take_start, take_end, take_text};
        xml->reader = reader;
        xml->parser = kp_xml_new(&handlers, no_namespaces);
    }
    if (xml == NULL || xml->parser == NULL) {
        free(xml);
        return kp_fail(error, KP_FAILED, "no memory");
    }
    *out = xml;
    return KP_OK;
}

void kp_bag_xml_free(struct kp_bag_xml *xml)
{
    if (xml != NULL) {
        kp_xml_free(xml->parser);
        free(xml);
    }
}

static enum kp_status outcome(struct kp_bag_xml *xml, enum kp_status parsed, bool last,
                              struct kp_error *error)
{
    if (parsed == KP_OK || xml->enough) {
        return KP_OK;
    }
    if (xml->status != KP_OK) {
        if (error != NULL) {
            *error = xml->error;
        }
        return xml->status;
    }
    xml->stopped = true;
    return kp_fail(error, KP_REFUSED, "%s%s", last ? "cut off: " : "", kp_xml_reason(xml->parser));
}

enum kp_status kp_bag_xml_feed(struct kp_bag_xml *xml, const uint8_t *bytes, size_t size,
                               bool *enough, struct kp_error *error)
{
    enum kp_status status = KP_OK;
    while (status == KP_OK && size > 0 && !xml->enough) {
        size_t part = size < CHUNK ? size : CHUNK;
        void *room = kp_xml_room(xml->parser, part);
        if (room != NULL) {
            memcpy(room, bytes, part);
        }
        status = outcome(xml, room == NULL ? KP_REFUSED : kp_xml_parse(xml->parser, part, false),
                         false, error);
        bytes += part;
        size -= part;
    }
    *enough = xml->enough;
    return status;
}

enum kp_status kp_bag_xml_end(struct kp_bag_xml *xml, struct kp_error *error)
{
    return outcome(xml, kp_xml_parse(xml->parser, 0, true), true, error);
}
