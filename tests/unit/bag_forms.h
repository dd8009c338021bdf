/* Pieces of an LVBAG extract, for tests. */
#ifndef KP_TESTS_BAG_FORMS_H
#define KP_TESTS_BAG_FORMS_H

#define BAG_NAMESPACES                                                                             \
    " xmlns:Objecten='www.kadaster.nl/schemas/lvbag/imbag/objecten/v20200601'"                     \
    " xmlns:gml='http://www.opengis.net/gml/3.2'"                                                  \
    " xmlns:Historie='www.kadaster.nl/schemas/lvbag/imbag/historie/v20200601'"                     \
    " xmlns:Objecten-ref='www.kadaster.nl/schemas/lvbag/imbag/objecten-ref/v20200601'"             \
    " xmlns:se='http://www.kadaster.nl/schemas/lvbag/extract-selecties/v20200601'"                 \
    " xmlns:x='http://www.kadaster.nl/schemas/lvbag/extract-deelbestand-lvc/v20200601'"            \
    " xmlns:sl='http://www.kadaster.nl/schemas/standlevering-generiek/1.0'"

#define BAG_DATE(day)                                                                              \
    "<x:bagInfo><se:LVC-Extract><se:StandTechnischeDatum>" day                                     \
    "</se:StandTechnischeDatum></se:LVC-Extract></x:bagInfo>"
#define BAG_CONTENTS(kind)                                                                         \
    "<sl:inhoud><sl:objectTypen><sl:objectType>" kind                                              \
    "</sl:objectType></sl:objectTypen></sl:inhoud>"
#define BAG_BEGIN(kind)                                                                            \
    "<?xml version='1.0' encoding='UTF-8'?>\n<x:bagStand" BAG_NAMESPACES                           \
    ">" BAG_DATE("2026-11-08") "<sl:standBestand>" BAG_CONTENTS(kind)
#define BAG_END "</sl:standBestand></x:bagStand>"

#define BAG_STATE(thing) "<sl:stand><x:bagObject>" thing "</x:bagObject></sl:stand>\n"
#define BAG_VALUE(name, value) "<Objecten:" name ">" value "</Objecten:" name ">"
#define BAG_HISTORY(name, value) "<Historie:" name ">" value "</Historie:" name ">"
#define BAG_REF(around, name, value)                                                               \
    "<Objecten:" around "><Objecten-ref:" name ">" value "</Objecten-ref:" name ">"                \
    "</Objecten:" around ">"

/* more: eindGeldigheid and what else there may be. */
#define BAG_OCCURRENCE(number, begin, more)                                                        \
    "<Objecten:voorkomen><Historie:Voorkomen>" BAG_HISTORY("voorkomenidentificatie", number)       \
        BAG_HISTORY("beginGeldigheid", begin) more                                                 \
        "<Historie:BeschikbaarLV/></Historie:Voorkomen></Objecten:voorkomen>"
#define BAG_SINCE(begin) BAG_OCCURRENCE("1", begin, "")
#define BAG_ALWAYS BAG_SINCE("2010-01-01")

#define BAG_NAMING "Naamgeving uitgegeven"
#define BAG_WITHDRAWN "Naamgeving ingetrokken"

#define BAG_TOWN(id, name)                                                                         \
    BAG_STATE("<Objecten:Woonplaats>" BAG_VALUE("identificatie", id) BAG_VALUE("naam", name)       \
                  BAG_VALUE("status", "Woonplaats aangewezen") BAG_ALWAYS                          \
              "</Objecten:Woonplaats>")
#define BAG_STREET(id, name, town)                                                                 \
    BAG_STATE("<Objecten:OpenbareRuimte>" BAG_VALUE("identificatie", id) BAG_VALUE("naam", name)   \
                  BAG_VALUE("status", BAG_NAMING) BAG_REF("ligtIn", "WoonplaatsRef", town)         \
                      BAG_ALWAYS "</Objecten:OpenbareRuimte>")
/* rest: letter, addition, postcode, ligtIn, as far as they are there. */
#define BAG_NUMBER(id, number, rest, status, street, occurrence)                                   \
    BAG_STATE("<Objecten:Nummeraanduiding>" BAG_VALUE("identificatie", id)                         \
                  BAG_VALUE("huisnummer", number) rest BAG_VALUE("status", status)                 \
                      occurrence BAG_REF("ligtAan", "OpenbareRuimteRef",                           \
                                         street) "</Objecten:Nummeraanduiding>")
#define BAG_OBJECT(what, id, status, numbers, occurrence)                                          \
    BAG_STATE("<Objecten:" what ">" numbers occurrence BAG_VALUE("identificatie", id)              \
                  BAG_VALUE("status", status) "</Objecten:" what ">")
#define BAG_MAIN(id) BAG_REF("heeftAlsHoofdadres", "NummeraanduidingRef", id)
#define BAG_SIDE(id) BAG_REF("heeftAlsNevenadres", "NummeraanduidingRef", id)
#define BAG_UNIT(id, numbers)                                                                      \
    BAG_OBJECT("Verblijfsobject", id, "Verblijfsobject in gebruik", numbers, BAG_ALWAYS)

#endif
