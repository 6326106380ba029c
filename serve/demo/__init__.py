"""A made-up practice to try everything with: nobody in it exists, and no visit took place."""
