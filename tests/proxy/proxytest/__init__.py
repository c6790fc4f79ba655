"""What the tests of the proxy share."""
