"""Detectors of the api expert, each registered under its playbook's code."""
