"""The contract of all kinds on a real account: each sample is made, tampered with, repaired and taken away again.

It writes only in an account that is proven empty, or under names of its own that a person has asked for. What it makes
carries the tag of origin with such a name, so that an interrupted selftest is cleaned up by the next one.
"""
