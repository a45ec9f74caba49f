"""Let a part of the contract that fails show what it compared; imported before the module with the assertions."""

import pytest

pytest.register_assert_rewrite("awsbase.testing.contract", "awsbase.testing.removal")
