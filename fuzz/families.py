"""Documents that grow without end in one direction each: what could take more than linear time."""

from __future__ import annotations

from collections.abc import Callable
from math import isqrt

Family = Callable[[int], str]
"""Takes about how many bytes to make."""

HEAD = "# H {#h authority=root}\n\n"


def _fence(body: str, kind: str = "xml") -> str:
    return f"{HEAD}~~~{kind}\n{body}\n~~~\n"


def _numbered(line: str, length: int) -> str:
    """Repeat ``line``, which holds a ``%d``, with a number of its own each time."""
    return "".join(line % number for number in range(length // (len(line) + 4)))


MARKDOWN: dict[str, Family] = {
    "nothing but line ends": lambda n: "\n" * n,
    "nothing but CRLF": lambda n: "\r\n" * (n // 2),
    "nothing but CR": lambda n: "\r" * n,
    "one line of words": lambda n: "word " * (n // 5),
    "one line of emoji": lambda n: "\U0001f600" * (n // 4),
    "one line of spaces": lambda n: " " * n + "a",
    "one line of tabs": lambda n: "\t" * n + "a",
    "lines of spaces": lambda n: "    \n" * (n // 5),
    "short lines": lambda n: "a\n" * (n // 2),
    "hard breaks": lambda n: "a  \n" * (n // 4),
    "quotes, as deep as allowed": lambda n: (">" * 99 + "a\n") * (n // 101),
    "quote, then lazy lines": lambda n: ">" * 99 + "a\n" + "b\n" * (n // 2),
    "lists, as deep as allowed": lambda n: "- " * 60 + "a\n" + "b\n" * (n // 2),
    "quotes, too deep": lambda n: ">" * n + "a\n",
    "lists, too deep": lambda n: "- " * (n // 2) + "a\n",
    "numbers, too deep": lambda n: "1. " * (n // 3) + "a\n",
    "quotes and lists, too deep": lambda n: "> - " * (n // 4) + "a\n",
    "lists by indentation": lambda n: "".join("  " * i + "- a\n" for i in range(isqrt(n))),
    "quotes, deeper by line": lambda n: "".join(">" * i + "a\n" for i in range(isqrt(2 * n))),
    "opening brackets": lambda n: "[" * n,
    "nested brackets": lambda n: "[" * (n // 2) + "]" * (n // 2),
    "links that never end": lambda n: "[a](" * (n // 4),
    "link titles that never end": lambda n: '[a](b "' * (n // 7),
    "nested links": lambda n: "[" * (n // 6) + "a" + "](#b)" * (n // 6),
    "parentheses": lambda n: "[a](" + "(" * n,
    "images": lambda n: "![" * (n // 2),
    "emphasis that never ends": lambda n: "*a " * (n // 3),
    "mixed emphasis": lambda n: "a**b" * (n // 8) + "c* " * (n // 6),
    "stars": lambda n: "*" * n,
    "underscores": lambda n: "_" * n + "a",
    "strikes": lambda n: "~a~~b" * (n // 5),
    "backticks of all lengths": lambda n: "".join("`" * i + " " for i in range(isqrt(2 * n))),
    "backticks": lambda n: "`a" * (n // 2),
    "backslashes": lambda n: "\\" * n,
    "ampersands": lambda n: "&" * n,
    "inline comments that never end": lambda n: "a <!--" * (n // 6),
    "inline comments": lambda n: HEAD + "a <!-- b --> " * (n // 13),
    "inline tags that never end": lambda n: "a <a b='" * (n // 8),
    "processing instructions": lambda n: "a <?" * (n // 4),
    "autolinks": lambda n: "<a:b>" * (n // 5),
    "definitions": lambda n: "[a]: /b\n" * (n // 8),
    "long definition, used often": lambda n: f"[a]: #{'b' * (n // 2)}\n\n" + "[a]" * (n // 6),
    "definitions of their own": lambda n: _numbered("[a%d]: /b\n\n", n),
    "footnotes in footnotes": lambda n: "[^a]:" * (n // 5),
    "table rows": lambda n: "|a|b|\n|-|-|\n" + "|x|y|\n" * (n // 6),
    "wide table": lambda n: "|a" * (n // 4) + "\n" + "|-" * (n // 4) + "\n",
    "square table": lambda n: "|a" * isqrt(n) + "\n" + "|-" * isqrt(n) + "\n" + "|\n" * isqrt(n),
    "long setext heading": lambda n: "a\n" * (n // 2) + "=\n",
    "rules": lambda n: "---\n" * (n // 4),
    "almost rules": lambda n: ("* " * 30 + "a\n") * (n // 62),
    "items": lambda n: "- a\n" * (n // 4),
    "items apart": lambda n: "- a\n\n" * (n // 5),
    "items of two lists": lambda n: "- a\n+ a\n" * (n // 8),
    "html blocks": lambda n: "<div>\n\n" * (n // 7),
    "indented code": lambda n: "    a\n" * (n // 6),
}

DIALECT: dict[str, Family] = {
    "headings": lambda n: _numbered("# H {#h%d}\n\n", n),
    "headings without ids": lambda n: "# H\n" * (n // 4),
    "headings, deeper and deeper": lambda n: "# a\n## b\n### c\n#### d\n##### e\n" * (n // 26),
    "empty headings": lambda n: "#\n" * (n // 2),
    "huge title": lambda n: f"# {'é' * (n // 2)}\n\ntext\n",
    "huge id": lambda n: (
        f"# H {{#{'a' * (n // 2)}}}\n\n" + "<!-- no test needed -->\n\n" * (n // 50)
    ),
    "huge id of examples": lambda n: (
        f"# H {{#{'a' * (n // 2)}}}\n\n" + "~~~xml\n<user/>\n~~~\n\n" * (n // 40)
    ),
    "attributes": lambda n: "# H {#h " + _numbered("a%d=b ", n) + "}\n",
    "classes": lambda n: "# H {#h " + ".a " * (n // 3) + "}\n",
    "braces": lambda n: "# H " + "{#a}" * (n // 4) + "\n",
    "tags": lambda n: "# H {#h tags=" + "a," * (n // 2) + "}\n",
    "markers": lambda n: HEAD + _numbered("a[^m%d] ", n),
    "one marker": lambda n: HEAD + "[^m]" * (n // 4),
    "markers that never end": lambda n: HEAD + "[^m" * (n // 3),
    "references": lambda n: HEAD + "[?](#h) " * (n // 8),
    "references, é": lambda n: HEAD + "é[?](#h)" * (n // 9),
    "references in a box": lambda n: HEAD + '!!! meta "M"\n    ' + "[?](#h) " * (n // 8),
    "boxes": lambda n: HEAD + '!!! meta "M"\n    a\n\n' * (n // 20),
    "boxes, close together": lambda n: HEAD + '!!! meta "M"\n    [?](#h) [^m]\n' * (n // 30),
    "empty boxes": lambda n: HEAD + "!!! m\n" * (n // 6),
    "boxes that run on": lambda n: HEAD + "!!! m\n    a\nb\n" * (n // 14),
    "almost boxes": lambda n: HEAD + "!!! m m\n" * (n // 8),
    "almost a box": lambda n: HEAD + "!!! m" + " " * n + '"\n',
    "long box": lambda n: HEAD + '!!! meta "M"\n' + "    a\n\n" * (n // 7),
    "box of lazy lines": lambda n: HEAD + '!!! meta "M"\n    a\n' + "a\n" * (n // 2),
    "boxes and lists": lambda n: HEAD + "+ a [?](#h)\n!!! m\n    b\n" * (n // 24),
    "blank lines after a box": lambda n: HEAD + "!!! m\n    a\n" + "\n" * n + "b\n",
    "front matter that never ends": lambda n: "+++\n" + "a = 1\n" * (n // 6),
    "front matter": lambda n: "+++\n" + _numbered("a%d = 1\n", n) + "+++\n",
    "front matter of spaces": lambda n: "+++\n" + f"+++{' ' * 50}x\n" * (n // 55),
    "no test needed": lambda n: HEAD + "<!-- no test needed: a -->\n\n" * (n // 28),
    "no test needed, never ends": lambda n: HEAD + "<div>\n" + "<!-- no test needed: " * (n // 21),
    "no test needed, spaces": lambda n: HEAD + "<!-- no test needed:" + " " * n + "x\n-->\n",
    "titles alone": lambda n: HEAD + "**Example**: a\n\n" * (n // 16),
    "fences": lambda n: HEAD + "~~~\na\n~~~\n" * (n // 10),
    "fences that never end": lambda n: HEAD + "- ~~~\n" * (n // 6),
    "long fence": lambda n: HEAD + "~" * n + "\na\n",
    "indented prefix": lambda n: HEAD + (" " * 120 + "+ a\n") * (n // 124),
    "html that never ends": lambda n: HEAD + "<script>\n\n" * (n // 10),
}

EXAMPLES: dict[str, Family] = {
    "examples": lambda n: HEAD + "**Example**: a\n\n~~~xml\n<user>a</user>\n~~~\n\n" * (n // 46),
    "examples of numbered titles": lambda n: (
        HEAD + _numbered("**Example**: a-%d\n\n~~~xml\n<user/>\n~~~\n\n", n // 2)
        + "**Example**: a\n\n~~~xml\n<user/>\n~~~\n\n" * (n // 90)
    ),
    "messages": lambda n: _fence("<user>a</user>\n" * (n // 15)),
    "answers": lambda n: _fence(
        "<comparison>" + "<assistant><!-- GOOD: a -->b</assistant>" * (n // 41) + "</comparison>"
    ),
    "comparisons": lambda n: _fence("<comparison></comparison>" * (n // 25)),
    "nested elements": lambda n: _fence("<a>" * (n // 7) + "</a>" * (n // 7)),
    "elements that never end": lambda n: _fence("<user>" * (n // 6)),
    "huge element names": lambda n: _fence(
        f"<{'a' * (n // 3)}>" + "<b/>" * (n // 12) + f"</{'a' * (n // 3)}>"
    ),
    "many attributes": lambda n: _fence("<user " + _numbered("a%d='' ", n) + "/>"),
    "huge attribute": lambda n: _fence(f"<user name='{'>' * n}'/>"),
    "comments": lambda n: _fence("<user>" + "a<!-- b -->" * (n // 11) + "</user>"),
    "comments outside": lambda n: _fence("<!-- b -->" * (n // 10)),
    "huge label": lambda n: _fence(f"<assistant><!-- GOOD, {'a ' * (n // 2)} --></assistant>"),
    "label of spaces": lambda n: _fence(f"<assistant><!-- GOOD{' ' * n}x --></assistant>"),
    "label of sections": lambda n: _fence(
        f"<assistant><!-- BAD[#a{', #a' * (n // 4)} --></assistant>"
    ),
    "references in a comment": lambda n: _fence(f"<!-- {'[?](#h) ' * (n // 8)} -->"),
    "references in a comment, é": lambda n: _fence(f"<!-- {'é[?](#h)' * (n // 9)} -->"),
    "brackets in a comment": lambda n: _fence(f"<!-- {'[' * n} ](# -->"),
    "links in a comment that never end": lambda n: _fence(f"<!-- {'[a](#' * (n // 5)} -->"),
    "untrusted parts": lambda n: _fence(f"<user>{'<untrusted>a</untrusted>b' * (n // 25)}</user>"),
    "entities": lambda n: _fence(f"<user>{'&amp;' * (n // 5)}</user>"),
    "entities that are not": lambda n: _fence(f"<user>{'&a;' * (n // 3)}</user>"),
    "line ends in a message": lambda n: _fence(f"<user>{chr(10) * n}</user>"),
    "text outside": lambda n: _fence("a<!-- -->" * (n // 9)),
    "huge text outside": lambda n: _fence("a " * (n // 2)),
    "CDATA": lambda n: _fence("<user>" + "<![CDATA[a]]>" * (n // 13) + "</user>"),
    "instructions": lambda n: _fence("<?a b?>" * (n // 7)),
    "closing brackets": lambda n: _fence(f"<user>{'>' * n}</user>"),
    "quoted example": lambda n: HEAD + "> ~~~xml\n> <user>\n" + "> a\n" * (n // 4) + "> </user>\n",
    "quoted messages": lambda n: HEAD + "> ~~~xml\n" + "> <user>a</user>\n" * (n // 17),
    "DOCTYPE": lambda n: _fence("<!DOCTYPE a [" + "<!ENTITY b 'c'>" * (n // 15) + "]>"),
    "laughs": lambda n: _fence(
        "<!DOCTYPE a [<!ENTITY a0 'ha'>"
        + "".join(f"<!ENTITY a{i} '&a{i - 1};&a{i - 1};'>" for i in range(1, n // 30))
        + f"]>&a{n // 30 - 1};"
    ),
    "settings": lambda n: HEAD + (
        '~~~setting\nid="a"\ntype="boolean"\ndefault=true\nchangeable_by=["user"]\n~~~\n\n'
        * (n // 76)
    ),
    "settings that cannot be read": lambda n: HEAD + "~~~setting\na\n~~~\n\n" * (n // 18),
    "huge setting": lambda n: _fence("# a\n" * (n // 4), "setting"),
    "dotted keys": lambda n: HEAD + (
        f"~~~setting\n{'.'.join('a' * 4000)} = 1\n~~~\n\n" * (n // 8030 + 1)
    ),
    "dotted keys, as long as allowed": lambda n: HEAD + (
        f"~~~setting\n{'a.a.a.a.a.a.a.a = 1' + chr(10)}{'b.b.b.b.b.b.b.b.b'}\n~~~\n\n" * (n // 60)
    ),
    "arrays": lambda n: HEAD + f"~~~setting\na = {'[' * 4000}\n~~~\n\n" * (n // 4025 + 1),
    "patterns": lambda n: HEAD + (
        '~~~setting\nid="a"\ntype="string"\ndefault=""\nchangeable_by=["user"]\n'
        f'allowed={{pattern="{"(a|b)*" * 50}"}}\n~~~\n\n' * (n // 410 + 1)
    ),
}  # fmt: skip

FAMILIES: dict[str, Family] = MARKDOWN | DIALECT | EXAMPLES
