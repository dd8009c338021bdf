/* The file around an export's records, for what writes and reads it. */
#ifndef KP_PROTO_EXPORT_INTERNAL_H
#define KP_PROTO_EXPORT_INTERNAL_H

#define KP_EXPORT_FIRST_LINE "kruispunt export 1\n"
#define KP_EXPORT_FIRST_LINE_BYTES (sizeof(KP_EXPORT_FIRST_LINE) - 1)
#define KP_EXPORT_LENGTH_BYTES 4u

#endif
