#!/usr/bin/env python3
"""Takes a picture of a terminal in which a command runs: a real terminal (tmux), its text and colours written as SVG.

    docs/picture.py OUT.svg COLUMNS ROWS [--after SECONDS] -- COMMAND

Without --after the picture is taken when the command has ended.
"""

import html
import re
import subprocess
import sys
import time

COLOURS = ["#3b4252", "#d0606b", "#7fb069", "#d9a441", "#5e8cc9", "#b07cc6", "#4fb0ae", "#d8dee9"]
BRIGHT = ["#6b7589", "#e57f88", "#9ccb86", "#ecc06a", "#82aadf", "#c79bd9", "#74cdca", "#ffffff"]
BACKGROUND, TEXT = "#1c212b", "#d8dee9"
WIDTH, HEIGHT, MARGIN = 8.43, 19, 16


def tmux(*arguments):
    return subprocess.run(["tmux", "-L", "picture", *arguments], check=True, capture_output=True, text=True).stdout


def screen(columns, rows, after, command):
    """The lines on the screen, with escape sequences for colours."""
    done = "" if after else "; tmux -L picture wait-for -S done; sleep 60"
    tmux("-f", "/dev/null", "new-session", "-d", "-x", columns, "-y", rows, f"export TERM=xterm-256color; {command}{done}")
    if after:
        time.sleep(after)
    else:
        tmux("wait-for", "done")
    text = tmux("capture-pane", "-e", "-p")
    tmux("kill-server")
    return text.rstrip("\n").split("\n")


def colour(codes, index):
    """The colour that a 38;… sequence names, and how many codes it took."""
    number = codes[index + 2]
    return (COLOURS + BRIGHT)[number] if number < 16 else TEXT, 3


def spans(line):
    """(column, text, style) for each run of equal style."""
    style, column, result = {}, 0, []
    for escape, text in re.findall(r"\x1b\[([0-9;]*)m|([^\x1b]+)", line):
        if text:
            result.append((column, text, dict(style)))
            column += len(text)
            continue
        codes = [int(code or 0) for code in escape.split(";")]
        index = 0
        while index < len(codes):
            code, step = codes[index], 1
            if code == 0:
                style = {}
            elif code == 1:
                style["font-weight"] = "bold"
            elif code == 2:
                style["opacity"] = "0.6"
            elif code == 22:
                style.pop("font-weight", None), style.pop("opacity", None)
            elif code == 39:
                style.pop("fill", None)
            elif 30 <= code <= 37:
                style["fill"] = COLOURS[code - 30]
            elif 90 <= code <= 97:
                style["fill"] = BRIGHT[code - 90]
            elif code == 38:
                style["fill"], step = colour(codes, index)
            index += step
    return result


def draw(lines, columns):
    width, height = int(columns) * WIDTH + 2 * MARGIN, len(lines) * HEIGHT + 2 * MARGIN
    yield f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height:.0f}" viewBox="0 0 {width:.0f} {height:.0f}">'
    yield f'<rect width="100%" height="100%" rx="8" fill="{BACKGROUND}"/>'
    yield f'<g font-family="DejaVu Sans Mono, Menlo, Consolas, monospace" font-size="14" fill="{TEXT}">'
    for row, line in enumerate(lines):
        for column, text, style in spans(line):
            if text.strip():
                attributes = "".join(f' {name}="{value}"' for name, value in style.items())
                place = f'x="{MARGIN + column * WIDTH:.1f}" y="{MARGIN + (row + 0.75) * HEIGHT:.1f}" textLength="{len(text) * WIDTH:.1f}"'
                # Blanks that no browser runs together.
                kept = html.escape(text).replace(" ", "\u00a0")
                yield f"<text {place}{attributes}>{kept}</text>"
    yield "</g></svg>"


def main():
    arguments, command = sys.argv[1:], sys.argv[sys.argv.index("--") + 1 :]
    after = float(arguments[arguments.index("--after") + 1]) if "--after" in arguments else None
    out, columns, rows = arguments[:3]
    lines = screen(columns, rows, after, " ".join(command))
    with open(out, "w") as file:
        file.write("\n".join(draw(lines, columns)) + "\n")


main()
