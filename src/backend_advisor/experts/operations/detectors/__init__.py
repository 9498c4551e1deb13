"""Detectors of the operations expert, each registered under its playbook's code."""
