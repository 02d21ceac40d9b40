"""How a class of differences is recognised; differences.toml says why each is right. A function gives the names of the
classes that a case falls into, none where nothing explains the difference."""

import json
import re

import oracle
from scim2_models.path import Comparison, CompareOperator, FilterVisitor, LogicalExpr, Not, Present, ValuePath
from scim2_models.path.resolution import _resolve_filter_path

EQUALITY = {CompareOperator.eq, CompareOperator.ne}
SUBSTRING = {CompareOperator.co, CompareOperator.sw, CompareOperator.ew}
TRUTHS = {"true", "false"}


def comparisons(tree, model=oracle.User):
    """Every comparison and presence test of a filter, with what it is about."""
    if isinstance(tree, LogicalExpr):
        for term in tree.terms:
            yield from comparisons(term, model)
    elif isinstance(tree, Not):
        yield from comparisons(tree.expr, model)
    elif isinstance(tree, ValuePath):
        yield from comparisons(tree.val_filter, _resolve_filter_path(model, tree.attr_path, strict=True).field_type)
    else:
        for_comparison = isinstance(tree, Comparison)
        yield tree, _resolve_filter_path(model, tree.attr_path, strict=True, for_comparison=for_comparison)


def kind(binding):
    """The type of what is compared, by its name in the schema."""
    name = getattr(binding.target_type, "__name__", str(binding.target_type))
    return {"bool": "boolean", "datetime": "dateTime", "bytes": "binary", "Base64Bytes": "binary", "str": "string"}.get(name, name)


def of_accepted_filter(case, tree):
    """The bridge refuses, the oracle does not."""
    found = set()
    # A literal in capitals is the same to the oracle's grammar; strings are taken out before looking.
    if re.search(r"\bNULL\b", re.sub(r'"(?:[^"\\]|\\.)*"', "", case["filter"])):
        found.add("null-in-capitals")
    for node, binding in comparisons(tree):
        if binding.field_name == "password":
            found.add("password-is-not-searched")
        if re.search(r"\bmanager\.ref\b", case["filter"]):
            found.add("name-in-another-language")
        if not isinstance(node, Comparison):
            continue
        text, op = node.value, node.op
        if text is None and op not in EQUALITY:
            found.add("null-has-no-order")
        elif kind(binding) == "dateTime" and op in SUBSTRING:
            found.add("time-has-no-substring")
        elif op in SUBSTRING and not isinstance(text, str):
            found.add("substring-of-what-is-no-text")
        elif hasattr(binding.target_type, "model_fields"):
            found.add("complex-is-not-compared")
        elif kind(binding) == "boolean" and not isinstance(text, bool) and str(text).lower() not in TRUTHS:
            found.add("only-true-and-false-are-booleans")
        elif kind(binding) == "dateTime" and not re.match(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)$", str(text)):
            found.add("time-in-another-form")
    return sorted(found)


def of_refused_filter(case, refusal):
    """The oracle refuses, the bridge does not."""
    if re.search(r"is not valid for attribute '\S+(profileUrl|photos.value|\$ref|meta.location)'", refusal):
        return ["part-of-an-address"]
    if re.search(r"is not valid for attribute '\S+x509Certificates.value'", refusal):
        return ["part-of-a-certificate"]
    return []


def operations(case):
    """The operations, each with the attribute it is about ("" without a path), its sub-attribute and its filter."""
    for operation in case["patch"]["Operations"]:
        path = re.fullmatch(r"(urn:.*:User:)?(\w+)(\[.*\])?(?:\.(.*))?|(urn:.*:User)", operation.get("path", ""), re.S)
        name, selector, sub = (path[2] or "", path[3], path[4]) if path else ("", None, None)
        yield operation, name, selector, sub


REASONS = (
    ("a remove operation carries no value|the value of a remove must be", "removal-of-named-values"),
    ("matches the path filter", "add-makes-what-it-selects"),
    ("contradicts the filter", "value-wins-over-selector"),
    ("value is required for add", "null-takes-away"),
    ("Multiple (values marked as primary|primary values)", "last-primary-wins"),
    ("must be an object|instance of Manager", "reference-as-text"),
    ("is read-only", "read-only-is-passed-over"),
    ("Input should be a valid|Expected string", "empty-list-is-absence"),
    ("Invalid URI|Invalid IRI", "any-text-is-an-address"),
)


def of_refused_patch(case, refusal):
    """The oracle refuses, the bridge does not."""
    if "invalidFilter" in refusal:
        return of_refused_filter(case, refusal)
    names = [name for reason, name in REASONS if re.search(reason, refusal)][:1]
    if not names and passes_over(case):
        return ["read-only-is-passed-over"]
    if names == ["empty-list-is-absence"] and "[]" not in json.dumps(case["patch"]):
        return ["read-only-is-passed-over"] if passes_over(case) else []
    return names


def passes_over(case):
    """Whether a value without path names what only the service writes."""
    return case["compat"] and any(name.split(".")[0] in ("id", "meta", "groups", "schemas") for name, _ in written(case))


def of_accepted_patch(case, theirs):
    """The bridge refuses, the oracle does not."""
    found = set()
    if case["bridge"] == "invalidPath" and not case["compat"] and any("path" not in one for one in case["patch"]["Operations"]):
        found.add("interop-names-its-target")
    if case["bridge"] == "invalidFilter":
        for _, name, selector, _ in operations(case):
            if selector:
                try:
                    tree = oracle.parse(name + selector)
                except oracle.Refused:
                    continue
                found.update(of_accepted_filter({"filter": selector}, tree))
    values = list(written(case))
    if case["bridge"] == "invalidValue" and any(name in ("userName", "displayName") and not str(one).strip() for name, one in values):
        found.add("names-are-not-blank")
    if case["bridge"] == "mutability" and any(
        str(one.get("path", "")).lower().split(":")[-1] == "password" and (one["op"].lower() == "remove" or one.get("value") is None)
        for one in case["patch"]["Operations"]
    ):
        found.add("password-is-not-removed")
    if case["bridge"] == "invalidValue" and ("active", None) in values:
        found.add("active-is-never-null")
    if case["bridge"] == "invalidValue" and not case["compat"] and any(name in LISTS and isinstance(one, (dict, str)) for name, one in values):
        found.add("interop-wants-a-list")
    if case["bridge"] == "invalidValue" and unset_list_parts(case, theirs):
        found.add("part-of-an-empty-list")
    return sorted(found)


LISTS = ("emails", "phoneNumbers", "ims", "photos", "addresses", "entitlements", "roles", "x509Certificates")
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"


def written(case):
    """Every attribute that an operation writes as a whole, with the value."""
    for operation, name, selector, sub in operations(case):
        value = operation.get("value")
        if name and not selector and not sub:
            yield name, value
        elif "path" not in operation and isinstance(value, dict):
            yield from value.items()


def unset_list_parts(case, theirs):
    """The lists of which an operation sets a part in every element, when there is none."""
    named = {name for _, name, selector, sub in operations(case) if sub and not selector}
    for operation in case["patch"]["Operations"]:
        if "path" not in operation and isinstance(operation.get("value"), dict):
            named.update(key.split(".")[0] for key in operation["value"] if "." in key)
    return {name for name in named if not case["resource"].get(name) or not theirs.get(name)}


def tidied(name, elements, found):
    """A list as the bridge keeps it: no element without its value, each type and value once."""
    kept = []
    for element in elements:
        if name != "addresses" and not str(element.get("value", "")).strip():
            found.add("element-without-value")
            continue
        twin = next((one for one in kept if same(one, element)), None)
        if twin is None:
            kept.append(dict(element))
            continue
        found.add("equal-elements-are-one")
        primary = twin.get("primary") or element.get("primary")
        twin.update({**element, **twin}, **({"primary": True} if primary else {}))
    return kept


def same(one, other):
    if "value" in one or "value" in other:
        return (one.get("value"), one.get("type", "")) == (other.get("value"), other.get("type", ""))
    return one == other


def of_blank_primary(case, mine, its):
    """An element that falls away because it has no value took the primary away from another."""
    left = [one for one in its if str(one.get("value", "")).strip()]
    bare = lambda elements: [{name: part for name, part in one.items() if name != "primary"} for one in elements]
    gone = any(one.get("primary") and one not in left for one in its)
    return {"element-without-value"} if gone and bare(left) == bare(mine) else set()


def names_nobody(case):
    """Whether an operation gives a manager whose value is blank."""
    return bool(re.search(r'manager(\.value)?": *({[^}]*"value": *)?"\s*"|manager(\.value)?", "value": *({[^}]*"value": *)?"\s*"', json.dumps(case["patch"])))


def without_manager(extension):
    return {name: one for name, one in (extension or {}).items() if name != "manager"}


def of_other_outcome(case, theirs):
    """Both take it and the resources differ: every attribute that differs has to be explained."""
    ours, found = case["bridge"], set()
    empty_lists = unset_list_parts(case, theirs)
    for name in ours.keys() | theirs.keys():
        mine, its = ours.get(name), theirs.get(name)
        if mine == its:
            continue
        here = set()
        if isinstance(mine or its, list) and isinstance(mine or [], list) and tidied(name, its or [], here) == (mine or []):
            found |= here
            continue
        about = [one for one in operations(case) if one[1] == name]
        if name in empty_lists and all(one in (mine or []) for one in tidied(name, its or [], set())):
            here = {"part-of-an-empty-list"}
        elif any(one["op"] == "replace" and selector and not sub for one, _, selector, sub in about) and all(
            any(element.items() <= whole.items() for whole in its) for element in mine or []
        ):
            here = {"selected-elements-are-replaced"}
        elif any(one["op"] == "remove" and "value" in one for one, *_ in about) and all(one in its for one in mine or []):
            here = {"removal-by-identity"}
        elif name in ("userName", "displayName") and mine is None and not its.strip():
            here = {"names-are-not-blank"}
        elif name in LISTS and (blanks := of_blank_primary(case, mine or [], its or [])):
            here = blanks
        elif its is None and mine == case["resource"].get(name) and (name, None) in written(case):
            here = {"nothing-added-to-a-list"}
        elif any(" pr" in (selector or "") for *_, selector, _ in about) and any("" in one.values() for one in its):
            here = {"empty-string-is-present"}
        elif name == ENTERPRISE and case["compat"] and names_nobody(case) and without_manager(its) == without_manager(mine):
            here = {"manager-of-nobody"}
        else:
            return []
        found |= here
    return sorted(found)
