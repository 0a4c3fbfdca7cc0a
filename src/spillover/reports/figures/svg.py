"""SVG that can stand inside a page: no scripts, no inline styles, no clashing identifiers."""

import re

FONTS = "system-ui, -apple-system, 'Segoe UI', 'Hiragino Sans', 'Noto Sans JP', sans-serif"

_HEAD = re.compile(r"^.*?(?=<svg)", re.DOTALL)
_METADATA = re.compile(r"\s*<metadata>.*?</metadata>", re.DOTALL)
_STYLE_ELEMENT = re.compile(r"\s*<defs>\s*<style[^>]*>.*?</style>\s*</defs>", re.DOTALL)
_COMMENT = re.compile(r"\s*<!--.*?-->", re.DOTALL)
_TAG = re.compile(r"<[^<>]+>")
_STYLE = re.compile(r'\sstyle="([^"]*)"')
_FONT = re.compile(r"([\d.]+)px ")
_ID = re.compile(r'\sid="([^"]+)"')
_REFERENCE = re.compile(r'(xlink:href="#|url\(#)([^")]+)')
_POINTS = re.compile(r' (width|height)="([\d.]+)pt"')
_MARKER_PAINT = re.compile(r' (?:fill|stroke)="[^"]*"')
_JOINS = '<svg stroke-linejoin="round" stroke-linecap="butt"'


def tidy_svg(text: str, prefix: str) -> str:
    """A drawing of matplotlib as a clean element with presentation attributes only.

    Styles become attributes, which a page may override (for a dark background) and which need
    no permission of a content security policy; identifiers are kept where something refers to
    them, with a prefix of their own.

    Parameters
    ----------
    text : str
        What matplotlib wrote.
    prefix : str
        Prefix of identifiers.
    """
    for pattern in (_HEAD, _METADATA, _STYLE_ELEMENT):
        text = pattern.sub("", text, count=1)
    text = _COMMENT.sub("", text)
    used = {found[2] for tag in _TAG.findall(text) for found in _REFERENCE.finditer(tag)}
    safe = re.sub(r"[^A-Za-z0-9-]", "-", prefix)
    text = _TAG.sub(lambda found: _tidy_tag(found[0], used, safe), text)
    return text.replace("<svg", _JOINS, 1).strip() + "\n"


def _tidy_tag(tag: str, used: set[str], prefix: str) -> str:
    tag = _STYLE.sub(lambda found: "".join(map(_attribute, _declarations(found[1]))), tag)
    tag = _ID.sub(lambda found: f' id="{prefix}-{found[1]}"' if found[1] in used else "", tag)
    if tag.startswith("<path") and " id=" in tag:
        tag = _MARKER_PAINT.sub("", tag)  # a marker takes its paint from where it is used
    tag = _REFERENCE.sub(rf"\g<1>{prefix}-\g<2>", tag)
    return _POINTS.sub(r' \1="\2"', tag) if tag.startswith("<svg") else tag


def _declarations(style: str) -> list[tuple[str, str]]:
    pairs = (part.split(":", 1) for part in style.split(";") if ":" in part)
    return [(name.strip(), value.strip()) for name, value in pairs]


def _attribute(pair: tuple[str, str]) -> str:
    """A declaration as an attribute; fonts of this machine become those of the reader's."""
    name, value = pair
    if name == "font":
        found = _FONT.search(value)
        return f' font-size="{found[1] if found else 10}" font-family="{FONTS}"'
    if name == "font-family":
        return f' font-family="{FONTS}"'
    return f' {name}="{value}"'
