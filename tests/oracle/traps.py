"""A small fixed town in which every house is a trap, and what must come of each spelling.

The rows are read by eye: house, then spellings. A house is LETTER/ADDITION/NAME; the name tells which
objects are one. What is expected: =NAME resolved to it, ~NAME,NAME ambiguous between these, ? unknown,
! refused, !NAME refused with it as candidate, x anything but resolved.
"""

from world import Entry

# street, town, postcode (- for none), then NUMBER:LETTER/ADDITION/NAME ...
STREETS = """
Trapstraat;Valkuil;9998AA;1://a 2://b 12://c 12:/2/d 12:/1/e 14://f 15:A//g 15:A/1/h 15:/1/i 15://j 121://k 122://l 3:/12/m 3://n 16:/II/o 16:/1/p
Trapstraat;Valkuil;9998AB;20:A/HS/a1 20:A/2/a2 22:/A2/a3 24:A/BS/a4 26:/RD/a5 26:/ZW/a6 28:/HS/a7 28:/2/a8 30:/14/a9 30://b1 32://b3 34:S//b4 34://b5
Trapstraat;Valkuil;9998AC;40:A//c1 40:B//c2 40:C//c3 40:H//c4 40:I//c5 42:a//c6 42:A//c7 44:/to/c8 46:/bis/c9 48://d1 50://d1 52:/1/d2 52:/II/d3
Plein;Valkuil;9998BA;5://e1 1944:/12/e2 12://e3
Plein 1944;Valkuil;9998BB;5://e4 12://e5 12:A//e6
Laan 1940-1945;Valkuil;9998BC;3://e7 3:/2/e8
1e Kruisweg;Valkuil;9998BD;36://f1
2e Kruisweg;Valkuil;9998BE;36://f2
5 Meiplein;Valkuil;9998BF;12://f3
8 Mei;Valkuil;9998BG;3://f4
Achter de Toren;Valkuil;9998CA;7://g1
Bij de Bron;Valkuil;9998CB;7://g2
Jol 29;Valkuil;9998CC;62://g3
Kerkstraat;'s-Gravenhage;9997AA;12:S//h1 12://h2 12:A//h3
Kerkstraat;Nederland;9997AB;12://h4
Kerkstraat;Valkuil;-;12://h5 12:A//h6
Doctor van der Meerlaan;Valkuil;9998DA;1://i1
Professor van der Meerlaan;Valkuil;9998DB;1://i2
Burgemeester Jansenlaan;Valkuil;9998DC;1://i3 2://i4
Jansenlaan;Valkuil;9998DD;1://i5
Jan Pieterszoon Coenstraat;Valkuil;9998DE;1://i6
Johannes Pieter Coenstraat;Valkuil;9998DF;2://i7
"""

SPELLINGS = """
# Characters that look like something else
9998AA 12½|x
9998AA 12²|x=d
9998AA 12''|x
9998AA 12'|x
9998AA 12″|x
9998AA 12?|x
9998AA 12*|x
9998AA 12+|x
9998AA 12 А|x
9998AA 12/|x=c
9998AA 12-|x=c
9998AA 12,00|=c
9998AA 12.0|=c
9998AA 12­2|x=d
9998AA 1​2|x=c
9998AA 12 Ⅱ|=d
9998AA １２|=c
"9998AA 12"|=c
# Separators may not glue digits
9998AA 12-1-2|x
9998AA 12-1/2|x
9998AA 12 1 2|x
9998AA 1 2|x
9998AA 1-2|~a,b
9998AA 3-1-2|x
9998AA 3-12|=m
9998AA 3 12|=m
9998AA 12-14|~c,f
9998AA 12 - 14|~c,f
9998AA 12 t/m 14|~c,f
9998AA 14-12|x
9998AA 12-15|~c,j
9998AA 12-13|x
9998AB 30-14|=a9
# Nothing is dropped
9998AA 12 kelder|?
9998AA 12, kelder|x
garagebox Trapstraat 12 9998AA|x
flat 3 Trapstraat 12 9998AA|x
Trapstraat 3 12 9998AA|=m
Trapstraat 2 12 9998AA|x
9998AA 12 Trapstraat 14|x
9998AA 12 A|?
9998AA 12 A 2|?
9998AA 2 2|?
9998AA 12 kamer 2|x
9998AA 12 bus 2|x
9998AA 12A-14|x
9998AA 12 en 14|x
# Letters, additions, words
9998AA 15A|=g
9998AA 15-A-1|=h
9998AA 15A1|=h
9998AA 15 1|=i
9998AA 15-1|=i
9998AA 15|=j
9998AA 16 2|=o
9998AA 16 2 hoog|=o
9998AA 16 1|=p
9998AA 16 I|=p
9998AA 16|?
9998AA 12 II|=d
9998AA 12 hs|?
9998AB 20A huis|=a1
9998AB 20 A II|=a2
9998AB 20A-2 hoog|=a2
9998AB 20 huis|?
9998AB 20 A|?
9998AB 24 A bis|=a4
9998AB 24a-bs|=a4
9998AB 24 bis A|x
9998AB 22A2|=a3
9998AB 22 A-2|=a3
9998AB 26 rood|=a5
9998AB 26 zw.|=a6
9998AB 26|?
9998AB 28 h|=a7
9998AB 28 huis|=a7
9998AB 28|?
9998AC 40 huis|?
9998AC 40 1e|?
9998AC 40 1 hoog|?
9998AC 40 h|=c4
9998AC 40 I|=c5
9998AC 40 boven|?
9998AC 42a|~c6,c7
9998AC 42A|~c6,c7
9998AC 44 TO|=c8
9998AC 44 t/o|x=c8
9998AC 46 BIS|=c9
9998AC 46 bs|=c9
9998AC 52 2|=d3
9998AC 52 1e|=d2
9998AC 52-1|=d2
# Dates and near
9998AA 12-feb|!d
9998AA 12 feb|!d
9998AA 12-jan|!e
t/o Trapstraat 12, Valkuil|!
9998AA t/o 12|!
nabij Trapstraat 12, Valkuil|!
garage achter Trapstraat 12, Valkuil|x
naast Trapstraat 12, 9998AA|x
hoek Trapstraat 12, Valkuil|x
Achter de Toren 7, Valkuil|=g1
Bij de Bron 7, Valkuil|=g2
Postbus 12, 9998AA Valkuil|!
Trapstraat 12, Postbus 3, 9998AA Valkuil|x
# Streets with numbers
Plein 1944 12, Valkuil|~e2,e5
Plein 1944 12A, Valkuil|=e6
Plein 1944 5, Valkuil|=e4
Plein 5, Valkuil|=e1
Plein 12, Valkuil|=e3
Plein 1944 12 9998BB Valkuil|=e5
Plein 1944 12 9998BA Valkuil|=e2
Laan 1940-1945 3, Valkuil|=e7
Laan 1940-1945 3-2, Valkuil|=e8
Laan 1940 - 1945 3, Valkuil|=e7
1e Kruisweg 36, Valkuil|=f1
Eerste Kruisweg 36, Valkuil|=f1
2e Kruisweg 36, Valkuil|=f2
Kruisweg 36, Valkuil|x
5 Meiplein 12, Valkuil|=f3
8 Mei 3, Valkuil|=f4
9998BG 8 Mei 3|=f4
Jol 29 62, Valkuil|=g3
Jol 29-62, Valkuil|x=g3
9998CC 62|=g3
# Towns
Kerkstraat 12 's-Gravenhage|=h2
Kerkstraat 12 Den Haag|=h2
Kerkstraat 12 S, Den Haag|=h1
Kerkstraat 12s Den Haag|=h1
Kerkstraat 12 A 's-Gravenhage|=h3
Kerkstraat 12, Den Haag, Nederland|=h2
Kerkstraat 12 Nederland|x=h4
Kerkstraat 12, Nederland, Nederland|=h4
Kerkstraat 12, Valkuil|=h5
Kerkstraat 12A, Valkuil|=h6
Kerkstraat 12|x
# Streets that nearly are one another
Dr. v.d. Meerlaan 1, Valkuil|=i1
Prof. v.d. Meerlaan 1, Valkuil|=i2
v.d. Meerlaan 1, Valkuil|x
Burg. Jansenlaan 1, Valkuil|=i3
Jansenlaan 1, Valkuil|=i5
Jansenlaan 2, Valkuil|x
B. Jansenlaan 2, Valkuil|x=i4
J.P. Coenstraat 1, Valkuil|x=i6
J.P. Coenstr. 2, Valkuil|x=i7
Trapstraat 12 9998BB|x
Plein 1944 12, 9998AA Valkuil|x
# Not one address
9998AA|x
9998AA 12 9998AB 20A|x
|x
Trapstraat, Valkuil|x
9998AA 0|x
9998AA 100000|x
9998AA 99999999999999999999|x
9998AA -12|x=c
"""


def rows():
    """The trap town's entries, and object and ids by name."""
    entries, named = [], {}
    for line in STREETS.strip().splitlines():
        street, town, postcode, houses = line.split(";")
        for one in houses.split():
            number, rest = one.split(":")
            letter, addition, name = rest.split("/")
            count = len(entries) + 1
            side = name in named
            target = named[name][0] if side else "999901%010d" % count
            entry = Entry("999920%010d" % count, postcode.strip("-"), int(number), letter, addition, street, town,
                          target, side, True)
            entries.append(entry)
            named.setdefault(name, (target, []))[1].append(entry.id)
    return entries, named


def cases(expected_type):
    """(spelling, verdicts allowed, what is expected)"""
    named = rows()[1]
    for line in SPELLINGS.strip("\n").splitlines():
        if line.startswith("#"):
            continue
        text, want = line.rsplit("|", 1)
        names = [named[name] for name in want.lstrip("=~!?x").split(",") if name]
        must = tuple(i for _, ids in names for i in ids)
        if want.startswith("="):
            yield text, ("resolved",), expected_type("resolved", names[0][0], tuple(sorted(names[0][1])), ())
        elif want.startswith("~"):
            yield text, ("ambiguous",), expected_type("ambiguous", None, (), must)
        elif want == "?":
            yield text, ("unknown",), expected_type("unknown", None, (), ())
        elif want.startswith("!"):
            yield text, ("refused",), expected_type("refused", None, (), must)
        elif names:  # may be resolved, but then only to this one
            yield text, ("resolved", "ambiguous", "unknown", "refused"), expected_type("unknown", names[0][0],
                                                                                      tuple(names[0][1]), ())
        else:
            yield text, ("ambiguous", "unknown", "refused"), expected_type("unknown", None, (), ())
