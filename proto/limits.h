/* Every cap on what comes from outside, once. docs/protocol.md explains the protocol's own. */
#ifndef KP_PROTO_LIMITS_H
#define KP_PROTO_LIMITS_H

/* The protocol. */
#define KP_SLOTS_MAX 1048576u /* slots of one member */
#define KP_CHUNK_POINTS 1024u /* points in a chunk, but for a list's last chunk */
#define KP_SEALED_BODY_MAX (KP_CHUNK_POINTS * 32u + 2048u) /* points, path, proof, signature */
#define KP_CHUNK_ENTRIES 512u      /* submission entries in a chunk, but for the last */
#define KP_CHUNK_LEAVES 8192u      /* leaf digests in a chunk, but for the last */
#define KP_INDICATORS_MAX 256u     /* of one member: bits of a leaf's indicators */
#define KP_VERDICTS_MEMBER_MAX 16u /* files about one member in a round; the rest is counted */
#define KP_RECEIPTS_MAX 64u        /* attempts of which a node keeps its receipts */
#define KP_ROUNDS_MAX 1000u        /* of one lineage */
#define KP_CLOCK_SKEW_MS 900000u   /* how far another's clock may be ahead */
#define KP_COMPLETE_STEP_MS 50u    /* from the match to COMPLETE, or 2, 4, 8... times */
#define KP_NAME_MAX 32u            /* bytes in a member's short name */
#define KP_TITLE_MAX 200u          /* bytes in one line of text of an agreement */
#define KP_TEXT_MAX 4000u          /* bytes in one paragraph of an agreement */
#define KP_POSTCODES_MAX 9000u     /* in an agreement's area: every four digits there are */
#define KP_AGREEMENT_BYTES_MAX (1u << 20)
#define KP_CANARIES_MAX 64u         /* active ones of a group in a round */
#define KP_CANARY_NOTICE_ITEMS 256u /* in one letter of a notice, but for the last */
#define KP_CANARY_GROUPS_MAX 1024u  /* combinations of as many members as match */
#define KP_AUDIT_SLOTS_MAX 256u     /* picks of a member in a round */
#define KP_DECISION_BYTES_MAX 160u  /* of an officer about an agreement; packing gives fewer */
#define KP_DOSSIER_VERSIONS_MAX 16u /* of one lineage */
#define KP_DOSSIER_PAPERS_MAX (KP_DOSSIER_VERSIONS_MAX * (1u + 32u * 4u)) /* and decisions */
#define KP_AGREEMENTS_BESIDE_MAX 256u /* other agreements, counted into one's exposure */

/* The wire. */
#define KP_WIRE_MESSAGE_MAX (1u << 20) /* a round message, packed */
#define KP_WIRE_REQUEST_MAX (4u << 20) /* a request or a response, packed: the receive limit */
/* Messages put or fetched together, unless one is larger. A node has some seven copies of it at a
 * time: what waits, both directions packed and not, and the link's own. */
#define KP_WIRE_BATCH_BYTES (256u << 10)
#define KP_WIRE_BATCH_MESSAGES 256u
#define KP_WIRE_WAIT_MS_MAX 30000u /* how long a fetch may wait at the coordinator */

/* The coordinator's memory. */
#define KP_MATCH_MEMORY (64ull << 20) /* bytes for matching: as many pieces of work as fit */

/* Letters. */
#define KP_RESULT_MESSAGE_MAX 1024u      /* RESULT, packed, beside partial openings */
#define KP_LETTER_PLAIN_MAX (512u << 10) /* bytes of one part, before padding */
#define KP_LETTER_BODY_MAX (KP_LETTER_PLAIN_MAX + (65u << 10)) /* padded, signed, sealed */
#define KP_LETTER_PARTS_MAX 1024u
#define KP_LETTERS_OF_SENDER_MAX 65536u /* at the coordinator */
#define KP_LETTER_BYTES_OF_MEMBER_MAX (1ull << 28)
#define KP_LETTER_BYTES_OF_LEADER_MAX (1ull << 32) /* and of the second holder */

/* Cases. */
#define KP_CASE_REASON_MAX 500u    /* bytes of an answer's reason */
#define KP_CASE_REVISIONS_MAX 100u /* of one member's answer */
#define KP_CASES_MAX 4096u         /* at a node, and in the leader's program */
#define KP_CASE_DAYS_MAX 366u

/* Connections. One peer: all connections with one certificate. */
#define KP_LINK_HANDSHAKE_MS 10000u     /* then a connection must be established */
#define KP_LINK_CONNECTIONS_PEER_MAX 8u /* of one peer; the oldest makes room for a new one */
#define KP_LINK_PENDING_PEER_MAX 32u    /* requests of one peer, not yet answered */
#define KP_LINK_PENDING_MAX 1024u       /* requests of all, not yet answered */
#define KP_LINK_ASKS_MAX 16u            /* of one client at a time; less than the server's limit */
#define KP_LINK_ANSWER_MS 60000u /* how long an answer may wait for a peer that doesn't read */
#define KP_CLOSING_SECONDS 10u   /* then closing is given up */

/* A partner's own files. */
#define KP_CSV_RECORD_MAX 65536u          /* bytes in one record, line ends included */
#define KP_CSV_COLUMNS_MAX 256u           /* of a register */
#define KP_TABLE_COLUMNS_MAX 256u         /* of any other table */
#define KP_TABLE_INPUT_MAX (256ull << 20) /* bytes of standard input kept in memory */
#define KP_XLSX_ENTRIES_MAX 4096u         /* files in a workbook */
#define KP_XLSX_SMALL (16ull << 20) /* bytes of a workbook of which libarchive may take all; */
#define KP_XLSX_DIRECTORY_MAX (1ull << 20) /* of a larger one only such a list of its files */
#define KP_XLSX_PART_MAX (4ull << 30)      /* bytes of one of them, unpacked */
#define KP_XLSX_RATIO_MAX 250u             /* of that to the workbook's size, when it is above */
#define KP_XLSX_RATIO_FREE (64ull << 20)   /* so many bytes */
#define KP_XLSX_STRINGS_MAX (8u << 20)     /* texts that its cells share */
#define KP_XLSX_STRING_BYTES_MAX (256ull << 20)
#define KP_XLSX_STYLES_MAX 65536u
#define KP_XLSX_SHEETS_MAX 256u
#define KP_XML_DEPTH_MAX 64u
#define KP_XML_MEMORY_MAX (8ull << 20) /* bytes that the XML library may have at a time */
#define KP_GROUNDS_MAX 500u            /* bytes of a signal's grounds */
#define KP_INDICATOR_MAX 64u           /* bytes of an indicator's code */
#define KP_SIGNALS_PER_ADDRESS_MAX 64u
#define KP_NOTED_PATH_MAX 11u           /* digests, in a tree over as many signals as a batch has */
#define KP_IMPORT_BATCH 2000u           /* rows sent to the node's daemon together */
#define KP_SIGNALS_WRITE 400u           /* of these in one transaction */
#define KP_WORDS_BYTES_MAX (256u << 10) /* a table of words behind house numbers */
#define KP_WORDS_MAX 8192u              /* words in it */
#define KP_WORDS_ROWS_MAX 2048u
#define KP_WORDS_TOWNS_MAX 512u

/* The address register. The country has ten million numbers, a quarter of a million streets and
 * 2500 towns. */
#define KP_REGISTER_AT_NUMBER_MAX 4096u /* numbers at one postcode (or street) and house number */
#define KP_REGISTER_OBJECTS_OF_ID_MAX 1024u
#define KP_REGISTER_STREETS_MAX (1u << 20)
#define KP_REGISTER_NAMES_BYTES_MAX (64u << 20) /* of all names of streets and towns */
#define KP_REGISTER_NAME_BYTES_MAX 320u         /* 80 characters, in UTF-8 */
#define KP_REGISTER_INDEXES_MAX 4096u           /* in one folder */

/* The official extract of the address register: some zips with zips, thousands of XML files. The
 * country's is 4 GB and expands to some 100 GB; small ones expand to a hundred times their size. */
#define KP_ARCHIVE_DEPTH_MAX 3u         /* zips in each other, the outermost counted */
#define KP_ARCHIVE_ENTRIES_MAX 1000000u /* of all zips in a file */
#define KP_ARCHIVE_EXPANDED_MAX (1ull << 40)
#define KP_ARCHIVE_RATIO_MAX 400u              /* bytes out of zips for a byte of the file, after */
#define KP_ARCHIVE_EXPANDED_FREE (64ull << 20) /* as many bytes */
#define KP_BAG_TEXT_MAX (64u << 20) /* bytes of text in one element: a town's outline, say */
#define KP_BAG_VALUE_MAX 1024u      /* likewise, where it is a value that is read */
#define KP_BAG_SIDES_MAX 4096u      /* side addresses of one object */

/* Files of our own. */
#define KP_CONFIG_BYTES_MAX (1u << 20)
#define KP_KEY_FILE_BYTES_MAX 65536u
#define KP_PATH_MAX 1024u
#define KP_SORT_BYTES (2u << 20)          /* of memory for what a daemon sorts */
#define KP_STORE_WRITE_BYTES (384u << 10) /* of records in one of many transactions */
#define KP_STORE_KEY_MAX 256u             /* bytes of a key in the store */
#define KP_STORE_BYTES_MAX (1ull << 40)
#define KP_EXPORT_CONTENT_MAX (2u << 20) /* bytes of an item of an export */
#define KP_EXPORT_HEADER_MAX 512u        /* bytes of its header, and of what is around a content */
#define KP_EXPORT_ITEMS_MAX (1u << 26)
#define KP_PROOF_PATH_MAX (32u * 32u) /* bytes of a path in evidence or a verdict */
#define KP_PROOF_ENTRY_MAX 1024u      /* bytes of an entry of a submission there */
#define KP_PARTIAL_MATCHES_MAX 4096u  /* matches in one letter between holders */
#define KP_AUDIT_ENTRY_MAX 512u       /* bytes of an entry of the signed log, packed */

#endif
