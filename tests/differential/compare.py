"""Asks scim2-models what the bridge was asked, and explains every difference or fails. Argument: the file of cases."""

import collections
import json
import multiprocessing
import sys
import tomllib
from pathlib import Path as File

import classes
import oracle

SHOWN = 5
AT_ONCE = 500


def filter_difference(case, resources):
    """The names of the classes that explain the difference; None where there is none, [] where nothing explains it."""
    ours = case["bridge"]
    try:
        tree = oracle.parse(case["filter"])
    except oracle.Refused as refusal:
        if isinstance(ours, str):
            return None, None
        return classes.of_refused_filter(case, str(refusal)), str(refusal)
    if isinstance(ours, str):
        return classes.of_accepted_filter(case, tree), "accepted"
    theirs = oracle.select(tree, resources)
    if theirs == ours:
        return None, None
    every = frozenset(oracle.READINGS)
    if oracle.select(tree, resources, every) != ours:
        return [], theirs
    alone = [one for one in every if oracle.select(tree, resources, frozenset([one])) == ours]
    if alone:
        return alone, theirs
    return [one for one in every if oracle.select(tree, resources, every - {one}) != ours] or list(every), theirs


def patch_difference(case):
    ours = case["bridge"]
    try:
        theirs = oracle.patch(case["resource"], case["patch"], case["compat"])
    except oracle.Refused as refusal:
        if isinstance(ours, str):
            return None, None
        return classes.of_refused_patch(case, str(refusal)), str(refusal)
    if theirs == ours:
        return None, None
    if isinstance(ours, str):
        return classes.of_accepted_patch(case, theirs), theirs
    return classes.of_other_outcome(case, theirs), theirs


RESOURCES = []


def prepare(resources):
    RESOURCES.extend(oracle.User.model_validate(one) for one in resources)


def part(lines):
    """Compares some cases; gives counts by class and the unexplained cases."""
    counts, unexplained = collections.Counter(), []
    for line in lines:
        case = json.loads(line)
        kind = "filter" if "filter" in case else "patch"
        try:
            found, theirs = filter_difference(case, RESOURCES) if kind == "filter" else patch_difference(case)
        except Exception as error:  # One case that the oracle cannot bear must not stop the others.
            found, theirs = [], repr(error)
        counts[f"{kind} cases"] += 1
        if found is None:
            counts[f"{kind} cases that agree"] += 1
            counts[f"{kind} cases that both refuse"] += isinstance(case["bridge"], str)
        elif found:
            counts.update((kind, name) for name in found)
        else:
            counts[f"{kind} cases unexplained"] += 1
            unexplained.append(json.dumps({"case": case, "oracle": theirs}, ensure_ascii=False, default=str))
    return counts, unexplained


def main():
    known = tomllib.loads((File(__file__).parent / "differences.toml").read_text())["difference"]
    known = {(one["engine"], one["class"]) for one in known}
    resources, *lines = File(sys.argv[1]).read_text(encoding="utf-8").rstrip("\n").split("\n")
    parts = [lines[at : at + AT_ONCE] for at in range(0, len(lines), AT_ONCE)]
    with multiprocessing.Pool(2, prepare, [json.loads(resources)["resources"]]) as pool:
        parts = list(pool.imap_unordered(part, parts))
    counts = sum((one for one, _ in parts), collections.Counter())
    unexplained = [case for _, cases in parts for case in cases]
    for name, count in sorted(counts.items(), key=str):
        print(f"{count:8} {name if isinstance(name, str) else ' difference: '.join(name)}")
    occurred = {name for name in counts if isinstance(name, tuple)}
    faults = [f"not in differences.toml: {one}" for one in sorted(occurred - known)]
    faults += [f"never occurs, take it out of differences.toml: {one}" for one in sorted(known - occurred)]
    faults += [f"unexplained: {case}" for case in unexplained[:SHOWN]]
    if faults:
        print("\n".join(faults), file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    main()
