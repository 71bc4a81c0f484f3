"""The CDK's standard tests take their scenarios from acceptance-test-config.yml by this hook."""

from airbyte_cdk.test.standard_tests.pytest_hooks import pytest_generate_tests

__all__ = ["pytest_generate_tests"]
