"""What principals are allowed to do before and after a run: evaluation, widening, lock-out."""
