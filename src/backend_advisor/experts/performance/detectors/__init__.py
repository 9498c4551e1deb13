"""Detectors of the performance expert, each registered under its playbook's code."""
