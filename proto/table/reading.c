#include "proto/table/reading.h"

enum kp_status kp_reading_table(struct kp_table_options *options, const struct kp_reading *reading,
                                struct kp_error *error)
{
    return kp_table_options_read(options, reading->format, reading->encoding, reading->delimiter,
                                 reading->sheet, error);
}
