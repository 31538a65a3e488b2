"""The rulebook: what each rule may say, who reads it, and how its versions follow one another."""
