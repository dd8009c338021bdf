#include "proto/table/xml.h"

#include "proto/limits.h"

#include <expat.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct kp_xml {
    XML_Parser parser;
    struct kp_xml_reader reader;
    const char *const *namespaces;
    size_t depth;
    const char *refused; /* why, by us */
    char reason[160];
};

/* --- Memory --------------------------------------------------------------------------------------
 *
 * libexpat has functions for it but no context for them, so there is one budget: all parsers of a
 * process have it together. */

struct block {
    size_t size;
    max_align_t bytes[];
};

static size_t used;

static void *take(size_t size)
{
    struct block *block = NULL;
    if (size <= KP_XML_MEMORY_MAX - used) {
        block = malloc(sizeof(*block) + size);
    }
    if (block == NULL) {
        return NULL;
    }
    block->size = size;
    used += size;
    return block->bytes;
}

static struct block *block_of(void *bytes)
{
    return (struct block *)(void *)((char *)bytes - offsetof(struct block, bytes));
}

static void give_back(void *bytes)
{
    if (bytes != NULL) {
        used -= block_of(bytes)->size;
        free(block_of(bytes));
    }
}

/* A new block, so that the wiping heap wipes the old one. */
static void *take_again(void *bytes, size_t size)
{
    void *taken = take(size);
    if (taken != NULL && bytes != NULL) {
        size_t old = block_of(bytes)->size;
        memcpy(taken, bytes, old < size ? old : size);
        give_back(bytes);
    }
    return taken;
}

/* --- What libexpat calls -------------------------------------------------------------------------
 */

static const char *without_namespace(const struct kp_xml *xml, const char *name)
{
    const char *space = strrchr(name, ' ');
    for (size_t i = 0; space != NULL && xml->namespaces[i] != NULL; i++) {
        size_t size = strlen(xml->namespaces[i]);
        if (size == (size_t)(space - name) && memcmp(name, xml->namespaces[i], size) == 0) {
            return space + 1;
        }
    }
    return name;
}

static void XMLCALL start_element(void *context, const char *name, const char **attributes)
{
    struct kp_xml *xml = context;
    if (++xml->depth > KP_XML_DEPTH_MAX) {
        kp_xml_refuse(xml, "elements nested too deep");
    } else if (xml->refused == NULL && xml->reader.start != NULL) {
        xml->reader.start(xml->reader.context, without_namespace(xml, name), attributes);
    }
}

static void XMLCALL end_element(void *context, const char *name)
{
    struct kp_xml *xml = context;
    xml->depth--;
    if (xml->refused == NULL && xml->reader.end != NULL) {
        xml->reader.end(xml->reader.context, without_namespace(xml, name));
    }
}

static void XMLCALL take_text(void *context, const char *text, int size)
{
    struct kp_xml *xml = context;
    if (xml->refused == NULL && xml->reader.text != NULL) {
        xml->reader.text(xml->reader.context, text, (size_t)size);
    }
}

static void XMLCALL start_doctype(void *context, const char *name, const char *system,
                                  const char *public, int subset)
{
    (void)name;
    (void)system;
    (void)public;
    (void)subset;
    kp_xml_refuse(context, "a document type (DOCTYPE) with entities of its own, which no such file "
                           "needs");
}

/* --- Use -----------------------------------------------------------------------------------------
 */

struct kp_xml *kp_xml_new(const struct kp_xml_reader *reader, const char *const *namespaces)
{
    const XML_Memory_Handling_Suite memory = {take, take_again, give_back};
    struct kp_xml *xml = calloc(1, sizeof(*xml));
    if (xml == NULL) {
        return NULL;
    }
    xml->reader = *reader;
    xml->namespaces = namespaces;
    xml->parser = XML_ParserCreate_MM(NULL, &memory, " ");
    if (xml->parser == NULL) {
        free(xml);
        return NULL;
    }
    XML_SetUserData(xml->parser, xml);
    XML_SetElementHandler(xml->parser, start_element, end_element);
    XML_SetCharacterDataHandler(xml->parser, take_text);
    XML_SetStartDoctypeDeclHandler(xml->parser, start_doctype);
    return xml;
}

void kp_xml_free(struct kp_xml *xml)
{
    if (xml != NULL) {
        XML_ParserFree(xml->parser);
        free(xml);
    }
}

void *kp_xml_room(struct kp_xml *xml, size_t size)
{
    return XML_GetBuffer(xml->parser, (int)size);
}

static enum kp_status outcome(const struct kp_xml *xml, enum XML_Status status)
{
    if (xml->refused != NULL || status == XML_STATUS_ERROR) {
        return KP_REFUSED;
    }
    return status == XML_STATUS_SUSPENDED ? KP_RETRY : KP_OK;
}

enum kp_status kp_xml_parse(struct kp_xml *xml, size_t size, bool last)
{
    return outcome(xml, XML_ParseBuffer(xml->parser, (int)size, last));
}

enum kp_status kp_xml_resume(struct kp_xml *xml)
{
    return outcome(xml, XML_ResumeParser(xml->parser));
}

void kp_xml_pause(struct kp_xml *xml)
{
    (void)XML_StopParser(xml->parser, XML_TRUE);
}

void kp_xml_refuse(struct kp_xml *xml, const char *reason)
{
    if (xml->refused == NULL) {
        xml->refused = reason;
        (void)XML_StopParser(xml->parser, XML_FALSE);
    }
}

const char *kp_xml_reason(struct kp_xml *xml)
{
    enum XML_Error code = XML_GetErrorCode(xml->parser);
    const char *why = code == XML_ERROR_NO_MEMORY ? "a name, tag or text too long to be read"
                                                  : XML_ErrorString(code);
    (void)snprintf(xml->reason, sizeof(xml->reason), "line %lu: %s",
                   (unsigned long)XML_GetCurrentLineNumber(xml->parser),
                   xml->refused != NULL ? xml->refused
                   : why == NULL        ? "broken"
                                        : why);
    return xml->reason;
}

unsigned long kp_xml_line(const struct kp_xml *xml)
{
    return (unsigned long)XML_GetCurrentLineNumber(xml->parser);
}

const char *kp_xml_attribute(const char **attributes, const char *name)
{
    for (size_t i = 0; attributes[i] != NULL; i += 2) {
        if (strcmp(attributes[i], name) == 0) {
            return attributes[i + 1];
        }
    }
    return NULL;
}
