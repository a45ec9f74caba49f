"""`python -m awsbase` is `awsbase`."""

from awsbase.scripts import main

main()
