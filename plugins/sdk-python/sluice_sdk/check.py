"""Checks the stops of a package as its author has it: one line of JSON for each thing that must hold."""

import json
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from sluice_sdk.examples import check_example  # noqa: E402
from sluice_sdk.load import load_stops  # noqa: E402

MARK = "sluice-conformance:"


def check(entry: str) -> None:
    names = set()
    for each in load_stops(entry):
        manifest = each.manifest

        def tell(name: str, error: str = "") -> None:
            result = {"stop": manifest["name"], "name": f"{manifest['name']} {name}", **({"error": error} if error else {})}
            print(MARK + json.dumps(result), flush=True)

        twice = manifest["name"] in names
        names.add(manifest["name"])
        tell("has a name that no other stop has", f"'{manifest['name']}' is declared twice" if twice else "")
        lacking = [
            f"{place} in {language}"
            for place, text in [("its title", manifest["title"]), ("its description", manifest["description"])]
            + [(f"the {key} of '{name}'", spec.get(key, {})) for name, spec in manifest["properties"].items() for key in ("title", "description")]
            for language, code in (("English", "en"), ("Chinese", "zh"))
            if not str(text.get(code, "")).strip()
        ]
        tell("says what it is in English and Chinese", ", ".join(lacking) and f"missing: {', '.join(lacking)}")
        for example in each.examples:
            tell(f'does what its example "{example.title}" promises', check_example(each, example))


if __name__ == "__main__":
    sys.path.insert(1, os.path.join(os.getcwd(), "site"))
    check(sys.argv[1])
