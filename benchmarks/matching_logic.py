"""nomenklatura's logic matcher as a process of its own: questions as JSON Lines in, answers and seconds as JSON out."""

import json
import sys
import time
from typing import Any

from followthemoney import model
from nomenklatura.matching import get_algorithm

SCHEMATA = {"person": "Person", "body": "Organization", "company": "Organization", "organisation": "Organization"}


def entity(id_: str, schema: str, names: list[str]) -> Any:
    """Return an entity with these names."""
    made = model.make_entity(schema)
    made.id = id_
    made.set("name", names, cleaned=True)
    return made


def main() -> None:
    """Answer every question on standard input."""
    from nomenklatura.matching.types import ScoringConfig

    algorithm = get_algorithm("logic-v1")
    assert algorithm is not None
    config = ScoringConfig.defaults()
    asked = [json.loads(line) for line in sys.stdin]
    listed: dict[str, Any] = {}
    for question in asked:
        for record in question["near"]:
            if record["key"] not in listed:
                listed[record["key"]] = entity(record["key"], SCHEMATA[record["sort"]], record["names"])
    started = time.process_time()
    answers = []
    for question in asked:
        said = entity("said", SCHEMATA.get(question["type"] or "", "LegalEntity"), [question["name"]])
        scored = [(r["key"], algorithm.compare(said, listed[r["key"]], config).score) for r in question["near"]]
        answers.append(sorted((s for s in scored if s[1] >= question["threshold"]), key=lambda s: -s[1]))
    json.dump({"answers": answers, "seconds": time.process_time() - started}, sys.stdout)


if __name__ == "__main__":
    main()
