"""scim2-models over the bridge's own schema files: what it makes of a filter and of a PATCH."""

import base64
import json
import unicodedata
from dataclasses import replace
from pathlib import Path as File
from typing import Union

from scim2_models import Context, PatchOp, ScimPolicy
from scim2_models.exceptions import SCIMException
from scim2_models.path import CompareOperator, FilterVisitor, ScimFilter
from scim2_models.path import filter as filters
from scim2_models.path import visitor as visitors
from scim2_models.policy import default_comparison_key
from scim2_models.resources.resource import Extension, Resource
from scim2_models.resources.schema import Schema
from pydantic import ValidationError

SCHEMAS = File(__file__).parents[2] / "schemas"


def schema(name):
    return Schema.model_validate(json.loads((SCHEMAS / f"{name}.json").read_text()))


EXTENSIONS = Union[Extension.from_schema(schema("enterprise_user")), Extension.from_schema(schema("aisoule_user"))]
User = Resource.from_schema(schema("user"))[EXTENSIONS]
Patch = PatchOp[User]


class Refused(Exception):
    """The oracle refuses the request; the argument is its reason."""


def parse(text):
    """The tree of a filter, checked against the schemas."""
    try:
        tree = ScimFilter(text).ast
        filters._Validator(User, strict=True).visit(tree)
    except SCIMException as error:
        raise Refused(str(error)) from error
    return tree


def folded(binding, value):
    """Text as the bridge compares it: as it is where case counts, else NFKC, case folding, NFKC."""
    if binding.case_exact:
        return value
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", value).casefold())


class Evaluator(visitors._Evaluator):
    """The oracle's evaluator, with some of the bridge's readings (the names are those of differences.toml)."""

    readings = frozenset()

    def _matches_item(self, item, val_filter, resolved):
        inner = type(self)(type(item), item, strict=self.strict, urn_prefix=resolved.urn)
        inner.readings = self.readings
        return inner.visit(val_filter)

    def visit_comparison(self, node):
        binding = self._resolve(node.attr_path, for_comparison=True)
        if "reference-is-its-value" in self.readings and "value" in getattr(binding.target_type, "model_fields", ()):
            path = replace(node.attr_path, sub_attr="value")
            return self.visit_comparison(replace(node, attr_path=path))
        if node.value is None and "null-is-absence" in self.readings:
            present = self.visit_present(node)
            return present if node.op == CompareOperator.ne else not present
        actual = self._read(binding)
        if "certificate-is-text" in self.readings and isinstance(node.value, str):
            actual = encoded(actual)
        if isinstance(actual, EncodedList) or isinstance(actual, Encoded):
            expected = Encoded(node.value)
        else:
            expected = filters.coerce_value(binding, node.value, node.op)
        if not isinstance(actual, list):
            return visitors._compare(actual, expected, node.op, binding)
        held = [visitors._compare(one, expected, node.op, binding) for one in actual]
        if node.op != CompareOperator.ne:
            return any(held)
        return not held or any(held) if "ne-of-some-element" in self.readings else all(held)

    def visit_present(self, node):
        if "empty-string-is-present" not in self.readings:
            return super().visit_present(node)
        actual = self._read(self._resolve(node.attr_path))
        return present(actual)


class Encoded(str):
    """A binary value in base64."""


class EncodedList(list):
    """Some of them."""


def encoded(value):
    if isinstance(value, bytes):
        return Encoded(base64.b64encode(value).decode())
    if isinstance(value, list) and any(isinstance(one, bytes) for one in value):
        return EncodedList(encoded(one) for one in value)
    return value


def present(value):
    if isinstance(value, list):
        return any(present(one) for one in value)
    if hasattr(value, "model_dump"):
        return any(present(getattr(value, name, None)) for name in type(value).model_fields)
    return value is not None


READINGS = (
    "ne-of-some-element", "null-is-absence", "empty-string-is-present", "folding",
    "reference-is-its-value", "certificate-is-text",
)
PLAIN = ScimPolicy()
FOLDING = ScimPolicy(comparison_key=folded)


def select(tree, resources, readings=frozenset()):
    """For each resource whether the filter selects it."""
    policy = FOLDING if "folding" in readings else PLAIN
    selected = []
    with policy:
        for resource in resources:
            evaluator = Evaluator(User, resource, strict=True)
            evaluator.readings = readings
            selected.append(evaluator.visit(tree))
    return selected


TOLERANT = ScimPolicy(unknown="ignore", remove_value_as_filter="apply", unmatched_path_filter="create", comparison_key=folded)
STRICT = ScimPolicy(comparison_key=folded)


def patch(resource, body, compat):
    """The resource after the PATCH."""
    policy = TOLERANT if compat else STRICT
    with policy:
        user = User.model_validate(resource)
        try:
            Patch.model_validate(body, scim_ctx=Context.RESOURCE_PATCH_REQUEST).patch(user)
        except SCIMException as error:
            raise Refused(f"{error.scim_type}: {error}") from error
        except ValidationError as error:
            raise Refused("; ".join(f"{one['type']}: {one['msg']}" for one in error.errors())) from error
        return canonical(user.model_dump())


def canonical(value):
    """JSON without what is unassigned (RFC 7643 §2.5)."""
    if isinstance(value, dict):
        value = {name: canonical(one) for name, one in value.items() if name != "schemas"}
        return {name: one for name, one in value.items() if one not in (None, [], {})}
    if isinstance(value, list):
        return [one for one in map(canonical, value) if one not in (None, {})]
    return value
