"""What the Python tests share; on the path by tests/conftest.py."""
