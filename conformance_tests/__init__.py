"""What every keraslite engine must pass: `pytest conformance_tests --backend NAME [--device D]`."""
