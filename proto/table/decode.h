/* Lines of bytes made into UTF-8, in whatever encoding a file is.
 *
 * An encoding that isn't given is found by the first line that isn't ASCII: UTF-8 if it is that,
 * else Windows-1252. From then on it holds for the file, so a line that is of the other kind is
 * refused and not guessed at. */
#ifndef KP_PROTO_TABLE_DECODE_H
#define KP_PROTO_TABLE_DECODE_H

#include "crypto/status.h"
#include "proto/table/table.h"

#include <iconv.h>

struct kp_decoder {
    enum kp_encoding encoding; /* KP_ENCODING_AUTO: not known yet */
    bool guessed;              /* Windows-1252 was found and not given */
    bool open;
    iconv_t iconv;
    char *room; /* bulk: KP_TABLE_TEXT_BYTES, when a line had to be converted */
};

/* Only UTF-8 and the encodings of a byte a character: UTF-16 has become UTF-8 in lines.h. */
void kp_decoder_start(struct kp_decoder *decoder, enum kp_encoding encoding);
/* What is zeroed and was never started may be ended too. */
void kp_decoder_end(struct kp_decoder *decoder);

/* A line of at most KP_CSV_RECORD_MAX bytes. *text is `bytes` itself or the decoder's, until the
 * next call. KP_REFUSED: not text, *reason says why; KP_FAILED: no memory, or no such converter. */
KP_MUST_USE enum kp_status kp_decode_line(struct kp_decoder *decoder, const char *bytes,
                                          size_t size, const char **text, size_t *text_size,
                                          const char **reason);

#endif
