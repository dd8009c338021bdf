"""Workbooks for files.sh, made with Python's standard library: workbooks.py KIND PATH."""
import struct
import sys
import zipfile

MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = 'xmlns="http://schemas.openxmlformats.org/package/2006/relationships"'


def text(place, value):
    return f'<c r="{place}" t="inlineStr"><is><t>{value}</t></is></c>'


def row(number, *cells):
    letters = "ABCDEFGHIJ"
    made = "".join(
        cell.replace("@", f"{letters[i]}{number}") if cell.startswith("<") else text(f"{letters[i]}{number}", cell)
        for i, cell in enumerate(cells)
    )
    return f'<row r="{number}">{made}</row>'


def number(value, style=0):
    return f'<c r="@" s="{style}"><v>{value}</v></c>'


def sheet(*rows):
    return f'<?xml version="1.0"?><worksheet {MAIN}><sheetData>{"".join(rows)}</sheetData></worksheet>'


HEADER = ("Postcode", "Huis nr", "toev", "indicator", "grondslag", "datum")
ROWS = (
    row(1, *HEADER),
    row(2, "1234 ab", number(12), "", "A", "x", number(45717, 1)),
    row(3, "1234AB", number("1.4E1"), number(2), "A", "caf\u00e9", "2025-03-02"),
    row(4, "1234AB", number(46065, 1), "", "A", "", "2025-03-02"),
)
ENTITIES = (
    '<!DOCTYPE a [<!ENTITY a "aaaaaaaaaa">'
    + "".join(f'<!ENTITY {"abcdefghij"[i]} "{("&" + "abcdefghij"[i - 1] + ";") * 10}">' for i in range(1, 10))
    + f"]><worksheet {MAIN}>&j;</worksheet>"
)

SHEETS = {
    "plain": sheet(*ROWS),
    "entities": ENTITIES,
    "external": '<!DOCTYPE a SYSTEM "file:///etc/passwd"><worksheet/>',
    "bomb": "<worksheet>" + " " * (96 << 20),
    "tag": "<worksheet><" + "a" * (32 << 20),
    "nested": "<worksheet>" + "<a>" * 1000000,
    "cell": sheet(row(1, *HEADER), row(2, "1234AB", text("B2", "1" * (20 << 20)))),
    "cut": sheet(*ROWS)[:-60],
}


def make(kind, path):
    parts = {
        "_rels/.rels": f'<Relationships {PACKAGE}><Relationship Id="r1" Type="{RELATIONS}/officeDocument" '
        'Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook {MAIN} xmlns:r="{RELATIONS}"><sheets><sheet name="Signalen" sheetId="1" '
        'r:id="r1"/><sheet name="Ander blad" sheetId="2" r:id="r2"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f"<Relationships {PACKAGE}>"
        f'<Relationship Id="r1" Type="{RELATIONS}/worksheet" Target="worksheets/sheet1.xml"/>'
        f'<Relationship Id="r2" Type="{RELATIONS}/worksheet" Target="worksheets/sheet2.xml"/>'
        f'<Relationship Id="r3" Type="{RELATIONS}/styles" Target="styles.xml"/></Relationships>',
        "xl/styles.xml": f'<styleSheet {MAIN}><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/></cellXfs></styleSheet>',
        "xl/worksheets/sheet1.xml": SHEETS[kind],
        "xl/worksheets/sheet2.xml": sheet(row(1, *HEADER), row(2, "1234AB", "77", "", "A", "", "2025-03-02")),
    }
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as book:
        for name, content in parts.items():
            book.writestr(name, content)


def make_listed(path):
    """A zip archive that lists half a million files."""
    local = struct.pack("<IHHHHHIIIHH", 0x04034B50, 20, 0, 0, 0, 0, 0, 0, 0, 1, 0) + b"a"
    listed = struct.pack("<IHHHHHHIIIHHHHHII", 0x02014B50, 20, 20, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0) + b"a"
    end = struct.pack("<IHHHHIIH", 0x06054B50, 0, 0, 65535, 65535, 500000 * len(listed), len(local), 0)
    with open(path, "wb") as book:
        book.write(local + 500000 * listed + end)


if sys.argv[1] == "listed":
    make_listed(sys.argv[2])
else:
    make(sys.argv[1], sys.argv[2])
