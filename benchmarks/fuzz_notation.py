"""Mutated equations: each reads, or raises one clear error, within a second; none runs code.

Run as ``python benchmarks/fuzz_notation.py [how many] [seed]``; it prints what broke and the
slowest texts.
"""

import random
import sys
import time

from edgesym.notation import NotationError, read_equation

NAMES = ["L", "H", "I", "V", "s", "b", "h", "n", "d_model", "n_layer", "d_ff", "Psi", "t_f", "W"]
SEEDS = (
    r"P = L(4H^2) + L(2HI) + 2VH",
    r"N \approx 2 d_{model} n_{\mathrm{layer}} (2 d_\text{model} + d_{ff})",
    r"12 L h^2 \left(1 + \frac{13}{12h} + \frac{V+s}{12 L h}\right)",
    r"\sum_{i=1}^{L} \left\lceil \frac{i n}{64} \right\rceil \cdot 2 H^2",
    r"\max\left(\frac{2 L H}{W}, \min(s, 1{,}024) b\right) \times 10^{9}",
    r"2\Psi + \frac{\sqrt{2}\Psi}{n_{layer}} \log_2 n - 5\% s^{-1/2}",
    r"\mathcal{O}(n \log n), \quad \text{where } n = 2^{h}",
    r"M &= \underbrace{2 b s L H}_{\text{cache}} \, \text{bytes} \label{eq:a} \\",
    "52e12 * 2 = 104e12 \\text{ bytes} \\approx 104GB",
    "Sum(2*i*H, (i, 1, L)) + Max(L, H, 3)**2 - log(n, 2)/Rational(9, 2)",
    "L*(4*H**2) + 2*V*H/(s - b) + ceil(n/64)*floor(h/2)",
    "__import__('os').system('true')",
    "().__class__.__bases__[0].__subclasses__()",
)
FRAGMENTS = (
    *("{", "}", "(", ")", "[", "]", "^", "_", "**", "*", "/", "+", "-", "=", ",", ".", "%", "&"),
    *("\\", "\\frac", "\\sqrt", "\\sum", "\\max", "\\left", "\\right", "\\text{", "\\lceil", "'"),
    *("\\log", "\\begin{", "\\underbrace", "0", "1", "9", "10**10**10", "^{99}", "1e300", "1e-9"),
    *("/0", "-1", "^{1/2}", "L", "H", "d_", "Sum(", "max(", "lambda", "eval(", "\x00", "\u00b2"),
    *("\u03a8", "\U0001f600", "\n", "\\,", "~", "GB", "47B", "i", "e", "|", "!", "\\rfloor"),
)
FORBIDDEN = {"exec", "compile", "open", "os.system", "subprocess.Popen", "socket.connect"}
SLOW = 1.0


def mutated(text: str, draw: random.Random) -> str:
    """A text with a few things cut, put in, doubled, or wrapped."""
    for _ in range(draw.choice((1, 1, 1, 2, 2, 3, 6))):
        at, to = sorted(draw.randint(0, len(text)) for _ in range(2))
        match draw.randint(0, 6):
            case 0:
                text = text[:at] + text[min(to, at + 8) :]
            case 1 | 2:
                text = text[:at] + draw.choice(FRAGMENTS) + text[at:]
            case 3:
                text = text[:to] + text[at:to] * draw.choice((1, 1, 2, 9)) + text[to:]
            case 4:
                other = draw.choice(SEEDS)
                text = text[:at] + other[draw.randint(0, len(other)) :]
            case 5:
                text = text[:at] + draw.choice("({[") + text[at:to] + draw.choice(")}]") + text[to:]
            case _:
                text = text[:at] + chr(draw.randint(32, 126)) + text[at + 1 :]
    return text[: draw.choice((200, 400, 8000))]


def attempt(text: str, names: list[str], notation: str) -> bool:
    """Whether a text reads; an error of another kind goes through."""
    try:
        read_equation(text, names, notation)
    except NotationError:
        return False
    return True


def fuzz(count: int, seed: int) -> tuple[int, list[tuple[float, str]], list[str]]:
    """How many texts read, the slowest, and what broke."""
    draw, read = random.Random(seed), 0  # noqa: S311 (not for secrets)
    slow, broken, watched = [], [], []
    watching = True

    def watch(event: str, _: object) -> None:
        if watching and event in FORBIDDEN:
            watched.append(event)

    sys.addaudithook(watch)
    for text in SEEDS:
        attempt(text, NAMES, "latex")
    watched.clear()
    for _ in range(count):
        text = mutated(draw.choice(SEEDS), draw)
        names = draw.sample(NAMES, draw.choice((4, len(NAMES), len(NAMES))))
        start = time.perf_counter()
        try:
            read += attempt(text, names, draw.choice(("latex", "plain")))
        except Exception as error:  # noqa: BLE001 (the point of the loop)
            broken.append(f"{type(error).__name__}: {error}: {text!r}")
        taken = time.perf_counter() - start
        if taken > SLOW / 10:
            slow.append((taken, text))
    watching = False
    broken += [f"audit event {event}" for event in sorted(set(watched))]
    return read, sorted(slow, reverse=True), broken


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 0
    start = time.perf_counter()
    read, slow, broken = fuzz(count, seed)
    print(f"{count} texts, {read} read, {time.perf_counter() - start:.1f} s")
    print(f"{len(broken)} broke", *broken[:20], sep="\n  ")
    print(f"{len(slow)} took more than {SLOW / 10} s", *slow[:12], sep="\n  ")
    sys.exit(bool(broken or (slow and slow[0][0] > SLOW)))


if __name__ == "__main__":
    main()
