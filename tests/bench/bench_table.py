"""Rows of measurements: their table, and their JSON."""

import json


class Table:
    """A row says what was measured, beside which reference, and whether a target was reached. `ratio` is what the target
    is about, so that a row without reference has one too."""

    def __init__(self):
        self.rows = []

    def add(self, part, what, measured, reference, ratio, target=None):
        """measured, reference: (number, unit) and (number, unit, of what), or None. target: (">=" or "<=", number)."""
        row = {"part": part, "what": what, "ratio": ratio}
        row["measured"], row["unit"] = measured or (None, "")
        row["reference"], row["reference_unit"], row["reference_is"] = reference or (None, "", "")
        row["target"] = f"{target[0]} {target[1]:,}" if target else None
        row["reached"] = None
        if target:
            row["reached"] = ratio >= target[1] if target[0] == ">=" else ratio <= target[1]
        self.rows.append(row)

    def text(self):
        lines = [("", "measured", "reference", "ratio", "target", "")]
        part = None
        for row in self.rows:
            if row["part"] != part:
                part = row["part"]
                lines.append((part.upper(), "", "", "", "", ""))
            lines.append(
                (
                    "  " + row["what"],
                    with_unit(row["measured"], row["unit"]),
                    " ".join(filter(None, (row["reference_is"], with_unit(row["reference"], row["reference_unit"])))),
                    number(row["ratio"]),
                    row["target"] or "",
                    {None: "", True: "reached", False: "NOT REACHED"}[row["reached"]],
                )
            )
        widths = [max(len(line[i]) for line in lines) for i in range(6)]
        right = (False, True, True, True, True, False)
        return "\n".join(
            "  ".join(cell.rjust(w) if r else cell.ljust(w) for cell, w, r in zip(line, widths, right)).rstrip() for line in lines
        )


def number(value):
    if value is None:
        return ""
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.3g}" if abs(value) < 0.1 else f"{value:.2f}" if abs(value) < 100 else f"{value:.1f}"


def with_unit(value, unit):
    return "" if value is None else f"{number(value)} {unit}".strip()


def write_json(file, document):
    with open(file, "w", encoding="utf-8") as out:
        json.dump(document, out, indent=1)
        out.write("\n")
