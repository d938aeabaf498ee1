"""Holds JSON against the schemas of an OpenAPI 3.0 document. As much of it as ours uses."""

import json


class Documented:
    def __init__(self, path):
        with open(path, encoding="utf-8") as file:
            self.document = json.load(file)

    def resolve(self, schema):
        while "$ref" in schema:
            name = schema["$ref"].rsplit("/", 1)[1]
            schema = self.document["components"]["schemas"][name]
        return schema

    def problems(self, value, schema, where=""):
        """What is wrong, as texts; `schema` is one, or the name of one."""
        if isinstance(schema, str):
            schema = {"$ref": "#/components/schemas/" + schema}
        schema = self.resolve(schema)
        if "oneOf" in schema:
            if not any(not self.problems(value, each, where) for each in schema["oneOf"]):
                return [f"{where}: fits none of the schemas"]
            return []
        if value is None:
            return [] if schema.get("nullable") else [f"{where}: null"]
        kind = schema.get("type")
        right = {
            "object": lambda: isinstance(value, dict),
            "array": lambda: isinstance(value, list),
            "string": lambda: isinstance(value, str),
            "boolean": lambda: isinstance(value, bool),
            "integer": lambda: isinstance(value, int) and not isinstance(value, bool),
            "number": lambda: isinstance(value, (int, float)) and not isinstance(value, bool),
        }[kind]()
        if not right:
            return [f"{where}: {value!r} is no {kind}"]
        found = []
        if "enum" in schema and value not in schema["enum"]:
            found.append(f"{where}: {value!r} is none of {schema['enum']}")
        if "minimum" in schema and value < schema["minimum"]:
            found.append(f"{where}: {value} is less than {schema['minimum']}")
        if kind == "array":
            if not schema.get("minItems", 0) <= len(value) <= schema.get("maxItems", len(value)):
                found.append(f"{where}: {len(value)} items")
            for index, item in enumerate(value):
                found += self.problems(item, schema["items"], f"{where}[{index}]")
        if kind == "object":
            properties = schema.get("properties", {})
            found += [f"{where}: no {name}" for name in schema.get("required", []) if name not in value]
            for name, item in value.items():
                if name in properties:
                    found += self.problems(item, properties[name], f"{where}.{name}")
                elif schema.get("additionalProperties") is False:
                    found.append(f"{where}: {name} is not documented")
                elif isinstance(schema.get("additionalProperties"), dict):
                    found += self.problems(item, schema["additionalProperties"], f"{where}.{name}")
        return found[:20]
