#include "proto/address/bag_csv.h"

#include "proto/address.h"

#include <stdio.h>
#include <string.h>

const char kp_bag_csv_header[] =
    "nummeraanduiding_id,postcode,huisnummer,huisletter,huisnummertoevoeging,openbare_ruimte,"
    "woonplaats,adresseerbaar_object_id,status,nevenadres\n";

/* A name, quoted when it has to be. */
static char *put_name(char *at, const char *name)
{
    if (strpbrk(name, ",\"") == NULL) {
        return stpcpy(at, name);
    }
    *at++ = '"';
    for (; *name != '\0'; name++) {
        if (*name == '"') {
            *at++ = '"';
        }
        *at++ = *name;
    }
    *at++ = '"';
    *at = '\0';
    return at;
}

void kp_bag_csv_row(char out[static KP_BAG_CSV_ROW_MAX], const struct kp_register_pair *pair)
{
    char id[KP_BAG_ID_TEXT], object[KP_BAG_ID_TEXT];
    kp_bag_id_text(id, pair->id);
    kp_bag_id_text(object, pair->object);
    int size = snprintf(out, KP_BAG_CSV_ROW_MAX, "%s,%s,%u,%s,%s,", id, pair->postcode,
                        (unsigned)pair->house_number, pair->letter, pair->addition);
    char *at = put_name(out + size, pair->street);
    *at++ = ',';
    at = put_name(at, pair->town);
    (void)snprintf(at, (size_t)(out + KP_BAG_CSV_ROW_MAX - at), ",%s," KP_BAG_CSV_IN_USE ",%d\n",
                   object, pair->side);
}

void kp_bag_csv_withdrawn(char out[static KP_BAG_CSV_ROW_MAX], uint64_t id)
{
    char text[KP_BAG_ID_TEXT];
    kp_bag_id_text(text, id);
    (void)snprintf(out, KP_BAG_CSV_ROW_MAX, "%s,,,,,,,," KP_BAG_CSV_WITHDRAWN ",\n", text);
}
