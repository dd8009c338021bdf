/* The options of a command line that reads a partner's file, the same for all that do. */
#ifndef KP_PROTO_TABLE_READING_H
#define KP_PROTO_TABLE_READING_H

#include "proto/command.h"
#include "proto/error.h"
#include "proto/table/table.h"

/* The words given, or NULL. */
struct kp_reading {
    const char *columns; /* for kp_columns_find */
    const char *format, *encoding, *delimiter, *sheet;
    const char *put_aside; /* path */
};

/* Rows for kp_command_parse, and how many they are. */
#define KP_READING_OPTIONS(reading)                                                                \
    {"columns", &(reading).columns, NULL, false}, {"format", &(reading).format, NULL, false},      \
        {"encoding", &(reading).encoding, NULL, false},                                            \
        {"delimiter", &(reading).delimiter, NULL, false},                                          \
        {"sheet", &(reading).sheet, NULL, false},                                                  \
    {                                                                                              \
        "put-aside", &(reading).put_aside, NULL, false                                             \
    }
#define KP_READING_OPTION_COUNT 6

/* KP_USAGE: a word that isn't known. */
KP_MUST_USE enum kp_status kp_reading_table(struct kp_table_options *options,
                                            const struct kp_reading *reading,
                                            struct kp_error *error);

/* For usage texts, each line ended. */
#define KP_READING_USAGE                                                                            \
    "  --columns LIST     which column is what: postcode=PC6,house_number=\"Huis nr\",...; the\n"   \
    "                     fields of an address are address (free text), id, postcode,\n"            \
    "                     house_number, house_letter, addition, street and town; NAME= is a\n"      \
    "                     field that isn't there. Otherwise names that are familiar are taken\n"    \
    "                     and shown\n"                                                              \
    "  --format F         csv, xlsx or json (one object a line); otherwise by the content\n"        \
    "  --encoding E       utf-8, windows-1252, latin-1 or utf-16; otherwise by the content\n"       \
    "  --delimiter D      of CSV: comma, semicolon, tab or bar; otherwise by the header row\n"      \
    "  --sheet NAME       of a workbook; otherwise the first that isn't hidden\n"                   \
    "  --put-aside FILE   write the rows whose address isn't resolved to a new FILE (mode 0600),\n" \
    "                     with rule and candidates, to be mended by hand\n"

/* And where a file of signals is read with a node's configuration. */
#define KP_READING_USAGE_SIGNALS                                                                   \
    "The fields of a signal are indicator, grounds, observed_on, purpose and valid_until.\n"       \
    "Without --columns those of [columns] in the configuration hold.\n"

#endif
