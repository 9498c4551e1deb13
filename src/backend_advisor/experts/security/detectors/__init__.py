"""Detectors of the security expert, each registered under its playbook's code."""
