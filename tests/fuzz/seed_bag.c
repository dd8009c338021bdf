#include "tests/fuzz/seed_bag.h"

#include "tests/unit/bag_forms.h"
#include "tests/unit/zip_make.h"

#include <string.h>

#define OPR "0363300000000001"
#define TOWN BAG_BEGIN("WPL") BAG_TOWN("3594", "Amsterdam") BAG_END
#define STREET BAG_BEGIN("OPR") BAG_STREET(OPR, "Plein &amp; &apos;t", "3594") BAG_END
#define NUMBER                                                                                     \
    BAG_BEGIN("NUM")                                                                               \
    BAG_NUMBER("0363200000000001", "12",                                                           \
               BAG_VALUE("huisletter", "a") BAG_VALUE("huisnummertoevoeging", "hs")                \
                   BAG_VALUE("postcode", "1011AB") BAG_REF("ligtIn", "WoonplaatsRef", "1000"),     \
               BAG_NAMING, OPR,                                                                    \
               BAG_OCCURRENCE("2", "2010-01-01", BAG_HISTORY("eindGeldigheid", "2012-02-29Z")))    \
    BAG_END
#define OBJECT                                                                                       \
    BAG_BEGIN("VBO")                                                                                 \
    BAG_UNIT(                                                                                        \
        "0363010000000001",                                                                          \
        BAG_MAIN("0363200000000001") BAG_SIDE(                                                       \
            "0363200000000002") "<Objecten:geometrie><gml:pos>1 2 3</gml:pos></Objecten:geometrie>") \
    BAG_END
#define DELIVERY                                                                                   \
    "<d:BAG-Extract-Levering xmlns:d='http://www.kadaster.nl/schemas/lvbag/"                       \
    "extract-levering/v20200601'" BAG_NAMESPACES "><d:SelectieGegevens><se:LVC-Extract>"           \
    "<se:StandTechnischeDatum>2026-01-08</se:StandTechnischeDatum></se:LVC-Extract>"               \
    "</d:SelectieGegevens></d:BAG-Extract-Levering>"

/* Not compressed where it is to be seen what a changed byte of XML does. */
void seed_bag(fuzz_seed *write)
{
    static const struct {
        const char *name, *text;
    } files[] = {{"town", TOWN},
                 {"street", STREET},
                 {"number", NUMBER},
                 {"object", OBJECT},
                 {"delivery", DELIVERY}};
    static struct zip_made zip;
    static char text[8192];
    struct zip_file all[5];
    for (size_t i = 0; i < 5; i++) {
        text[0] = '@';
        strcpy(text + 1, files[i].text);
        write("bag_xml", files[i].name, text, strlen(text));
        all[i] = (struct zip_file){
            .name = files[i].name, .bytes = files[i].text, .size = strlen(files[i].text)};
    }
    zip_make(&zip, ZIP_STORED, all, 5);
    write("bag_archive", "stored", zip.bytes, zip.size);
    zip_make(&zip, ZIP_LATE, all, 5);
    write("bag_archive", "deflated", zip.bytes, zip.size);
    zip_wrap(&zip, ZIP_STORED, "inner.zip", &zip);
    zip_wrap(&zip, ZIP_LATE, "outer.zip", &zip);
    write("bag_archive", "nested", zip.bytes, zip.size);
    zip_make_text(&zip, ZIP_STORED, "readme.txt", "words");
    write("bag_archive", "ignored", zip.bytes, zip.size);
    write("bag_archive", "plain", files[2].text, strlen(files[2].text));
}
