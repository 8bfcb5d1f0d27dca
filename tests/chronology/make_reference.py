"""Write what craterstats prints on its own sample counts, for the tests of agreement.

Usage: python tests/chronology/make_reference.py PYTHON

PYTHON is an interpreter in whose environment craterstats 3.6 is installed (``pip install
craterstats``, Python 3.12 or later). Writes reference/craterstats_ages.csv: each line holds what
was dated and what was printed.
"""

from __future__ import annotations

import csv
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent / "reference"
SYSTEMS = {
    "neukum1983": "Moon, Neukum (1983)",
    "neukum2001": "Moon, Neukum et al. (2001)",
    "hartmann2010": "Moon, Hartmann 2010 iteration",
    "yue2022": "Moon, Yue et al. (2022)",
}
SAMPLES = [
    ("CE-6 8-km vicinity.scc", 0.2, 0.8), ("CE-6 8-km vicinity.scc", 0.12, 0.2),
    ("Im2.scc", 1.8, 20), ("c1.scc", 0.05, 0.3), ("c6.scc", 0.03, 0.2),
    ("e1.diam", 0.24, 1.5), ("e2.diam", 0.25, 1.5), ("w1.diam", 0.21, 1.2), ("w2.diam", 1.5, 5),
    ("w2.diam", 0.18, 1), ("w3.diam", 0.16, 1.5), ("w4.diam", 0.185, 1.55),
    ("w5_h1.diam", 0.17, 1), ("w5_l2.diam", 0.12, 0.8), ("sample.diam", 1, 5),
]  # fmt: skip
FITTED = {"CE-6 8-km vicinity.scc", "e1.diam", "e2.diam", "w1.diam", "w3.diam", "w4.diam"}
HEAD = (
    "system", "sample", "method", "low_km", "high_km", "n", "n_event", "area_km2", "age",
    "age_low", "age_high", "a0", "a0_low", "a0_high",
)  # fmt: skip
COLUMNS = ("N_event", "Area", "Age", "Age-", "Age+", "a0", "a0-", "a0+")


def rows(cells: list[list[str]]) -> list[dict[str, str]]:
    """Return the rows of a csv of craterstats as dicts; of columns of one name, the first."""
    head = next(i for i, row in enumerate(cells) if "N_event" in row)
    return [
        dict(reversed(list(zip(cells[head], row, strict=False))))
        for row in cells[head + 1 :]
        if any(row)
    ]


def run(words: list[str | Path], folder: str | None = None) -> str:
    """Return what a command prints."""
    done = subprocess.run(words, cwd=folder, check=True, capture_output=True, text=True)  # noqa: S603
    return done.stdout


def main() -> None:
    """Run craterstats for every system and sample."""
    python = Path(sys.argv[1])
    where = run([python, "-c", "import craterstats; print(craterstats.__path__[0])"]).strip()
    command = str(python.parent / "craterstats")
    version = run([command, "-v"]).split("Version:")[1].split()[0]
    asked = [(*s, "poisson") for s in SAMPLES] + [(*s, "c-fit") for s in SAMPLES if s[0] in FITTED]
    out: list[list[str]] = []
    with tempfile.TemporaryDirectory() as folder:
        for name, title in SYSTEMS.items():
            for file, low, high, kind in asked:
                plot = f"source={where}/sample/{file},range=[{low},{high}],snap=0,type={kind}"
                run([command, "-cs", title, "-f", "csv", "-o", "out", "-p", plot], folder)
                text = (Path(folder) / "out.csv").read_text(encoding="utf-8-sig")
                row = rows(list(csv.reader(text.splitlines())))[0]
                limits = [f"{low:g}", f"{high:g}", row["N"]]
                out.append([name, file, kind, *limits, *(row[c] for c in COLUMNS)])
    HERE.mkdir(exist_ok=True)
    head = (
        f"# craterstats {version}, its sample counts; -cs NAME -f csv "
        "-p source=FILE,range=[low,high],snap=0,type=TYPE\n"
        "# ages in Ga and log10 N(1 km), as printed; n: sum of fractions in the bins of a fit\n"
    )
    with (HERE / "craterstats_ages.csv").open("w", encoding="utf-8", newline="") as stream:
        stream.write(head)
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(HEAD)
        writer.writerows(out)


if __name__ == "__main__":
    main()
