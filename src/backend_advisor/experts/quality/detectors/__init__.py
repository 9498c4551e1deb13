"""Detectors of the quality expert, each registered under its playbook's code."""
