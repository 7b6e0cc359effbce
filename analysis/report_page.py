"""The page of a report: plain HTML with its pictures inside, nothing fetched from anywhere, fit for paper.

Knows nothing of physics: headings, paragraphs, tables, figures and lists in, one text out.
"""

from __future__ import annotations

import base64
import html
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

_CSS = """
body { font: 15px/1.5 Georgia, 'Times New Roman', serif; color: #1a1a1a; background: #fff; }
body { margin: 2em auto; max-width: 62em; padding: 0 1.2em; }
h1 { font-size: 1.7em; line-height: 1.2; margin: 0.4em 0 0.2em; }
h2 { font-size: 1.2em; border-bottom: 1px solid #bbb; padding-bottom: 0.15em; margin: 1.8em 0 0.6em; }
p.lead { font-size: 1.05em; }
figure { margin: 1.2em 0; page-break-inside: avoid; break-inside: avoid; }
figure img { width: 100%; max-width: 54em; height: auto; display: block; }
figcaption { font-size: 0.92em; color: #333; margin-top: 0.3em; max-width: 54em; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-size: 0.86em; margin: 0.6em 0; }
caption { text-align: left; color: #333; padding: 0.2em 0; }
th, td { padding: 0.22em 0.6em; text-align: right; white-space: nowrap; border-bottom: 1px solid #ddd; }
td { font-variant-numeric: tabular-nums; }
th { border-bottom: 1.5px solid #555; vertical-align: bottom; }
th.left, td.left { text-align: left; }
td.wrap { white-space: normal; }
tr.flag td { background: #fdeee0; }
pre { background: #f5f5f5; border: 1px solid #ddd; padding: 0.6em 0.8em; font-size: 0.86em; }
pre { white-space: pre-wrap; }
ul { padding-left: 1.3em; }
li { margin: 0.15em 0; }
.files { font-size: 0.85em; color: #555; }
@media print {
  body { margin: 0; max-width: none; font-size: 10.5pt; }
  h2 { break-after: avoid; }
  .files { display: none; }
  table { font-size: 6.8pt; }
  th, td { padding: 0.15em 0.35em; }
  .scroll { overflow: visible; }
}
"""


def text(content: str) -> str:
    """Escape text for the page.

    Example:
        >>> text("p < 0.05 & more")
        'p &lt; 0.05 &amp; more'
    """
    return html.escape(content, quote=False)


@dataclass
class Page:
    """A page that grows from top to bottom.

    Attributes:
        title: heading and window title, plain text.
        parts: finished HTML, in order.
    """

    title: str
    parts: list[str] = field(default_factory=list)

    def heading(self, title: str) -> None:
        """Start a section."""
        self.parts.append(f"<h2>{text(title)}</h2>")

    def paragraph(self, markup: str, lead: bool = False) -> None:
        """A paragraph of ready markup."""
        self.parts.append(f'<p class="lead">{markup}</p>' if lead else f"<p>{markup}</p>")

    def items(self, markups: Iterable[str]) -> None:
        """A list of ready markup."""
        self.parts.append("<ul>\n" + "\n".join(f"<li>{m}</li>" for m in markups) + "\n</ul>")

    def commands(self, lines: Sequence[str]) -> None:
        """Shell lines, as typed."""
        self.parts.append(f"<pre>{text(chr(10).join(lines))}</pre>")

    def definitions(self, rows: Mapping[str, str]) -> None:
        """Two columns: name and text, both plain."""
        lines = [
            f'<tr><td class="left">{text(name)}</td><td class="left wrap">{text(value)}</td></tr>'
            for name, value in rows.items()
        ]
        self.parts.append("<table>\n" + "\n".join(lines) + "\n</table>")

    def table(
        self,
        head: Sequence[str],
        rows: Sequence[Sequence[str]],
        caption: str = "",
        left: Sequence[int] = (),
        flagged: Sequence[int] = (),
    ) -> None:
        """A table of ready markup.

        Args:
            head: column titles. rows: cells. caption: line above the table.
            left: columns aligned to the left (numbers stand to the right). flagged: rows that ask for
                attention.
        """
        side = [' class="left"' if i in left else "" for i in range(len(head))]
        lines = ["<tr>" + "".join(f"<th{s}>{c}</th>" for c, s in zip(head, side, strict=True)) + "</tr>"]
        for number, row in enumerate(rows):
            mark = ' class="flag"' if number in flagged else ""
            lines.append(
                f"<tr{mark}>" + "".join(f"<td{s}>{c}</td>" for c, s in zip(row, side, strict=True)) + "</tr>"
            )
        top = f"<caption>{caption}</caption>\n" if caption else ""
        self.parts.append(f'<div class="scroll"><table>\n{top}' + "\n".join(lines) + "\n</table></div>")

    def figure(self, picture: bytes, caption: str, alternative: str, files: Sequence[str] = ()) -> None:
        """A PNG inside the page.

        Args:
            picture: bytes of the PNG. caption: ready markup below it. alternative: plain text in place of
                the picture.
            files: names of files beside the page that hold the same figure and its numbers.
        """
        inline = base64.b64encode(picture).decode("ascii")
        links = " ".join(f'<a href="{html.escape(name)}">{text(name)}</a>' for name in files)
        below = f' <span class="files">{links}</span>' if files else ""
        self.parts.append(
            f'<figure>\n<img alt="{html.escape(alternative)}" src="data:image/png;base64,{inline}">\n'
            f"<figcaption>{caption}{below}</figcaption>\n</figure>"
        )

    def render(self) -> str:
        """The whole page as text.

        Example:
            >>> page = Page("Demo")
            >>> page.paragraph("One sentence.")
            >>> "<h1>Demo</h1>" in page.render() and "<p>One sentence.</p>" in page.render()
            True
        """
        body = "\n".join(self.parts)
        return (
            '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
            '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
            f"<title>{text(self.title)}</title>\n<style>{_CSS}</style>\n</head>\n<body>\n"
            f"<h1>{text(self.title)}</h1>\n{body}\n</body>\n</html>\n"
        )
