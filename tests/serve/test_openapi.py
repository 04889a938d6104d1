"""The gateway is what its OpenAPI document says, whatever a client sends."""

from __future__ import annotations

import json

import schemathesis
from hypothesis import Phase, given, settings
from jsonschema import Draft202012Validator
from running_gateway import SHOP
from schemathesis.specs.openapi.checks import status_code_conformance
from service import chat


def service(request, body, _):
    if request.path.endswith("/responses"):
        return {"output": [], "status": "completed"}
    return chat()


def test_every_operation_keeps_to_the_document(start):
    gateway, _ = start(service)
    schema = schemathesis.openapi.from_url(f"{gateway.url}/openapi.json")
    headers = {"Authorization": f"Bearer {SHOP}"}
    for found in schema.get_all_operations():
        operation = found.ok()

        @given(case=operation.as_strategy())
        @settings(max_examples=6, phases=[Phase.generate], deadline=None)
        def one(case):
            response = case.call(headers=headers, timeout=20)
            assert response.status_code < 500, response.text
            if response.status_code >= 400:
                assert set(response.json()["error"]) == {"message", "type", "param", "code"}
            case.validate_response(response, checks=[status_code_conformance])

        one()


def test_the_document_has_every_path_and_names_types_that_are_there(start):
    gateway, _ = start(service)
    document = gateway.get("/openapi.json").json
    assert document["openapi"] == "3.1.0"
    for path in document["paths"]:
        assert gateway.get(path.replace("{id}", "x")).status in (200, 404, 405), path
    names = document["components"]["schemas"]
    for reference in json.dumps(document).split("#/components/schemas/")[1:]:
        assert reference.partition('"')[0] in names
    for schema in names.values():
        Draft202012Validator.check_schema(schema)
