"""From an account to the manifest that describes it: read, drafted section by section, and proven by a plan.

The plan is the judge. A draft is loaded and planned against the facts just read. What the plan would still change is
taken out and counted, until nothing but awsbase's own tags is left to do.
"""
